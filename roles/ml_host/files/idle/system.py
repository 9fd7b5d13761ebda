# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the machine is: load, memory, disks and services."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SECONDS = 10
_KIB = 1024


def memory() -> dict[str, int]:
    """Bytes of memory in all, and those that programs could still have.

    Raises:
        OSError, KeyError, ValueError: the kernel does not tell.
    """
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    total, available = (int(told[name].split()[0]) * _KIB for name in ("MemTotal", "MemAvailable"))
    return {"total": total, "available": available}


def disks(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Bytes in all and free of the file systems that hold these paths, each once.

    Raises:
        OSError: a path can't be read.
    """
    by_device = {os.stat(path).st_dev: path for path in reversed(list(paths))}
    usages = {path: shutil.disk_usage(path) for path in sorted(by_device.values())}
    return [{"path": path, "total": usage.total, "free": usage.free} for path, usage in usages.items()]


def services(names: Iterable[str]) -> list[dict[str, str]]:
    """The state of systemd's services by their names, such as active, failed or missing.

    Raises:
        OSError, subprocess.SubprocessError: systemd does not tell.
    """
    command = ["systemctl", "show", "--property=Id,LoadState,ActiveState", *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    told = []
    for block in done.stdout.strip().split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines())
        state = unit["ActiveState"] if unit["LoadState"] == "loaded" else "missing"
        told.append({"name": unit["Id"].removesuffix(".service"), "state": state})
    return told
