# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What s3_bucket_replication and dlm_lifecycle_policy call: botocore checks each request against the service's model."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils import new_role, oldest
from ansible_collections.mlinfra.aws.plugins.module_utils.lifecycle_policy import api as policies
from ansible_collections.mlinfra.aws.plugins.module_utils.lifecycle_policy import transform as policy
from ansible_collections.mlinfra.aws.plugins.module_utils.replication import api as replications
from ansible_collections.mlinfra.aws.plugins.module_utils.replication import transform as replication
from ansible_collections.mlinfra.aws.plugins.modules import dlm_lifecycle_policy, s3_bucket_replication

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/mlinfra-dev-replication"
RULE = {"ID": "all", "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::b-replica"}}
# What S3 makes of it.
WHOLE = {**RULE, "Filter": {"Prefix": ""}, "Priority": 0, "DeleteMarkerReplication": {"Status": "Disabled"}}
WANT = {"Bucket": "b", "Role": ROLE, "Rules": [RULE]}
STANDING = {"Bucket": "b", "Role": ROLE, "Rules": [WHOLE]}
NOTHING = {"Bucket": "b", "Role": "", "Rules": []}
OWNED = {"Bucket": "b", "ExpectedBucketOwner": ACCOUNT}
PUT = {**OWNED, "ReplicationConfiguration": {"Role": ROLE, "Rules": [WHOLE]}}


def replicated(aws: Any, standing: dict | None, check: bool = False, timeout: float = 0, **changes: Any) -> dict[str, Any]:
    want = {**WANT, **changes}
    return s3_bucket_replication.ensure_present(aws("s3"), want, standing, ACCOUNT, check, timeout)


@pytest.mark.parametrize("check", [True, False])
def test_a_replication_is_made(aws, check):
    if not check:
        aws.answer("s3", "put_bucket_replication", {}, PUT)
    result = replicated(aws, NOTHING, check)
    assert (result["changed"], result["action"], result["diff"]["before"]) == (True, "create", {})


def test_what_is_replicated_as_asked_is_left_alone(aws):
    assert replicated(aws, STANDING)["changed"] is False


def test_rules_are_written_whole(aws):
    aws.answer("s3", "put_bucket_replication", {}, PUT)
    other = {**STANDING, "Rules": [{**WHOLE, "Status": "Disabled"}]}
    result = replicated(aws, other)
    assert (result["action"], result["changes"]) == ("modify", ["Rules"])


def test_a_bucket_that_does_not_stand_is_not_replicated(aws):
    with pytest.raises(AnsibleAWSError, match="does not stand"):
        replicated(aws, None)
    assert replicated(aws, None, check=True)["action"] == "create"


def test_a_bucket_that_was_just_made_is_waited_for(aws, monkeypatch):
    monkeypatch.setattr(new_role, "_DELAY", 0.0)
    aws.refuse("s3", "put_bucket_replication", "InvalidRequest", "Destination bucket must have versioning enabled.")
    aws.answer("s3", "put_bucket_replication", {}, PUT)
    assert replicated(aws, NOTHING, timeout=1)["changed"]


@pytest.mark.parametrize("message", ["Destination bucket must exist.", "Access Denied"])
def test_a_refusal_that_stays_is_final(aws, message):
    aws.refuse("s3", "put_bucket_replication", "InvalidRequest", message)
    with pytest.raises(AnsibleAWSError):
        replicated(aws, NOTHING)


@pytest.mark.parametrize("check", [True, False])
def test_a_replication_ends(aws, check):
    if not check:
        aws.answer("s3", "delete_bucket_replication", {}, OWNED)
    ended = s3_bucket_replication.ensure_absent(aws("s3"), STANDING, ACCOUNT, check)
    assert (ended["changed"], ended["diff"]["after"]) == (True, {})
    for standing in (NOTHING, None):
        assert not s3_bucket_replication.ensure_absent(aws("s3"), standing, ACCOUNT, check)["changed"]


@pytest.mark.parametrize(
    ("code", "read"), [("ReplicationConfigurationNotFoundError", NOTHING), ("NoSuchBucket", None)]
)
def test_no_replication_is_told_from_no_bucket(aws, code, read):
    aws.refuse("s3", "get_bucket_replication", code)
    assert replications.read(aws("s3"), "b", "") == read


@pytest.mark.parametrize(
    "told",
    [
        {"DeleteMarkerReplication": {}},
        {"Filter": {"And": {"Prefix": ""}}},
        {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Disabled"}}},
        {"Destination": {**RULE["Destination"], "Metrics": {"Status": "Disabled"}, "StorageClass": ""}},
    ],
)
def test_what_says_nothing_is_no_difference(told):
    assert replication.rule({**RULE, **told}) == WHOLE


def test_a_rule_of_the_first_version_differs():
    assert replication.rule({**RULE, "Prefix": ""}) != replication.rule(RULE)


KEY = {"EncryptionConfiguration": {"ReplicaKmsKeyID": "k"}}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([], "rules is empty"),
        ([{**RULE, "ID": ""}], "rules[0].ID"),
        ([{**RULE, "Status": "On"}], "rules[0].Status"),
        ([{**RULE, "Destination": {"Bucket": "b"}}], "rules[0].Destination.Bucket: 'b'"),
        ([RULE, {**RULE, "ID": "other"}], "rules[1].Priority: 0"),
        ([{**RULE, "Destination": {**RULE["Destination"], **KEY}}], "EncryptionConfiguration: goes with"),
        (
            [{**RULE, "Destination": {**RULE["Destination"], "ReplicationTime": {"Status": "Enabled"}}}],
            "Metrics: is needed",
        ),
    ],
)
def test_what_s3_would_refuse(rules, words):
    [line] = replication.problems(rules)
    assert words in line


POLICY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/mlinfra-dev-snapshots"
ARN = f"arn:aws:dlm:us-east-1:{ACCOUNT}:policy/policy-0123456789abcdef0"
ID = "policy-0123456789abcdef0"
SCHEDULE = {
    "Name": "daily",
    "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["03:00"]},
    "RetainRule": {"Count": 7},
    "CopyTags": True,
}
PARAMS = {
    "identity": {"Project": "mlinfra"},
    "tags": {"Owner": "o"},
    "description": "Snapshots of mlinfra-dev",
    "enabled": True,
    "role_arn": POLICY_ROLE,
    "resource_type": "volume",
    "target_tags": [{"Key": "Name", "Value": "mlinfra-dev-ml-training-1"}],
    "schedules": [SCHEDULE],
    "exclude_boot_volumes": False,
}
DETAILS = {
    "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
    "ResourceTypes": ["VOLUME"],
    "TargetTags": [{"Key": "Name", "Value": "mlinfra-dev-ml-training-1"}],
    "Schedules": [SCHEDULE],
}
WRITTEN = {
    "Description": "Snapshots of mlinfra-dev",
    "State": "ENABLED",
    "ExecutionRoleArn": POLICY_ROLE,
    "PolicyDetails": DETAILS,
}
TAGS = {"Owner": "o", "Project": "mlinfra"}
POLICY = {
    "PolicyId": ID,
    "PolicyArn": ARN,
    **WRITTEN,
    # AWS tells more than it was told.
    "PolicyDetails": {**DETAILS, "ResourceLocations": ["CLOUD"], "Parameters": {"ExcludeBootVolume": False}},
    "Tags": TAGS,
}


def present(aws: Any, standing: list, check: bool = False, timeout: float = 0, **changes: Any) -> dict[str, Any]:
    want = dlm_lifecycle_policy.wanted({**PARAMS, **changes})
    return oldest.ensure_present(dlm_lifecycle_policy.calls_of(aws("dlm"), want, timeout), want, standing, check)


@pytest.mark.parametrize("check", [True, False])
def test_a_policy_is_made(aws, check):
    if not check:
        aws.answer("dlm", "create_lifecycle_policy", {"PolicyId": ID}, {**WRITTEN, "Tags": TAGS})
    result = present(aws, [], check)
    assert (result["action"], result["policy_id"], result["diff"]["before"]) == ("create", "" if check else ID, {})


def test_a_policy_as_asked_is_left_alone(aws):
    assert present(aws, [POLICY]) | {"diff": {}} == {
        "changed": False, "action": "none", "changes": [], "policy_id": ID, "diff": {},
    }  # fmt: skip


def test_only_what_differs_is_written(aws):
    aws.answer("dlm", "update_lifecycle_policy", {}, {"PolicyId": ID, "State": "DISABLED"})
    aws.answer("dlm", "untag_resource", {}, {"ResourceArn": ARN, "TagKeys": ["Owner"]})
    result = present(aws, [POLICY], enabled=False, tags={})
    assert result["changes"] == ["State", "Tags.Owner"]


def test_a_policy_in_error_is_enabled_again(aws):
    aws.answer("dlm", "update_lifecycle_policy", {}, {"PolicyId": ID, "State": "ENABLED"})
    assert present(aws, [{**POLICY, "State": "ERROR"}])["changes"] == ["State"]


def test_all_but_the_oldest_policy_are_too_many(aws):
    aws.answer("dlm", "delete_lifecycle_policy", {}, {"PolicyId": "policy-1"})
    surplus = {**POLICY, "PolicyId": "policy-1"}
    result = present(aws, [POLICY, surplus])
    assert (result["changed"], result["diff"]["before"]) == (True, {"Surplus": ["policy-1"]})
    assert present(aws, [POLICY, surplus], check=True)["changed"]


def test_a_role_that_was_just_made_is_waited_for(aws, monkeypatch):
    monkeypatch.setattr(new_role, "_DELAY", 0.0)
    message = "Invalid role passed"
    aws.refuse("dlm", "create_lifecycle_policy", "InvalidRequestException", message)
    aws.answer("dlm", "create_lifecycle_policy", {"PolicyId": ID})
    assert present(aws, [], timeout=1)["policy_id"] == ID


def test_a_role_that_must_not_be_passed_is_final(aws):
    aws.refuse("dlm", "create_lifecycle_policy", "AccessDeniedException", "not authorized to perform: iam:PassRole")
    with pytest.raises(AnsibleAWSError):
        present(aws, [], timeout=60)


@pytest.mark.parametrize("check", [True, False])
def test_a_policy_is_deleted(aws, check):
    if not check:
        aws.refuse("dlm", "delete_lifecycle_policy", "ResourceNotFoundException")
    calls = dlm_lifecycle_policy.calls_of(aws("dlm"), {}, 0)
    assert oldest.ensure_absent(calls, [POLICY], check)["changed"]
    assert not oldest.ensure_absent(calls, [], check)["changed"]


def test_policies_are_found_by_their_tags(aws):
    listed = [{"PolicyId": ID, "Tags": TAGS}, {"PolicyId": "policy-1", "Tags": {"Project": "other"}}, {"PolicyId": "policy-2"}]
    aws.answer("dlm", "get_lifecycle_policies", {"Policies": listed}, {})
    aws.answer("dlm", "get_lifecycle_policy", {"Policy": POLICY}, {"PolicyId": ID})
    assert policies.read(aws("dlm"), {"Project": "mlinfra"}) == [POLICY]


COLD = {
    "Name": "monthly",
    "CreateRule": {"CronExpression": "cron(0 3 1 * ? *)"},
    "RetainRule": {"Count": 0},
    "ArchiveRule": {"RetainRule": {"RetentionArchiveTier": {"Interval": 1, "IntervalUnit": "YEARS"}}},
}


def problems(*schedules: dict, kind: str = "VOLUME", **more: Any) -> list[str]:
    told = {"description": "Snapshots", "target_tags": [{"Key": "Name", "Value": "n"}], **more}
    return policy.problems(**told, schedules=schedules, kind=kind)


def test_what_is_right_is_no_problem():
    assert problems(SCHEDULE, COLD) == []


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({**SCHEDULE, "Name": "daily!"}, "Name"),
        ({**SCHEDULE, "CreateRule": {}}, "either Interval or CronExpression"),
        ({**SCHEDULE, "CreateRule": {"Interval": 5, "Times": ["03:00"]}}, "must be one of 1, 2, 3"),
        ({**SCHEDULE, "CreateRule": {"Interval": 24}}, "must be one time of day"),
        ({**SCHEDULE, "CreateRule": {"Interval": 24, "Times": ["24:00"]}}, "must be one time of day"),
        ({**SCHEDULE, "RetainRule": {}}, "either Count or Interval"),
        ({**SCHEDULE, "RetainRule": {"Count": 0}}, "must be 1 to 1000"),
        ({**SCHEDULE, "RetainRule": {"Interval": 0, "IntervalUnit": "DAYS"}}, "must be 1 or more"),
        ({**SCHEDULE, "RetainRule": {"Interval": 1}}, "must be one of DAYS"),
        ({**COLD, "CreateRule": SCHEDULE["CreateRule"]}, "give a CronExpression"),
        ({**COLD, "FastRestoreRule": {"Count": 1}}, "restored fast"),
        ({**COLD, "ArchiveRule": {}}, "either Count or Interval"),
    ],
)
def test_what_data_lifecycle_manager_would_refuse_of_a_schedule(schedule, words):
    [line] = problems(schedule)
    assert words in line


def test_what_data_lifecycle_manager_would_refuse_of_a_policy():
    assert len(problems(SCHEDULE, SCHEDULE, description="a: b", target_tags=[])) == 3
    assert "are given: give 1 to 4" in problems()[0]
    assert "take those of volumes" in problems(COLD, kind="INSTANCE")[0]


def test_older_words_for_the_same_are_no_difference():
    now = {"Target": "eu-west-1", "Encrypted": True, "RetainRule": {"Interval": 1, "IntervalUnit": "MONTHS"}}
    before = {**now, "TargetRegion": now["Target"], "CopyTags": False}
    del before["Target"]
    assert policy.schedule({"CrossRegionCopyRules": [before]}) == policy.schedule({"CrossRegionCopyRules": [now]})
