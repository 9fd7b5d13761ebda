# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings are read as the roles will see them, from files and variables, through Ansible's own loader and templar."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.mlinfra.aws.plugins.plugin_utils import role_settings

FILES = {
    "defaults/main.yml": """\
demo_name: "{{ shared_name }}-demo"
demo_size: 8
demo_script: "{{ lookup('template', 'script.j2') }}"
demo_key: "{{ lookup('file', 'no-such-file') }}"
""",
    "vars/main/constants.yml": 'demo_constant: "{{ demo_size * 2 }}"\n',
    "meta/argument_specs.yml": """\
argument_specs:
  main:
    options:
      demo_name: {type: str}
      demo_size: {type: int}
      demo_script: {type: str}
      demo_key: {type: str}
""",
    "templates/script.j2": "size={{ demo_size }}",
    "tasks/main.yml": "- {name: Note, ansible.builtin.set_fact: {demo_sizes: 1}}\n",
}


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes the settings of a role 'demo' with some variables in scope."""
    for name, text in FILES.items():
        path = tmp_path / "demo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(role_settings, "ROLES_FOLDER", tmp_path)

    def settings(**variables: object) -> role_settings.RoleSettings:
        loader = DataLoader()
        values = {
            name: trust_as_template(value) if isinstance(value, str) else value for name, value in variables.items()
        }
        return role_settings.RoleSettings(["demo", "other"], Templar(loader=loader), loader, values)

    return settings


def test_defaults_are_used_where_nothing_else_is_in_scope(read) -> None:
    """And they are templated with the variables that are."""
    settings = read(shared_name="ml")
    assert settings.read(["demo_name", "demo_size", "unheard_of"]) == {"demo_name": "ml-demo", "demo_size": 8}
    assert settings.get("demo_constant") == 16
    assert settings.unreadable == {}


def test_variables_outrank_defaults(read) -> None:
    """As they do where the role runs."""
    assert read(demo_size=9).get("demo_size") == 9
    assert read(demo_size="{{ shared_size }}", shared_size=10).get("demo_constant") == 20


def test_look_ups_find_the_files_of_the_role(read) -> None:
    """A playbook's preflight isn't in the role, and yet reads it as the role does."""
    settings = read()
    settings.enter("demo")
    assert settings.get("demo_script") == "size=8"


def test_what_can_not_be_templated_is_noted_and_left_out(read) -> None:
    """With the reason, on one line, and no traceback."""
    settings = read(demo_script="{{ 'open' ")
    assert settings.read(["demo_name", "demo_size", "demo_key", "demo_script"]) == {"demo_size": 8}
    assert set(settings.unreadable) == {"demo_name", "demo_key", "demo_script"}
    assert "'shared_name' is undefined" in settings.unreadable["demo_name"]
    assert "no-such-file" in settings.unreadable["demo_key"]
    assert all("\n" not in reason for reason in settings.unreadable.values())


def test_a_stand_in_settles_what_was_unreadable(read) -> None:
    """So that one cause is not reported by all its effects."""
    settings = read()
    assert settings.get("demo_name") is None
    settings.replace("demo_name", "stand-in")
    assert settings.get("demo_name") == "stand-in"
    assert settings.unreadable == {}


def test_a_role_without_files_has_no_settings(read) -> None:
    """Whoever asks for it decides whether that is a mistake."""
    assert read().spec("other") == {}


def test_misspelt_settings_are_found(read) -> None:
    """But not what the role's own files name, nor what resembles no setting."""
    assert read(demo_siez=1, demo_sizes=1, demo_office_network="a", other_size=1).misspelt("demo") == {
        "demo_siez": "demo_size"
    }
