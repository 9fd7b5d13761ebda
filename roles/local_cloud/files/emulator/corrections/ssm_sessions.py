# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Systems Manager's StartSession and TerminateSession, which moto lacks.

The session's address leads nowhere: the rehearsal's own session-manager-plugin opens the host by the instance id.
"""

from __future__ import annotations

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.ssm.responses import SimpleSystemManagerResponse

# The documents of sessions that the rehearsal's plugin knows, each with the parameters that it takes.
DOCUMENTS = {
    "SSM-SessionManagerRunShell": set(),
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


def apply() -> None:
    """Add both operations. A session can only be started to an instance that is running."""

    def start_session(self: SimpleSystemManagerResponse) -> ActionResult:
        target = self._get_param("Target")
        document = self._get_param("DocumentName") or "SSM-SessionManagerRunShell"
        if document not in DOCUMENTS:
            raise InvalidDocument(f"Document with name {document} does not exist.")
        surplus = set(self._get_param("Parameters") or {}) - DOCUMENTS[document]
        if surplus:
            raise InvalidParameters(f"Parameters {sorted(surplus)} are not known to {document}.")
        instances = {one.id: one for one in ec2_backends[self.current_account][self.region].all_instances()}
        if target not in instances or instances[target].state != "running":
            raise TargetNotConnected(f"{target} is not connected.")
        session = f"rehearsal-{mock_random.get_random_hex(17)}"
        address = f"wss://ssmmessages.{self.region}.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe"
        return ActionResult({"SessionId": session, "TokenValue": mock_random.get_random_hex(64), "StreamUrl": address})

    def terminate_session(self: SimpleSystemManagerResponse) -> ActionResult:
        return ActionResult({"SessionId": self._get_param("SessionId")})

    SimpleSystemManagerResponse.start_session = start_session
    SimpleSystemManagerResponse.terminate_session = terminate_session
