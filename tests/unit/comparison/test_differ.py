# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How declared and standing resources are matched, what is said of each, and which roles that leaves to run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison import differ
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import INPUTS, kinds_to_read, roles_to_read
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.model import Change
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

ROLES = list(INPUTS)
TAGS = {"Project": "p"}
NAMES = {"vpc_log_group": "/vpc", "ec2_log_group": "/ec2", "instance": "p-ml", "datasets_bucket": "p-data"}
IDENTITY = Identity("p", TAGS, NAMES)


def tag_list(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in {**TAGS, **tags}.items()]


def group(name: str = "/vpc", days: int | None = 7, **tags: str) -> dict[str, Any]:
    kept = {} if days is None else {"retentionInDays": days}
    return {"logGroupName": name, "arn": f"arn:{name}:*", "Tags": tag_list(**tags), **kept}


def declared_group(name: str = "/vpc", **attributes: Any) -> dict[str, Any]:
    given = {"logGroupName": name, "retentionInDays": 7, "Tags": TAGS, **attributes}
    return {"kind": "log_group", "name": name, "attributes": given}


def compare(declared: dict[str, list], found: dict[str, list], absent: tuple[str, ...] = ()) -> differ.Comparison:
    return differ.compare(declared, found, IDENTITY, absent)


def lines(compared: differ.Comparison) -> list[tuple]:
    return [
        (one.role, one.kind, one.name, one.action, [change.attribute for change in one.attributes])
        for one in compared.differences
    ]


def test_what_stands_as_declared_is_no_difference():
    compared = compare({"network": [declared_group()]}, {"log_group": [group()]})
    assert compared.differences == []
    assert compared.converged(["network"]) == ["network"]
    assert compared.to_run(["network"]) == []


def test_what_does_not_stand_is_to_be_created_with_all_that_is_declared():
    compared = compare({"network": [declared_group()]}, {})
    assert lines(compared) == [("network", "log_group", "/vpc", "create", ["logGroupName", "retentionInDays", "Tags"])]
    assert compared.differences[0].id == ""
    assert compared.differences[0].attributes[1] == Change("retentionInDays", None, 7)


def test_what_differs_is_named_with_both_sides():
    [difference] = compare({"network": [declared_group()]}, {"log_group": [group(days=365)]}).differences
    assert (difference.action, difference.id) == ("modify", "arn:/vpc")
    assert difference.attributes == (Change("retentionInDays", 365, 7),)


def test_what_is_missing_of_a_standing_resource_differs():
    [difference] = compare({"network": [declared_group()]}, {"log_group": [group(days=None)]}).differences
    assert difference.attributes == (Change("retentionInDays", None, 7),)


def test_tags_are_compared_one_by_one():
    entries = {"log_group": [group(Owner="somebody")]}
    [difference] = compare({"network": [declared_group(Tags={**TAGS, "Stage": "1"})]}, entries).differences
    assert difference.attributes == (Change("Tags.Owner", "somebody", None), Change("Tags.Stage", None, "1"))


def test_what_roles_leave_at_its_default_is_compared_too():
    [difference] = compare(
        {"network": [declared_group()]}, {"log_group": [{**group(), "kmsKeyId": "arn:key"}]}
    ).differences
    assert difference.attributes == (Change("kmsKeyId", "arn:key", ""),)


def test_what_nobody_declares_is_to_be_deleted_by_the_role_that_answers_for_it():
    compared = compare({"network": [], "monitoring": []}, {"log_group": [group("/ec2"), group("/elsewhere")]})
    assert [line[:4] for line in lines(compared)] == [("monitoring", "log_group", "/ec2", "delete")]
    assert compared.converged(["network", "monitoring"]) == ["network"]


def test_what_is_of_a_role_that_was_not_asked_for_is_left_alone():
    assert compare({"network": []}, {"log_group": [group("/ec2")]}).differences == []


def test_an_absent_role_is_converged_when_nothing_of_it_stands():
    declared = {"network": [declared_group()]}
    assert compare(declared, {}, ("network",)).converged(["network"]) == ["network"]
    compared = compare(declared, {"log_group": [group()]}, ("network",))
    assert [line[:4] for line in lines(compared)] == [("network", "log_group", "/vpc", "delete")]
    assert compared.converged(["network"]) == []


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        ("ssm_parameter", {"Name": "/p/token"}),
        ("volume", {"VolumeId": "vol-1", "State": "available", "Size": 8, "Tags": tag_list(Role="ml-training")}),
    ],
)
def test_what_a_role_only_removes_counts_where_it_is_absent(kind, entry):
    role = "iam" if kind == "ssm_parameter" else "compute"
    assert compare({role: []}, {kind: [entry]}).differences == []
    assert [line[1] for line in lines(compare({role: []}, {kind: [entry]}, (role,)))] == [kind]


def test_an_unknown_kind_or_attribute_is_no_silent_pass():
    strange = [{"kind": "unheard_of", "name": "x", "attributes": {}}, declared_group(dataProtection="on")]
    compared = compare({"network": strange}, {"log_group": [group()]})
    assert compared.unknown == {"network": ["log_group.dataProtection", "unheard_of"]}
    assert compared.converged(["network"]) == []
    assert compared.to_run(["network"]) == ["network"]


def test_a_role_that_may_be_declared_otherwise_afterwards_is_to_run_too():
    compared = compare({role: [] for role in ROLES}, {"log_group": [group()]})
    others = ["encryption", "storage", "audit", "iam", "shared_storage", "database", "cache", "compute", "scaling"]
    others += ["monitoring", "guardrails", "recovery", "patching"]
    assert compared.converged(ROLES) == [*others, "detection"]
    assert compared.to_run(ROLES) == ["network", "shared_storage", "database", "cache", "compute", "scaling", "monitoring", "guardrails"]


def test_roles_are_read_with_those_that_they_take_from():
    assert roles_to_read(["monitoring"]) == ["network", "iam", "compute", "monitoring"]
    assert roles_to_read(["storage"]) == ["storage"]
    assert "ssm_parameter" not in kinds_to_read(["iam"], [])
    assert "ssm_parameter" in kinds_to_read(["iam"], ["iam"])


@pytest.mark.parametrize(("there", "role"), [("d-west", "recovery"), ("elsewhere", "storage")])
def test_copies_that_nobody_declares_are_ended_by_whom_they_belong_to(there, role):
    rules = [{"ID": "all", "Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{there}"}}]
    bucket = {"Name": "d", "ReplicationConfiguration": {"Role": "r", "Rules": rules}}
    identity = Identity("p", {}, {"datasets_bucket": "d", "datasets_replica_bucket": "d-west"})
    for roles in ({"storage": [], "recovery": []}, {role: []}):
        found = differ.compare(roles, {"bucket": [bucket]}, identity).differences
        assert ("bucket_replication", role, "delete") in [(one.kind, one.role, one.action) for one in found]
