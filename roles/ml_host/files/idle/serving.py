# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the inference service does, on a host that has it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from model import Use

NAME = "inference service"
SECONDS = 20


def use(used: Path, now: float, clock: float) -> Use:
    """When it answered a request last, or started.

    Args:
        used: the file that it touches then.
        now: the time, in seconds since the host started.
        clock: the same, in seconds since 1970.

    Raises:
        OSError: it does not run.
    """
    return Use(NAME, now - max(0.0, clock - used.stat().st_mtime))


def models(command: str) -> list[dict[str, Any]]:
    """Its models, each with name, state, version and the version that failed.

    Args:
        command: the program that asks it.

    Raises:
        OSError, ValueError, KeyError, subprocess.SubprocessError: it does not tell.
    """
    asked = [command, "--json", "serve", "status"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=True)
    kept = ("model", "state", "version", "failed")
    return [{key: one[key] for key in kept} for one in json.loads(done.stdout)["models"]]
