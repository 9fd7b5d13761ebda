# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The process that forks. It has one thread, runs no module itself, and ends with the process it works for."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import sys
import time
import typing as t

from . import environment, run, wire
from .command import Command, NotUnderstood, of_the_interpreter
from .jobs import run_job
from .library import Library
from .models import Models
from .owner import LOOK_EVERY, Owner
from .payload import ASYNC_WRAPPER, Payload, Reader

# Seconds without a request after which the server ends: whatever went wrong, nothing is left behind for long.
IDLE_SECONDS = 900
# Seconds that the server stays after the run's main process.
LAST_SECONDS = 1.0
# Seconds that a worker may take to send its request.
REQUEST_SECONDS = 30
# What a shell itself sets for the commands that it starts.
SHELL_SETS = ("PWD", "OLDPWD", "SHLVL", "_")
_SHOW = f"import os, json; print(json.dumps([os.environ.get(name) for name in {SHELL_SETS!r}]))"


@dataclasses.dataclass
class Settings:
    """What the server is started with.

    Attributes:
        socket: path of the socket, which is removed at the end.
        owner: id of the process that it works for.
        folders: where collections and Ansible may be installed.
        collections: names of the collections whose module_utils may be loaded ahead of their use.
        services: names of AWS' services whose models are read ahead of their use.
    """

    socket: str
    owner: int
    folders: list[str]
    collections: list[str]
    services: list[str]


@dataclasses.dataclass(frozen=True)
class Work:
    """What a fork is to do.

    Attributes:
        command: the command that it stands for.
        payload: the module that the command runs.
        job: the module that this one starts in the background, or itself.
        variables: the environment.
        folder: the working directory.
        mask: the umask.
    """

    command: Command
    payload: Payload
    job: Payload
    variables: dict[str, str]
    folder: str
    mask: int


@dataclasses.dataclass
class Running:
    """A fork that is at work."""

    connection: socket.socket
    payload: Payload
    report: int
    text: bytes = b""


class Server:
    """Takes requests and forks for each.

    Args:
        listener: the socket that workers come to.
        settings: what the server is started with.
    """

    def __init__(self, listener: socket.socket, settings: Settings) -> None:
        self._listener = listener
        self._settings = settings
        self._owner = Owner(settings.owner)
        self._selector = selectors.DefaultSelector()
        self._reader = Reader()
        root = os.path.join(os.path.dirname(settings.socket), "ansible_payload.zip")
        self._library = Library(root, settings.folders, settings.collections)
        self._models = Models(settings.services)
        self._started_with = dict(os.environ)
        self._installed = _installed()
        self._shell_sets: dict[tuple[t.Any, ...], dict[str, str]] = {}
        self._running: dict[int, Running] = {}
        self._ending = False
        self._leaving = False
        self._listens = True
        self._wakeup, wakeup_writer = os.pipe()
        for end in (self._wakeup, wakeup_writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakeup_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._descriptors = [self._wakeup, wakeup_writer]

    def serve(self) -> None:
        """Work until the owner is gone or the server has to make way for a new one."""
        sys.meta_path.insert(0, self._library)
        gc.disable()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._reap)
        if self._owner.descriptor >= 0:
            self._selector.register(self._owner.descriptor, selectors.EVENT_READ, self._stop)
        idle_since = time.monotonic()
        while not self._ending and (self._owner.descriptor >= 0 or self._owner.lives()):
            if self._leaving and not self._running:
                return
            if self._turn(0) or (not self._running and self._idle_work()):
                continue
            if self._turn(self._patience()) or self._running:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > IDLE_SECONDS:
                return
        # Workers that end with the owner take what they run with them.
        end = time.monotonic() + LAST_SECONDS
        while self._running and time.monotonic() < end:
            self._turn(end - time.monotonic())

    def _patience(self) -> float:
        """Return how many seconds to wait for something to happen."""
        return 60.0 if self._owner.descriptor >= 0 else LOOK_EVERY

    def _turn(self, seconds: float) -> bool:
        """Handle what has happened; say whether anything has."""
        events = self._selector.select(seconds)
        for key, _mask in events:
            if self._selector.get_map().get(key.fd) is key:  # else what has happened before has settled it
                key.data(key.fileobj)
        return bool(events)

    def _unwatch(self, watched: t.Any) -> None:
        """Wait no longer for a socket or descriptor."""
        if watched in self._selector.get_map():
            self._selector.unregister(watched)

    def _stop(self, descriptor: int) -> None:
        """End soon: the owner is gone."""
        self._unwatch(descriptor)
        self._ending = True

    def _idle_work(self) -> bool:
        """Do a piece of what may be of use later; say whether there was anything to do."""
        with environment.noted():
            return self._models.idle()

    def _accept(self, _listener: socket.socket) -> None:
        """Take one request."""
        try:
            connection, _address = self._listener.accept()
        except OSError:
            return
        if not wire.peer_is_me(connection):
            connection.close()
            return
        connection.settimeout(REQUEST_SECONDS)
        try:
            header, script, files = wire.receive(connection, files=2)
        except (OSError, EOFError, ValueError):
            connection.close()
            return
        try:
            work = self._prepare(header, script)
        except NotUnderstood as reason:
            self._refuse(connection, str(reason))
        except Exception as error:  # whatever it is, the plain way is still open
            self._refuse(connection, f"{type(error).__name__}: {error}")
        else:
            self._fork(connection, work, files)
        finally:
            wire.close(files)
        if _installed() != self._installed:
            self._make_way()

    def _make_way(self) -> None:
        """Take no more requests: something was installed, which a new server will see. What runs may end."""
        self._unwatch(self._listener)
        self._listener.close()
        self.remove_socket()
        self._leaving = True

    def remove_socket(self) -> None:
        """Remove the socket, once: after that its path may be another server's."""
        if self._listens:
            pathlib.Path(self._settings.socket).unlink(missing_ok=True)
        self._listens = False

    def _refuse(self, connection: socket.socket, reason: str) -> None:
        """Tell a worker that nothing was executed."""
        self._answer(connection, {"refused": reason})
        connection.close()

    @staticmethod
    def _answer(connection: socket.socket, header: wire.Message) -> None:
        """Tell a worker something; it may be gone."""
        try:
            wire.send(connection, header)
        except OSError:
            pass

    def _prepare(self, request: wire.Message, script: bytes) -> Work:
        """Load what a request needs.

        Raises:
            NotUnderstood: a fork can't do it.
        """
        if _installed() != self._installed:
            raise NotUnderstood("Python packages have changed since the libraries were loaded")
        command = Command(**request["command"])
        variables = self._variables(request, command)
        payload = self._reader.read(script)
        job = self._reader.read(request["job"].encode("utf-8", "surrogateescape")) if request["job"] else payload
        with environment.noted() as read:
            for wanted in (payload, job):
                self._library.load(wanted)
                self._models.install()
                self._models.want(wanted)
        for name in {*variables, *self._started_with}:
            if variables.get(name) != self._started_with.get(name) and (
                of_the_interpreter(name) or name in read or environment.ALL in read
            ):
                raise NotUnderstood(f"{name} has another value than when the libraries were loaded")
        return Work(command, payload, job, variables, request["folder"], request["mask"])

    def _fork(self, connection: socket.socket, work: Work, files: list[int]) -> None:
        """Let a fork do the work."""
        report, report_writer = os.pipe()
        gc.freeze()
        try:
            pid = os.fork()
        except OSError as error:
            wire.close((report, report_writer))
            self._refuse(connection, f"no fork: {error}")
            return
        if not pid:
            run.survive(lambda: self._become(connection, work, files, (report, report_writer)))
        os.close(report_writer)
        os.set_blocking(report, False)
        connection.settimeout(None)
        self._running[pid] = Running(connection, work.job, report)
        self._selector.register(connection, selectors.EVENT_READ, lambda _connection: self._hung_up(pid))
        self._selector.register(report, selectors.EVENT_READ, lambda _report: self._reported(pid))
        self._answer(connection, {"pid": pid})

    def _become(self, connection: socket.socket, work: Work, files: list[int], report: tuple[int, int]) -> t.NoReturn:
        """In a fork: close what is the server's, and run the module."""
        self._selector.close()
        connection.close()
        self._listener.close()
        wire.close((*self._descriptors, report[0]))
        for other in self._running.values():
            other.connection.close()
            os.close(other.report)
        known = set(sys.modules)
        run.take_place(files, work.variables, work.folder, work.mask)
        self._library.serve(work.payload)
        gc.enable()
        if work.payload.module == ASYNC_WRAPPER:
            run_job(self._library, self._reader, work.command.interpreter)
        run.execute(work.payload.script, work.command.arguments or [""], lambda: self._report(report[1], known))

    def _report(self, report: int, known: set[str]) -> None:
        """In a fork: say what would have been of use if it had been there."""
        names = self._library.fresh(known)
        keys = self._models.fresh()
        if names or keys:
            os.set_blocking(report, False)
            try:
                os.write(report, json.dumps({"names": names, "keys": keys}).encode("ascii") + b"\n")
            except OSError:
                pass

    def _variables(self, request: wire.Message, command: Command) -> dict[str, str]:
        """Return the environment that the shell would give the interpreter."""
        given = request["variables"]
        key = (
            *(command.shell, request["executable"], request["folder"], command.interpreter),
            *(given.get(name) for name in SHELL_SETS),
        )
        if key not in self._shell_sets:
            line = dataclasses.replace(command, environment={}).with_interpreter([sys.executable, "-ISc", _SHOW])
            try:
                shown = subprocess.run(
                    line,
                    shell=True,
                    executable=request["executable"],
                    cwd=request["folder"],
                    env=given,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=True,
                ).stdout
                values = json.loads(shown)
            except (OSError, subprocess.CalledProcessError, ValueError) as error:
                raise NotUnderstood("the shell does not show what it sets") from error
            self._shell_sets[key] = {
                name: value for name, value in zip(SHELL_SETS, values, strict=True) if value is not None
            }
        plain = {name: value for name, value in given.items() if name not in SHELL_SETS}
        return {**plain, **self._shell_sets[key], **command.environment}

    def _hung_up(self, pid: int) -> None:
        """Handle the word of a worker that its fork may go on without it, or its death, which ends the fork as well."""
        running = self._running[pid]
        self._unwatch(running.connection)
        try:
            abandoned = bool(running.connection.recv(1))
        except OSError:
            abandoned = False
        if not abandoned:
            _end_group(pid)

    def _reported(self, pid: int) -> None:
        """Take in what a fork reports."""
        running = self._running[pid]
        try:
            text = os.read(running.report, 1 << 16)
        except BlockingIOError:
            return
        running.text += text
        if not text:
            self._unwatch(running.report)

    def _reap(self, _descriptor: int) -> None:
        """Pass on how forks have ended."""
        try:
            os.read(self._wakeup, 1 << 10)
        except BlockingIOError:
            pass
        for pid in list(self._running):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._ended(pid, os.waitstatus_to_exitcode(status))

    def _ended(self, pid: int, status: int) -> None:
        """Pass on how a fork has ended, and learn from it."""
        running = self._running[pid]
        self._answer(running.connection, {"status": status})
        self._reported(pid)
        self._unwatch(running.connection)
        self._unwatch(running.report)
        running.connection.close()
        os.close(running.report)
        del self._running[pid]
        first, end, _rest = running.text.partition(b"\n")
        if end:
            self._learn(running.payload, json.loads(first))

    def _learn(self, payload: Payload, report: wire.Message) -> None:
        """Load what a fork had to load by itself."""
        with environment.noted():
            self._library.load_names(payload, report["names"])
            self._models.install()
            self._models.load([tuple(key) for key in report["keys"]])


def _end_group(pid: int) -> None:
    """Ask a fork and what it has started to end; the fork may not yet lead a group of its own."""
    for end in (os.killpg, os.kill):
        try:
            end(pid, signal.SIGTERM)
            return
        except (ProcessLookupError, PermissionError):
            continue


def _installed() -> list[frozenset[str] | None]:
    """Return what changes when packages are installed into the interpreter's own folders: their files' names."""
    return [frozenset(os.listdir(path)) - {"__pycache__"} if os.path.isdir(path) else None for path in sys.path]


def main() -> None:
    """Serve: the arguments are the descriptor of the socket and, as JSON, the settings."""
    listener = socket.socket(fileno=int(sys.argv[2]))
    listener.set_inheritable(False)
    settings = Settings(**json.loads(sys.argv[3]))
    sys.argv = [""]
    server = Server(listener, settings)
    try:
        server.serve()
    finally:
        server.remove_socket()
