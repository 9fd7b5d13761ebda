# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The floor is honest: it notices what somebody changed by hand, puts it right, and writes nothing otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import floor
import pytest
from bench.emulator import REGION
from plain.aws import Aws, Difference
from plain.settings import Settings
from snapshot import snapshot

from ..depth import extended

pytestmark = [extended, pytest.mark.weight(60), pytest.mark.xdist_group("benchmarks")]

NAME = "bench-seed"
HOST = f"{NAME}-ml-training"
ROLE = f"{NAME}-ml-instance"


@pytest.fixture(scope="module")
def aws(account) -> Callable[..., Aws]:
    """A fresh connection to the account, as a new run would have it."""
    account.emulator.reset()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "floor")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "floor")
        yield lambda **options: Aws(account.emulator.endpoint, account.emulator.ca_bundle, REGION, **options)


@pytest.fixture(scope="module")
def settings(aws) -> Settings:
    return Settings.read(aws().account, REGION)


@pytest.fixture(scope="module")
def stood(account, aws, settings) -> list[str]:
    floor.apply(aws(), settings)
    return snapshot(account.client)


def first(client: Any, operation: str, member: str, **tags: str) -> dict[str, Any]:
    """What an EC2 operation tells of the one thing with these tags."""
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    return getattr(client("ec2"), operation)(Filters=filters)[member][0]


def retag(client, settings):
    vpc = first(client, "describe_vpcs", "Vpcs", Name=NAME)
    client("ec2").create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Owner", "Value": "nobody"}])


def open_port(client, settings):
    group = first(client, "describe_security_groups", "SecurityGroups", Name=ROLE)
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    client("ec2").authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])


def drop_route(client, settings):
    table = first(client, "describe_route_tables", "RouteTables", Name=f"{NAME}-private")
    client("ec2").delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")


def hide_subnet(client, settings):
    subnet = first(client, "describe_subnets", "Subnets", Name=f"{NAME}-public-1")
    client("ec2").modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": False})


def stop_flow_log(client, settings):
    [log] = client("ec2").describe_flow_logs()["FlowLogs"]
    client("ec2").delete_flow_logs(FlowLogIds=[log["FlowLogId"]])


def keep_logs_longer(client, settings):
    client("logs").put_retention_policy(logGroupName=f"/aws/vpc/{NAME}", retentionInDays=30)


def suspend_versions(client, settings):
    how = {"Status": "Suspended"}
    client("s3").put_bucket_versioning(Bucket=settings.bucket("models"), VersioningConfiguration=how)


def drop_lifecycle(client, settings):
    client("s3").delete_bucket_lifecycle(Bucket=settings.bucket("datasets"))


def loosen_policy(client, settings):
    client("s3").delete_bucket_policy(Bucket=settings.bucket("datasets"))


def widen_role(client, settings):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    client("iam").put_role_policy(RoleName=ROLE, PolicyName="permissions", PolicyDocument=json.dumps(document))


def detach_policy(client, settings):
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    client("iam").detach_role_policy(RoleName=ROLE, PolicyArn=arn)


def protect_instance(client, settings):
    instance = first(client, "describe_instances", "Reservations", Name=f"{HOST}-1")["Instances"][0]
    client("ec2").modify_instance_attribute(InstanceId=instance["InstanceId"], DisableApiTermination={"Value": True})


def drop_alarm(client, settings):
    client("cloudwatch").delete_alarms(AlarmNames=[f"{HOST}-1-disk"])


def empty_dashboard(client, settings):
    client("cloudwatch").put_dashboard(DashboardName=NAME, DashboardBody=json.dumps({"widgets": []}))


def retag_topic(client, settings):
    client("sns").untag_resource(ResourceArn=settings.topic_arn, TagKeys=["Project"])


CHANGES = [
    *(retag, open_port, drop_route, hide_subnet, stop_flow_log, keep_logs_longer, suspend_versions, drop_lifecycle),
    *(loosen_policy, widen_role, detach_policy, protect_instance, drop_alarm, empty_dashboard, retag_topic),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_notices_and_puts_right(account, aws, settings, stood, change):
    change(account.client, settings)
    with pytest.raises(Difference):
        floor.apply(aws(read_only=True), settings)
    floor.apply(aws(), settings)
    assert snapshot(account.client) == stood


def test_writes_nothing_where_all_stands(aws, settings, stood):
    again = aws()
    floor.apply(again, settings)
    assert again.written == []


def test_destroys_all_and_nothing_twice(account, aws, settings, stood):
    floor.destroy(aws(), settings)
    assert [line for line in snapshot(account.client) if NAME in line] == []
    floor.destroy(aws(), settings)
