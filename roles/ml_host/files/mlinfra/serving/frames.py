# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a model's process and who started it talk: frames of bytes, each after its length, over a pair of sockets.

No object is passed, so that nothing that a model could have written is unpickled on the other side.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import IO

REQUEST = struct.Struct("!Q")
REPLY = struct.Struct("!QH")
# A model needs neither credentials nor addresses of the environment.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "XDG_CACHE_HOME", "LD_LIBRARY_PATH")


def error(text: str) -> bytes:
    """An error as the protocol has it."""
    return json.dumps({"error": text}).encode()


def start(folder: Path, stderr: IO[bytes] | None = None) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the process of a model; its first frame says whether it is ready."""
    here, there = socket.socketpair()
    with there:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mlinfra.serving.worker", str(folder), str(there.fileno())],
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            env={
                **{name: os.environ[name] for name in KEPT if name in os.environ},
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "KERAS_BACKEND": "tensorflow",
                "TF_CPP_MIN_LOG_LEVEL": "2",
                "CUDA_VISIBLE_DEVICES": "",
            },
        )
    return process, here


def ended(process: subprocess.Popen[bytes]) -> str:
    """How a process that closed its socket ended, in words."""
    try:
        code = process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with status {code}"


def send(line: socket.socket, status: int, body: bytes) -> None:
    """Send a reply."""
    line.sendall(REPLY.pack(len(body), status) + body)


def receive(line: socket.socket) -> bytes | None:
    """Wait for a request; None where the other side is gone."""
    head = _exactly(line, REQUEST.size)
    return None if head is None else _exactly(line, REQUEST.unpack(head)[0])


def reply(line: socket.socket) -> tuple[int, bytes] | None:
    """Wait for a reply, for no longer than the socket's timeout; None where the other side is gone."""
    head = _exactly(line, REPLY.size)
    if head is None:
        return None
    length, status = REPLY.unpack(head)
    body = _exactly(line, length)
    return None if body is None else (status, body)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> tuple[int, bytes]:
    """Send a request and wait for its reply.

    Raises:
        EOFError, OSError: the other side is gone.
    """
    writer.write(REQUEST.pack(len(body)) + body)
    await writer.drain()
    return await answered(reader)


async def answered(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Wait for a reply.

    Raises:
        EOFError, OSError: the other side is gone.
    """
    length, status = REPLY.unpack(await reader.readexactly(REPLY.size))
    return status, await reader.readexactly(length)


def _exactly(line: socket.socket, length: int) -> bytes | None:
    parts, left = [], length
    while left:
        try:
            part = line.recv(min(left, 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
