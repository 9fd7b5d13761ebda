# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What vpc_flow_log calls and returns; in check mode it must call nothing that is not answered here."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.modules import vpc_flow_log
from botocore.stub import ANY

ASKED = {
    "resource_id": "vpc-1",
    "traffic_type": "ALL",
    "log_destination_type": "cloud-watch-logs",
    "log_group_name": "/g",
    "deliver_logs_permission_arn": "arn:aws:iam::123456789012:role/r",
}
PARAMS = {**ASKED, "name": "n", "tags": None, "purge_tags": True, "wait_timeout": 0}
STANDING = {**ASKED, "flow_log_id": "fl-1", "max_aggregation_interval": 60, "tags": {"Name": "n", "old": "1"}}
REQUEST = {
    "ResourceIds": ["vpc-1"],
    "ResourceType": "VPC",
    "TrafficType": "ALL",
    "LogDestinationType": "cloud-watch-logs",
    "LogGroupName": "/g",
    "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/r",
}


def tagged(**tags: str) -> dict:
    return {"ResourceType": "vpc-flow-log", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def present(aws, params: dict, current: dict | None, check: bool = False) -> dict:
    return vpc_flow_log.ensure_present(aws("ec2"), params, current, check)


def test_create(aws):
    aws.answer("ec2", "create_flow_logs", {"FlowLogIds": ["fl-2"]}, {**REQUEST, "ClientToken": ANY, "TagSpecifications": [tagged(Name="n")]})
    by_id = {"Filter": [{"Name": "flow-log-id", "Values": ["fl-2"]}]}
    aws.answer("ec2", "describe_flow_logs", {"FlowLogs": [{"FlowLogId": "fl-2", "TrafficType": "ALL"}]}, by_id)
    assert present(aws, PARAMS, None) == {
        "changed": True,
        "replaced": False,
        "reason": [],
        "flow_log": {"flow_log_id": "fl-2", "traffic_type": "ALL", "tags": {}},
    }


def test_create_in_check_mode_calls_nothing(aws):
    result = present(aws, PARAMS, None, check=True)
    assert result["changed"]
    assert result["flow_log"] == {**ASKED, "tags": {"Name": "n"}}


@pytest.mark.parametrize("check", [True, False])
def test_what_is_as_asked_is_left_alone(aws, check):
    result = present(aws, PARAMS, STANDING, check)
    assert result == {"changed": False, "replaced": False, "reason": [], "flow_log": STANDING}


@pytest.mark.parametrize("check", [True, False])
def test_tags_change_in_place(aws, check):
    if not check:
        aws.answer("ec2", "delete_tags", {}, {"Resources": ["fl-1"], "Tags": [{"Key": "old"}]})
        aws.answer("ec2", "create_tags", {}, {"Resources": ["fl-1"], "Tags": [{"Key": "new", "Value": "1"}]})
    result = present(aws, {**PARAMS, "tags": {"new": "1"}}, STANDING, check)
    assert (result["changed"], result["replaced"]) == (True, False)
    assert result["flow_log"] == {**STANDING, "tags": {"Name": "n", "new": "1"}}


def test_tags_that_are_not_purged_stay(aws):
    aws.answer("ec2", "create_tags", {}, {"Resources": ["fl-1"], "Tags": [{"Key": "new", "Value": "1"}]})
    result = present(aws, {**PARAMS, "tags": {"new": "1"}, "purge_tags": False}, STANDING)
    assert result["flow_log"]["tags"] == {"Name": "n", "old": "1", "new": "1"}


def test_anything_else_is_a_replacement_and_says_so(aws):
    aws.answer("ec2", "delete_flow_logs", {"Unsuccessful": []}, {"FlowLogIds": ["fl-1"]})
    request = {**REQUEST, "ClientToken": ANY, "TrafficType": "REJECT", "MaxAggregationInterval": 60}
    request["TagSpecifications"] = [tagged(Name="n", old="1")]
    aws.answer("ec2", "create_flow_logs", {"FlowLogIds": ["fl-2"]}, request)
    aws.answer("ec2", "describe_flow_logs", {"FlowLogs": [{"FlowLogId": "fl-2"}]})
    result = present(aws, {**PARAMS, "traffic_type": "REJECT"}, STANDING)
    assert (result["changed"], result["replaced"]) == (True, True)
    assert result["reason"] == ["traffic_type is ALL, asked for is REJECT"]
    assert result["flow_log"]["flow_log_id"] == "fl-2"


def test_a_replacement_in_check_mode_calls_nothing(aws):
    result = present(aws, {**PARAMS, "log_group_name": "/new"}, STANDING, check=True)
    assert (result["changed"], result["replaced"]) == (True, True)
    assert result["flow_log"]["log_group_name"] == "/new"
    assert "flow_log_id" not in result["flow_log"]


def test_nothing_is_deleted_for_a_replacement_that_can_not_be_made(aws):
    with pytest.raises(ValueError, match="tgw-1"):
        present(aws, {**PARAMS, "resource_id": "tgw-1"}, STANDING)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("current", [None, STANDING])
def test_absent(aws, current, check):
    if current and not check:
        aws.answer("ec2", "delete_flow_logs", {}, {"FlowLogIds": ["fl-1"]})
    result = vpc_flow_log.ensure_absent(aws("ec2"), current, check)
    assert result == {"changed": current is not None, "replaced": False, "reason": [], "flow_log": {}}
