# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lets Ansible's own async_wrapper run its module in a fork as well, in place of a new interpreter."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import typing as t

from . import run
from .command import NotUnderstood
from .library import Library
from .payload import Payload, Reader, interpreter_of


def run_job(library: Library, reader: Reader, interpreter: str) -> None:
    """In the fork that async_wrapper runs in: let it start packed modules without an interpreter.

    Args:
        library: what is loaded.
        reader: reads the module.
        interpreter: the interpreter that this fork stands for.
    """
    plain = subprocess.Popen

    def start(command: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        job = _job(library, reader, interpreter, command)
        if not job:
            return plain(command, *args, **kwargs)
        subprocess.Popen = plain
        return Fork(library, job, os.fsdecode(command[-1]))

    subprocess.Popen = start


def _job(library: Library, reader: Reader, interpreter: str, command: t.Any) -> Payload | None:
    """Return the module that a command is to run, if a fork can run it."""
    if not isinstance(command, list) or len(command) != 2 or os.fsdecode(command[0]) != interpreter:
        return None
    try:
        with open(command[1], "rb") as file:
            script = file.read()
        if interpreter_of(script) != interpreter:
            return None
        job = reader.read(script)
        library.check(job)
    except (OSError, NotUnderstood):
        return None
    return job


class Fork:
    """The part of subprocess.Popen that async_wrapper uses."""

    def __init__(self, library: Library, job: Payload, path: str) -> None:
        self._output, output = os.pipe()
        self._errors, errors = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            run.survive(lambda: self._become(library, job, path, (output, errors)))
        os.close(output)
        os.close(errors)
        self.returncode: int | None = None

    def _become(self, library: Library, job: Payload, path: str, files: tuple[int, int]) -> t.NoReturn:
        """In the fork: run the module. Everything else is as async_wrapper has made it."""
        os.close(self._output)
        os.close(self._errors)
        run.empty_input()
        for descriptor, target in zip(files, (1, 2), strict=True):
            os.dup2(descriptor, target)
            os.close(descriptor)
        atexit._clear()
        sys.modules["__main__"] = library.main
        sys.path[:] = library.path
        library.serve(job)
        run.execute(job.script, [path], lambda: None)

    def communicate(self) -> tuple[str, str]:
        """Return all output and all errors, and wait for the end."""
        output, errors = _read_all(self._output, self._errors)
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return _text(output), _text(errors)


def _text(data: bytes) -> str:
    """Decode as Popen does for async_wrapper."""
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")


def _read_all(*descriptors: int) -> list[bytes]:
    """Read pipes to their ends, side by side."""
    import selectors

    read: dict[int, list[bytes]] = {descriptor: [] for descriptor in descriptors}
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            for key, _mask in selector.select():
                chunk = os.read(key.fd, 1 << 16)
                if chunk:
                    read[key.fd].append(chunk)
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [b"".join(read[descriptor]) for descriptor in descriptors]
