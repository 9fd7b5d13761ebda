# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The log of calls tells what was called and what of it writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from behaviours import TRUST, image, refused
from clients import Clients
from emulator import calls, cli, control
from emulator.places import Place


@pytest.mark.parametrize(
    ("name", "writing"),
    [
        ("ec2:DescribeVpcs", False),
        ("s3:HeadBucket", False),
        ("s3:ListObjectsV2", False),
        ("s3:GetBucketPolicy", False),
        ("s3:PutObject", True),
        ("s3:DeleteObjects", True),
        ("iam:SimulatePrincipalPolicy", False),
        ("iam:GenerateCredentialReport", True),
        ("logs:FilterLogEvents", False),
        ("dynamodb:BatchGetItem", False),
        ("dynamodb:BatchWriteItem", True),
        ("sts:AssumeRole", False),
        ("ssm:StartSession", False),
        ("ssm:SendCommand", True),
        ("ec2:IssueSomething", True),
        ("ec2:SearchTransitGatewayRoutes", False),
        ("ec2:GetterlikeName", True),
    ],
)
def test_is_writing(name: str, writing: bool) -> None:
    assert calls.is_writing(*name.split(":")) is writing


def test_dry_run_does_not_write() -> None:
    assert not calls.is_writing("ec2", "RunInstances", dry_run=True)


def logged(place: Place, work: Callable[[], Any]) -> list[calls.Call]:
    """The calls that some work makes."""
    since = time.time()
    work()
    return list(calls.read(place.calls, since))


def test_every_protocol_is_understood(place: Place, aws: Clients) -> None:
    def work() -> None:
        aws("ec2").create_vpc(CidrBlock="10.8.0.0/16")
        aws("ec2").describe_vpcs()
        aws("iam").list_roles()
        aws("logs").describe_log_groups()
        aws("cloudwatch").put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", "Value": 1}])
        aws("sns").list_topics()
        aws("s3").create_bucket(Bucket="protocols")
        aws("s3").get_bucket_location(Bucket="protocols")
        aws("s3").put_object(Bucket="protocols", Key="a/b", Body=b"")
        aws("resourcegroupstaggingapi").get_resources()

    found = [(call.service, call.action, call.writing) for call in logged(place, work)]
    assert found == [
        ("ec2", "CreateVpc", True),
        ("ec2", "DescribeVpcs", False),
        ("iam", "ListRoles", False),
        ("logs", "DescribeLogGroups", False),
        ("cloudwatch", "PutMetricData", True),
        ("sns", "ListTopics", False),
        ("s3", "CreateBucket", True),
        ("s3", "GetBucketLocation", False),
        ("s3", "PutObject", True),
        ("resourcegroupstaggingapi", "GetResources", False),
    ]


def test_dry_run_is_logged_as_reading(place: Place, aws: Clients) -> None:
    wanted = {"ImageId": image(aws), "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.medium"}
    (call,) = logged(place, lambda: refused("DryRunOperation", aws("ec2").run_instances, DryRun=True, **wanted))
    assert (call.action, call.writing) == ("RunInstances", False)


def test_refused_write_counts_as_writing(place: Place, aws: Clients) -> None:
    (call,) = logged(
        place, lambda: refused("InvalidVpcID.NotFound", aws("ec2").delete_vpc, VpcId="vpc-00000000000000000")
    )
    assert (call.action, call.writing, call.status) == ("DeleteVpc", True, 400)


def test_scheme_and_resource_of_s3(place: Place, aws: Clients) -> None:
    aws("s3").create_bucket(Bucket="resources")
    (call,) = logged(place, lambda: aws.plain("s3").put_object(Bucket="resources", Key="a/b", Body=b""))
    assert (call.scheme, call.resource) == ("http", "resources/a/b")


def test_presigned_call_is_logged_with_its_caller(place: Place, aws: Clients) -> None:
    s3 = aws.plain("s3")
    aws("s3").create_bucket(Bucket="presigned")
    url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "presigned"})
    (call,) = logged(place, lambda: control.urllib.request.urlopen(url, timeout=5).read())
    assert (call.action, call.caller) == ("ListObjectsV2", "rehearsal")


def test_instance_role_is_told_from_the_controller(place: Place, aws: Clients) -> None:
    aws("iam").create_role(RoleName="caller", AssumeRolePolicyDocument=TRUST)
    role = "arn:aws:iam::123456789012:role/caller"
    key = aws("sts").assume_role(RoleArn=role, RoleSessionName="i-0123")["Credentials"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], region_name="us-east-1")
    sts = session.client("sts", endpoint_url=place.endpoint, verify=str(place.authority))
    since = time.time()
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/caller/i-0123"
    assert [call.action for call in calls.read(place.calls, since, caller=key["AccessKeyId"])] == ["GetCallerIdentity"]
    assert not list(calls.read(place.calls, since, caller="rehearsal"))


def test_command_line_lists_filters_and_clears(place: Place, aws: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--slot", str(place.slot), "--directory", str(place.directory)]
    aws("sns").create_topic(Name="listed")
    aws("sns").list_topics()
    cli.main(["calls", *options, "--writing", "--clear"])
    lines = capsys.readouterr().out.splitlines()
    assert '"action": "CreateTopic"' in lines[-1]
    assert not list(calls.read(place.calls))
    aws("sns").list_topics()
    assert [call.action for call in calls.read(place.calls)] == ["ListTopics"]
