# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads the settings of this collection's roles on the controller, before any of the roles runs."""

from __future__ import annotations

import contextlib
import difflib
import pathlib
import re
import typing as t

from ansible.errors import AnsibleError
from ansible.module_utils.common.yaml import yaml_load

ROLES_FOLDER = pathlib.Path(__file__).parent.parent.parent / "roles"
# How much alike a name and a setting's must be for the one to be taken for the other, misspelt. From 0 to 1.
LIKENESS = 0.85

Values = dict[str, t.Any]


class RoleSettings:
    """Settings: from a task's variables or, for roles that are not in scope there, from the roles' own files.

    Args:
        roles: names of the roles to know.
        templar: the action's templar.
        loader: the action's loader of files.
        task_vars: the action's variables.
    """

    def __init__(self, roles: t.Iterable[str], templar: t.Any, loader: t.Any, task_vars: Values) -> None:
        self._loader = loader
        self._given = frozenset(task_vars)
        self._variables: Values = {}
        self._specs: dict[str, Values] = {}
        for role in roles:
            for path in (ROLES_FOLDER / role / "defaults" / "main.yml", *self._constants(role)):
                self._variables.update(self._load(path))
        self._variables.update(task_vars)
        self._templar = templar.copy_with_new_env(available_variables=self._variables)
        # Variable to the reason why it has no value.
        self.unreadable: dict[str, str] = {}

    def _load(self, path: pathlib.Path) -> Values:
        """Return the content of a YAML file, nothing for one that isn't there."""
        if not path.is_file():
            return {}
        # Nobody else holds what was read, so a copy of it would serve nobody: that is what `unsafe` says.
        return self._loader.load_from_file(str(path), cache="none", unsafe=True, trusted_as_template=True) or {}

    def _constants(self, role: str) -> list[pathlib.Path]:
        """Return the files of variables that are not for users to set: defaults may refer to them."""
        return sorted((ROLES_FOLDER / role / "vars" / "main").glob("*.yml"))

    def spec(self, role: str) -> Values:
        """Return the options of the role's argument specification, by variable; nothing for a role without one."""
        if role not in self._specs:
            path = ROLES_FOLDER / role / "meta" / "argument_specs.yml"
            # Nothing in it is a template: the plain way to read it is ten times faster.
            specs = yaml_load(path.read_bytes()).get("argument_specs", {}) if path.is_file() else {}
            self._specs[role] = specs.get("main", {}).get("options", {})
        return self._specs[role]

    def __contains__(self, variable: str) -> bool:
        """Say whether a variable is there, readable or not."""
        return variable in self._variables

    def enter(self, role: str) -> None:
        """Read from here on as the role's own tasks do: its look-ups find its files and templates."""
        folder = ROLES_FOLDER / role
        self._variables.update(role_path=str(folder), ansible_search_path=[str(folder), str(folder / "tasks")])

    def replace(self, variable: str, value: t.Any) -> None:
        """Let a variable have another value from here on."""
        self._variables[variable] = value
        self.unreadable.pop(variable, None)

    @contextlib.contextmanager
    def settled(self, variables: t.Iterable[str]) -> t.Iterator[None]:
        """Template variables once for a while, and not again for each that needs them."""
        before = {variable: self._variables[variable] for variable in variables if variable in self}
        for variable in before:
            value = self.get(variable)
            if variable not in self.unreadable:
                self._variables[variable] = value
        try:
            yield
        finally:
            self._variables.update(before)

    def settle(self, role: str) -> None:
        """Template what a role's vars/main/declared.yml says, each variable once and not again for each that needs it.

        Each look-up of a template copies all variables in depth, so meanwhile there are only those that can be needed.
        """
        declared = ROLES_FOLDER / role / "vars" / "main" / "declared.yml"
        everything, templar = self._variables, self._templar
        self._variables = {name: everything[name] for name in self._reachable([declared, *_templates(role)])}
        self._templar = templar.copy_with_new_env(available_variables=self._variables)
        try:
            for variable in self._load(declared):
                value = self.get(variable)
                if variable not in self.unreadable:
                    self.replace(variable, value)
        finally:
            everything.update(self._variables)
            self._variables, self._templar = everything, templar

    def _reachable(self, files: t.Iterable[pathlib.Path]) -> set[str]:
        """Return the variables that files name, those that these name in turn, and Ansible's own."""
        found = {name for name in self._variables if name.startswith(("ansible_", "role_", "playbook_", "inventory_"))}
        texts = [path.read_text(encoding="utf-8") for path in files] + [str(self._variables[name]) for name in found]
        while texts:
            more = (set(re.findall(r"\w+", texts.pop())) & self._variables.keys()) - found
            found |= more
            texts.extend(str(self._variables[name]) for name in more)
        return found

    def get(self, variable: str) -> t.Any:
        """Return a variable, templated, or None: it isn't there, or it can't be templated, which is noted."""
        try:
            return self._templar.template(self._variables.get(variable))
        except AnsibleError as error:
            self.unreadable[variable] = str(error).splitlines()[0].rstrip(".")
            return None

    def read(self, variables: t.Iterable[str]) -> Values:
        """Return those of the variables that are there and can be templated."""
        values = {variable: self.get(variable) for variable in variables if variable in self}
        return {variable: value for variable, value in values.items() if variable not in self.unreadable}

    def misspelt(self, role: str) -> dict[str, str]:
        """Return variables that look like a setting of the role and are none, each with the setting they look like.

        What the role's own files mention is no mistake: a fact that it sets, the result of a task.
        """
        strangers = [name for name in self._given if name.startswith(f"{role}_") and name not in self.spec(role)]
        likely = {
            name: near[0]
            for name in sorted(strangers)
            for near in [difflib.get_close_matches(name, self.spec(role), n=1, cutoff=LIKENESS)]
            if near
        }
        if not likely:
            return {}
        words = {word for path in _sources(role) for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
        return {name: near for name, near in likely.items() if name not in words}


def _sources(role: str) -> t.Iterator[pathlib.Path]:
    """Yield the files of a role that can name a variable."""
    for pattern in ("*.yml", "*.j2"):
        yield from (ROLES_FOLDER / role).rglob(pattern)


def _templates(role: str) -> t.Iterator[pathlib.Path]:
    """Yield the templates of a role."""
    yield from (ROLES_FOLDER / role / "templates").rglob("*.j2")
