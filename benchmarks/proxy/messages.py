# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A call as it comes by, and an answer to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "expect", "content-length"}
# Where botocore calls a service otherwise than calls to it are signed for.
SIGNED_FOR = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}


@dataclass(frozen=True)
class Request:
    """One call.

    Attributes:
        environ: what came by, in WSGI's words.
        body: the bytes after the headers.
    """

    environ: dict[str, Any] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def method(self) -> str:
        """The method of HTTP."""
        return self.environ["REQUEST_METHOD"]

    @property
    def uri(self) -> str:
        """Path and query, as they came."""
        return self.environ["REQUEST_URI"]

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers that are for the service, not for the proxy."""
        headers = {
            key.removeprefix("HTTP_").replace("_", "-").title(): value
            for key, value in self.environ.items()
            if key.startswith("HTTP_")
        }
        kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
        content_type = self.environ.get("CONTENT_TYPE")
        return kept | ({"Content-Type": content_type} if content_type else {})

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters of the query protocol, EC2's too; empty in others."""
        if not self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @cached_property
    def service(self) -> str:
        """The service's name in botocore."""
        signed_for = self._credential()[3]
        return SIGNED_FOR.get(signed_for, signed_for)

    @cached_property
    def action(self) -> str:
        """The operation's name in botocore."""
        if self.parameters:
            return self.parameters.get("Action", "")
        if "X-Amz-Target" in self.headers:
            return self.headers["X-Amz-Target"].rpartition(".")[2]
        return self._routed()

    @property
    def name(self) -> str:
        """Service and operation, as ec2:CreateVpc."""
        return f"{self.service}:{self.action}"

    @property
    def caller(self) -> str:
        """The access key id that signed the call."""
        return self._credential()[0]

    @property
    def invocation(self) -> str:
        """What the attempts of a client at one call have in common."""
        return self.headers.get("Amz-Sdk-Invocation-Id", "")

    @property
    def attempt(self) -> int:
        """Which of a client's attempts at a call this is, from 1."""
        told = dict(
            part.strip().split("=", 1) for part in self.headers.get("Amz-Sdk-Request", "").split(";") if "=" in part
        )
        return int(told.get("attempt", 1))

    def _credential(self) -> list[str]:
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].split(",")[0].split("/")
        return scope if len(scope) == 5 else [""] * 5

    def _routed(self) -> str:
        """The operation that method and path stand for, by the service's model."""
        # It loads all of moto: those who never ask have not to wait for it.
        from moto.core.request import Request as Asked
        from moto.core.routing import get_service_router
        from werkzeug.exceptions import HTTPException

        try:
            return get_service_router(self.service).match(Asked(self.environ))[0].name
        except HTTPException:
            return self.method.title()


@dataclass
class Answer:
    """What a client gets.

    Attributes:
        status: of HTTP.
        headers: name and value of each.
        content: the bytes after the headers.
    """

    status: int
    headers: list[tuple[str, str]]
    content: bytes

    @property
    def good(self) -> bool:
        """Whether the call was executed."""
        return self.status < 300


Forward = Callable[[Request], Answer]
# Answers a call; the second argument has the emulator answer it. A ConnectionError cuts the connection.
Behaviour = Callable[[Request, Forward], Answer]


def chain(first: Behaviour, second: Behaviour) -> Behaviour:
    """The first behaviour, where the second one stands between it and the emulator."""
    return lambda request, forward: first(request, lambda passed: second(passed, forward))


def error(request: Request, status: int, code: str, message: str) -> Answer:
    """An error in the protocol of the service that was asked."""
    if request.service == "ec2":
        text = f"<Response><Errors>{_xml(code, message)}</Errors><RequestID>proxy</RequestID></Response>"
    elif request.service == "s3":
        text = _xml(code, message)
    elif request.parameters:
        text = f"<ErrorResponse>{_xml(code, message)}<RequestId>proxy</RequestId></ErrorResponse>"
    else:
        body = json.dumps({"__type": code, "message": message}).encode()
        return Answer(status, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)], body)
    return Answer(status, [("Content-Type", "text/xml")], text.encode())


def _xml(code: str, message: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
