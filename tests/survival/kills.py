# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kills a run at the hardest instant: the emulator has executed a writing call, and nobody has heard of it yet."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.calls import is_writing
from proxy.messages import Answer, Forward, Request

MARK = "SURVIVAL_RUN"


def writes(request: Request) -> bool:
    """Whether a call changes something."""
    return is_writing(request.service, request.action, request.parameters.get("DryRun") == "true")


class Victim:
    """A program in a session of its own, which may be killed with all that it started.

    Args:
        call: the arguments of subprocess.Popen.
        output: the file that it writes to.
        whole: whether the modules that it runs are killed with it. They have sessions of their own: who kills only the
            program's process group, as a terminal does, leaves them at work.
    """

    def __init__(self, call: dict[str, Any], output: Path, whole: bool) -> None:
        self._mark = f"{MARK}={uuid.uuid4().hex}"
        self._whole, self._output = whole, output
        environment = dict([*call["env"].items(), self._mark.split("=")])
        with output.open("w", encoding="utf-8") as file:
            self._process = subprocess.Popen(
                **{**call, "env": environment}, stdout=file, stderr=file, start_new_session=True
            )

    def kill(self) -> None:
        """Kill it without a warning."""
        os.killpg(self._process.pid, signal.SIGKILL)
        while self._whole and (left := list(self.processes())):
            for pid in left:
                _kill(pid)

    def end(self) -> tuple[int, str]:
        """Wait for its end; returns its status and its output."""
        status = self._process.wait()
        return status, self._output.read_text(encoding="utf-8")

    def wait_for_the_rest(self, seconds: float = 60.0) -> None:
        """Wait until everything that it started has ended.

        Raises:
            TimeoutError: where something does not end.
        """
        ends = time.monotonic() + seconds
        while left := list(self.processes()):
            if time.monotonic() > ends:
                raise TimeoutError(f"{left} did not end")
            time.sleep(0.1)

    def processes(self) -> Iterator[int]:
        """The ids of what it started and what still runs of it."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    marked = self._mark.encode() in (entry / "environ").read_bytes().split(b"\0")
                    alive = b") Z " not in (entry / "stat").read_bytes()
                except OSError:
                    continue
                if marked and alive:
                    yield int(entry.name)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Kills:
    """The behaviour that kills.

    Args:
        surely: names of calls after which a run is killed once in any case.

    Attributes:
        at: the calls that were executed last before each kill.
        written: how many writing calls of all runs were executed.
    """

    def __init__(self, *surely: str) -> None:
        self.at: list[str] = []
        self.written = 0
        self._surely = set(surely)
        self._victim: Victim | None = None
        self._left = 0.0
        self._lock = threading.Lock()

    def aim(self, victim: Victim, after: float) -> None:
        """Kill this one once so many more writing calls were executed."""
        with self._lock:
            self._victim, self._left = victim, after

    def __call__(self, request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.good and writes(request):
            with self._lock:
                self.written += 1
                self._left -= 1
                if self._victim and (self._left <= 0 or request.name in self._surely):
                    self._surely.discard(request.name)
                    self.at.append(request.name)
                    self._victim.kill()
                    self._victim = None
        return answer


@dataclass(frozen=True)
class Chain:
    """Runs one after the other, all but the last one killed.

    Attributes:
        at: the call after which each was killed.
        written: the writing calls of all of them.
        output: what the last one said.
    """

    at: list[str]
    written: int
    output: str

    def __str__(self) -> str:
        counted = [f"{call} × {number}" if number > 1 else call for call, number in Counter(self.at).items()]
        return f"{len(self.at)} kills in {self.written} writing calls, after {', '.join(counted)}"


def run_to_the_end(kills: Kills, call: dict[str, Any], output: Path, steps: Iterable[int], whole: bool = True) -> Chain:
    """Run, kill, run again from there, and so on until a run ends by itself.

    Args:
        kills: the behaviour of the proxy that the runs go through.
        call: starts a run, as arguments of subprocess.Popen.
        output: a file for what it says.
        steps: after how many more writing calls each run is killed.
        whole: whether the modules of a run are killed with it.

    Raises:
        AssertionError: where a run fails that was not killed.
    """
    before, killed = kills.written, len(kills.at)
    victims = []
    for step in steps:
        victim = Victim(call, output, whole)
        victims.append(victim)
        kills.aim(victim, step)
        status, said = victim.end()
        if len(kills.at) < killed + len(victims):
            assert status == 0, f"the run after the kill at {kills.at[killed:][-1:]} failed:\n{said}"
            break
        assert status == -signal.SIGKILL, said
    for victim in victims:
        victim.wait_for_the_rest()
    return Chain(kills.at[killed:], kills.written - before, said)
