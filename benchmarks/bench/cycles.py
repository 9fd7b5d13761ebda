# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs all ways in turn, round after round, so that what else the machine does hits all alike."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable

from bench.emulator import Emulator
from bench.failures import Failed
from bench.measure import Run, run
from bench.ways import Way

Runs = dict[tuple[str, str], list[Run]]


def run_all(ways: Iterable[Way], rounds: int, slow_rounds: int, emulator: Emulator) -> tuple[Runs, dict[str, str]]:
    """Run each way through all phases on an empty emulator.

    Args:
        ways: which ones.
        rounds: how often.
        slow_rounds: how often those that are slow.
        emulator: a running emulator.

    Returns:
        The runs by way and phase, and for each way that failed what it said.
    """
    runs: Runs = defaultdict(list)
    failures: dict[str, str] = {}
    for number in range(max(rounds, slow_rounds)):
        for way in ways:
            if number >= (slow_rounds if way.slow else rounds) or way.key in failures:
                continue
            try:
                _cycle(way, number, emulator, runs)
            except Failed as failure:
                failures[way.key] = str(failure)
                print(f"{way.key}: {failure}\n{failure.output}", file=sys.stderr, flush=True)
    return runs, failures


def _cycle(way: Way, number: int, emulator: Emulator, runs: Runs) -> None:
    if number == 0:
        way.prepare(emulator)
    emulator.reset()
    way.forget()
    for phase in way.phases:
        done = run(way, phase, emulator)
        runs[way.key, phase].append(done)
        say(number, way.key, phase, done)


def say(number: int, what: str, phase: str, done: Run) -> None:
    """Print what a run took, so that one sees how far things are."""
    print(f"{number + 1}  {what:11} {phase:8} {done.seconds:6.2f} s  {done.calls:4} calls", flush=True)
