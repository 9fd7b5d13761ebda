# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host tells its programs: the environment variables that the role ml_host writes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import Usage

FILE = Path("/etc/mlinfra/environment")
ASSIGNMENT = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"')


def load(file: Path = FILE) -> None:
    """Take from the host's file what this process was not told: a service has it all, a bare shell or Ansible nothing."""
    for name, value in read(file).items():
        os.environ.setdefault(name, value)


def read(file: Path) -> dict[str, str]:
    """The variables of a file of systemd's, by name; none where it is missing, or not for this user."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, PermissionError):
        return {}
    found = [assignment for line in lines if (assignment := ASSIGNMENT.fullmatch(line))]
    return {assignment[1]: re.sub(r"\\(.)", r"\1", assignment[2]) for assignment in found}


def _bucket(kind: str) -> str:
    name = f"MLINFRA_{kind.upper()}_BUCKET"
    if not os.environ.get(name):
        raise Usage(f"The {kind} bucket is not known.", f"Set {name} to its name; on a host the role ml_host does it in {FILE}.")
    return os.environ[name]


def datasets_bucket() -> str:
    """The name of the datasets bucket.

    Raises:
        Usage: nobody told it.
    """
    return _bucket("datasets")


def models_bucket() -> str:
    """The name of the models bucket.

    Raises:
        Usage: nobody told it.
    """
    return _bucket("models")
