# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Locks of further Python environments."""

from __future__ import annotations

import subprocess

from ..conftest import BIN, CHECKOUT


def locked(requirement: str, system: str = "linux") -> str:
    """A lock of ipykernel and a requirement, as its user would make it."""
    command = 'eval "$(python3 tools/pip_settings.py)"; exec "$0" pip compile - --generate-hashes --quiet --python-version 3.11 "$@"'
    return subprocess.run(
        ["sh", "-c", command, str(BIN / "uv"), "--python-platform", system],
        cwd=CHECKOUT,
        input=f"ipykernel\n{requirement}\n",
        text=True,
        capture_output=True,
        check=True,
    ).stdout
