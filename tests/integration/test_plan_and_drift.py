# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""plan.yml lists what a run then changes, and drift.yml finds what somebody changed and puts it right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..depth import THOROUGH, extended
from .by_hand import CHANGES, TOGETHER, ByHand, Hands
from .site import running
from .test_comparison import SETTINGS, Environment

SLOT = 31
PROVISION, PLAN, DRIFT = (f"playbooks/{name}.yml" for name in ("provision", "plan", "drift"))
# Two of each role, those that only add something among them.
PLANNED = [
    change
    for change in CHANGES
    if change.title
    in (
        "let somebody in",
        "removed the way out",
        "made a second flow log",
        "suspended versions",
        "deleted a folder",
        "allowed hosts all of S3",
        "attached a managed policy",
        "allowed the old metadata service",
        "changed a threshold",
        "took a widget off the dashboard",
    )
]
PARTS = [[change] for change in PLANNED] if THOROUGH else [PLANNED[::2], PLANNED[1::2]]


@pytest.fixture(scope="module")
def site() -> Iterator[Environment]:
    """Nothing, on an emulator of its own."""
    with running(SLOT) as emulator:
        yield Environment(emulator)


@pytest.fixture
def report(tmp_path: Path) -> Any:
    """Where to write a report, as the argument for it, and a function that reads its JSON."""

    def read() -> dict[str, Any]:
        return json.loads((tmp_path / "report.json").read_text())

    return ("-e", f"report={tmp_path / 'report'}"), read


def _listed(changes: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(change["role"], change["kind"], change["action"]) for change in changes}


def _said(change: ByHand) -> tuple[str, str, str]:
    return change.role, change.kind, change.action


def _group_in_use(hands: Hands) -> tuple[str, str]:
    """A security group that somebody made, and the network interface that has it, so that EC2 does not let it go."""
    group = hands.ec2.create_security_group(GroupName="in-use", Description="d", VpcId=hands.outputs["network"]["vpc_id"])
    subnet = hands.outputs["network"]["private_subnet_ids"][0]
    made = hands.ec2.create_network_interface(SubnetId=subnet, Groups=[group["GroupId"]])
    return group["GroupId"], made["NetworkInterface"]["NetworkInterfaceId"]


@extended
@pytest.mark.weight(240)
@pytest.mark.xdist_group("plan and drift")
class TestPlanAndDrift:
    """In this order, on one account."""

    def test_on_an_empty_account_all_of_it_is_planned(self, site: Environment, report: Any) -> None:
        """With what it costs, and nothing is written but the report."""
        to, read = report
        output = site.playbook(PLAN, *to)
        plan = read()
        assert site.written() == []
        # What EBS does by default is a setting of the account, which stands already.
        assert plan["counts"] == {"create": len(plan["changes"]) - 1, "modify": 1, "replace": 0, "delete": 0}
        total = plan["cost"]["after"]
        assert plan["cost"]["before"] == 0.0 < total
        assert sum(change["monthly"]["after"] for change in plan["changes"]) == pytest.approx(total)
        assert f"0.00 → {total} USD a month (+{total})" in output
        assert "Waits        about 100 s on AWS: NAT gateway 100 s. All else happens meanwhile" in output
        site.playbook(PROVISION)
        told = site.learn()
        standing = {(entry["kind"], entry["name"]) for entries in told["declared"].values() for entry in entries}
        planned = {(change["kind"], change["name"]) for change in plan["changes"]}
        assert planned == standing

    def test_what_stands_as_declared_needs_no_plan(self, site: Environment, report: Any) -> None:
        to, read = report
        site.written()
        output = site.playbook(PLAN, *to)
        assert "nothing to do" in output
        assert "Waits" not in output
        assert (read()["changes"], read()["left"]) == ([], [])
        assert "Drift        none" in site.playbook(DRIFT)
        assert site.written() == []

    @pytest.mark.parametrize("changes", PARTS, ids=lambda changes: changes[0].title)
    def test_a_run_changes_what_was_planned(self, site: Environment, report: Any, changes: list[ByHand]) -> None:
        """What differs before the run is listed, and nothing else; nothing differs after it."""
        for change in changes:
            change.do(site.hands)
        to, read = report
        site.playbook(PLAN, *to)
        assert site.written() == []
        assert _listed(read()["changes"]) == {_said(change) for change in changes}
        changed = site.playbook(PROVISION)
        assert "changed=0" not in changed
        assert site.written() != []
        assert site.compare().differences == []

    def test_drift_is_found_and_put_right(self, site: Environment, report: Any) -> None:
        """All at once: what somebody changed, took away and added. What the roles can't put right is named."""
        for change in TOGETHER:
            change.do(site.hands)
        group, interface = _group_in_use(site.hands)
        to, read = report
        site.written()
        told = site.run(DRIFT, *SETTINGS, *to)
        assert told.returncode == 2
        assert "-e repair=true" in told.stdout + told.stderr
        assert site.written() == []
        found = read()
        assert {_said(change) for change in TOGETHER} <= _listed(found["changes"] + found["left"])
        repaired = site.run(DRIFT, *SETTINGS, "-e", "repair=true")
        assert repaired.returncode == 2
        assert [(one.kind, one.action, one.id) for one in site.compare().differences] == [("security_group", "delete", group)]
        assert "  network  security group  " in repaired.stdout.split("can't put it right")[1]
        site.hands.ec2.delete_network_interface(NetworkInterfaceId=interface)
        site.playbook(DRIFT, "-e", "repair=true")
        assert "Drift        none" in site.playbook(DRIFT)
