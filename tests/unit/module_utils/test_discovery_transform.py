# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which resources belong to an environment, and how they are listed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.transform import claim, flatten, plain, split_arn

TAGS = {"Project": "p", "Environment": "dev"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
IDENTITY = Identity(
    "p-dev",
    TAGS,
    {
        "instance": "p-dev-ml",
        "key_pair": "p-dev-ml",
        "datasets_bucket": "p-dev-data",
        "vpc_log_group": "/aws/vpc/p-dev",
        "topic": "p-dev-alarms",
        "dashboard": "p-dev",
        "token_parameter": "/p/dev/token",
    },
)
ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
TOPIC = "arn:aws:sns:us-east-1:123456789012:"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter"


def claimed(kind: str, *entries: dict, tags: dict | None = None, **found: list[dict]) -> list[dict]:
    return claim({kind: list(entries), **found}, tags or {}, IDENTITY)[kind]


@pytest.mark.parametrize(
    ("kind", "own", "other"),
    [
        ("bucket", {"Name": "p-dev-data"}, {"Name": "p-dev-data-2"}),
        ("key_pair", {"KeyName": "p-dev-ml"}, {"KeyName": "p-dev"}),
        ("key_pair", {"KeyName": "x", "Tags": TAG_LIST}, {"KeyName": "x", "Tags": TAG_LIST[:1]}),
        ("dashboard", {"DashboardName": "p-dev"}, {"DashboardName": "p-dev2"}),
        ("sns_topic", {"TopicArn": f"{TOPIC}p-dev-alarms"}, {"TopicArn": f"{TOPIC}alarms"}),
        (
            "log_group",
            {"logGroupName": "/aws/vpc/p-dev", "arn": f"{GROUP}/aws/vpc/p-dev:*"},
            {"logGroupName": "/aws/vpc/p-dev2", "arn": f"{GROUP}/aws/vpc/p-dev2:*"},
        ),
        ("ssm_parameter", {"Name": "/p/dev/token"}, {"Name": "/p/dev/token2"}),
        ("elastic_ip", {"AllocationId": "e-1", "Tags": TAG_LIST}, {"AllocationId": "e-2"}),
        ("flow_log", {"ResourceId": "vpc-9", "Tags": TAG_LIST}, {"ResourceId": "vpc-9"}),
        ("iam_policy", {"PolicyName": "p-dev-x", "Tags": TAG_LIST}, {"PolicyName": "p-dev-x", "Tags": []}),
        (
            "alarm",
            {"AlarmName": "p-dev-ml-1-cpu", "AlarmArn": f"{ALARM}p-dev-ml-1-cpu"},
            {"AlarmName": "p-dev-mlx-cpu", "AlarmArn": f"{ALARM}p-dev-mlx-cpu"},
        ),
        ("subnet", {"SubnetId": "subnet-1", "Tags": TAG_LIST}, {"SubnetId": "subnet-2", "VpcId": "vpc-9"}),
        ("vpc", {"VpcId": "vpc-1", "Tags": TAG_LIST}, {"VpcId": "vpc-2", "Tags": TAG_LIST[:1]}),
    ],
)
def test_by_name_or_tag(kind, own, other):
    assert claimed(kind, own, other) == [own]


@pytest.mark.parametrize(
    ("kind", "entry", "arn"),
    [
        ("bucket", {"Name": "any"}, "arn:aws:s3:::any"),
        ("sns_topic", {"TopicArn": f"{TOPIC}any"}, f"{TOPIC}any"),
        ("log_group", {"logGroupName": "/any", "arn": f"{GROUP}/any:*"}, f"{GROUP}/any"),
        ("alarm", {"AlarmName": "any", "AlarmArn": f"{ALARM}any"}, f"{ALARM}any"),
        ("ssm_parameter", {"Name": "/any/one"}, f"{PARAMETER}/any/one"),
        ("ssm_parameter", {"Name": "any"}, f"{PARAMETER}/any"),
    ],
)
def test_by_what_the_tagging_service_knows(kind, entry, arn):
    assert claimed(kind, entry) == []
    assert claimed(kind, entry, tags={arn: TAGS}) == [entry]


VPC = {"VpcId": "vpc-1", "Tags": TAG_LIST}
INSTANCE = {"InstanceId": "i-1", "Tags": TAG_LIST}


def test_an_address_without_tags_belongs_to_its_nat_gateway():
    addresses = [{"AllocationId": "e-1"}, {"PublicIp": "192.0.2.1"}]
    gateway = {"NatGatewayId": "nat-1", "NatGatewayAddresses": addresses, "Tags": TAG_LIST}
    own, other = {"AllocationId": "e-1"}, {"AllocationId": "e-2", "NetworkInterfaceId": "eni-other"}
    assert claimed("elastic_ip", own, other, nat_gateway=[gateway]) == [own]
    assert claimed("elastic_ip", own, other, nat_gateway=[{**gateway, "Tags": []}]) == []


@pytest.mark.parametrize(
    ("kind", "own", "other"),
    [
        ("subnet", {"SubnetId": "subnet-1", "VpcId": "vpc-1"}, {"SubnetId": "subnet-2", "VpcId": "vpc-2"}),
        (
            "internet_gateway",
            {"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1"}]},
            {"InternetGatewayId": "igw-2", "Attachments": [{"VpcId": "vpc-2"}]},
        ),
        (
            "volume",
            {"VolumeId": "vol-1", "Attachments": [{"InstanceId": "i-1"}]},
            {"VolumeId": "vol-2", "Attachments": []},
        ),
    ],
)
def test_what_a_filter_let_through_is_filtered_again(kind, own, other):
    assert claimed(kind, own, other, vpc=[VPC], instance=[INSTANCE]) == [own]


def test_what_hangs_on_the_environment_belongs_to_it():
    interface = {"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1"}
    address = {"AllocationId": "e-1", "NetworkInterfaceId": "eni-1"}
    assert claimed("elastic_ip", address, vpc=[VPC], network_interface=[interface]) == [address]
    log = {"ResourceId": "subnet-1"}
    assert claimed("flow_log", log, vpc=[VPC], subnet=[{"SubnetId": "subnet-1", "VpcId": "vpc-1"}]) == [log]
    alarm = {"AlarmName": "x", "AlarmArn": f"{ALARM}x", "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}]}
    assert claimed("alarm", alarm, instance=[INSTANCE]) == [alarm]
    assert claimed("alarm", alarm, instance=[{**INSTANCE, "InstanceId": "i-2"}]) == []


def test_the_list_is_flat_ordered_and_json():
    made = datetime(2026, 1, 2, tzinfo=UTC)
    found = {
        "vpc": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": "p-dev"}]}],
        "bucket": [{"Name": "p-dev-data", "CreationDate": made}],
        "sns_topic": [{"TopicArn": f"{TOPIC}p-dev-alarms"}],
        "ssm_parameter": [{"Name": "/p/dev/token"}],
    }
    listed = flatten(found, {"arn:aws:s3:::p-dev-data": TAGS}, IDENTITY)
    assert json.loads(json.dumps(listed)) == listed
    assert [(entry["kind"], entry["name"], entry["id"]) for entry in listed] == [
        ("bucket", "p-dev-data", "arn:aws:s3:::p-dev-data"),
        ("sns_topic", "p-dev-alarms", f"{TOPIC}p-dev-alarms"),
        ("ssm_parameter", "/p/dev/token", "/p/dev/token"),
        ("vpc", "p-dev", "vpc-1"),
    ]
    assert listed[0]["tags"] == TAGS
    assert listed[0]["attributes"] == {"Name": "p-dev-data", "CreationDate": "2026-01-02T00:00:00+00:00"}
    assert listed[3]["attributes"] == {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}


def test_kinds_unknown_to_discovery_are_listed_as_the_tagging_service_has_them():
    notebook = "arn:aws:sagemaker:us-east-1:123456789012:notebook-instance/mlflow"
    known = {
        notebook: {**TAGS, "Name": "MLflow"},
        "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-gone": TAGS,
        "arn:aws:s3:::gone": TAGS,
        f"{TOPIC}gone": TAGS,
    }
    [entry] = flatten({}, known, IDENTITY)
    assert entry == {
        "kind": "sagemaker:notebook-instance",
        "name": "MLflow",
        "id": notebook,
        "attributes": {"ResourceARN": notebook},
        "tags": {**TAGS, "Name": "MLflow"},
        "owned": True,
    }


@pytest.mark.parametrize(
    ("arn", "parts"),
    [
        ("arn:aws:s3:::bucket", ("s3", "", "bucket")),
        ("arn:aws:sqs:us-east-1:123456789012:queue", ("sqs", "", "queue")),
        ("arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", ("ec2", "vpc", "vpc-1")),
        ("arn:aws:ssm:us-east-1:123456789012:parameter/a/b", ("ssm", "parameter", "a/b")),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/x", ("logs", "log-group", "/aws/x")),
    ],
)
def test_parts_of_an_arn(arn, parts):
    assert split_arn(arn) == parts


def test_plain_goes_all_the_way_down():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    assert plain({"a": [{"b": when}], "ResponseMetadata": {}}) == {"a": [{"b": "2026-01-02T00:00:00+00:00"}]}
