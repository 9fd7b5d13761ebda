# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of the host a run gets: processor cores, memory and GPUs."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ..errors import Conflict, Usage
from . import places

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")


def in_bytes(text: str) -> int:
    """An amount of memory, such as 512M or 4G, in bytes.

    Raises:
        Usage: it is none.
    """
    found = re.fullmatch(r"([0-9]+)([KMGT]?)", text)
    if not found or not int(found[1]):
        raise Usage(f"--memory {text} is no amount of memory.", "Write it such as 512M or 4G.")
    return int(found[1]) * UNITS[found[2]]


def host_memory() -> int:
    """Bytes of memory of this host."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def host_gpus() -> list[int]:
    """The numbers of this host's GPUs; none where it has no driver for them."""
    asked = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    return [int(line) for line in done.stdout.split() if line.isdecimal()] if done.returncode == 0 else []


def check(cpus: int | None, memory: int | None, gpus: int | None, processes: int | None) -> None:
    """Refuse what this host hasn't got.

    Raises:
        Usage: it has less.
    """
    wanted = [
        ("--cpus", cpus, len(os.sched_getaffinity(0)), "processor cores"),
        ("--memory", memory, host_memory(), "bytes of memory"),
        ("--gpus", gpus, len(host_gpus()) if gpus else 0, "GPUs"),
    ]
    for option, want, there, what in wanted:
        if want is not None and want > there:
            raise Usage(f"{option} asks for {want} {what}, and this host has {there}.", "Ask for less, or take a larger host.")
    if processes and gpus and processes != gpus:
        raise Usage(f"{processes} processes can't share {gpus} GPUs evenly.", "Let --processes and --gpus be the same number.")


class Held:
    """Cores and GPUs that other runs are kept from, until this process ends, however it ends."""

    def __init__(self) -> None:
        self._files: list[IO[str]] = []
        # On a host that the role has not made there is no common place: then only this user's runs are told apart.
        self._folder = places.LOCKS if places.LOCKS.is_dir() else Path(tempfile.gettempdir())

    def _take(self, what: str) -> bool:
        file = self._folder / f"mlinfra-{what}.lock"
        if not file.exists():
            try:
                descriptor = os.open(file, os.O_CREAT | os.O_EXCL, 0o644)
                # Whatever this user keeps from others by a umask.
                os.fchmod(descriptor, 0o644)
                os.close(descriptor)
            except FileExistsError:
                pass
        # To read it is enough for a lock: it may be another user's file.
        handle = file.open(encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        self._files.append(handle)
        return True

    def cpus(self, count: int, there: Iterable[int]) -> set[int]:
        """So many cores: those that no other run has, and where these are too few, others besides."""
        there = sorted(there)
        taken = []
        for core in there:
            if len(taken) < count and self._take(f"cpu-{core}"):
                taken.append(core)
        rest = [core for core in there if core not in taken]
        return {*taken, *rest[: count - len(taken)]}

    def gpus(self, count: int, there: Iterable[int]) -> list[int]:
        """So many GPUs that no other run has.

        Raises:
            Conflict: there are fewer.
        """
        taken: list[int] = []
        for gpu in there:
            if len(taken) < count and self._take(f"gpu-{gpu}"):
                taken.append(gpu)
        if len(taken) < count:
            raise Conflict(f"{count} GPUs were asked for, and {len(taken)} are free.", "Wait until another run has ended.")
        return taken


class Memory:
    """How much memory this unit's processes have, and whether it is too much.

    systemd's MemoryMax holds where the user's manager was given the memory controller, as under cgroup v2. Elsewhere nothing
    else does, so the supervisor looks itself.

    Args:
        limit: bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        path = next((line[3:] for line in _lines(PROC / "self" / "cgroup") if line.startswith("0::")), "/")
        root = CGROUPS / "unified" if (CGROUPS / "unified").is_dir() else CGROUPS
        self._group = root / path.lstrip("/")
        self.is_held = "".join(_lines(self._group / "memory.max")).strip().isdecimal()
        self._ended = self._killed()

    def _killed(self) -> int:
        """How many processes the kernel has ended for want of memory."""
        counts = dict(line.split() for line in _lines(self._group / "memory.events"))
        return int(counts.get("oom_kill", 0))

    def is_exceeded(self) -> bool:
        """Whether a process was ended for it, or has to be."""
        if self.is_held:
            return self._killed() > self._ended
        pids = map(int, _lines(self._group / "cgroup.procs"))
        return sum(anonymous(pid) for pid in pids if pid != os.getpid()) > self._limit


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def anonymous(pid: int) -> int:
    """Bytes of memory that a process has and that stand in no file; 0 where it has ended."""
    told = dict(line.split(":", 1) for line in _lines(PROC / str(pid) / "status"))
    return sum(int(told.get(name, "0 kB").split()[0]) for name in ("RssAnon", "RssShmem")) << 10
