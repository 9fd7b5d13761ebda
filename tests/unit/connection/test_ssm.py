# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the connection over Session Manager fails. That it works molecule's scenario ml_host shows."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action.reboot import ActionModule
from ansible_collections.amazon.aws.plugins.connection import aws_ssm
from ansible_collections.mlinfra.aws.plugins.connection.ssm import Connection
from botocore.exceptions import ClientError, EndpointConnectionError

GONE = ClientError({"Error": {"Code": "TargetNotConnected", "Message": "i-1 is not connected"}}, "StartSession")


class Restarting(Connection):
    """A connection without a session, whose closings are counted."""

    def __init__(self) -> None:
        self.instance_id = "i-1"
        self.closed = 0

    def close(self) -> None:
        self.closed += 1

    def verbosity_display(self, level: int, message: str) -> None:
        """Say nothing."""


@pytest.mark.parametrize("error", [GONE, EndpointConnectionError(endpoint_url="https://ssm")])
def test_a_session_that_is_refused_is_a_failure_of_the_connection(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(_self: Any) -> None:
        raise error

    monkeypatch.setattr(aws_ssm.Connection, "start_session", refuse)
    connection = Restarting()
    with pytest.raises(AnsibleConnectionFailure, match="Session Manager opens no session on i-1"):
        connection.start_session()
    assert connection.closed == 1


def test_a_restart_is_waited_for_while_there_is_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ansible.builtin.reboot does it: it resets the connection after each attempt."""
    attempts = []

    def refuse(_self: Any) -> None:
        raise GONE

    def attempt(distribution: str) -> None:
        attempts.append(distribution)
        if len(attempts) < 3:
            raise AnsibleConnectionFailure("no answer")

    monkeypatch.setattr(aws_ssm.Connection, "start_session", refuse)
    monkeypatch.setattr("ansible.plugins.action.reboot.time.sleep", lambda _seconds: None)
    action = ActionModule.__new__(ActionModule)
    action._connection = Restarting()
    action.do_until_success_or_timeout(attempt, 60, "", "Amazon")
    assert len(attempts) == 3
