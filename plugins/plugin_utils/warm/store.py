# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The folder in which things are kept for the next run. What is read from there is executed."""

from __future__ import annotations

import os
import pathlib
import stat


def make(folder: pathlib.Path) -> None:
    """Make a folder, and the one around it, for this user alone.

    Raises:
        OSError: it can't be made.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def is_own(folder: pathlib.Path) -> bool:
    """Say whether a folder is there and nobody else can write into it."""
    try:
        status = folder.stat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
