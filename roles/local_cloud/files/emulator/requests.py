# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a request asks for, as moto understood it: service, operation, resource, caller."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

from moto.core.request import determine_request_protocol
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from emulator.patching import around

_local = threading.local()


def _setup_class(original: Any, self: BaseResponse, *args: Any, **kwargs: Any) -> None:
    seen = getattr(_local, "seen", None)
    # A call may make others inside moto: the first is what the client asked for.
    if seen is not None and seen.response is None:
        seen.response = self
    original(self, *args, **kwargs)
    if seen is not None and seen.response is self:
        seen.on_set_up(seen)


around(BaseResponse, "setup_class", _setup_class)


class Seen:
    """One request, while moto answers it."""

    def __init__(self, environ: dict[str, Any], on_set_up: Callable[[Seen], None]) -> None:
        self._environ = environ
        self.response: Any = None
        self.on_set_up = on_set_up
        # What it needs to be allowed, where permissions are looked at.
        self.needs: list[Any] = []

    @property
    def service(self) -> str:
        """The service's name in botocore; where moto has no such service, the name that the call was signed for."""
        if self.response is not None:
            return self.response.boto3_service_name
        scope = self._environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
        return scope[3] if len(scope) == 5 else "unknown"

    @property
    def action(self) -> str:
        """The operation's name in botocore; the HTTP method when the service has none for this request."""
        if self.response is None:
            target = self._environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
            return target or f"{self._environ['REQUEST_METHOD'].title()} {self._environ.get('PATH_INFO', '')}"
        request = self.response.normalized_request
        try:
            if self.service == "s3":
                # Its own notion of an action is the permission's name, not the operation's.
                return get_service_router("s3").match(request)[0].name
            return self.response._get_action() or request.method.title()
        except (HTTPException, NotImplementedError):
            return request.method.title()

    @property
    def dry_run(self) -> bool:
        """Whether EC2 was asked only whether it would."""
        return self.service == "ec2" and self._parameter("DryRun").lower() == "true"

    @property
    def caller(self) -> str:
        """The access key id, in the header or the presigned URL; empty for an anonymous call."""
        if self.response is None:
            return self._environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split("/")[0]
        request = self.response.normalized_request
        credential = request.args.get("X-Amz-Credential") or request.args.get("AWSAccessKeyId")
        if not credential:
            credential = request.headers.get("Authorization", "").partition("Credential=")[2]
        return credential.split("/")[0]

    @property
    def resource(self) -> str:
        """For S3 the bucket and key; empty elsewhere."""
        if self.service != "s3":
            return ""
        return self.response.normalized_request.path.strip("/")

    def _parameter(self, name: str) -> str:
        value = self.response.querystring.get(name, [""])
        return str(value[0] if isinstance(value, list) else value)

    def _protocol(self) -> str:
        if self.response is None:
            return (
                "query"
                if self._environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
                else "json"
            )
        # Some services speak several: the client chooses.
        return determine_request_protocol(get_service_model(self.service), self.response.normalized_request.content_type)

    @property
    def denial(self) -> str:
        """The code of the error that the service refuses with what its caller may not do."""
        usual = "AccessDeniedException" if self._protocol() in ("json", "rest-json") else "AccessDenied"
        return {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}.get(self.service, usual)

    def error_headers(self) -> list[tuple[str, str]]:
        """The headers of an error in the protocol of the service."""
        json_like = self._protocol() in ("json", "rest-json")
        return [("Content-Type", "application/x-amz-json-1.1" if json_like else "text/xml")]

    def error_body(self, code: str, message: str) -> bytes:
        """An error in the protocol of the service."""
        protocol = self._protocol()
        if protocol in ("json", "rest-json"):
            return json.dumps({"__type": code, "message": message}).encode()
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        if protocol == "ec2":
            error = f"<Response><Errors>{error}</Errors><RequestID>emulator</RequestID></Response>"
        elif self.service != "s3":
            error = f"<ErrorResponse>{error}<RequestId>emulator</RequestId></ErrorResponse>"
        return error.encode()


@contextmanager
def seen_by_moto(environ: dict[str, Any], on_set_up: Callable[[Seen], None]) -> Iterator[Seen]:
    """Watch what moto makes of the request that this thread now serves.

    Args:
        environ: the request.
        on_set_up: called when moto has read it and has not answered yet.
    """
    _local.seen = Seen(environ, on_set_up)
    try:
        yield _local.seen
    finally:
        _local.seen = None
