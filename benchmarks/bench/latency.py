# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""First applies with AWS's latencies, against the chain of calls that nothing can shorten."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from proxy.server import PORT_OFFSET

from bench.critical_path import critical_path
from bench.cycles import say
from bench.emulator import ROOT, Emulator
from bench.measure import Run, run
from bench.states import CREATION_SECONDS
from bench.ways import WAYS

PROXY = ROOT / "benchmarks" / "latency_proxy.py"
DELAY = 0.08
SCALE = 10
LIMIT = 1.3
MEASURED = ("warm", "floor")


def measure(emulator: Emulator, rounds: int) -> dict[str, Any]:
    """Make the set from nothing behind the proxy.

    Args:
        emulator: a running emulator.
        rounds: how often.

    Returns:
        For each way its wall times, and the critical path of the collection's median run with their ratio.
    """
    waits = {kind: seconds / SCALE for kind, seconds in CREATION_SECONDS.items()}
    runs: dict[str, list[Run]] = {key: [] for key in MEASURED}
    with _proxy(emulator) as endpoint:
        for number in range(rounds):
            for key in MEASURED:
                emulator.reset()
                runs[key].append(run(WAYS[key], "apply", emulator, endpoint))
                say(number, f"{key} far", "apply", runs[key][-1])
    own = sorted(runs["warm"], key=lambda one: one.seconds)[(rounds - 1) // 2]
    path = critical_path(own.log, DELAY, waits)
    shortest = sum(step.seconds for step in path)
    return {
        "delay": DELAY,
        "scale": SCALE,
        "waits": waits,
        "seconds": {key: [round(one.seconds, 3) for one in done] for key, done in runs.items()},
        "median": {key: round(median(one.seconds for one in done), 3) for key, done in runs.items()},
        "path": [{"step": step.name, "seconds": step.seconds} for step in path],
        "path_seconds": round(shortest, 3),
        "ratio": round(own.seconds / shortest, 2),
        "limit": LIMIT,
        "slowest_tasks": slowest(own.timed),
    }


def slowest(tasks: list[dict[str, Any]], number: int = 10) -> list[dict[str, Any]]:
    """The tasks that took longest."""
    timed = [{"name": task["name"], "seconds": round(task["ended"] - task["began"], 2)} for task in tasks]
    return sorted(timed, key=lambda task: task["seconds"], reverse=True)[:number]


@contextmanager
def _proxy(emulator: Emulator) -> Iterator[str]:
    """Start the proxy; yields its endpoint."""
    port = int(emulator.endpoint.rsplit(":", 1)[1]) + PORT_OFFSET
    certificate = str(emulator.directory / "server.pem")
    command = [sys.executable, str(PROXY), "--port", str(port), "--upstream", emulator.endpoint]
    command += ["--ca-bundle", emulator.ca_bundle, "--certificate", certificate]
    command += ["--delay", str(DELAY), "--scale", str(SCALE)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                raise RuntimeError("the proxy did not start")
            yield f"https://127.0.0.1:{port}"
        finally:
            process.terminate()
