# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The double of session-manager-plugin finds the host by endpoint and instance, or says that there is none."""

from __future__ import annotations

import json
import subprocess

import pytest
import session

from .conftest import FILES

PLUGIN = FILES / "session-manager-plugin"


def test_a_command_runs_in_the_login_shell() -> None:
    assert session.shell(7)[-4:] == ["--login", "ssm-user", "--shell", "/bin/bash"]
    assert session.shell(7, "echo one")[-2:] == ["--command", "echo one"]


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("https://127.0.0.1:4696", "no host runs for i-0123 in slot 98"),
        ("https://ssm.us-east-1.amazonaws.com", "is no emulator of a rehearsal"),
        ("", "no endpoint"),
    ],
)
def test_what_can_not_be_opened_is_named(endpoint: str, message: str) -> None:
    arguments = [
        json.dumps({"SessionId": "s"}),
        "us-east-1",
        "StartSession",
        "",
        json.dumps({"Target": "i-0123"}),
        endpoint,
    ]
    done = subprocess.run([PLUGIN, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr
