# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks of the role ml_host refuse what shells, systemd and paths would act on, and what they allow arrives as text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..programs import answers
from .hostile import TEXTS

FOUND = {
    "id": "amzn",
    "version": "2023",
    "name": "Amazon Linux 2023",
    "root": True,
    "systemd": True,
    "architecture": "x86_64",
    "memory": 16000,
    "packages": ["awscli-2", "git", "python3.11", "tmux", "vim-enhanced", "amazon-cloudwatch-agent"],
    "synced": True,
    "python": True,
    "users": {},
    "ports": {},
    "space": {
        path: {"mount": "/", "free": 50000}
        for path in ("/opt/mlinfra/venv", "/usr", "/var", "/var/tmp", "/tmp", "/home/ml")
    },
    "gpus": [],
    "gpu_problem": "nvidia-smi is not there",
}
# A value that fits, for each setting that must be more than any text. What is hostile follows it, or takes its place.
CHECKED = {
    "ml_host_user": "ml",
    "ml_host_home": "/home/ml",
    "ml_host_venv": "/opt/mlinfra/venv",
    "ml_host_bind_address": "127.0.0.1",
    "ml_host_serving_bind_address": "127.0.0.1",
    "ml_host_memory_max": "80%",
    "ml_host_serving_memory_max": "6G",
    "ml_host_region": "us-east-1",
    "ml_host_token_parameter": "/p/dev/token",
    "ml_host_extra_packages": "xgboost==3.0.0",
}
LISTS = {"ml_host_extra_packages"}
ENDINGS = ["\n", "\r", " ", ";id", "$(id)", "`id`", "{{ 7 }}", "'", '"', "\x1b[2J", "\0", "ü"]
# YAML and JSON hold no halves of surrogate pairs, and neither the environment nor a program's arguments a null byte.
ALLOWED = [text for text in TEXTS if not any(letter < " " and letter != "\t" or letter in "\x7f\ud800" for letter in text)]
REFUSED = ["line\nfeed", "last\n", "carriage\rreturn", "nul\0byte", "\x1b[2J", "\x7f"]


def host(**settings: Any) -> dict[str, Any]:
    """A host that fits but for some settings."""
    places = {path: {"mount": "/", "free": 50000} for name in ("ml_host_home", "ml_host_venv") if (path := settings.get(name))}
    return {
        "ml_host_instance_type": "t3.medium",
        "ml_host_serving": True,
        "ml_host_serving_models": ["model"],
        "ml_host_found": {**FOUND, "space": {**FOUND["space"], **places}},
        **settings,
    }


def ended(ending: str) -> dict[str, Any]:
    """The settings of CHECKED, each with something that follows it."""
    return {name: [good + ending] if name in LISTS else good + ending for name, good in CHECKED.items()}


NAMES = ["a b", "a;id", "a\n", "$(id)", "1a", ""]
CASES: dict[str, dict[str, Any]] = {
    **{f"after {ending!r}": host(**ended(ending)) for ending in ENDINGS},
    **{f"value {text!r}": host(ml_host_environment={"A": text}) for text in REFUSED},
    "fits": host(**ended("")),
    "names": host(ml_host_environment=dict.fromkeys(NAMES, "x"), ml_host_package_environment=dict.fromkeys(NAMES, "x")),
    "values": host(ml_host_environment={f"V{number}": text for number, text in enumerate(ALLOWED)}),
}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the role says in each case."""
    return answers(Path(__file__).with_name("hosts.py"), CASES)


def test_what_fits(told: dict[str, Any]) -> None:
    assert told["fits"]["problems"] == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_may_follow_it(told: dict[str, Any], ending: str) -> None:
    """Not even a line feed, which the end of a pattern lets pass where it is written as $."""
    said = told[f"after {ending!r}"]["problems"]
    assert [name for name, good in CHECKED.items() if not any(name in line and good in line for line in said)] == []


@pytest.mark.parametrize("text", REFUSED)
def test_values_that_no_unit_could_have(told: dict[str, Any], text: str) -> None:
    assert [line for line in told[f"value {text!r}"]["problems"] if "ml_host_environment" in line]


def test_names_that_no_shell_could_have(told: dict[str, Any]) -> None:
    for variable in ("ml_host_environment", "ml_host_package_environment"):
        said = [line for line in told["names"]["problems"] if line.startswith(f"{variable} names")]
        assert len(said) == 1
        assert [name for name in NAMES if name not in said[0]] == []


def test_a_login_shell_gets_values_as_text(told: dict[str, Any], tmp_path: Path) -> None:
    """None is executed, expanded or cut, by the very file that the role writes."""
    script = tmp_path / "profile.sh"
    script.write_text(told["values"]["profile.sh.j2"], encoding="utf-8")
    shown = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('V')}))"
    done = subprocess.run(
        ["sh", "-c", '. "$1"; exec "$2" -c "$3"', "sh", str(script), sys.executable, shown],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {f"V{number}": text for number, text in enumerate(ALLOWED)}
    assert [path.name for path in tmp_path.iterdir()] == ["profile.sh"]


def test_units_get_values_as_text(told: dict[str, Any]) -> None:
    """Each on its line, between quotation marks that nothing in it ends, as systemd reads EnvironmentFile."""
    read = {}
    for line in told["values"]["environment.j2"].split("\n"):
        name, equals, value = line.partition("=")
        if equals and name.startswith("V"):
            assert value[0] == value[-1] == '"'
            read[name] = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
            assert '"' not in value[1:-1].replace("\\\\", "").replace('\\"', "")
    assert read == {f"V{number}": text for number, text in enumerate(ALLOWED)}
