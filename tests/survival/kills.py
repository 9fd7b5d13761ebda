# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kills a run at the hardest instant: the emulator has executed a writing call, and nobody has heard of it yet."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.calls import is_writing
from proxy.messages import Answer, Forward, Request

from .victim import Victim


def writes(request: Request) -> bool:
    """Whether a call changes something."""
    return is_writing(request.service, request.action, request.parameters.get("DryRun") == "true")


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
