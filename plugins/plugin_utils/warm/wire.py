# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Messages between worker and server: a header of JSON, then bytes, and open files beside them."""

from __future__ import annotations

import json
import os
import socket
import struct
import typing as t

_LENGTHS = struct.Struct("!II")
_CHUNK = 1 << 20

Message = dict[str, t.Any]


def send(connection: socket.socket, header: Message, body: bytes = b"", files: t.Sequence[int] = ()) -> None:
    """Send one message, with copies of the open files."""
    text = json.dumps(header).encode("ascii")
    lengths = _LENGTHS.pack(len(text), len(body))
    if files:
        socket.send_fds(connection, [lengths], list(files))
    else:
        connection.sendall(lengths)
    connection.sendall(text + body)


def receive(connection: socket.socket, files: int = 0) -> tuple[Message, bytes, list[int]]:
    """Receive one message.

    Args:
        connection: where it comes from.
        files: how many open files come with it.

    Raises:
        EOFError: the other side is gone, or sent another number of files.
    """
    received: list[int] = []
    if files:
        lengths, received, _flags, _address = socket.recv_fds(connection, _LENGTHS.size, files)
        for descriptor in received:
            os.set_inheritable(descriptor, False)
        if len(received) != files:
            close(received)
            raise EOFError("the files did not come")
    else:
        lengths = b""
    try:
        lengths += _exactly(connection, _LENGTHS.size - len(lengths))
        header, body = _LENGTHS.unpack(lengths)
        return json.loads(_exactly(connection, header)), _exactly(connection, body), received
    except BaseException:
        close(received)
        raise


def close(files: t.Iterable[int]) -> None:
    """Close open files."""
    for descriptor in files:
        os.close(descriptor)


def peer_is_me(connection: socket.socket) -> bool:
    """Say whether the process at the other end belongs to this user.

    Where the system can't tell, the mode of the socket's folder is what keeps others out.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == os.geteuid()


def _exactly(connection: socket.socket, count: int) -> bytes:
    """Receive so many bytes."""
    chunks = []
    while count:
        chunk = connection.recv(min(count, _CHUNK))
        if not chunk:
            raise EOFError("the other side is gone")
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)
