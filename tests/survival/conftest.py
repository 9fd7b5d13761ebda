# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An emulator for all tests of this folder, what stands on it when nothing goes wrong, and figures to tell of."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "roles" / "local_cloud" / "files")]

from proxy import server
from proxy.messages import Behaviour
from snapshot import snapshot

from ..integration.conftest import Emulator
from ..integration.site import running
from ..integration.test_comparison import Environment

SLOT = 49
MAKE = "playbooks/provision.yml"
DESTROY = ("playbooks/destroy.yml", "-e", "confirm=seed destroy_data=true")


@dataclass(frozen=True)
class Stood:
    """Snapshots: of an empty account, and of one in which a run made the environment that nothing kept from it."""

    before: list[str]
    made: list[str]


def standing(site: Environment) -> list[str]:
    """A snapshot of all that stands."""
    # The emulator knows AWS's own parameters once it was asked for one.
    site.client("ssm").get_parameters_by_path(Path="/aws/service/ami-amazon-linux-latest")
    return snapshot(site.client)


@pytest.fixture(scope="session")
def started() -> Iterator[Emulator]:
    with running(SLOT) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def stood(started: Emulator) -> Stood:
    """What a run leaves that nothing goes wrong in."""
    started.program("reset")
    site = Environment(started)
    before = standing(site)
    site.playbook(MAKE)
    return Stood(before, standing(site))


@pytest.fixture
def site(started: Emulator, stood: Stood) -> Environment:
    """An environment of which nothing stands yet."""
    started.program("reset")
    return Environment(started)


@pytest.fixture
def behind(started: Emulator) -> Callable[[Behaviour], AbstractContextManager[str]]:
    """Puts a proxy with a behaviour before the emulator; the context's value is its endpoint."""
    return partial(server.running, started.endpoint, Path(started.ca_bundle))
