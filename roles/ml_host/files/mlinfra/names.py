# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names of datasets, runs and models, and the keys and files that they stand for."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import Invalid, Usage

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def checked(kind: str, name: str) -> str:
    """A name as it was given.

    Raises:
        Usage: it can't be one.
    """
    if not NAME.fullmatch(name):
        raise Usage(f"{name!r} can't name a {kind}.", "Letters, digits, dots, hyphens and underscores, first a letter or digit.")
    return name


def dataset(reference: str) -> str:
    """The prefix of a dataset's keys, with a slash at its end.

    Args:
        reference: such as raw/digits or processed/digits.

    Raises:
        Usage: it can't be one.
    """
    parts = reference.strip("/").split("/")
    if len(parts) != 2:
        raise Usage(f"{reference!r} can't name a dataset.", "Write folder and name, such as raw/digits or processed/digits.")
    return "/".join(checked("dataset", part) for part in parts) + "/"


def inside(folder: Path, relative: str) -> Path:
    """The file in a folder that a path of a manifest or a key stands for.

    Raises:
        Invalid: it would lie elsewhere.
    """
    if relative.startswith("/") or ".." in relative.split("/"):
        raise Invalid(f"{relative!r} would lie outside of {folder}: it was not written.")
    return folder / relative
