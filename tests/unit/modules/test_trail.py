# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What trail calls and returns: botocore checks each request against the service's model."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.trail import api, transform
from ansible_collections.mlinfra.aws.plugins.modules import trail as module

ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/mlinfra-dev"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/cloudtrail/mlinfra-dev:*"
ROLE = "arn:aws:iam::123456789012:role/mlinfra-dev-trail"
MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True}
DATA = {
    "ReadWriteType": "WriteOnly",
    "IncludeManagementEvents": False,
    "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::b/", "arn:aws:s3:::a/"]}],
}
PARAMS = {
    "name": "mlinfra-dev",
    "bucket": "logs",
    "prefix": "trail",
    "log_group_arn": GROUP,
    "role_arn": ROLE,
    "kms_key_arn": "",
    "multi_region": True,
    "log_file_validation": True,
    "event_selectors": [MANAGEMENT],
    "logging": True,
    "tags": {"Project": "mlinfra"},
}
REQUEST = {
    "Name": "mlinfra-dev",
    "S3BucketName": "logs",
    "S3KeyPrefix": "trail",
    "IsMultiRegionTrail": True,
    "IncludeGlobalServiceEvents": True,
    "EnableLogFileValidation": True,
    "CloudWatchLogsLogGroupArn": GROUP,
    "CloudWatchLogsRoleArn": ROLE,
}
TOLD = {
    **{name: value for name, value in REQUEST.items() if name != "EnableLogFileValidation"},
    "LogFileValidationEnabled": True,
    "TrailARN": ARN,
    "HasCustomEventSelectors": False,
}
STANDING = {**TOLD, "IsLogging": True, "EventSelectors": [], "Tags": [{"Key": "Project", "Value": "mlinfra"}]}
TAGS = [{"Key": "Project", "Value": "mlinfra"}]


def present(aws: Any, standing: dict | None, check: bool = False, timeout: float = 0, **changes: Any) -> dict[str, Any]:
    return module.ensure_present(aws("cloudtrail"), module.wanted({**PARAMS, **changes}), standing, check, timeout)


def create(aws: Any) -> None:
    """Queue what makes the trail."""
    aws.answer("cloudtrail", "create_trail", {"TrailARN": ARN}, {**REQUEST, "TagsList": TAGS})


@pytest.mark.parametrize("check", [True, False])
def test_create(aws: Any, check: bool) -> None:
    if not check:
        create(aws)
        aws.answer("cloudtrail", "start_logging", {}, {"Name": "mlinfra-dev"})
    result = present(aws, None, check)
    assert (result["changed"], result["action"], result["diff"]["before"]) == (True, "create", {})


def test_create_with_data_events(aws: Any) -> None:
    create(aws)
    ordered = {**DATA, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}]}
    asked = {"TrailName": "mlinfra-dev", "EventSelectors": sorted([MANAGEMENT, ordered], key=str)}
    aws.answer("cloudtrail", "put_event_selectors", {}, asked)
    aws.answer("cloudtrail", "start_logging", {})
    present(aws, None, event_selectors=[MANAGEMENT, DATA])


def test_a_new_role_is_waited_for(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr(module.once_the_role_is_known, "__defaults__", (slept.append, None))
    refusal = "Access denied. Check the trust relationships for your role."
    aws.refuse("cloudtrail", "create_trail", "InvalidCloudWatchLogsRoleArnException", refusal)
    create(aws)
    aws.answer("cloudtrail", "start_logging", {})
    assert present(aws, None, timeout=10)["changed"]
    assert slept == [3.0]


def test_another_refusal_is_none(aws: Any) -> None:
    aws.refuse("cloudtrail", "create_trail", "MaximumNumberOfTrailsExceededException")
    with pytest.raises(AnsibleAWSError, match="Failed to create the trail"):
        present(aws, None, timeout=10)


@pytest.mark.parametrize("check", [True, False])
def test_what_stands_as_asked_is_left_alone(aws: Any, check: bool) -> None:
    assert present(aws, STANDING, check) == {
        "changed": False,
        "action": "none",
        "changes": [],
        "diff": {"before": {}, "after": {}},
    }


@pytest.mark.parametrize("check", [True, False])
def test_what_differs_is_written(aws: Any, check: bool) -> None:
    if not check:
        aws.answer("cloudtrail", "update_trail", {}, {**REQUEST, "KmsKeyId": ""})
        aws.answer("cloudtrail", "put_event_selectors", {}, {"TrailName": "mlinfra-dev", "EventSelectors": [MANAGEMENT]})
        aws.answer("cloudtrail", "remove_tags", {}, {"ResourceId": ARN, "TagsList": [{"Key": "Team"}]})
        aws.answer("cloudtrail", "add_tags", {}, {"ResourceId": ARN, "TagsList": TAGS})
        aws.answer("cloudtrail", "start_logging", {}, {"Name": "mlinfra-dev"})
    advanced = {"Name": "", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
    changed = {
        "LogFileValidationEnabled": False,
        "IsLogging": False,
        "EventSelectors": [advanced],
        "Tags": [{"Key": "Team", "Value": "x"}],
    }
    result = present(aws, {**STANDING, **changed}, check)
    assert result["changes"] == ["LogFileValidationEnabled", "EventSelectors", "IsLogging", "Tags.Project", "Tags.Team"]
    assert (result["diff"]["before"]["IsLogging"], result["diff"]["after"]["IsLogging"]) == (False, True)


def test_only_what_differs_is_written(aws: Any) -> None:
    aws.answer("cloudtrail", "stop_logging", {}, {"Name": "mlinfra-dev"})
    assert present(aws, STANDING, logging=False)["changes"] == ["IsLogging"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("standing", [STANDING, None])
def test_delete(aws: Any, standing: dict | None, check: bool) -> None:
    if standing and not check:
        aws.answer("cloudtrail", "delete_trail", {}, {"Name": "mlinfra-dev"})
    result = module.ensure_absent(aws("cloudtrail"), standing, check)
    assert result["changed"] is (standing is not None)


def test_one_that_is_gone_meanwhile_is_deleted(aws: Any) -> None:
    aws.refuse("cloudtrail", "delete_trail", "TrailNotFoundException")
    api.delete(aws("cloudtrail"), "mlinfra-dev")


def test_read(aws: Any) -> None:
    aws.answer("cloudtrail", "get_trail", {"Trail": TOLD}, {"Name": "mlinfra-dev"})
    listed = {"ResourceTagList": [{"ResourceId": ARN, "TagsList": TAGS}]}
    aws.answer("cloudtrail", "list_tags", listed, {"ResourceIdList": [ARN]})
    aws.answer("cloudtrail", "get_trail_status", {"IsLogging": True}, {"Name": ARN})
    aws.answer("cloudtrail", "get_event_selectors", {"EventSelectors": []}, {"TrailName": ARN})
    assert api.read(aws("cloudtrail"), "mlinfra-dev") == STANDING


def test_none_takes_one_call(aws: Any) -> None:
    aws.refuse("cloudtrail", "get_trail", "TrailNotFoundException")
    assert api.read(aws("cloudtrail"), "mlinfra-dev") is None


@pytest.mark.parametrize(
    ("selectors", "records"),
    [
        ([], True),
        ([MANAGEMENT], True),
        ([{**MANAGEMENT, "ReadWriteType": "WriteOnly"}], False),
        ([{**MANAGEMENT, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}], False),
        ([DATA], False),
        ([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}], True),
        (
            [
                {
                    "FieldSelectors": [
                        {"Field": "eventCategory", "Equals": ["Management"]},
                        {"Field": "readOnly", "Equals": ["true"]},
                    ]
                }
            ],
            False,
        ),
    ],
)
def test_whether_all_management_events_are_recorded(selectors: list, records: bool) -> None:
    assert transform.records_management(selectors) is records


@pytest.mark.parametrize(
    ("change", "covered"),
    [({}, True), ({"IsMultiRegionTrail": False}, False), ({"IsLogging": False}, False), ({"EventSelectors": [DATA]}, False)],
)
def test_whether_a_trail_does_for_ours(change: dict, covered: bool) -> None:
    assert transform.covers({**STANDING, **change}) is covered
