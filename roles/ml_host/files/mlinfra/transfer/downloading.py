# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a bucket to files. A file is there as a whole and verified, or not at all; a download that was interrupted goes on."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..errors import Invalid, Problem
from . import work
from .checksums import MIB, sha256
from .reading import read
from .stored import Stored

if TYPE_CHECKING:
    from rich.progress import Progress


def download(files: Mapping[Path, Stored], bucket: str, progress: Progress | None = None) -> None:
    """Get objects into files. A file that is there with the same checksum is left alone.

    Each is written beside its place, to `.NAME.….part`, and renamed once it is verified.

    Args:
        files: by the file, the object.
        bucket: the bucket.
        progress: where to show how far it is: see output.progress().

    Raises:
        Invalid: an object whose content does not have its checksum; the file is as it was.
        Problem: not enough space on the disk.
        ClientError: S3 refuses.
    """
    there = work.with_each(lambda _pieces, item: _is_there(*item), files.items())
    wanted = {path: stored for (path, stored), done in zip(files.items(), there, strict=True) if not done}
    _look_for_space(wanted)
    downloading = _Downloading(bucket, progress, sum(stored.size for stored in wanted.values()))
    work.with_each(downloading.one, wanted.items())


def _is_there(path: Path, stored: Stored) -> bool:
    return path.is_file() and path.stat().st_size == stored.size and sha256(path) == stored.sha256


def _beside(path: Path, stored: Stored) -> Path:
    """Where it is written to: another content never goes on there."""
    return path.with_name(f".{path.name}.{(stored.sha256 or stored.version_id or 'any')[:16]}.part")


def _look_for_space(wanted: Mapping[Path, Stored]) -> None:
    """Before the first byte, for all of them together."""
    needed: Counter[int] = Counter()
    folders: dict[int, Path] = {}
    for path, stored in wanted.items():
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        part = _beside(path, stored)
        device = folder.stat().st_dev
        folders[device] = folder
        needed[device] += stored.size - (part.stat().st_size if part.exists() else 0)
    for device, folder in folders.items():
        free = shutil.disk_usage(folder).free
        if needed[device] > free:
            raise Problem(
                f"The disk of {folder} has {free // MIB} MiB left, and {-(-needed[device] // MIB)} MiB are to be written there.",
                "Free some space and run the same command again.",
            )


class _Downloading:
    """Gets objects.

    Args:
        bucket: where from.
        progress: where to show how far it is.
        total: bytes of all objects.
    """

    def __init__(self, bucket: str, progress: Progress | None, total: int) -> None:
        self._bucket = bucket
        self._advance = work.shown(progress, "Downloading", total)

    def one(self, pieces: Executor, item: tuple[Path, Stored]) -> None:
        """Get one object, and go on with what is there of it."""
        path, stored = item
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            while not self._done(pieces, path, stored):
                pass
        except OSError as error:
            error.filename = error.filename or str(path)
            raise

    def _done(self, pieces: Executor, path: Path, stored: Stored) -> bool:
        """Whether it is there now; where it isn't, what was left of an older download is gone."""
        part = _beside(path, stored)
        with part.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Another process, which had the lock until now, may have finished.
            if not part.exists() or not os.path.samestat(part.stat(), os.fstat(file.fileno())):
                return False
            if _is_there(path, stored):
                part.unlink()
                return True
            begun = file.seek(0, os.SEEK_END)
            right = self._write(pieces, file, stored)
            if right:
                part.replace(path)
                return True
            part.unlink()
        if not begun:
            raise Invalid(
                f"{stored.key} does not have the checksum it was stored with: it is corrupt. {path} was not written.",
                "Store it again, or get an older version of it.",
            )
        return False

    def _write(self, pieces: Executor, file: IO[bytes], stored: Stored) -> bool:
        """Write what is missing, and say whether it is right as a whole."""
        file.seek(0)
        digest = hashlib.sha256()
        while content := file.read(MIB):
            digest.update(content)
        self._advance(file.tell())
        for content in read(pieces, self._bucket, stored, file.tell()):
            file.write(content)
            digest.update(content)
            self._advance(len(content))
        file.flush()
        os.fsync(file.fileno())
        return file.tell() == stored.size and stored.sha256 in ("", digest.hexdigest())
