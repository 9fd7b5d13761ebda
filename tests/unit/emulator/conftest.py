# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A running emulator for the tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).resolve().parents[3] / "roles" / "local_cloud" / "files"
HERE = Path(__file__).parent
sys.path[:0] = [str(FILES), str(HERE)]

from clients import Clients
from emulator import control
from emulator.places import Place

FIRST_SLOT = 10
# Workers of pytest-xdist run beside each other: each has slots of its own.
WORKER_SLOTS = 50


def slot(offset: int = 0) -> int:
    """A rehearsal's number that no other test worker uses."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return FIRST_SLOT if worker == offset == 0 else WORKER_SLOTS + 2 * worker + offset


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An emulator for all tests that do not stop it."""
    made = Place(slot(), tmp_path_factory.mktemp("emulator"))
    control.start(made)
    yield made
    control.stop(made)


@pytest.fixture
def spare(tmp_path: Path) -> Iterator[Place]:
    """A place for an emulator of the test's own; it is stopped in the end."""
    made = Place(slot(1), tmp_path / "spare")
    yield made
    control.stop(made)


@pytest.fixture(scope="session")
def aws(place: Place) -> Clients:
    """Clients of the shared emulator."""
    return Clients(place)


@pytest.fixture(scope="session")
def by_itself() -> dict[str, Any]:
    """Which behaviours moto has without corrections."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(FILES), str(HERE)])}
    for name in [name for name in environment if name.startswith("AWS_")]:
        del environment[name]
    done = subprocess.run(
        [sys.executable, str(HERE / "uncorrected.py")], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)
