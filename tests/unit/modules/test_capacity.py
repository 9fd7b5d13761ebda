# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What autoscaling_capacity_info reads: the messages are those of EC2, and botocore checks the call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils import capacity
from ansible_collections.mlinfra.aws.plugins.modules import autoscaling_capacity_info

TYPES, ZONES = ["t3.medium", "t3a.medium"], ["us-east-1a", "us-east-1b"]
ON_DEMAND = (
    "We currently do not have sufficient {} capacity in the Availability Zone you requested ({}). Our system will be working on "
    "provisioning additional capacity. You can currently get {} capacity by not specifying an Availability Zone in your request or "
    "choosing us-east-1f. Launching EC2 instance failed."
)
SPOT = (
    "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity "
    "available that matches your request. Launching EC2 instance failed."
)


def failed(message: str, hour: int = 1, details: str = "") -> dict[str, Any]:
    return {
        "ActivityId": f"a-{hour}",
        "AutoScalingGroupName": "p-dev-ml-member",
        "Cause": "At 2026-01-01 an instance was started.",
        "StartTime": datetime(2026, 1, 1, hour, tzinfo=UTC),
        "StatusCode": "Failed",
        "StatusMessage": message,
        "Details": details,
    }


def no(kind: str, zone: str, hour: int = 1) -> dict[str, Any]:
    return failed(ON_DEMAND.format(kind, zone, kind), hour)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([], ""),
        ([failed("You have requested more vCPU capacity than your current vCPU limit allows.")], ""),
        ([no("t3.medium", "us-east-1a")], "AWS had no t3.medium in us-east-1a. Next the group tries t3.medium in us-east-1b."),
        (
            # The newest comes first, and a try is repeated.
            [no("t3.medium", "us-east-1b", 3), no("t3.medium", "us-east-1a", 2), no("t3.medium", "us-east-1a")],
            "AWS had no t3.medium in us-east-1a and no t3.medium in us-east-1b. Next the group tries t3a.medium in us-east-1a.",
        ),
        (
            [failed(SPOT, details='{"Subnet ID":"subnet-1","Availability Zone":"us-east-1a"}')],
            "AWS had no spot instance in us-east-1a. Next the group tries t3.medium in us-east-1b.",
        ),
        (
            [failed(SPOT, details="no JSON")],
            "AWS had no spot instance. Next the group tries all again: name more scaling_instance_types.",
        ),
    ],
)
def test_one_line_says_what_lacked_and_what_comes_next(told, said):
    assert capacity.line(capacity.lacking(told), TYPES, ZONES) == said


def test_what_began_before_does_not_count():
    told = [no("t3.medium", "us-east-1a", 1), no("t3a.medium", "us-east-1b", 3)]
    assert capacity.lacking(told, datetime(2026, 1, 1, 2, tzinfo=UTC)) == [("t3a.medium", "us-east-1b")]


def test_the_activities_are_read(aws):
    told = [no("t3.medium", "us-east-1a")]
    aws.answer("autoscaling", "describe_scaling_activities", {"Activities": told}, {"AutoScalingGroupName": "p-dev-ml-member"})
    assert autoscaling_capacity_info.activities(aws("autoscaling"), "p-dev-ml-member") == told


def test_no_group_has_none(aws):
    aws.refuse("autoscaling", "describe_scaling_activities", "ValidationError")
    assert autoscaling_capacity_info.activities(aws("autoscaling"), "p-dev-ml-member") == []
