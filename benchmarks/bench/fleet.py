# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many environments in one run: what each of them costs must not grow with their number."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from bench.cycles import say
from bench.emulator import ROOT, Emulator
from bench.measure import Run, run
from bench.ways import BIN, DESTROY, INVENTORY, MAKE, Way

FLEET = ROOT / "inventories" / "fleet"
PHASES = ("apply", "noop", "destroy")
# What one of so many may cost more than one alone: noise, no growth.
LIMIT = 1.2


def measure(emulator: Emulator, sizes: list[int]) -> dict[str, Any]:
    """Make, verify and destroy fleets of several sizes. A first round of one environment warms the machine up, and is not counted.

    Args:
        emulator: a running emulator.
        sizes: numbers of environments, the least first.

    Returns:
        For each size and phase the wall time (seconds), the API calls and the peak memory of all processes (MiB, proportional
        set size, shared pages shared out), in all and for each environment.
    """
    entries = []
    for counted, size in [(False, 1), *((True, size) for size in sizes)]:
        emulator.reset()
        with _inventory(size) as inventory:
            way = _way(inventory, size)
            for phase in PHASES:
                done = run(way, phase, emulator)
                say(0, f"fleet of {size}{'' if counted else ', not counted'}", phase, done)
                if counted:
                    entries.append(_entry(size, phase, done))
    return {"limit": LIMIT, "forks": 10, "results": entries}


def _entry(size: int, phase: str, done: Run) -> dict[str, Any]:
    measured = {"seconds": done.seconds, "calls": done.calls, "memory": done.memory}
    return {
        "size": size,
        "phase": phase,
        **{name: round(value, 2) for name, value in measured.items()},
        **{f"{name}_each": round(value / size, 2) for name, value in measured.items()},
    }


def _way(inventory: Path, size: int) -> Way:
    names = ",".join(f"team{number}-seed" for number in range(1, size + 1))
    confirmed = (*DESTROY[:-1], f"confirm={names if size > 1 else 'seed'} destroy_data=true")
    playbooks = {"apply": MAKE, "noop": MAKE, "destroy": confirmed}

    def command(phase: str) -> list[str]:
        return [str(BIN / "ansible-playbook"), "-i", str(inventory), *playbooks[phase]]

    return Way(f"fleet_{size}", f"fleet of {size}", command, floor="")


@contextmanager
def _inventory(size: int) -> Iterator[Path]:
    """The inventory that users copy, with so many teams and the benchmark's own settings."""
    generator = yaml.safe_load((FLEET / "fleet.yml").read_text(encoding="utf-8"))
    settings: dict[str, Any] = {}
    for file in ("settings", "connection"):
        settings |= yaml.safe_load((INVENTORY / "group_vars" / "bench" / f"{file}.yml").read_text(encoding="utf-8"))
    shared = yaml.safe_load((FLEET / "group_vars" / "fleet.yml").read_text(encoding="utf-8"))
    settings |= {name: shared[name] for name in ("mlinfra_project", "mlinfra_environment")}
    teams = [f"team{number}" for number in range(1, size + 1)]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "group_vars").mkdir()
        files = {"fleet.yml": generator | {"layers": {"team": teams, "stage": ["seed"]}}, "group_vars/fleet.yml": settings}
        for name, content in files.items():
            (home / name).write_text(yaml.safe_dump(content), encoding="utf-8")
        yield home
