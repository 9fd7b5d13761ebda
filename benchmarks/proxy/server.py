# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listens over TLS, hands each call on to the emulator, and lets a behaviour have its way with it."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import get_input_stream

from proxy.messages import HOP_BY_HOP, Answer, Behaviour, Request

# Beyond the ports of all slots.
PORT_OFFSET = 300


class RequestHandler(WSGIRequestHandler):
    """Keeps connections open as AWS does, and says nothing of each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The emulator's log of calls says it better."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Cut the connection, at once and without a word."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Proxy:
    """Hands each call on.

    Args:
        upstream: the emulator's endpoint.
        ca_bundle: the certificate that it is trusted by.
        behaviour: answers each call.
    """

    def __init__(self, upstream: str, ca_bundle: Path, behaviour: Behaviour) -> None:
        self._upstream, self._behaviour = upstream, behaviour
        self._pool = urllib3.PoolManager(maxsize=32, ca_certs=str(ca_bundle), retries=False)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        request = Request(environ, get_input_stream(environ).read())
        answer = self._behaviour(request, self._forward)
        headers = [(name, value) for name, value in answer.headers if name.lower() not in HOP_BY_HOP]
        length = len(answer.content)
        if request.method == "HEAD":
            length = int(dict(answer.headers).get("Content-Length", 0))
        start(f"{answer.status} {HTTPStatus(answer.status).phrase}", [*headers, ("Content-Length", str(length))])
        return [answer.content]

    def _forward(self, request: Request) -> Answer:
        answer = self._pool.request(
            request.method,
            f"{self._upstream}{request.uri}",
            body=request.body or None,
            headers=request.headers,
            preload_content=False,
            redirect=False,
        )
        content = answer.read(decode_content=False)
        answer.release_conn()
        return Answer(answer.status, list(answer.headers.items()), content)


def listen(port: int, certificate: Path, proxy: Proxy) -> BaseWSGIServer:
    """Open the port, with TLS: a bucket policy refuses anything else."""
    server = make_server("127.0.0.1", port, proxy, threaded=True, request_handler=RequestHandler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    # The handshake belongs to the request's own thread: one slow client must not hold up the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.ssl_context = context
    return server


@contextmanager
def running(upstream: str, ca_bundle: Path, behaviour: Behaviour) -> Iterator[str]:
    """A proxy in a thread of this process; yields its endpoint.

    Args:
        upstream: the emulator's endpoint.
        ca_bundle: the certificate that it is trusted by; the emulator's own, with its key, lies beside it.
        behaviour: answers each call.
    """
    port = int(upstream.rsplit(":", 1)[1]) + PORT_OFFSET
    server = listen(port, ca_bundle.with_name("server.pem"), Proxy(upstream, ca_bundle, behaviour))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
