# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tells a process from all others, and whether it or what it has started is still there.

All of it is read from /proc. Where there is none, nothing is said.
"""

from __future__ import annotations

from collections import Counter
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


def queue(pid: int, proc: Path = _PROC) -> str:
    """The pipe that Ansible's workers tell their results through: they go on for a while where their parent was killed.

    A parent has both of its ends open, unlike pipes to other programs, and has not got it from its own parent.

    Args:
        pid: the parent.
        proc: where processes are listed.

    Returns:
        The name of the pipe; empty where there is none.
    """
    try:
        ppid = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
    except (OSError, IndexError):
        return ""
    inherited = set(_pipes(proc / ppid))
    both = [pipe for pipe, ends in Counter(_pipes(proc / str(pid))).items() if ends > 1 and pipe not in inherited]
    return both[0] if both else ""


def leaves(pid: int, pipe: str, proc: Path = _PROC) -> bool:
    """Whether anything is still at work that a run has started: its workers, or forks of the connection mlinfra.aws.warm.

    A worker that wants to tell its parent something, or waits for it or for another worker that does, goes on so for ever
    and does nothing else.

    Args:
        pid: the run's process, which has ended.
        pipe: its queue; empty if unknown.
        proc: where processes are listed.
    """
    # The server of the connection was started with these words, and its forks look like it.
    words = f'"owner": {pid},'.encode()
    return any(
        words in _command(process) or (pipe in _pipes(process) and not _waits_for_its_parent(process))
        for process in proc.glob("[0-9]*")
    )


def _waits_for_its_parent(process: Path) -> bool:
    """Whether all its threads wait for a pipe, or for the lock that the workers of a run have in common."""
    try:
        waits = [thread.read_text(encoding="ascii") for thread in process.glob("task/*/wchan")]
    except OSError:
        return False
    return bool(waits) and all("pipe_" in wait or "futex" in wait for wait in waits)


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _pipes(process: Path) -> list[str]:
    """The pipes of a process, one entry for each end, in the order in which they were opened."""
    try:
        links = [link.readlink() for link in sorted((process / "fd").iterdir(), key=lambda link: int(link.name))]
    except OSError:  # it has ended, or is somebody else's
        return []
    return [str(link) for link in links if str(link).startswith("pipe:")]
