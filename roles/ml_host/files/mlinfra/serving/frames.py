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
import sys
from pathlib import Path

REQUEST = struct.Struct("!Q")
REPLY = struct.Struct("!QH")
# A model needs neither credentials nor addresses of the environment.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "XDG_CACHE_HOME", "LD_LIBRARY_PATH")


def error(text: str) -> bytes:
    """An error as the protocol has it."""
    return json.dumps({"error": text}).encode()


def command(folder: Path, descriptor: int, name: str = "", version: str = "") -> list[str]:
    """How the process of a model is started; its first frame says whether it is ready."""
    return [sys.executable, "-P", "-m", "mlinfra.serving.worker", str(folder), str(descriptor), name, version]


def environment() -> dict[str, str]:
    """The environment variables of that process."""
    return {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # Exported on a processor, and served on one: no request waits for a GPU that a training run holds.
        "CUDA_VISIBLE_DEVICES": "",
    }


def ended(code: int) -> str:
    """How a process ended, in words."""
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
