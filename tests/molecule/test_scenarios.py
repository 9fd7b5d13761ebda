# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every molecule scenario passes its whole sequence. Each has an emulator of its own, so they run side by side."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ..depth import extended, thorough

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))

# Seconds that a scenario takes on two cores; those with hosts are far longer than those of the emulator alone.
SECONDS = {"ml_host": 400, "ray_cluster": 400, "local_cloud": 200}
SECONDS_OF_OTHERS = 120
# Roles that every environment has.
IN_SUITE = ["iam", "storage"]
# What these show, tests/integration and tests/e2e show of the same roles, too.
THOROUGH_ONLY = ["encryption", "network", "ray_cluster", "recovery"]


def _marks(scenario: str) -> list[pytest.MarkDecorator]:
    group = pytest.mark.xdist_group(f"scenario {scenario}")
    depth = [] if scenario in IN_SUITE else [thorough if scenario in THOROUGH_ONLY else extended]
    return [pytest.mark.weight(SECONDS.get(scenario, SECONDS_OF_OTHERS)), group, *depth]


def _told(output: str) -> str:
    """The output with the tasks that failed once more at its end, since a long message is cut in the middle."""
    tasks = re.split(r"(?m)^(?=\s*(?:TASK|PLAY|INFO)\b)", output)
    return "\n".join([output, "What failed:", *(task for task in tasks if re.search(r"(?m)^\s*(fatal|failed):", task))])


def _test(scenario: str, **environment: str) -> None:
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [programs / "molecule", "test", "--scenario-name", scenario],
        cwd=ROOT,
        env={**os.environ, **environment, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, _told(done.stdout)


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(name, marks=_marks(name)) for name in SCENARIOS],
)
def test_scenario(scenario: str) -> None:
    """The scenario's sequence, from create to destroy, passes."""
    _test(scenario)


@thorough
@pytest.mark.weight(SECONDS["ml_host"])
@pytest.mark.xdist_group("scenario ml_host")
def test_ml_host_over_session_manager() -> None:
    """The same sequence over the other way to a host."""
    _test("ml_host", ML_HOST_CONNECTION="ssm")


def test_every_role_has_a_scenario() -> None:
    """No role goes without a scenario of its name."""
    roles = {path.parents[1].name for path in ROOT.glob("roles/*/tasks/main.yml")}
    assert roles - set(SCENARIOS) == set()
