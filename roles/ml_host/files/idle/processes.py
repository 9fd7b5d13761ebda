# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processes of the host, and which of them are sessions and jobs of people."""

from __future__ import annotations

import os
import pwd
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from model import Job, Use

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
# Major numbers of pseudo-terminals.
TERMINALS = range(136, 144)
# Users of people, and the service's, begin here.
FIRST_USER, NOBODY = 1000, 65534
# What a session is made of: it is no job itself, what it starts is.
PLUMBING = frozenset({
    "(sd-pam)", "agetty", "bash", "csh", "dash", "dbus-broker", "dbus-broker-lau", "dbus-daemon", "fish", "gpg-agent",
    "jupyter", "jupyter-lab", "ksh", "login", "screen", "sh", "ssh-agent", "sshd", "sshd-session", "su", "sudo", "systemd", "tcsh",
    "tmux: client", "tmux: server", "zsh",
})  # fmt: skip
# Whatever they start belongs to them: the services that show runs and serve models, Ray, and agents of AWS.
SERVICES = frozenset({"ray", "tensorboard", "mlinfra-serving", "amazon-ssm-agen", "ssm-agent-worke", "amazon-cloudwat"})
# The process that watches over a training run, and what looks at its output.
SUPERVISOR = "mlinfra.runs.supervisor"
FOLLOWER = ("-m", "mlinfra", "runs", "logs")
SSM_USER = "ssm-user"
SSM_WORKER = "ssm-session-wor"


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes:
        pid: its number.
        parent: its parent's.
        user: its user's.
        program: the kernel's name of it, 15 characters at most.
        command: how it was started.
        session: the number of its session, 0 for one that began outside.
        terminal: the device number of its terminal, 0 for none.
        started: when, in ticks.
        cpu: seconds of processor time, with those of its children that ended.
    """

    pid: int
    parent: int
    user: int
    program: str
    command: tuple[str, ...]
    session: int
    terminal: int
    started: int
    cpu: float

    @property
    def place(self) -> tuple[int, int]:
        """Its terminal and its session: the same number may stand for a terminal of another kind, outside a container."""
        return self.terminal, self.session

    @property
    def since(self) -> float:
        """When it started, in seconds since the host did."""
        return self.started / TICKS - host_started()


def read(pid: int) -> Process | None:
    """One process; None where it has ended.

    Raises:
        OSError: it can't be read.
    """
    folder = PROC / str(pid)
    try:
        text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        user = folder.stat().st_uid
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name may hold blanks and brackets: the fields begin after its last bracket.
    name, _bracket, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    if fields[0] in "ZX":
        return None
    ticks = sum(int(field) for field in fields[11:15])
    return Process(
        pid, int(fields[1]), user, name, tuple(command[:-1]), int(fields[3]), int(fields[4]), int(fields[19]), ticks / TICKS
    )


@cache
def host_started() -> float:
    """When the first process of this host started, in seconds since the machine did: later only in a container."""
    first = read(1)
    return first.started / TICKS if first else 0.0


class Processes:
    """All processes at one time.

    Args:
        found: the processes.
        left_out: places that count neither as sessions nor for what runs there.
    """

    def __init__(self, found: Collection[Process], left_out: Collection[tuple[int, int]] = ()) -> None:
        self._left_out = left_out
        self._by_pid = {process.pid: process for process in found}
        self._children: Mapping[int, list[Process]] = defaultdict(list)
        for process in found:
            self._children[process.parent].append(process)

    @staticmethod
    def now() -> Processes:
        """Those of this host.

        Raises:
            OSError: they can't be read.
        """
        numbers = [int(name) for name in os.listdir(PROC) if name.isdecimal()]
        return Processes([process for process in map(read, numbers) if process])

    def without_asking(self) -> Processes:
        """The same, but for the terminals that this process was started from: to look is no use of the host."""
        own = self._by_pid.get(os.getpid())
        places = {process.place for process in self.line(own) if process.terminal} if own else set()
        return Processes(self._by_pid.values(), places)

    @property
    def cpu(self) -> float:
        """Seconds of processor time of all together, with those that ended: their parents keep the sum."""
        return sum(process.cpu for process in self._by_pid.values())

    def line(self, process: Process) -> Iterator[Process]:
        """A process, its parent, its parent's parent and so on."""
        seen: Process | None = process
        while seen:
            yield seen
            seen = self._by_pid.get(seen.parent)

    def tree(self, process: Process) -> Iterator[Process]:
        """A process and all that it started."""
        yield process
        for child in self._children.get(process.pid, []):
            yield from self.tree(child)

    def programs_above(self, process: Process) -> set[str]:
        """The names of a process and of those that it comes from."""
        return {one.program for one in self.line(process)}

    def sessions(self, now: float, clock: float) -> list[Use]:
        """The terminals in use, but for JupyterLab's, which it tells itself.

        Args:
            now: the time, in seconds since the host started.
            clock: the same, in seconds since 1970.

        Raises:
            OSError: a terminal can't be read.
        """
        by_place: dict[tuple[int, int], list[Process]] = defaultdict(list)
        for process in self._by_pid.values():
            if process.place in self._left_out:
                continue
            if os.major(process.terminal) in TERMINALS and "jupyter-lab" not in self.programs_above(process):
                by_place[process.place].append(process)
        return [
            Use(
                self._session_name(holders),
                now - max(0.0, clock - last_used(holders)),
                min(process.since for process in holders),
            )
            for holders in by_place.values()
        ]

    def _session_name(self, holders: list[Process]) -> str:
        """What a session is called, by where it comes from and whose it is."""
        above = set().union(*map(self.programs_above, holders))
        users = [user_name(process.user) for process in sorted(holders, key=lambda one: one.started)]
        people = [user for user in users if user != "root"] or users
        if SSM_WORKER in above or SSM_USER in users:
            return f"SSM session of {people[0]}"
        return f"{'SSH session' if above & {'sshd', 'sshd-session'} else 'terminal'} of {people[0]}"

    def jobs(self, kernels: Mapping[str, bool], ignored: Collection[str], on_gpu: Collection[int]) -> list[Job]:
        """What runs for people.

        Args:
            kernels: whether a kernel of JupyterLab's is busy, by its id.
            ignored: programs that are no jobs, nor is what they start.
            on_gpu: the processes that hold a GPU.
        """
        of_kernel = {process.pid: kernel for process in self._by_pid.values() for kernel in kernels if runs(process, kernel)}
        tops = [
            process
            for process in self._by_pid.values()
            if self._is_job(process, ignored, of_kernel)
            and not any(self._is_job(above, ignored, of_kernel) for above in list(self.line(process))[1:])
        ]
        jobs = [self._job(f"{top.pid}:{top.started}", name_of(top), top, on_gpu) for top in tops]
        for kernel, busy in kernels.items():
            top = next((self._by_pid[pid] for pid, found in of_kernel.items() if found == kernel), None)
            if busy:
                jobs.append(self._job(f"kernel:{kernel}", f"the cell of kernel {kernel[:8]}", top, on_gpu))
        return jobs

    def _is_job(self, process: Process, ignored: Collection[str], of_kernel: Mapping[int, str]) -> bool:
        """Whether somebody started it, or it comes from a terminal, and it is neither plumbing nor a kernel."""
        if process.program in PLUMBING or process.pid in of_kernel or process.place in self._left_out:
            return False
        if self.programs_above(process) & (SERVICES | set(ignored)):
            return False
        if tuple(word for word in process.command if word in FOLLOWER) == FOLLOWER:
            return False
        return FIRST_USER <= process.user != NOBODY or os.major(process.terminal) in TERMINALS

    def _job(self, key: str, name: str, top: Process | None, on_gpu: Collection[int]) -> Job:
        tree = list(self.tree(top)) if top else []
        if top and run_of(top):
            # The supervisor looks at its script all the time; that is no work of the script's.
            tree.remove(top)
        cpu, moved = sum(one.cpu for one in tree), sum(bytes_moved(one.pid) for one in tree)
        # Of a cell nobody tells when it began: its process is the kernel's, and older.
        since = top.since if top and not key.startswith("kernel:") else None
        return Job(key, name, cpu, moved, any(one.pid in on_gpu for one in tree), since)


def runs(process: Process, kernel: str) -> bool:
    """Whether a process is that kernel of JupyterLab's: it is started with a file of the kernel's name."""
    return any(f"kernel-{kernel}" in word for word in process.command)


def run_of(process: Process) -> str:
    """The training run that a process watches over; empty for all others."""
    return process.command[-1] if SUPERVISOR in process.command[:-1] else ""


def name_of(process: Process) -> str:
    """A run's name, or a program and, of an interpreter, its script. Nothing else: arguments may hold secrets."""
    if run := run_of(process):
        return f"run {run}"
    scripts = [word for word in process.command[1:2] if not word.startswith("-")]
    if not process.program.startswith("python") or not scripts:
        return f"{process.program} ({process.pid})"
    return f"{process.program} {os.path.basename(scripts[0])} ({process.pid})"


def user_name(number: int) -> str:
    """The name of a user, or the number where it has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def bytes_moved(pid: int) -> float:
    """Bytes that a process read and wrote; 0 where it has ended.

    Raises:
        OSError: it can't be read.
    """
    try:
        lines = (PROC / str(pid) / "io").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    counts = dict(line.split(": ") for line in lines)
    return float(counts["rchar"]) + float(counts["wchar"])


def last_used(holders: Collection[Process]) -> float:
    """When somebody typed into a terminal or something was printed there, in seconds since 1970.

    Args:
        holders: the processes that have it; they are asked for it, since it may stand outside this /dev.

    Raises:
        OSError: none of them tells.
    """
    for process in holders:
        for number in (0, 1, 2):
            try:
                status = os.stat(PROC / str(process.pid) / "fd" / str(number))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if status.st_rdev == process.terminal:
                return max(status.st_atime, status.st_mtime)
    raise OSError(f"the terminal of process {min(one.pid for one in holders)} is not to be found")
