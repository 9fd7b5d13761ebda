# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checksums of files, as a whole and in the parts that S3 gets them in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
PART = 8 * MIB
# S3 takes no more parts of one object.
MOST_PARTS = 10_000


@dataclass(frozen=True)
class Summed:
    """The checksums of a file.

    Attributes:
        size: bytes.
        sha256: of the whole file, in hexadecimal digits.
        part: bytes of a part; the last one may be shorter.
        parts: of each part, as S3 writes it: Base64.
    """

    size: int
    sha256: str
    part: int
    parts: tuple[str, ...]


def composite(parts: Sequence[str]) -> str:
    """What S3 makes of the checksums of the parts of one object."""
    together = hashlib.sha256(b"".join(map(base64.b64decode, parts)))
    return f"{base64.b64encode(together.digest()).decode()}-{len(parts)}"


def part_size(size: int) -> int:
    """Bytes of a part of an object of this size: the same for the same size, so that an upload can go on."""
    needed = -(-size // MOST_PARTS)
    return max(PART, -(-needed // MIB) * MIB)


def summed(path: Path) -> Summed:
    """Read a file once for all its checksums."""
    part = part_size(path.stat().st_size)
    whole, parts, size = hashlib.sha256(), [], 0
    with path.open("rb") as file:
        while (content := file.read(part)) or not parts:
            whole.update(content)
            parts.append(base64.b64encode(hashlib.sha256(content).digest()).decode())
            size += len(content)
    return Summed(size, whole.hexdigest(), part, tuple(parts))


def sha256(path: Path) -> str:
    """The SHA-256 of a whole file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
