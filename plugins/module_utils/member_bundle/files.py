# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files that bundles are made of."""

from __future__ import annotations

from pathlib import Path

# In the archive, where Ansible looks for the collection.
_COLLECTION = "ansible_collections/mlinfra/aws/"
# What of the collection a member needs, and what it begins with.
_PARTS = ("meta/runtime.yml", "plugins", "roles/ml_host")
_BEGINNING = "roles/scaling/files/member"


def sources(root: Path) -> dict[str, bytes]:
    """Return the contents of what a member needs, by path in the archive.

    Args:
        root: the folder of this collection.

    Raises:
        OSError: it is not there, or can't be read.
    """
    found = {f"{_COLLECTION}{path.relative_to(root).as_posix()}": path for part in _PARTS for path in _files(root / part)}
    beginning = root / _BEGINNING
    found.update({path.relative_to(beginning).as_posix(): path for path in _files(beginning)})
    return {name: path.read_bytes() for name, path in found.items()}


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    found = [path for path in place.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    if not found:
        raise FileNotFoundError(f"{place} is not there, or holds nothing")
    return found
