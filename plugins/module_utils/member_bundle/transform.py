# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a member of a group configures itself with: one archive, the same to the byte wherever it is made. Pure."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

# Where bundles are in their bucket. The instances' role may read there, and is denied to write.
PREFIX = "members/"
SETTINGS = "settings.json"
# Names of settings, and of environment variables among them, that say that the value opens something.
_SECRET = re.compile(r"(passw(or)?d|passphrase|secret|private_?key|credential)|access_key_id$|(^|_)token$", re.IGNORECASE)
# The settings of the host, the only ones that people put values of their own into.
_HOST = "ml_host_"


def bundle(files: Mapping[str, bytes], settings: Mapping[str, Any]) -> bytes:
    """Return the archive: neither the order of files and settings, nor time, owner or permissions of a file change it.

    Args:
        files: contents by path in the archive.
        settings: the variables of the play.

    Raises:
        TypeError, ValueError: a setting can't be written as JSON.
    """
    told = json.dumps(settings, sort_keys=True, indent=1, allow_nan=False).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in sorted({**files, SETTINGS: told}.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def digest(content: bytes) -> str:
    """Return the SHA-256 of an archive, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def key_of(checksum: str) -> str:
    """Return the key of the archive with a SHA-256 in hexadecimal digits."""
    return f"{PREFIX}{checksum}.tar"


def as_s3(checksum: str) -> str:
    """Return a SHA-256 in hexadecimal digits as S3 has it."""
    return base64.b64encode(bytes.fromhex(checksum)).decode()


def secrets(settings: Mapping[str, Any]) -> list[str]:
    """Return the paths of those settings whose names say that they are secret, and that hold something, in order."""
    told = {name: value for name, value in settings.items() if name.startswith(_HOST)}
    return sorted(".".join(path) for path, value in _leaves(told, ()) if value and any(map(_SECRET.search, path)))


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, (*path, str(name)))
    elif isinstance(value, (list, tuple)):
        for at, part in enumerate(value):
            yield from _leaves(part, (*path, str(at)))
    else:
        yield path, value
