# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the tests are shared out among processes.

The tests of one file stay together, because they share fixtures such as a running emulator; a long test, which says
so by the mark ``weight``, stands alone. pytest-xdist hands each process one group more than it is working on, so
a long group must not wait behind another long one while a process elsewhere is idle: the long ones go out
first and alternate with short ones.
"""

from __future__ import annotations

import os
import sys
from itertools import chain, zip_longest
from typing import Any

import pytest

from .depth import left_out

LONG_SECONDS = 20

# Tests read what Ansible itself writes; those of the project's own output say so.
os.environ["ANSIBLE_STDOUT_CALLBACK"] = "ansible.builtin.default"


def _own_seconds(item: pytest.Item) -> float:
    return sum(marker.args[0] for marker in item.own_markers if marker.name == "weight")


def _group(item: pytest.Item) -> str:
    named = item.get_closest_marker("xdist_group")
    if named:
        return str(named.args[0])
    return item.nodeid.replace("@", "_") if _own_seconds(item) >= LONG_SECONDS else item.nodeid.partition("::")[0]


def _seconds(items: list[pytest.Item]) -> float:
    """Return the seconds of a group: those that its tests name together, or that their file names for all of them."""
    of_file = [marker.args[0] for item in items if (marker := item.get_closest_marker("weight"))]
    return max(sum(_own_seconds(item) for item in items), max(of_file, default=0))


def share_out(groups: list[list[pytest.Item]], processes: int) -> list[list[pytest.Item]]:
    """Return the groups in the order that keeps all processes busy."""
    by_length = sorted(groups, key=_seconds, reverse=True)
    long = [group for group in by_length if _seconds(group) >= LONG_SECONDS]
    short = by_length[len(long) :]
    head = long[:processes] + short[:processes]
    pairs = zip_longest(long[processes:], short[processes:], fillvalue=[])
    return head + [group for group in chain.from_iterable(pairs) if group]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is deeper than was asked for, name each test's group and put the groups in order."""
    config.hook.pytest_deselected(items=[item for item in items if left_out(item)])
    items[:] = [item for item in items if not left_out(item)]
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        name = _group(item)
        groups.setdefault(name, []).append(item)
        item.add_marker(pytest.mark.xdist_group(name))
    worker = getattr(config, "workerinput", None)
    if worker:
        items[:] = chain.from_iterable(share_out(list(groups.values()), worker["workercount"]))


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure as it happens: a run that is stopped early shows no summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\n{report.when} of {report.nodeid} failed", file=sys.__stderr__, flush=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell the figures that tests recorded by the fixture ``record_property``."""
    reports = [report for reported in terminalreporter.stats.values() for report in reported]
    told = [
        f"{report.nodeid.rpartition('::')[2]}: {text}"
        for report in reports
        if getattr(report, "when", "") == "call"
        for _name, text in report.user_properties
    ]
    if told:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(told))
