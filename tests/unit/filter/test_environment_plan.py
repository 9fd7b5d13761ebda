# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan says what a run would do, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.filter.environment_plan import FilterModule

environment_plan = FilterModule().filters()["environment_plan"]


def instance(kind: str) -> dict[str, Any]:
    return {"InstanceType": kind, "State": "running"}


STANDING = [
    {"kind": "instance", "name": "ml-1", "id": "i-1", "attributes": instance("t3.medium"), "tags": {}},
    {"kind": "nat_gateway", "name": "", "id": "nat-9", "attributes": {"State": "available"}, "tags": {}},
]
DECLARED = {
    "compute": [{"kind": "instance", "name": "ml-1", "attributes": instance("t3.large")}],
    "monitoring": [{"kind": "alarm", "name": "cpu", "attributes": {"Period": 300}}],
}


def difference(**more: Any) -> dict[str, Any]:
    return {"id": "", "attributes": [], "replaced": [], "refused": "", "left": "", "note": "", **more}


COMPARED = {
    "resources": STANDING,
    "declared": DECLARED,
    "differences": [
        difference(role="network", kind="nat_gateway", name="nat-9", id="nat-9", action="delete", left="it may be somebody's"),
        difference(role="compute", kind="instance", name="ml-1", id="i-1", action="modify"),
        difference(role="monitoring", kind="alarm", name="cpu", action="create"),
    ],
}


def test_each_change_has_its_cost_before_and_after() -> None:
    plan = environment_plan(COMPARED)
    costs = {change["name"]: change["monthly"] for change in plan["changes"]}
    assert costs == {"ml-1": {"before": 30.37, "after": 60.74}, "cpu": {"before": 0.0, "after": 0.1}}
    assert plan["counts"] == {"create": 1, "modify": 1, "replace": 0, "delete": 0}


def test_what_is_left_goes_on_costing() -> None:
    plan = environment_plan(COMPARED)
    assert [(entry["name"], entry["monthly"]["before"]) for entry in plan["left"]] == [("nat-9", 32.85)]
    cost = plan["cost"]
    assert (cost["before"], cost["after"], cost["difference"]) == (63.22, 93.69, 30.47)


def test_what_is_made_anew_counts_as_that_and_names_what_refuses_it() -> None:
    anew = difference(
        role="compute", kind="instance", name="ml-1", id="i-1", action="modify",
        replaced=["ImageId ami-1 → ami-2"], refused="compute_allow_replacement",
    )  # fmt: skip
    plan = environment_plan({**COMPARED, "differences": [anew]})
    assert plan["counts"]["replace"] == 1
    assert plan["refused"] == ["compute_allow_replacement"]


@pytest.mark.parametrize("wrong", [{}, None, []])
def test_what_is_no_comparison_fails_with_a_message(wrong: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="no result of environment_diff"):
        environment_plan(wrong)


def test_waits_follow_each_other_where_instances_need_the_gateway() -> None:
    """And come side by side elsewhere: the longest counts."""
    made = [
        difference(role=role, kind=kind, name=kind, action="create")
        for role, kind in (("network", "nat_gateway"), ("compute", "instance"), ("monitoring", "alarm"))
    ]
    compared = {**COMPARED, "differences": made}
    private, public = (environment_plan(compared, public_instances=public)["critical_path"] for public in (False, True))
    assert private["seconds"] == 160
    assert [step["name"] for step in private["steps"]] == ["NAT gateway", "instance runs", "instance answers"]
    assert public == {"seconds": 100, "steps": [{"name": "NAT gateway", "seconds": 100}], "later": []}


def test_what_is_modified_is_not_waited_for() -> None:
    assert environment_plan(COMPARED)["critical_path"] == {"seconds": 0, "steps": [], "later": []}


def test_a_database_is_not_waited_for() -> None:
    made = {"role": "database", "kind": "db_instance", "name": "d", "id": "", "action": "create", "attributes": []}
    compared = {**COMPARED, "differences": [{**made, "left": "", "replaced": [], "refused": "", "note": ""}]}
    path = environment_plan(compared)["critical_path"]
    assert path == {"seconds": 0, "steps": [], "later": [{"name": "database can be used", "seconds": 600}]}
