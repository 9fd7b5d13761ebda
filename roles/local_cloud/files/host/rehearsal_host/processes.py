# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starting processes that outlive this one, and ending exactly those."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .model import HostError, Process

# In the environment of every process that belongs to a machine, so that none is lost when a run is killed.
MARK = "MLINFRA_MACHINE"


def run(command: Sequence[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; a failure becomes one message with what it wrote.

    Raises:
        HostError: the command failed, and check is true.
    """
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    if check and done.returncode:
        raise HostError(f"{' '.join(command)}: exit {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done


def start_time(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None where it has ended, a zombie included."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name may hold blanks and brackets; the fields after its last bracket don't.
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])


def alive(process: Process | None) -> bool:
    """Whether that very process still runs."""
    return process is not None and start_time(process.pid) == process.started


def spawn(
    command: Sequence[str],
    machine: str,
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    cgroups: Sequence[Path] = (),
    keep: Sequence[int] = (),
) -> Process:
    """Start a process of a machine in a session of its own, its output in a log.

    Args:
        command: program and arguments.
        machine: the machine that it belongs to.
        log: file that takes what it writes.
        environment: variables beside ours.
        cgroups: control groups that it enters before it becomes the program.
        keep: file descriptors that it inherits.

    Raises:
        HostError: it ended at once.
    """
    # A shell enters the groups and then becomes the program, so the process number stays.
    enter = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift; exec "$@"'
    with log.open("ab") as output:
        child = subprocess.Popen(
            ["sh", "-euc", enter, "sh", *map(str, cgroups), "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {}), MARK: machine},
            start_new_session=True,
            pass_fds=keep,
            cwd="/",
        )
    started = start_time(child.pid)
    if started is None:
        raise HostError(f"{command[0]} ended at once: {tail(log)}")
    return Process(child.pid, started)


def marked(prefix: str) -> dict[int, str]:
    """The processes of machines whose name begins so: the machine by process number."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = entry.read_bytes().split(b"\0")
        except OSError:
            # Ended meanwhile, or not ours to look into.
            continue
        for variable in variables:
            name, _sign, value = variable.decode("utf-8", "replace").partition("=")
            if name == MARK and value.startswith(prefix):
                found[int(entry.parent.name)] = value
    return found


def stop_all(machine: str) -> None:
    """End every process of a machine, also those that no record names."""
    for pid, owner in marked(machine).items():
        started = start_time(pid)
        if owner == machine and started is not None:
            stop(Process(pid, started))


def tail(log: Path, characters: int = 1500) -> str:
    """The end of a log, for a message."""
    return log.read_text(encoding="utf-8", errors="replace")[-characters:].strip() if log.exists() else "(no log)"


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Whether the condition became true within the time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(interval)
    return True


def stop(process: Process | None, *, grace: float = 5.0, first: signal.Signals = signal.SIGTERM) -> None:
    """End that very process: ask, wait for the grace in seconds, then insist."""
    for number, seconds in ((first, grace), (signal.SIGKILL, 10.0)):
        if process is None or not alive(process):
            break
        os.kill(process.pid, number)
        if wait_until(lambda: not alive(process), seconds):
            break
    if process is not None:
        _reap(process.pid)


def _reap(pid: int) -> None:
    """Take the exit status of a child of ours, so that no zombie stays while we run."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = []
    for entry in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in entry.read_text(encoding="utf-8").split()]
    return found


def is_leader(pid: int) -> bool:
    """Whether a process is the first of a namespace below ours."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    numbers = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
    return len(numbers) > 1 and numbers[-1] == "1"


def leader_of(machine: Process | None) -> int | None:
    """The host's init, as this machine numbers it: a descendant of systemd-nspawn."""
    if machine is None or not alive(machine):
        return None
    waiting = children(machine.pid)
    while waiting:
        pid = waiting.pop()
        try:
            if is_leader(pid):
                return pid
            waiting += children(pid)
        except (FileNotFoundError, ProcessLookupError, StopIteration):
            continue
    return None
