# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a first apply, a run without changes and a destroy take: counts, never seconds, which a busy machine spoils."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from bench.measure import Run, run
from bench.ways import PHASES, WAYS
from snapshot import snapshot

pytestmark = [pytest.mark.weight(240), pytest.mark.xdist_group("benchmarks")]


@dataclass(frozen=True)
class Limit:
    """What a run may take at most.

    Attributes:
        calls: API calls, as a multiple of the floor's. The goal is 1.5 for a first apply and without changes.
        writing_calls: those that change something.
        programs: programs that Ansible starts, itself counted.
        modules: modules that it runs.
        tasks: results of tasks.
    """

    calls: float
    writing_calls: int
    programs: int
    modules: int
    tasks: int


# A limit is what a run takes today: lower it with every change that saves something. The floor takes no lock, and does not
# look for baked images, metric filters and a trail of somebody else's making.
LIMITS = {
    "apply": Limit(calls=2.12, writing_calls=84, programs=2, modules=31, tasks=117),
    "noop": Limit(calls=1.17, writing_calls=0, programs=2, modules=2, tasks=8),
    # Calls: the look for what is left asks by tags, names and ids.
    "destroy": Limit(calls=2.56, writing_calls=36, programs=2, modules=32, tasks=79),
}


@dataclass
class Cycle:
    """All phases of one way, and what stood after the first."""

    runs: dict[str, Run]
    stood: list[str]


def cycle(account, way: str) -> Cycle:
    """Run all phases of a way on an empty account."""
    account.emulator.reset()
    done = Cycle({}, [])
    for phase in PHASES:
        done.runs[phase] = run(WAYS[way], phase, account.emulator)
        done.stood = done.stood or snapshot(account.client)
    return done


@pytest.fixture(scope="module")
def floor(account) -> Cycle:
    return cycle(account, "floor")


@pytest.fixture(scope="module")
def site(account) -> Cycle:
    return cycle(account, "warm")


def test_the_floor_makes_what_the_roles_make(floor, site):
    assert floor.stood == site.stood


@pytest.mark.parametrize("phase", PHASES)
def test_calls(floor, site, phase):
    assert site.runs[phase].calls / floor.runs[phase].calls <= LIMITS[phase].calls


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("count", ["writing_calls", "programs", "modules", "tasks"])
def test_count(site, phase, count):
    assert getattr(site.runs[phase], count) <= getattr(LIMITS[phase], count)
