# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The notebooks' backup: a folder's files under notebooks/<host>/ of the models bucket, whose versions keep what they were.

What is deleted in the folder stays in the backup.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from . import environment
from .errors import Missing
from .transfer import Stored, download, listing, upload
from .transfer.checksums import sha256

if TYPE_CHECKING:
    from rich.progress import Progress

PREFIX = "notebooks"
# What programs make anew.
LEFT_OUT = {".ipynb_checkpoints", "__pycache__", ".cache", ".venv", "node_modules"}


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder and those below; no links, which lead elsewhere."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        yield from (path for name in sorted(names) if (path := Path(place, name)).is_file() and not path.is_symlink())


def backup(folder: Path, host: str, progress: Progress | None = None) -> list[Stored]:
    """Send what the backup does not have yet, or has otherwise.

    Args:
        folder: whose files are kept.
        host: under whose name.
        progress: where to show how far it is.

    Returns:
        What lies in the backup of the folder's files.
    """
    files = {f"{PREFIX}/{host}/{path.relative_to(folder).as_posix()}": path for path in _files(folder)}
    return upload(files, environment.models_bucket(), progress)


def restore(folder: Path, host: str, overwrite: bool = False, progress: Progress | None = None) -> tuple[list[Path], list[Path]]:
    """Get files of a backup that the folder does not have.

    Args:
        folder: where to.
        host: whose backup.
        overwrite: whether files that differ are replaced by those of the backup.
        progress: where to show how far it is.

    Returns:
        The files that were written, and those that differ and were left as they are.

    Raises:
        Missing: there is no such backup.
    """
    bucket, prefix = environment.models_bucket(), f"{PREFIX}/{host}/"
    found = {folder / stored.key.removeprefix(prefix): stored for stored in listing(bucket, prefix)}
    if not found:
        raise Missing(f"s3://{bucket}/{prefix} holds no backup.", "See what there is: mlinfra notebooks list")
    differing = {path: stored for path, stored in found.items() if not _is_there(path, stored)}
    kept = [] if overwrite else [path for path in differing if path.exists()]
    wanted = {path: stored for path, stored in differing.items() if path not in kept}
    download(wanted, bucket, progress)
    return list(wanted), kept


def _is_there(path: Path, stored: Stored) -> bool:
    return path.is_file() and path.stat().st_size == stored.size and sha256(path) == stored.sha256


def backups() -> dict[str, list[Stored]]:
    """What backups hold, by the hosts' names."""
    found: dict[str, list[Stored]] = {}
    for stored in listing(environment.models_bucket(), f"{PREFIX}/"):
        found.setdefault(stored.key.split("/")[1], []).append(stored)
    return found
