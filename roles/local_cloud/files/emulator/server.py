# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Serves moto on two ports: TLS and plain, one process and one state behind both."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from emulator import corrections, tls
from emulator.calls import Call, CallLog, is_writing, now
from emulator.permissions.judge import Denied, Guard
from emulator.persistence import Keeper
from emulator.places import HOST, Place
from emulator.requests import Seen, seen_by_moto

Start = Callable[..., Any]


class RequestHandler(MotoRequestHandler):
    """Moto's handler, quick on loopback and quiet."""

    # Headers and body are two writes: with Nagle's algorithm the second would wait for an acknowledgement.
    disable_nagle_algorithm = True
    timeout = 120

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The log of calls says it better."""


class Application:
    """moto's application, with control paths, the log of calls and saving around it."""

    def __init__(self, place: Place, calls: CallLog, keeper: Keeper) -> None:
        self._place, self._calls, self._keeper = place, calls, keeper
        self._guard = Guard()
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_emulator/"):
            return self._control(path.removeprefix("/_emulator/"), environ["REQUEST_METHOD"], start)
        began = now()
        with self._keeper.serving(), seen_by_moto(environ, self._guard) as seen:
            answer = _Answer()
            body = self._answer(environ, seen, answer)
            action = seen.action
            writing = is_writing(seen.service, action, seen.dry_run)
            if writing:
                self._keeper.changed()
        self._calls.add(
            Call(
                time=began,
                service=seen.service,
                action=action,
                writing=writing,
                status=int(answer.status.split()[0]),
                caller=seen.caller,
                resource=seen.resource,
                scheme=environ["wsgi.url_scheme"],
                seconds=round(now() - began, 4),
                needs=[asdict(need) for need in seen.needs],
            )
        )
        start(answer.status, answer.headers)
        return body

    def _answer(self, environ: dict[str, Any], seen: Seen, answer: _Answer) -> list[bytes]:
        """Let moto answer; what it cannot do becomes an error that clients show and do not repeat."""
        try:
            parts = self._moto(environ, answer)
            try:
                return list(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except Denied as refusal:
            answer("403 Forbidden", seen.error_headers())
            return [seen.error_body(seen.denial, str(refusal))]
        except Exception as fault:
            # moto finds no such service, or no such operation of it.
            missing = isinstance(fault, NotImplementedError) or seen.response is None
            if not missing:
                traceback.print_exc()
            call = f"{seen.service}:{seen.action}"
            text = f"The emulator failed in {call}: {type(fault).__name__}: {fault}"
            if missing:
                text = f"The emulator does not know {call}" + (f" as asked: {fault}" if seen.response else ".")
            # 501, because clients repeat a call that was answered 500 many times.
            answer("501 Not Implemented", seen.error_headers())
            return [seen.error_body("NotImplemented" if missing else "EmulatorFault", text)]

    def _control(self, verb: str, method: str, start: Start) -> Iterable[bytes]:
        if verb == "reset" and method == "POST":
            self._keeper.reset()
            self._calls.clear()
        elif verb == "clear-calls" and method == "POST":
            self._calls.clear()
        elif verb.startswith("permissions-") and verb.removeprefix("permissions-") in Guard.MODES and method == "POST":
            self._guard.mode = verb.removeprefix("permissions-")
        elif verb != "status":
            start("404 Not Found", [("Content-Length", "0")])
            return []
        body = json.dumps({"pid": os.getpid(), "directory": str(self._place.directory)}).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


class _Answer:
    """Takes the status and headers that moto hands to its server."""

    def __init__(self) -> None:
        self.status, self.headers = "500 No Answer", []  # type: str, list[tuple[str, str]]

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status, self.headers = status, headers


def listen(place: Place, application: Application) -> list[BaseWSGIServer]:
    """Open both ports of a place."""
    plain = make_server(HOST, place.http_port, application, threaded=True, request_handler=RequestHandler)
    secure = make_server(HOST, place.https_port, application, threaded=True, request_handler=RequestHandler)
    context = tls.server_context(place.certificate)
    # The handshake belongs to the request's own thread: one slow client must not hold up the others.
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    secure.ssl_context = context
    return [plain, secure]


def serve(place: Place) -> int:
    """Serve until SIGTERM or SIGINT, then save. Returns the exit status."""
    place.directory.mkdir(parents=True, exist_ok=True)
    with place.lock.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        tls.ensure_certificates(place.authority, place.certificate)
        corrections.apply_all()
        keeper = Keeper(place.state, place.blobs)
        keeper.load()
        servers = listen(place, Application(place, CallLog(place.calls), keeper))
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        for server in servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
        keeper.start()
        ended.wait()
        for server in servers:
            server.shutdown()
        keeper.stop()
    return 0
