# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs one program and says how long it took and what it did."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.emulator import ROOT, Emulator
from bench.failures import Failed
from bench.ways import Way

# No part of any name: Ansible strikes credentials out of all that modules return.
CALLER = "benchmark-caller"
SECONDS_BETWEEN_LOOKS = 0.5


@dataclass
class Run:
    """One run of one way through one phase.

    Attributes:
        seconds: wall time from start to end of the program.
        cpu_seconds: what it and its children computed.
        calls: the API calls that the emulator got from it.
        writing_calls: those of them that change something.
        memory: the most that all its processes had at once, in MiB: proportional set size, which shares out shared pages.
        programs, forks, modules: what Ansible started; one program where there is no Ansible.
        tasks: results of tasks, loops counted once.
        timed: those results with their times (not part of the results).
        log: the calls themselves (not part of the results).
    """

    seconds: float
    cpu_seconds: float
    calls: int
    writing_calls: int
    memory: float = 0
    programs: int = 1
    forks: int = 0
    modules: int = 0
    tasks: int = 0
    timed: list[dict[str, Any]] = field(default_factory=list, repr=False)
    log: list[dict[str, Any]] = field(default_factory=list, repr=False)


def run(way: Way, phase: str, emulator: Emulator, endpoint: str | None = None) -> Run:
    """Run one phase of a way.

    Raises:
        Failed: where the program fails.
    """
    record = emulator.directory / "record.json"
    started = Path(f"{record}.started")
    for file in (record, started):
        file.unlink(missing_ok=True)
    emulator.clear_calls()
    environment = emulator.environment(CALLER, endpoint) | _recording(record) | way.environment
    output = emulator.directory / "output.txt"
    seconds, cpu_seconds, memory = _execute(way.command(phase), way.folder, environment, output)
    log = emulator.calls(CALLER)
    measured = Run(seconds, cpu_seconds, len(log), sum(call["writing"] for call in log), memory, log=log)
    if started.exists():
        letters = started.read_bytes()
        measured.timed = json.loads(record.read_text(encoding="utf-8"))
        measured.tasks = len(measured.timed)
        measured.programs = 1 + letters.count(b"p")
        measured.forks, measured.modules = letters.count(b"f"), letters.count(b"m")
    return measured


def _recording(record: Path) -> dict[str, str]:
    return {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "benchmarks" / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "record,mlinfra.aws.hand_over,mlinfra.aws.warm",
        "BENCH_RECORD": str(record),
    }


def _execute(command: list[str], folder: Path, environment: dict[str, str], output: Path) -> tuple[float, float, float]:
    """Run a program; returns its wall time and its CPU time with that of its children, in seconds, and its peak memory."""
    with output.open("wb") as file:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        ended, peak = threading.Event(), [0.0]
        watcher = threading.Thread(target=_watch, args=(_mark(environment), ended, peak))
        watcher.start()
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        ended.set()
        watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        text = output.read_text(encoding="utf-8", errors="replace")
        raise Failed(f"{Path(command[0]).name} ended with {process.returncode}", text[-3000:])
    return seconds, usage.ru_utime + usage.ru_stime, peak[0]


def _mark(environment: dict[str, str]) -> bytes:
    """What the environments of a run's processes have in common, of those too that left its session."""
    return f"BENCH_RECORD={environment['BENCH_RECORD']}\0".encode()


def _watch(mark: bytes, ended: threading.Event, peak: list[float]) -> None:
    """Look at the memory of all processes with this mark until the run has ended."""
    while not ended.wait(SECONDS_BETWEEN_LOOKS):
        peak[0] = max(peak[0], sum(map(_memory, _marked(mark))) / 1024)


def _marked(mark: bytes) -> Iterator[Path]:
    for process in Path("/proc").iterdir():
        # Some end while they are looked at, and some are somebody else's.
        with suppress(OSError):
            if process.name.isdigit() and mark in (process / "environ").read_bytes():
                yield process


def _memory(process: Path) -> int:
    """The proportional set size of a process, in KiB: nothing where it has ended."""
    with suppress(OSError):
        rollup = (process / "smaps_rollup").read_text(encoding="utf-8")
        return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return 0
