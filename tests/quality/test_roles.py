# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles are alike, and what their argument specs say is what they do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if (path / "tasks").is_dir())
# The roles whose subject is the AWS account: they stand or are gone.
TWO_STATES = sorted(name for name in ROLES if (ROOT / "roles" / name / "vars" / "main" / "declared.yml").exists())
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _load(path: Path) -> dict:
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def _defaults(role: str) -> dict:
    return _load(ROOT / "roles" / role / "defaults" / "main.yml") or {}


def _options(role: str) -> dict:
    return _load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"].get("options", {})


def _texts(*folders: str) -> str:
    """Return all text files under the folders, but for where variables are only declared."""
    declaring = {"argument_specs.yml", "README.md"}
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*"))]
    return "\n".join(
        path.read_text(errors="ignore")
        for path in paths
        if path.is_file() and path.name not in declaring and "__pycache__" not in path.parts
    )


@pytest.mark.parametrize("role", ROLES)
def test_argument_spec_names_exactly_the_defaults(role: str) -> None:
    """Every variable of defaults/ is documented; what is documented beside them has to be given."""
    options = _options(role)
    given = {name for name, option in options.items() if option.get("required")}
    assert set(options) - given == set(_defaults(role))


@pytest.mark.parametrize("role", ROLES)
def test_argument_spec_repeats_no_other_default(role: str) -> None:
    """Where the spec shows a default, it is the one that the role has."""
    defaults = _defaults(role)
    shown = {name: option["default"] for name, option in _options(role).items() if "default" in option}
    assert shown == {name: defaults[name] for name in shown}


@pytest.mark.parametrize("role", ROLES)
def test_every_default_is_commented(role: str) -> None:
    """A comment stands above each variable of defaults/, or above the group it belongs to."""
    lines = (ROOT / "roles" / role / "defaults" / "main.yml").read_text().splitlines()
    uncommented, commented = [], False
    for line in lines[1:]:
        if line.startswith("#"):
            commented = True
        elif not line.strip():
            commented = False
        elif WORD.match(line) and not commented:
            uncommented.append(line)
    assert uncommented == []


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_is_used(role: str) -> None:
    """A variable of the role's defaults or vars is read somewhere, beyond the line that sets it."""
    names = set(_defaults(role))
    for path in sorted((ROOT / "roles" / role / "vars").rglob("*.yml")):
        names |= set(_load(path) or {})
    # What a role declares is read by a name that is put together: the plan walks all roles.
    names.discard(f"{role}_declared")
    words = WORD.findall(_texts(f"roles/{role}", "playbooks", "plugins", "group_vars"))
    assert {name for name in names if words.count(name) < 2} == set()


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_carries_the_name_of_its_role(role: str) -> None:
    """Defaults, vars, registered results and facts start with the role's name, so that no two roles share one."""
    names = set(_defaults(role))
    for path in sorted((ROOT / "roles" / role / "vars").rglob("*.yml")):
        names |= set(_load(path) or {})
    for path in sorted((ROOT / "roles" / role / "tasks").rglob("*.yml")):
        names |= set(re.findall(r"^\s*register: (\w+)", path.read_text(), re.MULTILINE))
    assert {name for name in names if not name.lstrip("_").startswith(f"{role}_")} == set()


@pytest.mark.parametrize("role", TWO_STATES)
def test_layout(role: str) -> None:
    """A role that stands or is gone has the files that all of them have, and says so by one variable."""
    home = ROOT / "roles" / role
    files = ("tasks/main.yml", "tasks/preflight.yml", "tasks/present.yml", "meta/main.yml")
    assert [name for name in files if not (home / name).is_file()] == []
    state = _options(role)[f"{role}_state"]
    assert sorted(state["choices"]) == ["absent", "present"]
    assert _defaults(role)[f"{role}_state"] == "present"


def test_the_action_group_has_all_that_speaks_to_aws() -> None:
    """What is told the way to AWS once, by the group, is every AWS module that is used, and every one of our own."""
    group = _load(ROOT / "meta" / "runtime.yml")["action_groups"]["aws"]
    texts = "\n".join(
        path.read_text() for folder in ("roles", "playbooks", "molecule") for path in (ROOT / folder).rglob("*.yml")
    )
    used = set(re.findall(r"^\s*-?\s*((?:amazon|community)\.aws\.\w+):", texts, re.MULTILINE))
    own = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if "AnsibleAWSModule" in path.read_text()}
    assert set(group) == used | own


def test_commands_expand_nothing() -> None:
    """Else the module replaces $NAME in arguments by an environment variable: write `expand_argument_vars: false`."""
    bare = []
    for folder in ("roles/*/tasks", "roles/*/handlers", "playbooks", "playbooks/tasks"):
        for path in sorted(ROOT.glob(f"{folder}/*.yml")):
            text = path.read_text()
            if len(re.findall(r"ansible\.builtin\.command:$", text, re.MULTILINE)) != text.count("expand_argument_vars: false"):
                bare.append(str(path.relative_to(ROOT)))
    assert bare == []
