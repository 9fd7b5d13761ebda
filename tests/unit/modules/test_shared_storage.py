# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of role shared_storage call, wait for and return: botocore checks each request against the service's model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils import new_role
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system import api, transform, waiters
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import settle
from ansible_collections.mlinfra.aws.plugins.modules import efs_access_points, efs_file_system, efs_mount_targets

TAGS = {"Project": "p"}
ASKED = {
    "name": "shared",
    "encrypted": True,
    "kms_key_id": "",
    "performance_mode": "generalPurpose",
    "throughput_mode": "bursting",
    "provisioned_throughput": None,
    "lifecycle": {"infrequent_access_days": 30, "archive_days": 0, "back_on_use": False},
    "backup": True,
    "policy": {},
    "tags": TAGS,
}
WANTED = efs_file_system.wanted(ASKED)
SIZE = {"Value": 6144}
STANDING = {
    "OwnerId": "123456789012",
    "CreationToken": "shared",
    "FileSystemId": "fs-01234567",
    "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    "LifeCycleState": "available",
    "NumberOfMountTargets": 0,
    "SizeInBytes": SIZE,
    "PerformanceMode": "generalPurpose",
    "Encrypted": True,
    # AWS's own key, which nobody asked for.
    "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    "ThroughputMode": "bursting",
    "Tags": [{"Key": "Name", "Value": "shared"}, {"Key": "Project", "Value": "p"}],
}
NAMED = {"FileSystemId": "fs-01234567"}
TARGET = {"OwnerId": "123456789012", **NAMED, "SubnetId": "subnet-11111111", "MountTargetId": "fsmt-11111111"}


@pytest.fixture(autouse=True)
def naps(monkeypatch) -> list[float]:
    """How long was waited, in seconds that nobody waits here."""
    slept: list[float] = []
    until_done = waiters.until_done
    monkeypatch.setattr(api, "until_done", lambda awaited, timeout: until_done(awaited, timeout, slept.append))
    once = new_role.once_the_role_is_known
    monkeypatch.setattr(
        api, "once_the_role_is_known", lambda write, timeout, unknown: once(write, timeout, slept.append, unknown)
    )
    return slept


def described(aws: Any, *answers: dict[str, Any]) -> api.FileSystem:
    """A file system that EFS tells of so, one time after the other."""
    for answer in answers:
        aws.answer(
            "efs", "describe_file_systems", {"FileSystems": [{**STANDING, **answer}] if answer is not None else []}
        )
    return api.FileSystem(aws("efs"), "shared", 60)


def configured(aws: Any) -> None:
    """What it is asked for after it was found."""
    aws.answer(
        "efs", "describe_lifecycle_configuration", {"LifecyclePolicies": [{"TransitionToIA": "AFTER_30_DAYS"}]}, NAMED
    )
    aws.answer("efs", "describe_backup_policy", {"BackupPolicy": {"Status": "ENABLING"}}, NAMED)
    aws.refuse("efs", "describe_file_system_policy", "PolicyNotFound")


@pytest.mark.parametrize("check", [True, False])
def test_a_file_system_that_is_as_asked_is_left_alone(aws, check):
    system = described(aws, {})
    configured(aws)
    result = settle(system, WANTED, TAGS, check)
    assert (result["changed"], result["diff"], system.identifier) == (False, {"before": {}, "after": {}}, "fs-01234567")


def test_a_new_file_system_is_written_to_once_it_is_available(aws, naps):
    request = {
        "CreationToken": "shared",
        "Backup": True,
        "Encrypted": True,
        "PerformanceMode": "generalPurpose",
        "ThroughputMode": "bursting",
        "Tags": [{"Key": "Name", "Value": "shared"}, {"Key": "Project", "Value": "p"}],
    }
    aws.answer("efs", "describe_file_systems", {"FileSystems": []}, {"CreationToken": "shared"})
    aws.answer("efs", "create_file_system", {**STANDING, "LifeCycleState": "creating"}, request)
    system = described(aws, {"LifeCycleState": "creating"}, {})
    rules = {**NAMED, "LifecyclePolicies": [{"TransitionToIA": "AFTER_30_DAYS"}]}
    aws.answer("efs", "put_lifecycle_configuration", {}, rules)
    assert settle(system, WANTED, TAGS, check=False)["action"] == "create"
    assert (len(naps), system.identifier) == (1, "fs-01234567")


def test_one_that_a_lost_answer_left_there_is_that_one(aws):
    aws.answer("efs", "describe_file_systems", {"FileSystems": []})
    aws.refuse("efs", "create_file_system", "FileSystemAlreadyExists")
    system = described(aws, {}, {})
    aws.answer("efs", "put_lifecycle_configuration", {})
    assert settle(system, WANTED, TAGS, check=False)["changed"]
    assert system.identifier == "fs-01234567"


@pytest.mark.parametrize(("code", "waits"), [("InvalidPolicyException", True), ("BadRequest", False)])
def test_a_policy_waits_for_a_role_that_was_just_made(aws, naps, code, waits):
    policy = {"Version": "2012-10-17", "Statement": []}
    system = described(aws, {})
    configured(aws)
    described(aws, {})
    aws.refuse("efs", "put_file_system_policy", code, "Policy contains an invalid Principal block")
    asked = {**WANTED, "FileSystemPolicy": {**policy, "Statement": [{"Effect": "Deny"}]}}
    if waits:
        aws.answer("efs", "put_file_system_policy", {})
        assert settle(system, asked, TAGS, check=False)["changes"] == ["FileSystemPolicy"]
        assert len(naps) == 1
    else:
        with pytest.raises(AnsibleAWSError, match="put the policy of the file system"):
            settle(system, asked, TAGS, check=False)


def test_one_that_never_becomes_available_is_said_so(aws):
    aws.answer("efs", "describe_file_systems", {"FileSystems": []})
    aws.answer("efs", "create_file_system", STANDING)
    system = described(aws, *[{"LifeCycleState": "creating"}] * 21)
    with pytest.raises(AnsibleAWSError, match=r"After 60 s the file system shared \(fs-01234567\) is creating"):
        settle(system, WANTED, TAGS, check=False)


def test_another_ones_file_system_is_left_alone(aws):
    system = described(aws, {"Tags": []})
    configured(aws)
    assert settle(system, None, TAGS, check=False)["foreign"]


def test_a_deleted_file_system_is_waited_for(aws, naps):
    system = described(aws, {})
    configured(aws)
    aws.answer("efs", "delete_file_system", {}, NAMED)
    described(aws, {"LifeCycleState": "deleting"})
    aws.refuse("efs", "describe_file_systems", "FileSystemNotFound")
    assert settle(system, None, TAGS, check=False)["action"] == "delete"
    assert (len(naps), system.identifier) == (1, "")


def test_what_is_being_deleted_is_gone(aws):
    system = described(aws, {"LifeCycleState": "deleting"})
    assert settle(system, None, TAGS, check=False)["action"] == "none"


def test_a_zone_has_room_once_its_mount_target_is_gone(aws, naps):
    """One that is on its way out already is waited for, too."""
    groups = {"SecurityGroups": ["sg-11111111"]}
    plan = transform.target_plan(
        [{"subnet_id": "subnet-22222222", "security_groups": ["sg-11111111"]}],
        [
            {**TARGET, **groups, "LifeCycleState": "available"},
            {**TARGET, "MountTargetId": "fsmt-00000000", "LifeCycleState": "deleting"},
        ],
    )
    assert (plan.before, plan.after) == ({"subnet-11111111": ["sg-11111111"]}, {"subnet-22222222": ["sg-11111111"]})
    aws.answer("efs", "delete_mount_target", {}, {"MountTargetId": "fsmt-11111111"})
    for left in ([{**TARGET, "LifeCycleState": "deleting"}], []):
        aws.answer("efs", "describe_mount_targets", {"MountTargets": left}, NAMED)
    made = {**TARGET, "SubnetId": "subnet-22222222", "MountTargetId": "fsmt-22222222", "LifeCycleState": "creating"}
    aws.answer("efs", "create_mount_target", made, {**NAMED, "SubnetId": "subnet-22222222", **groups})
    for state in ("creating", "available"):
        aws.answer("efs", "describe_mount_targets", {"MountTargets": [{**made, "LifeCycleState": state}]}, NAMED)
    assert efs_mount_targets.carry_out(aws("efs"), "fs-01234567", plan, 60) == {"subnet-22222222": "fsmt-22222222"}
    assert len(naps) == 2


def test_a_mount_target_that_failed_is_made_anew():
    plan = transform.target_plan(
        [{"subnet_id": "subnet-11111111", "security_groups": ["sg-11111111"]}],
        [{**TARGET, "SecurityGroups": ["sg-11111111"], "LifeCycleState": "error"}],
    )
    assert (plan.delete, len(plan.create), plan.changed) == (["fsmt-11111111"], 1, True)


def test_a_mount_target_that_fails_is_said_so(aws):
    aws.answer("efs", "describe_mount_targets", {"MountTargets": [{**TARGET, "LifeCycleState": "error"}]})
    with pytest.raises(AnsibleAWSError, match="EFS could not make the mount target fsmt-11111111"):
        api.until_targets_settled(aws("efs"), "fs-01234567", {"fsmt-11111111"}, set(), 60)


def test_of_two_access_points_with_a_name_one_stays():
    """As a lost answer may leave them."""
    want = efs_access_points.wanted([
        {"name": "common", "path": "/common", "uid": 1, "gid": 2, "secondary_gids": [], "permissions": "770", "tags": TAGS}
    ])  # fmt: skip
    standing = [{**want["common"], "AccessPointId": f"fsap-{at}", "LifeCycleState": "available"} for at in range(2)]
    plan = transform.point_plan(want, standing)
    assert (plan.kept, plan.delete, plan.create) == ({"common": "fsap-0"}, ["fsap-1"], {})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"throughput_mode": "provisioned"}, "provisioned_throughput: None must be 1 to 3414"),
        ({"provisioned_throughput": 5.0}, "provisioned_throughput: 5 goes with"),
        ({"performance_mode": "maxIO", "throughput_mode": "elastic"}, "performance_mode: maxIO"),
        ({"encrypted": False, "kms_key_id": "arn"}, "kms_key_id: a key goes with encrypted: true"),
        (
            {"lifecycle": {"infrequent_access_days": 0, "archive_days": 90, "back_on_use": False}},
            "archive_days: 90 goes with",
        ),
        ({"name": "n" * 65}, "must have 1 to 64 characters"),
    ],
)
def test_what_efs_would_refuse_is_told(changes, told):
    assert efs_file_system.problems(ASKED) == []
    assert told in "; ".join(efs_file_system.problems({**ASKED, **changes}))
