# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judges the settings of roles on the controller, then lets the module of the same name ask AWS."""

from __future__ import annotations

import importlib
import pathlib
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError, AnsibleTemplateError
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import compute, project, region, specs
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight.problems import distinct, wanted

ROLES = ("network", "storage", "iam", "compute", "monitoring")
ROLES_FOLDER = pathlib.Path(__file__).parent.parent.parent / "roles"
RULES = "ansible_collections.mlinfra.aws.plugins.module_utils.preflight."
# Settings of the whole project, which no role's argument specification has.
SHARED = (
    *("mlinfra_project", "mlinfra_environment", "mlinfra_region", "mlinfra_tags", "mlinfra_identity_tags"),
    *("mlinfra_extra_tags", "mlinfra_log_retention_days"),
    *("ml_host_connection", "ml_host_login_user", "ml_host_s3_addressing_style"),
)
# Stands in for an account that is not known yet: names that are made of it get their full length.
UNKNOWN_ACCOUNT = "000000000000"

Values = t.Dict[str, t.Any]


class Reader:
    """Reads settings: from the task's variables or, for roles that are not in scope, from their defaults."""

    def __init__(self, templar: t.Any, loader: t.Any, task_vars: Values) -> None:
        self._templar = templar
        self._loader = loader
        self._variables: Values = {}
        self.specs = {role: self._spec(role) for role in ROLES}
        for role in ROLES:
            for path in ("defaults/main.yml", "vars/main.yml", *self._parts(role, "vars/main")):
                self._variables.update(self._load(role, path))
        self._variables.update(task_vars)
        # Variable to the reason why it has no value.
        self.unreadable: dict[str, str] = {}

    def _load(self, role: str, path: str) -> Values:
        """Return the content of a role's file."""
        file = ROLES_FOLDER / role / path
        if not file.is_file():
            return {}
        return self._loader.load_from_file(str(file), cache="none", trusted_as_template=True) or {}

    def _parts(self, role: str, path: str) -> list[str]:
        """Return the files of a role's folder, in the order that Ansible reads them."""
        return sorted(f"{path}/{file.name}" for file in (ROLES_FOLDER / role / path).glob("*.yml"))

    def _spec(self, role: str) -> Values:
        """Return the argument specification of a role, empty for one that has none."""
        main = self._load(role, "meta/argument_specs.yml").get("argument_specs", {}).get("main", {})
        return main.get("options", {})

    def enter(self, role: str) -> None:
        """Read from here on as the role's own tasks do: its look-ups find its files and templates."""
        folder = ROLES_FOLDER / role
        self._variables.update(role_path=str(folder), ansible_search_path=[str(folder), str(folder / "tasks")])

    def replace(self, variable: str, value: t.Any) -> None:
        """Let a variable have another value from here on."""
        self._variables[variable] = value

    def get(self, variable: str) -> t.Any:
        """Return a variable, templated, and None where it has no value."""
        return self._template(variable, self._variables.get(variable))

    def read(self, variables: t.Iterable[str]) -> Values:
        """Return those of the variables that have a value, and note why the others have none."""
        return {
            variable: value
            for variable in variables
            if variable in self._variables
            for value in [self.get(variable)]
            if variable not in self.unreadable
        }

    def _template(self, name: str, raw: t.Any) -> t.Any:
        """Return a raw value, templated. A part that can't be templated is noted by its own name."""
        templar = self._templar.copy_with_new_env(available_variables=self._variables)
        try:
            return templar.template(raw)
        except AnsibleTemplateError as error:
            self.unreadable[name] = str(error).splitlines()[0].rstrip(".")
            return None

    def problems(self) -> list[str]:
        """Return one problem for each reason, with all variables that it leaves without a value."""
        by_reason: dict[str, list[str]] = {}
        for variable, reason in self.unreadable.items():
            by_reason.setdefault(reason, []).append(variable)
        return [
            f"{', '.join(variables)}: can't be worked out, {reason}; define what it refers to in the inventory"
            for reason, variables in by_reason.items()
        ]


class ActionModule(ActionBase):
    """The action of mlinfra.aws.preflight."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Judge the settings, ask AWS, and fail with everything that is wrong, or set the facts."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        roles = self._roles()
        reader = Reader(self._templar, self._loader, task_vars)
        settings, found = self._local(reader, roles)
        arguments = {**self._task.args, **self._request(reader, settings, roles)}
        answer = self._execute_module(
            module_name="mlinfra.aws.preflight", module_args=arguments, task_vars=task_vars, tmp=tmp
        )
        facts = answer.get("facts", {})
        if answer.get("failed"):
            found.append(f"AWS: {answer.get('msg', 'the module gave no reason')}")
        found = distinct(found + region.problems(settings, facts))
        result["changed"] = False
        if found:
            result.update(failed=True, msg=self._message(found))
            return result
        result["warnings"] = compute.warnings(settings) if "compute" in roles else []
        result["ansible_facts"] = self._facts(settings, facts, roles, reader.get("preflight_passed"))
        return result

    def _roles(self) -> list[str]:
        """Return the roles that were asked for."""
        roles = self._task.args.get("roles")
        if not isinstance(roles, list) or not roles or set(roles) - set(ROLES):
            raise AnsibleActionFail(f"roles: give a list of {', '.join(ROLES)}")
        return roles

    def _local(self, reader: Reader, roles: list[str]) -> tuple[Values, list[str]]:
        """Return the settings that can be used, and what is wrong with any as far as the controller can tell."""
        found: list[str] = []
        shared = reader.read(SHARED)
        for variable, stand_in in (("mlinfra_project", "project"), ("mlinfra_environment", "environment")):
            # One wrong word must not be named once for each name that is made of it.
            if project.part_problems(shared, variable):
                reader.replace(variable, stand_in)
        if not reader.get("mlinfra_account_id"):
            reader.unreadable.pop("mlinfra_account_id", None)
            reader.replace("mlinfra_account_id", UNKNOWN_ACCOUNT)
        settings = {**reader.read(SHARED), **{key: shared[key] for key in SHARED[:2] if key in shared}}
        for role in ROLES:
            spec = reader.specs[role]
            if not spec and role in roles:
                raise AnsibleError(f"The role {role} has no argument specification: {ROLES_FOLDER / role / 'meta'}")
            noted = dict(reader.unreadable)
            reader.enter(role)
            fitting, faults = specs.judge(spec, reader.read(spec))
            settings.update(fitting)
            if role in roles:
                found.extend(faults)
            else:
                # Settings of other roles serve comparisons only: what is wrong with them is not the question.
                reader.unreadable = noted
        found = project.problems(settings) + reader.problems() + found
        for role in roles:
            found.extend(importlib.import_module(RULES + role).problems(settings))
        settings["preflight_roles"] = roles
        return settings, found

    def _request(self, reader: Reader, settings: Values, roles: list[str]) -> Values:
        """Return what the module is to ask AWS about."""
        request: Values = {"roles": roles, "identity_tags": settings.get("mlinfra_identity_tags", {})}
        if {"network", "compute"} & set(roles) and wanted(settings, "compute"):
            request["instance_type"] = settings.get("compute_instance_type", "")
        if "compute" in roles and wanted(settings, "compute"):
            settings["preflight_image_parameter"] = reader.get("compute_image_parameter") or ""
            request["image_id"] = settings.get("compute_image_id", "")
            request["image_parameter"] = settings["preflight_image_parameter"]
        return request

    def _facts(self, settings: Values, facts: Values, roles: list[str], passed: t.Any) -> Values:
        """Return the facts to set."""
        return {
            "mlinfra_account_id": facts["account_id"],
            "mlinfra_partition": facts["partition"],
            "mlinfra_availability_zones": region.availability_zones(settings, facts),
            "preflight_passed": distinct([*(passed or []), *roles]),
        }

    def _message(self, found: list[str]) -> str:
        """Return all problems as one text."""
        count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        lines = "\n".join(f"{number}. {line}" for number, line in enumerate(found, start=1))
        return f"{count} found before the first writing call, nothing was created or changed:\n{lines}"
