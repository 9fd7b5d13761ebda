# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of EventBridge Scheduler call: botocore checks each request against the service's model."""

from __future__ import annotations

import json

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.scheduler import transform, waiters
from ansible_collections.mlinfra.aws.plugins.modules import scheduler_group, scheduler_schedule

GROUP_ARN = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/g"
PARAMS = {
    "name": "stop",
    "group": "g",
    "description": "",
    "expression": "cron(0 20 ? * MON-FRI *)",
    "timezone": "Europe/Zurich",
    "enabled": True,
    "flexible_minutes": 0,
    "target_arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
    "role_arn": "arn:aws:iam::123456789012:role/r",
    "input": '{"InstanceIds": ["i-1"]}',
    "retry_seconds": 3600,
    "retries": 10,
}
REQUEST = {
    "Name": "stop",
    "GroupName": "g",
    "Description": "",
    "ScheduleExpression": "cron(0 20 ? * MON-FRI *)",
    "ScheduleExpressionTimezone": "Europe/Zurich",
    "State": "ENABLED",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {
        "Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "Input": '{"InstanceIds": ["i-1"]}',
        "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
    },
}
STANDING = {**REQUEST, "Arn": "arn:aws:scheduler:us-east-1:123456789012:schedule/g/stop"}
UNKNOWN_ROLE = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."


def present(aws, current: dict, check: bool = False, timeout: float = 0, **changes) -> dict:
    asked = transform.wanted({**PARAMS, **changes})
    return scheduler_schedule.ensure_present(aws("scheduler"), asked, current, timeout, check)


def test_create(aws):
    aws.answer("scheduler", "create_schedule", {"ScheduleArn": STANDING["Arn"]})
    aws.answer("scheduler", "get_schedule", STANDING, {"GroupName": "g", "Name": "stop"})
    result = present(aws, {})
    assert result == {"changed": True, "schedule": transform.normalize(STANDING)}


def test_a_change_gives_all_values_anew(aws):
    aws.answer("scheduler", "update_schedule", {"ScheduleArn": STANDING["Arn"]})
    aws.answer("scheduler", "get_schedule", STANDING, {"GroupName": "g", "Name": "stop"})
    assert present(aws, transform.normalize({**STANDING, "State": "DISABLED"}))["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_what_is_as_asked_is_left_alone(aws, check):
    current = transform.normalize(STANDING)
    assert present(aws, current, check) == {"changed": False, "schedule": current}


def test_the_request_says_what_was_asked():
    assert transform.request(transform.wanted(PARAMS)) == REQUEST


def test_a_window_and_a_text_are_told_too():
    request = transform.request(transform.wanted({**PARAMS, "flexible_minutes": 5, "input": "no JSON"}))
    assert request["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    assert request["Target"]["Input"] == "no JSON"


def test_a_role_that_stays_unknown_is_told(aws):
    aws.refuse("scheduler", "create_schedule", "ValidationException", UNKNOWN_ROLE)
    with pytest.raises(AnsibleAWSError, match="create the schedule"):
        present(aws, {})


def test_what_others_write_differently_is_the_same():
    other = {**STANDING, "Target": {**STANDING["Target"], "Input": json.dumps({"InstanceIds": ["i-1"]}, indent=1)}}
    assert transform.normalize(other) == transform.normalize(STANDING)


def group(aws, current: dict, check: bool = False, **params) -> dict:
    asked = {"name": "g", "tags": {"Project": "p"}, "purge_tags": True, "wait_timeout": 0, **params}
    return scheduler_group.ensure_present(aws("scheduler"), asked, current, check)


def answer_group(aws, **tags: str) -> None:
    aws.answer("scheduler", "get_schedule_group", {"Name": "g", "Arn": GROUP_ARN, "State": "ACTIVE"}, {"Name": "g"})
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws.answer("scheduler", "list_tags_for_resource", {"Tags": listed}, {"ResourceArn": GROUP_ARN})


def test_a_group_is_made_with_its_tags(aws):
    aws.refuse("scheduler", "get_schedule_group", "ResourceNotFoundException")
    aws.answer("scheduler", "create_schedule_group", {"ScheduleGroupArn": GROUP_ARN})
    answer_group(aws, Project="p")
    assert group(aws, {})["group"] == {"name": "g", "arn": GROUP_ARN, "tags": {"Project": "p"}}


def test_a_group_that_is_being_deleted_is_as_good_as_gone(aws):
    going = {"Name": "g", "Arn": GROUP_ARN, "State": "DELETING"}
    aws.answer("scheduler", "get_schedule_group", going, {"Name": "g"})
    assert scheduler_group.standing(aws("scheduler"), "g") == {}


def test_a_group_of_the_same_name_is_waited_for():
    states, waits = iter([{"State": "DELETING"}, {"State": "DELETING"}, None]), []
    waiters.until_gone(lambda: next(states), 60, waits.append)
    assert len(waits) == 2


def test_a_group_that_stays_is_told():
    with pytest.raises(AnsibleAWSError, match="still being deleted after 10 s"):
        waiters.until_gone(lambda: {"State": "DELETING"}, 10, lambda _seconds: None)


def test_tags_of_a_group_are_changed_where_they_differ(aws):
    current = {"name": "g", "arn": GROUP_ARN, "tags": {"Owner": "o"}}
    aws.answer("scheduler", "untag_resource", {}, {"ResourceArn": GROUP_ARN, "TagKeys": ["Owner"]})
    tags = [{"Key": "Project", "Value": "p"}]
    aws.answer("scheduler", "tag_resource", {}, {"ResourceArn": GROUP_ARN, "Tags": tags})
    answer_group(aws, Project="p")
    assert group(aws, current)["changed"]
    assert group(aws, current, check=True)["group"]["tags"] == {"Project": "p"}
