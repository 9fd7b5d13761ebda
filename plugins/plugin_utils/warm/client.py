# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The worker's side: finds the run's server, starts it if there is none, and hands it what is to be executed."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import selectors
import socket
import subprocess
import tempfile
import typing as t

from . import wire
from .command import Command, NotUnderstood

# Longest path of a socket, in bytes, that every system takes.
LONGEST_PATH = 100
_BOOT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("_warm", sys.argv[1], submodule_search_locations=[sys.argv[1][:-12]])
sys.modules["_warm"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from _warm.server import main
main()
"""


class Lost(Exception):
    """The server ended while a module ran: how the module ended is not known."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """How to start a server.

    Attributes:
        folder: a folder of this run of Ansible alone.
        interpreter: path of the interpreter.
        owner: process id of Ansible's main process.
        folders: where collections and Ansible may be installed.
        collections: names of the collections whose module_utils may be loaded ahead of their use.
        services: names of AWS' services whose models are read ahead of their use.
    """

    folder: str
    interpreter: str
    owner: int
    folders: list[str]
    collections: list[str]
    services: list[str]


def connect(plan: Plan) -> socket.socket:
    """Connect to the run's server, which is started if there is none.

    Raises:
        NotUnderstood: there can be none.
    """
    path = _socket_path(plan)
    connection = _try(path)
    if connection:
        return connection
    with _lock(path):
        connection = _try(path)
        if connection:
            return connection
        if os.path.exists(path):
            raise NotUnderstood(f"no server could be started with {plan.interpreter}")
        _start(plan, path)
    connection = _try(path)
    if not connection:
        raise NotUnderstood(f"no server could be started with {plan.interpreter}")
    return connection


def execute(
    connection: socket.socket, request: wire.Message, script: bytes, started: t.Callable[[int], None]
) -> tuple[int, bytes, bytes]:
    """Let the server execute a script.

    Args:
        connection: the connection to the server; it is closed in the end.
        request: how to execute it.
        script: what to execute.
        started: called with the process id when it is executed.

    Returns:
        The exit status, negative for a signal, what was written to standard output and to standard error.

    Raises:
        NotUnderstood: the server doesn't execute it, and nothing was executed.
        Lost: it was executed, and its end isn't known.
    """
    with connection, contextlib.ExitStack() as stack:
        output, errors = (_pipe(stack) for _stream in range(2))
        try:
            wire.send(connection, request, script, [output.writer, errors.writer])
            answer = wire.receive(connection)[0]
        except (OSError, EOFError) as error:
            raise NotUnderstood("the server has ended") from error
        if "refused" in answer:
            raise NotUnderstood(answer["refused"])
        started(answer["pid"])
        output.close_writer()
        errors.close_writer()
        try:
            _read_all(output, errors)
            status = wire.receive(connection)[0]["status"]
        except (OSError, EOFError) as error:
            raise Lost from error
        except BaseException:
            # A task that has timed out leaves its module alone, as it does when the module is its own child.
            connection.sendall(b"\0")
            raise
        return status, output.data(), errors.data()


class _Pipe:
    """A pipe that is read here."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self.chunks: list[bytes] = []

    def close_writer(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def close(self) -> None:
        self.close_writer()
        os.close(self.reader)

    def data(self) -> bytes:
        return b"".join(self.chunks)


def _pipe(stack: contextlib.ExitStack) -> _Pipe:
    """Open a pipe until the end of the stack."""
    pipe = _Pipe()
    stack.callback(pipe.close)
    return pipe


def _read_all(*pipes: _Pipe) -> None:
    """Read pipes to their ends, side by side."""
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe.reader, selectors.EVENT_READ, pipe)
        while selector.get_map():
            for key, _mask in selector.select():
                chunk = os.read(key.fd, 1 << 16)
                if chunk:
                    key.data.chunks.append(chunk)
                else:
                    selector.unregister(key.fd)


def _socket_path(plan: Plan) -> str:
    """Return the path of the socket of the interpreter's server, in a folder that is only this user's."""
    name = hashlib.sha256(os.fsencode(plan.interpreter)).hexdigest()[:8]
    folder = pathlib.Path(plan.folder, "warm")
    if len(os.fsencode(folder / name)) > LONGEST_PATH:
        link = folder
        with _lock(str(link)):
            if not link.is_symlink():
                link.symlink_to(tempfile.mkdtemp(prefix="ansible-warm-"))
        folder = link.resolve()
        if len(os.fsencode(folder / name)) > LONGEST_PATH:
            raise NotUnderstood("the folder for temporary files has too long a name for a socket")
    else:
        folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder / name)


@contextlib.contextmanager
def _lock(path: str) -> t.Iterator[None]:
    """Keep other workers out."""
    with open(f"{path}.lock", "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _try(path: str) -> socket.socket | None:
    """Connect to a socket, if a server listens there."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
        if wire.peer_is_me(connection):
            return connection
    except OSError:
        pass
    connection.close()
    return None


def _start(plan: Plan, path: str) -> None:
    """Start a server. It can be connected to at once, and will answer when it is ready."""
    settings = {
        "socket": path,
        "owner": plan.owner,
        "folders": plan.folders,
        "collections": plan.collections,
        "services": plan.services,
    }
    with socket.socket(socket.AF_UNIX) as listener:
        mask = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(mask)
        listener.listen(128)
        package = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__init__.py")
        try:
            subprocess.Popen(
                [plan.interpreter, "-c", _BOOT, package, str(listener.fileno()), json.dumps(settings)],
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise NotUnderstood(f"{plan.interpreter} can't be started") from error


def request_for(command: Command, executable: str, folder: str | None, job: bytes | None = None) -> wire.Message:
    """Return the request to execute a script as this worker's child would be executed.

    Args:
        command: the command that the shell would get.
        executable: the shell that would get it.
        folder: the working directory, or None for this worker's.
        job: the module that the script is going to start, if it is of a kind that does so.
    """
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "command": dataclasses.asdict(command),
        "executable": executable,
        "folder": folder or os.getcwd(),
        "mask": mask,
        "variables": dict(os.environ),
        "job": job.decode("utf-8", "surrogateescape") if job else None,
    }
