# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Systems Manager's StartSession, TerminateSession and DescribeSessions, which moto lacks.

The session's address leads nowhere: the rehearsal's own session-manager-plugin opens the host by the instance id.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

# Whose all sessions are: the rehearsal has no users.
USER = "operator"
# The documents of sessions that the rehearsal's plugin knows, each with the parameters that it takes.
DOCUMENTS = {
    "SSM-SessionManagerRunShell": set(),
    "AWS-StartInteractiveCommand": {"command"},
    "AWS-StartPortForwardingSession": {"portNumber", "localPortNumber"},
}


class InvalidDocument(ServiceException):
    """AWS's answer where there is no such document."""

    code = "InvalidDocument"


class InvalidParameters(ServiceException):
    """AWS's answer where a document takes other parameters."""

    code = "InvalidParameters"


class TargetNotConnected(ServiceException):
    """AWS's answer where no agent of that instance is connected."""

    code = "TargetNotConnected"


def known(caller: SimpleSystemManagerResponse) -> dict[str, dict[str, Any]]:
    """The sessions of an account and region by their ids, kept and forgotten with all else of the service."""
    backend = ssm_backends[caller.current_account][caller.region]
    return backend.__dict__.setdefault("rehearsal_sessions", {})


def apply() -> None:
    """Add the operations. A session can only be started to an instance that is running, and ends with it."""

    def running(self: SimpleSystemManagerResponse) -> set[str]:
        instances = ec2_backends[self.current_account][self.region].all_instances()
        return {instance.id for instance in instances if instance.state == "running"}

    def start_session(self: SimpleSystemManagerResponse) -> ActionResult:
        target = self._get_param("Target")
        document = self._get_param("DocumentName") or "SSM-SessionManagerRunShell"
        if document not in DOCUMENTS:
            raise InvalidDocument(f"Document with name {document} does not exist.")
        surplus = set(self._get_param("Parameters") or {}) - DOCUMENTS[document]
        if surplus:
            raise InvalidParameters(f"Parameters {sorted(surplus)} are not known to {document}.")
        if target not in running(self):
            raise TargetNotConnected(f"{target} is not connected.")
        session = f"rehearsal-{mock_random.get_random_hex(17)}"
        address = f"wss://ssmmessages.{self.region}.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe"
        known(self)[session] = {
            "SessionId": session,
            "Target": target,
            "DocumentName": document,
            "Owner": f"arn:aws:iam::{self.current_account}:user/{USER}",
            "StartDate": datetime.now(UTC),
        }
        return ActionResult({"SessionId": session, "TokenValue": mock_random.get_random_hex(64), "StreamUrl": address})

    def terminate_session(self: SimpleSystemManagerResponse) -> ActionResult:
        session = self._get_param("SessionId")
        known(self).get(session, {})["EndDate"] = datetime.now(UTC)
        return ActionResult({"SessionId": session})

    def describe_sessions(self: SimpleSystemManagerResponse) -> ActionResult:
        connected, wanted = running(self), self._get_param("State") == "Active"
        told = []
        for session in known(self).values():
            active = "EndDate" not in session and session["Target"] in connected
            if active == wanted:
                told.append({**session, "Status": "Connected" if active else "Terminated"})
        return ActionResult({"Sessions": told})

    SimpleSystemManagerResponse.start_session = start_session
    SimpleSystemManagerResponse.terminate_session = terminate_session
    SimpleSystemManagerResponse.describe_sessions = describe_sessions
