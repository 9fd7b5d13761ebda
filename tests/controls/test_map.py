# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every control is met by a task that a test shows, or waived in writing."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import controls
import pytest

TODAY = datetime.datetime.now(datetime.UTC).date()
# Those that the project set itself to answer, at least.
AT_LEAST = {
    "EC2": "1 2 3 4 6 7 8 9 10 12 13 14 15 16 17 18 19 21 24 25 28 170 172 180 181 182",
    "S3": "1 2 3 5 6 7 8 9 12 13 14 15 17",
    "IAM": "1 21",
    "KMS": "1 2 3 4 5",
    "CloudTrail": "1 2 4 5 6 7",
    "CloudWatch": "15 16 17",
    "SSM": "1 2 3 4 6 7",
    "SNS": "1 4",
    "Backup": "1",
    "AutoScaling": "3",
}


@pytest.fixture
def matrix() -> list[Any]:
    """The arguments of problems: a small matrix without any."""
    return [
        {"FSBP": {"EC2.8": "IMDSv2", "EC2.9": "No public address"}},
        [
            {
                "controls": ["FSBP EC2.8"],
                "tasks": ["roles/compute/tasks/instances.yml: Launch the instance"],
                "tests": ["tests/controls/test_map.py::test_nothing_is_open"],
            },
            {"controls": ["FSBP EC2.9"], "waiver": "seed"},
        ],
        {"seed": {"reason": "So drawn.", "environments": "all", "review": TODAY}},
        TODAY,
    ]


def test_nothing_is_open() -> None:
    """The project's own matrix has no gap, and all that it names exists."""
    assert controls.problems(controls.load("frameworks"), controls.load("map"), controls.load("waivers"), TODAY) == []


def test_a_control_may_be_met_in_some_environments_alone(matrix: list[Any]) -> None:
    """A waiver beside tasks and tests, which then all have to be there."""
    matrix[1][0]["waiver"] = "seed"
    assert controls.problems(*matrix) == []
    del matrix[1][0]["tasks"]
    assert controls.problems(*matrix) == ["FSBP EC2.8: no tasks"]


def test_all_that_was_promised_is_asked_for() -> None:
    asked = controls.titles(controls.load("frameworks"))
    assert {f"FSBP {service}.{number}" for service, numbers in AT_LEAST.items() for number in numbers.split()} <= set(asked)
    assert {control.rpartition(" ")[0] for control in asked} == {"FSBP", "CIS 3.0", "CIS 5.0", "CIS 7.0"}


def test_a_whole_matrix_has_no_problem(matrix: list[Any]) -> None:
    assert controls.problems(*matrix) == []


@pytest.mark.parametrize(
    ("where", "change", "told"),
    [
        (1, lambda entries: entries.pop(0), "FSBP EC2.8 has neither a test nor a waiver"),
        (1, lambda entries: entries[0]["controls"].append("FSBP EC2.9"), "FSBP EC2.9 is answered 2 times"),
        (1, lambda entries: entries[0]["controls"].append("FSBP EC9.9"), "FSBP EC9.9 is no control that is asked for"),
        (1, lambda entries: entries[0].update(tests=[]), "FSBP EC2.8: no tests"),
        (1, lambda entries: entries[0].pop("tasks"), "FSBP EC2.8: no tasks"),
        (
            1,
            lambda entries: entries[0].update(tasks=["roles/compute/tasks/instances.yml: Launch"]),
            "FSBP EC2.8: no task roles/compute/tasks/instances.yml: Launch",
        ),
        (
            1,
            lambda entries: entries[0].update(tests=["tests/controls/test_map.py::test_gone"]),
            "FSBP EC2.8: no test tests/controls/test_map.py::test_gone",
        ),
        # A task that checks nothing is no test.
        (
            1,
            lambda entries: entries[0].update(tests=["molecule/compute/verify.yml: Read the newest image"]),
            "FSBP EC2.8: no test molecule/compute/verify.yml: Read the newest image",
        ),
        (1, lambda entries: entries[1].update(waiver="other"), "FSBP EC2.9: there is no waiver other"),
        (2, lambda waivers: waivers.update(idle=waivers["seed"]), "waiver idle is for nothing"),
        (
            2,
            lambda waivers: waivers["seed"].update(review=TODAY - datetime.timedelta(days=1)),
            f"waiver seed was to be looked at again by {TODAY - datetime.timedelta(days=1)}",
        ),
        (
            2,
            lambda waivers: waivers["seed"].update(reason=""),
            "waiver seed must give reason, environments and review, and nothing else",
        ),
    ],
)
def test_each_gap_is_named(matrix: list[Any], where: int, change: Any, told: str) -> None:
    broken = copy.deepcopy(matrix)
    change(broken[where])
    assert told in controls.problems(*broken)
