# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which flow log is meant, what of it differs, and what EC2 is asked for."""

from __future__ import annotations

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.flow_log import api, transform, waiters
from botocore.stub import ANY
from hypothesis import given
from hypothesis import strategies as st

# AWS keeps keys that begin with "aws:" to itself.
KEYS = st.text(min_size=1, max_size=5).filter(lambda key: not key.startswith("aws:"))
TAGS = st.dictionaries(KEYS, st.text(max_size=5), max_size=4)


def log(number: int, name: str = "", group: str = "/g", **more) -> dict:
    return {
        "flow_log_id": f"fl-{number}",
        "resource_id": "vpc-1",
        "traffic_type": "ALL",
        "log_destination_type": "cloud-watch-logs",
        "log_group_name": group,
        "tags": {"Name": name} if name else {},
        **more,
    }


def find(logs: list[dict], **params):
    params = {"log_destination_type": "cloud-watch-logs", **params}
    found = transform.find(logs, params, transform.wanted_attributes(params))
    return found["flow_log_id"] if found else None


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"flow_log_id": "fl-2"}, "fl-2"),
        ({"flow_log_id": "fl-9", "log_group_name": "/a"}, None),
        ({"name": "b"}, "fl-2"),
        ({"name": "b", "log_group_name": "/a"}, "fl-2"),
        ({"name": "c", "log_group_name": "/a"}, "fl-1"),
        ({"name": "c"}, None),
        ({"log_group_name": "/b"}, "fl-2"),
        ({"log_group_name": "/c"}, None),
        ({"log_group_name": "/b", "log_destination_type": "s3"}, None),
    ],
)
def test_the_flow_log_meant(params, found):
    assert find([log(1, group="/a"), log(2, "b", group="/b")], **params) == found


def test_the_resource_alone_means_its_only_flow_log():
    assert find([]) is None
    assert find([log(1)]) == "fl-1"
    with pytest.raises(transform.AmbiguousFlowLog, match="fl-1, fl-2 all answer"):
        find([log(1), log(2)])


def test_of_two_with_one_name_the_one_is_meant_that_is_as_asked_for():
    logs = [log(1, "a", group="/other"), log(2, "a", traffic_type="REJECT"), log(3, "a")]
    assert find(logs, name="a", log_group_name="/g", traffic_type="ALL") == "fl-3"
    assert find(logs[:2], name="a", log_group_name="/g", traffic_type="ACCEPT") == "fl-2"
    assert find(logs, name="a") == "fl-1"


def test_a_bucket_with_and_without_a_slash_at_the_end_is_the_same():
    bucket = {"log_destination_type": "s3", "log_destination": "arn:aws:s3:::b/x"}
    current = log(1, **bucket)
    wanted = {**bucket, "log_destination": "arn:aws:s3:::b/x/"}
    assert transform.find([current], wanted, wanted) == current
    assert transform.differences(current, wanted) == []


def test_differences_are_sentences():
    assert transform.differences(log(1), {"traffic_type": "REJECT", "resource_id": "vpc-1"}) == [
        "traffic_type is ALL, asked for is REJECT"
    ]


def test_a_replacement_keeps_what_nobody_asked_to_change():
    current = log(1, max_aggregation_interval=60, log_format="${action}", traffic_type="ALL")
    wanted = {"resource_id": "vpc-1", "traffic_type": "REJECT", "log_format": "${version}"}
    assert transform.replacement(current, wanted) == {**wanted, "max_aggregation_interval": 60}


@given(current=TAGS, tags=TAGS)
def test_purged_tags_are_the_ones_asked_for_and_aws_own(current, tags):
    after = transform.tags_after({**current, "aws:x": "1"}, tags, purge=True)
    assert after == {"aws:x": "1", **tags}


@given(current=TAGS, tags=TAGS)
def test_tags_that_are_not_purged_stay(current, tags):
    assert transform.tags_after(current, tags, purge=False) == {**current, **tags}
    assert transform.tags_after(current, None, purge=True) == current


@pytest.mark.parametrize(
    ("params", "tags"),
    [
        ({}, None),
        ({"tags": {}}, {}),
        ({"name": "n"}, {"Name": "n"}),
        ({"name": "n", "tags": {"Name": "other", "a": "b"}}, {"Name": "n", "a": "b"}),
    ],
)
def test_the_name_is_a_tag(params, tags):
    assert transform.wanted_tags(params) == tags


@pytest.mark.parametrize(
    ("resource_id", "kind"), [("vpc-1", "VPC"), ("subnet-1", "Subnet"), ("eni-1", "NetworkInterface")]
)
def test_requests_are_in_ec2_words(aws, resource_id, kind):
    attributes = {"resource_id": resource_id, "traffic_type": "ALL", "max_aggregation_interval": 60}
    request = transform.request(attributes, {"a": "b", "aws:x": "1"})
    assert request == {
        "ResourceIds": [resource_id],
        "ResourceType": kind,
        "TrafficType": "ALL",
        "MaxAggregationInterval": 60,
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "a", "Value": "b"}]}],
    }
    aws.answer("ec2", "create_flow_logs", {"FlowLogIds": ["fl-1"], "Unsuccessful": []}, {**request, "ClientToken": ANY})
    assert api.create_flow_log(aws("ec2"), **request) == "fl-1"


def test_other_resources_are_refused_by_name():
    with pytest.raises(ValueError, match="tgw-1 is not the id of a VPC"):
        transform.resource_type("tgw-1")


def test_flow_logs_are_listed_page_by_page(aws):
    chosen = [{"Name": "resource-id", "Values": ["vpc-1"]}]
    first = {"FlowLogs": [{"FlowLogId": "fl-1", "Tags": [{"Key": "a", "Value": "b"}]}], "NextToken": "more"}
    aws.answer("ec2", "describe_flow_logs", first, {"Filter": chosen})
    aws.answer("ec2", "describe_flow_logs", {"FlowLogs": [{"FlowLogId": "fl-2"}]}, {"Filter": chosen, "NextToken": "more"})
    assert api.list_flow_logs(aws("ec2"), "resource-id", "vpc-1") == [
        {"flow_log_id": "fl-1", "tags": {"a": "b"}},
        {"flow_log_id": "fl-2", "tags": {}},
    ]


def test_a_refusal_inside_a_successful_answer_is_raised(aws):
    refusal = [{"ResourceId": "vpc-1", "Error": {"Code": "400", "Message": "LogDestination: b does not exist"}}]
    aws.answer("ec2", "create_flow_logs", {"FlowLogIds": [], "Unsuccessful": refusal})
    with pytest.raises(AnsibleAWSError, match="b does not exist"):
        api.create_flow_log(aws("ec2"), ResourceIds=["vpc-1"], ResourceType="VPC")
    aws.answer("ec2", "delete_flow_logs", {"Unsuccessful": refusal})
    with pytest.raises(AnsibleAWSError, match="Failed to delete a flow log: 400"):
        api.delete_flow_log(aws("ec2"), "fl-1")


def test_tags_are_set_and_removed_only_where_needed(aws):
    api.change_tags(aws("ec2"), "fl-1", {}, [])
    aws.answer("ec2", "delete_tags", {}, {"Resources": ["fl-1"], "Tags": [{"Key": "old"}]})
    aws.answer("ec2", "create_tags", {}, {"Resources": ["fl-1"], "Tags": [{"Key": "a", "Value": "b"}]})
    api.change_tags(aws("ec2"), "fl-1", {"a": "b"}, ["old"])


class Clock:
    """Counts the seconds slept."""

    def __init__(self) -> None:
        self.slept = 0.0

    def __call__(self, seconds: float) -> None:
        self.slept += seconds


def test_a_role_that_was_just_made_is_waited_for(aws):
    unknown = "Unable to assume given IAM role"
    aws.refuse("ec2", "create_flow_logs", "InvalidParameter", unknown)
    refusal = [{"ResourceId": "vpc-1", "Error": {"Code": "400", "Message": unknown}}]
    aws.answer("ec2", "create_flow_logs", {"FlowLogIds": [], "Unsuccessful": refusal})
    aws.answer("ec2", "create_flow_logs", {"FlowLogIds": ["fl-1"]})
    clock = Clock()
    request = {"ResourceIds": ["vpc-1"], "ResourceType": "VPC"}
    assert waiters.create_with_new_role(lambda: api.create_flow_log(aws("ec2"), **request), 90, clock) == "fl-1"
    assert clock.slept > 0


@pytest.mark.parametrize(("message", "seconds"), [("Unable to assume given IAM role", 9), ("Access denied", 0)])
def test_any_other_refusal_and_a_late_one_are_final(message, seconds):
    def refuse():
        raise AnsibleAWSError(message=message)

    clock = Clock()
    with pytest.raises(AnsibleAWSError, match=message):
        waiters.create_with_new_role(refuse, 9, clock)
    assert clock.slept == seconds


def test_a_new_flow_log_is_waited_for():
    answers = [[], [], [{"flow_log_id": "fl-1"}]]
    assert waiters.until_listed(lambda: answers.pop(0), 90, Clock()) == {"flow_log_id": "fl-1"}
    with pytest.raises(AnsibleAWSError, match="not listed after 9 s"):
        waiters.until_listed(list, 9, Clock())
