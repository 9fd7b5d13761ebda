# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every variable of every role and playbook, given what it is not made for, is refused in words or stays the text that it was.

In this process: the argument specifications, and the rules that the preflight judges with. That such texts reach AWS, hosts
and shells as they are is shown in tests/integration/test_hostile_values.py and test_shell.py.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import project, specs
from ansible_collections.mlinfra.aws.plugins.plugin_utils import judgement
from hypothesis import given
from hypothesis import strategies as st

from .hostile import VALUES, values

ROOT = Path(__file__).parents[2]
# What would steer a terminal, or break a numbered list of problems.
STEERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST_PROBLEM = 5000


def _options(file: Path) -> dict[str, dict[str, Any]]:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]
    return {entry: spec.get("options", {}) for entry, spec in found.items()}


ROLES = {file.parts[-3]: _options(file) for file in sorted(ROOT.glob("roles/*/meta/argument_specs.yml"))}
PLAYBOOKS = {file.name.split(".")[0]: _options(file) for file in sorted(ROOT.glob("playbooks/*.meta.yml"))}
OF_ROLES = [(role, name) for role in judgement.ROLES for name in ROLES[role]["main"]]
OF_ALL = [
    (f"{owner}:{entry}:{name}", options)
    for owner, entries in {**ROLES, **PLAYBOOKS}.items()
    for entry, spec in entries.items()
    for name, options in spec.items()
]


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    """Settings that fit."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("settings.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def judged(good: dict[str, Any], role: str, name: str, value: Any) -> tuple[Any, list[str]]:
    """What a role's setting becomes where it fits, and what the preflight says, with one setting changed."""
    spec = {name: ROLES[role]["main"][name]} if role else {}
    fitting, found = specs.judge(spec, {name: value}) if role else ({name: value}, [])
    rest = {key: entry for key, entry in good.items() if key != name}
    held = {**rest, **fitting, "preflight_roles": judgement.ROLES}
    for rules in (project, *map(judgement.rules, judgement.ROLES)):
        found.extend(rules.problems(held))
    judgement.rules("compute").warnings(held)
    return held.get(name), found


def told_well(found: list[str]) -> None:
    """Each problem is one line of readable text, not too long, whatever the value was."""
    assert [line for line in found if STEERS.search(line)] == []
    assert [line for line in found if len(line) > LONGEST_PROBLEM] == []


def unchanged(value: Any, held: Any) -> None:
    """A text that was let through is the text that was given."""
    if isinstance(value, str) and isinstance(held, str):
        assert held == value


@pytest.mark.parametrize(("role", "name"), OF_ROLES, ids=[name for _role, name in OF_ROLES])
def test_settings_of_roles(good: dict[str, Any], role: str, name: str) -> None:
    for value in VALUES:
        held, found = judged(good, role, name, value)
        told_well(found)
        unchanged(value, held)
        assert found or held is not None


@pytest.mark.parametrize("name", [name for name in project.SETTINGS if name.startswith(("mlinfra_", "ml_host_"))])
def test_settings_that_roles_share(good: dict[str, Any], name: str) -> None:
    for value in VALUES:
        held, found = judged(good, "", name, value)
        told_well(found)
        unchanged(value, held)


@given(data=st.data())
def test_settings_of_any_shape(good: dict[str, Any], data: st.DataObject) -> None:
    role, name = data.draw(st.sampled_from(OF_ROLES))
    value = data.draw(values)
    held, found = judged(good, role, name, value)
    told_well(found)
    unchanged(value, held)


@pytest.mark.parametrize(("name", "options"), OF_ALL, ids=[name for name, _options in OF_ALL])
def test_argument_specifications(name: str, options: dict[str, Any]) -> None:
    """Ansible's own validator, which every playbook and role begins with: it refuses, or leaves a text as it is.

    It refuses .inf for a whole number, and parts that are no dictionaries, by an exception, which fails the task all the same.
    """
    variable = name.rpartition(":")[2]
    for value in VALUES:
        try:
            result = ArgumentSpecValidator({variable: options}).validate({variable: value})
        except (OverflowError, TypeError):
            assert options["type"] in ("int", "list", "dict")
            continue
        if not result.error_messages and options.get("type", "str") == "str":
            unchanged(value, result.validated_parameters[variable])
