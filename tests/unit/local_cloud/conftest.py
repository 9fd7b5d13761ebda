# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts the role's programs on the path, each a package of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).resolve().parents[3] / "roles" / "local_cloud" / "files"
sys.path[:0] = [str(FILES / name) for name in ("host", "imds", "cloudwatch-agent")]

# A slot that no scenario and no other test uses.
SLOT = 98


@pytest.fixture
def host(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The program, run for real on a folder of its own."""

    def run(verb: str, *arguments: str, stdin: str = "", slot: bool = True) -> dict[str, Any]:
        place = ["--slot", str(SLOT), "--directory", str(tmp_path / "slot")] if slot else []
        done = subprocess.run(
            [sys.executable, str(FILES / "host"), verb, *place, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
