# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What NVIDIA's driver tells of the GPUs."""

from __future__ import annotations

import subprocess
from typing import Any

SECONDS = 30


def _ask(what: str) -> list[str]:
    command = ["nvidia-smi", f"--query-{what}", "--format=csv,noheader,nounits"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def read() -> tuple[float, set[int]]:
    """Per cent of the busiest GPU, and the processes that hold one.

    Raises:
        OSError: there is no nvidia-smi.
        subprocess.SubprocessError: it fails, or does not end.
        ValueError: it tells something else, or no GPU.
    """
    return max(map(float, _ask("gpu=utilization.gpu"))), set(map(int, _ask("compute-apps=pid")))


def describe() -> list[dict[str, Any]]:
    """Each GPU: name, per cent in use, and memory in use and in all, in MiB.

    Raises:
        OSError, subprocess.SubprocessError, ValueError: as in `read`.
    """
    described = []
    for line in _ask("gpu=name,utilization.gpu,memory.used,memory.total"):
        name, *figures = line.rsplit(",", 3)
        percent, used, total = map(float, figures)
        described.append({"name": name.strip(), "percent": percent, "memory_used": used, "memory_total": total})
    return described
