# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tells a process from all others, and whether it is still there. Where there is no /proc, nothing is said."""

from __future__ import annotations

from pathlib import Path

_PROC = Path("/proc")
_ENDED = {"Z", "X", "x"}


def machine(proc: Path = _PROC) -> str:
    """What tells this machine, since its last start, and its space of process ids from all others; empty if unknown."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{(proc / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def started(pid: int, proc: Path = _PROC) -> str:
    """When a process started, in ticks since the machine did; empty where it has ended."""
    try:
        # The name of the program comes before, in brackets, and may hold anything.
        state, *rest = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state in _ENDED else rest[18]
