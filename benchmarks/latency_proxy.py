# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stands before the emulator and makes it as slow as AWS: a delay on every call, and creation times.

A NAT gateway is pending for 100 s and an instance for 20 s, as on AWS; one factor scales both down.
"""

from __future__ import annotations

import argparse
import signal
import ssl
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import urllib3
from bench.states import CREATION_SECONDS, States
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import get_input_stream

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "expect", "content-length"}


class RequestHandler(WSGIRequestHandler):
    """Keeps connections open as AWS does, and says nothing of each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The emulator's log of calls says it better."""


class Proxy:
    """Hands each request on.

    Args:
        upstream: the emulator's endpoint.
        ca_bundle: the certificate that it is trusted by.
        delay: seconds that are added to each call.
        states: what knows how long things take to become ready.
    """

    def __init__(self, upstream: str, ca_bundle: Path, delay: float, states: States) -> None:
        self._upstream, self._delay, self._states = upstream, delay, states
        self._pool = urllib3.PoolManager(maxsize=32, ca_certs=str(ca_bundle), retries=False)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        time.sleep(self._delay)
        body = get_input_stream(environ).read()
        answer = self._pool.request(
            environ["REQUEST_METHOD"],
            f"{self._upstream}{environ['REQUEST_URI']}",
            body=body or None,
            headers=_headers(environ),
            preload_content=False,
            redirect=False,
        )
        content = answer.read(decode_content=False)
        answer.release_conn()
        if answer.status == 200 and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            content = self._states.rewrite(dict(parse_qsl(body.decode(), keep_blank_values=True)), content)
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
        length = answer.headers.get("Content-Length", "0") if environ["REQUEST_METHOD"] == "HEAD" else len(content)
        start(f"{answer.status} {answer.reason or ''}", [*headers, ("Content-Length", str(length))])
        return [content]


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    headers = {
        key.removeprefix("HTTP_").replace("_", "-").title(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
    return kept | ({"Content-Type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {})


def listen(port: int, certificate: Path, proxy: Proxy) -> BaseWSGIServer:
    """Open the port, with TLS: a bucket policy refuses anything else."""
    server = make_server("127.0.0.1", port, proxy, threaded=True, request_handler=RequestHandler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    # The handshake belongs to the request's own thread: one slow client must not hold up the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.ssl_context = context
    return server


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Prints a line when it is ready."""
    parser = argparse.ArgumentParser(prog="latency_proxy.py", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, help="the emulator's endpoint, over TLS")
    parser.add_argument("--ca-bundle", type=Path, required=True)
    parser.add_argument("--certificate", type=Path, required=True, help="the emulator's own, with its key")
    parser.add_argument("--delay", type=float, default=0.08, help="seconds added to each call (default: 0.08)")
    parser.add_argument("--scale", type=float, default=1.0, help="what creation times are divided by (default: 1)")
    options = parser.parse_args(arguments)
    times = {kind: seconds / options.scale for kind, seconds in CREATION_SECONDS.items()}
    proxy = Proxy(options.upstream, options.ca_bundle, options.delay, States(times))
    server = listen(options.port, options.certificate, proxy)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print("ready", flush=True)
    server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
