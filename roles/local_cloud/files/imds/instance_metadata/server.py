# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service itself: tokens, and answers from the tree."""

from __future__ import annotations

import argparse
import json
import secrets
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .document import VERSIONS, look_up
from .source import CREDENTIALS, Instance

TOKEN_HEADER = "X-aws-ec2-metadata-token"
LIFETIME_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
# Seconds that a token may live, as on EC2.
LONGEST = 21600


class Tokens:
    """The session tokens given out, each with its end."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}

    def give(self, seconds: int) -> str:
        """A new token for so many seconds."""
        now = time.monotonic()
        self._ends = {token: end for token, end in self._ends.items() if end > now}
        token = secrets.token_urlsafe(42)
        self._ends[token] = now + seconds
        return token

    def left(self, token: str | None) -> int:
        """The seconds that a token still lives; 0 for none, an unknown or an ended one."""
        return max(0, round(self._ends.get(token or "", 0.0) - time.monotonic()))


def answer(instance: Instance, path: str) -> str | None:
    """The text at a request's path; None where there is nothing."""
    version, _slash, rest = path.strip("/").partition("/")
    if not version:
        return "\n".join(VERSIONS)
    if version not in VERSIONS:
        return None
    rest = rest.strip("/")
    leaves = instance.leaves()
    if rest.startswith(f"{CREDENTIALS}/"):
        credentials = instance.credentials() if rest == f"{CREDENTIALS}/{instance.role_name()}" else None
        return json.dumps(credentials, indent=2) if credentials else None
    return look_up(leaves, rest, instance.key_name)


class Handler(BaseHTTPRequestHandler):
    """One request. The server carries the instance and the tokens."""

    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"
    server: Service

    def do_PUT(self) -> None:
        """Give a token."""
        if self.path.rstrip("/") != "/latest/api/token":
            return self._send(HTTPStatus.NOT_FOUND)
        # A request that came through a proxy is refused: the answer is for this host alone.
        if "X-Forwarded-For" in self.headers:
            return self._send(HTTPStatus.FORBIDDEN)
        wanted = self.headers.get(LIFETIME_HEADER, "")
        if not wanted.isdigit() or not 1 <= int(wanted) <= LONGEST:
            return self._send(HTTPStatus.BAD_REQUEST)
        return self._send(HTTPStatus.OK, self.server.tokens.give(int(wanted)), **{LIFETIME_HEADER: wanted})

    def do_GET(self) -> None:
        """Answer from the tree, to who holds a token."""
        left = self.server.tokens.left(self.headers.get(TOKEN_HEADER))
        if not left:
            return self._send(HTTPStatus.UNAUTHORIZED)
        try:
            text = answer(self.server.instance, self.path.partition("?")[0])
        except (BotoCoreError, ClientError) as error:
            self.log_error("%s: %s", self.path, error)
            return self._send(HTTPStatus.SERVICE_UNAVAILABLE)
        if text is None:
            return self._send(HTTPStatus.NOT_FOUND)
        return self._send(HTTPStatus.OK, text, **{LIFETIME_HEADER: str(left)})

    do_HEAD = do_GET

    def _send(self, status: HTTPStatus, text: str = "", **headers: str) -> None:
        body = (text or ("" if status is HTTPStatus.OK else status.phrase)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Answers given are no news; errors are written by log_error, which comes here too."""
        if "code" in format or not format.startswith('"%s"'):
            super().log_message(format, *args)


class Service(ThreadingHTTPServer):
    """The server with what its requests need."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], instance: Instance) -> None:
        super().__init__(address, Handler)
        self.instance = instance
        self.tokens = Tokens()


def main() -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="imds", description=__doc__)
    parser.add_argument("--instance-id", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--endpoint-url", required=True, help="the emulator")
    parser.add_argument("--ca-bundle", required=True, help="the certificate that it is checked with")
    parser.add_argument("--announcements", type=Path, help="a file with what EC2 announces to the instance")
    parser.add_argument("--address", default="169.254.169.254")
    parser.add_argument("--port", type=int, default=80)
    arguments = parser.parse_args()
    instance = Instance(
        arguments.instance_id, arguments.endpoint_url, arguments.ca_bundle, arguments.region, arguments.announcements
    )
    Service((arguments.address, arguments.port), instance).serve_forever()
    return 0
