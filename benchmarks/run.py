# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measures all ways of making the seed's set on one emulator, in one go, and writes results and chart."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import fleet, latency, report
from bench.cycles import run_all
from bench.emulator import ROOT, Emulator
from bench.ways import WAYS

RESULTS = ROOT / "benchmarks" / "results"
HOST = ROOT / "benchmarks" / "host.py"
# Apart from the slots of `make local` and of the tests.
SLOT = 12
FLEETS = [1, 5, 20, 50]


def machine() -> dict[str, Any]:
    """What the figures were measured with."""
    packages = ("ansible-core", "boto3", "botocore", "moto")
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def host() -> dict[str, Any]:
    """What benchmarks/host.py measures of the hosts: it prints one JSON object."""
    done = subprocess.run([sys.executable, str(HOST)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def main() -> int:
    """Measure. Returns the exit status: 1 where a way failed."""
    options = _options()
    emulator = Emulator(options.slot)
    newest = options.output or max(RESULTS.glob("*.json"))
    if options.host_only:
        return _renew(newest, {"host": host()})
    if options.fleet_only:
        with emulator.running():
            return _renew(newest, {"fleet": fleet.measure(emulator, options.fleet or FLEETS)})
    ways = [WAYS[key] for key in options.ways]
    with emulator.running():
        runs, failures = run_all(ways, options.rounds, options.slow_rounds, emulator)
        delayed = latency.measure(emulator, options.slow_rounds) if options.latency else None
        many = fleet.measure(emulator, options.fleet) if options.fleet else None
    entries = report.results(ways, runs)
    measured = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "results": entries,
        "goals": report.goals(entries, delayed),
        "latency": delayed,
        "fleet": many,
        "host": host() if options.host else None,
        "failures": failures,
    }
    print(report.table(measured))
    file = options.output or RESULTS / f"{measured['date']}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if failures else 0


def _renew(file: Path, part: dict[str, Any]) -> int:
    """Write a part that was measured alone into results that stand."""
    measured = json.loads(file.read_text(encoding="utf-8")) | part
    file.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each way runs (default: 5)")
    parser.add_argument("--slow-rounds", type=int, default=2, help="how often the slow ones run (default: 2)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY", help=" ".join(WAYS))
    parser.add_argument("--latency", action="store_true", help="measure a first apply with AWS's latencies too")
    parser.add_argument("--host", action="store_true", help="measure the configuration of hosts too")
    parser.add_argument("--host-only", action="store_true", help="measure hosts alone, into the newest results")
    parser.add_argument("--fleet", type=int, nargs="*", metavar="N", help="measure fleets of N environments too")
    parser.add_argument("--fleet-only", action="store_true", help="measure fleets alone, into the newest results")
    parser.add_argument("--slot", type=int, default=SLOT, help="which rehearsal's ports to use")
    parser.add_argument("--output", type=Path, help="where the results go (default: benchmarks/results/DATE.json)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
