# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Spoils an environment on the emulator in every way that the judge should see: a check that still passes sees nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

# Open to everybody, one by one, for Prowler leaves a group that is open altogether to another check.
PORTS = (
    *(20, 21, 22, 23, 25, 88, 110, 135, 143, 389, 445, 636, 1433, 1434, 1521, 2483, 2484, 3000, 3306, 3389, 4333, 5000),
    *(5432, 5500, 5601, 6379, 7000, 7199, 8080, 8088, 8888, 9042, 9092, 9160, 9200, 9300, 11211, 27017, 27018, 27019),
    *range(40000, 40015),
)
EVERYBODY = [{"CidrIp": "0.0.0.0/0"}]
SECRET = "DB_PASSWORD=Tr0ub4dor&3xPlain"
# Moto wants what the client would have sent.
SCRIPT = base64.b64encode(f"#!/bin/sh\nexport {SECRET}\n".encode()).decode()


def spoil(client: Callable[[str], Any], name: str) -> None:
    """Spoil an environment.

    Args:
        client: makes a boto3 client of a service.
        name: the environment's, which the names of all that it has begin with.
    """
    for part in (_network, _instance, _identities, _keys, _buckets, _monitoring, _trail):
        part(client, name)


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _named(name: str) -> list[dict[str, Any]]:
    return [{"Name": "tag:Name", "Values": [f"{name}*"]}]


def _network(client: Callable[[str], Any], name: str) -> None:
    ec2 = client("ec2")
    [vpc] = [one["VpcId"] for one in ec2.describe_vpcs(Filters=_named(name))["Vpcs"]]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    everything = [{"IpProtocol": "-1", "IpRanges": EVERYBODY}]
    address = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "82.165.1.1/32"}]}
    for group in groups:
        ports = [address] + [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": EVERYBODY} for port in PORTS]
        ec2.authorize_security_group_ingress(
            GroupId=group["GroupId"], IpPermissions=everything if group["GroupName"] == "default" else ports
        )
    wizard = ec2.create_security_group(GroupName="launch-wizard-1", Description="Open", VpcId=vpc)["GroupId"]
    wide = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "82.0.0.0/8"}]}]
    ec2.authorize_security_group_ingress(GroupId=wizard, IpPermissions=everything + wide)
    ec2.create_security_group(GroupName="unused", Description="Unused", VpcId=vpc)
    [subnet, *_others] = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    [instance] = _instances(ec2, name)
    interface = ec2.create_network_interface(SubnetId=subnet["SubnetId"], Groups=[wizard])["NetworkInterface"]
    ec2.attach_network_interface(
        NetworkInterfaceId=interface["NetworkInterfaceId"], InstanceId=instance["InstanceId"], DeviceIndex=1
    )
    ec2.create_network_acl(VpcId=vpc)
    ec2.allocate_address(Domain="vpc")
    ec2.delete_flow_logs(FlowLogIds=[one["FlowLogId"] for one in ec2.describe_flow_logs()["FlowLogs"]])
    # Another network, with something in it: all subnets in one zone, none public.
    bare = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    for third in (1, 2):
        made = ec2.create_subnet(VpcId=bare, CidrBlock=f"10.99.{third}.0/24", AvailabilityZone=subnet["AvailabilityZone"])
        ec2.create_network_interface(SubnetId=made["Subnet"]["SubnetId"])


def _instances(ec2: Any, name: str) -> list[dict[str, Any]]:
    found = ec2.describe_instances(Filters=_named(name))["Reservations"]
    return [instance for reservation in found for instance in reservation["Instances"]]


def _instance(client: Callable[[str], Any], name: str) -> None:
    ec2 = client("ec2")
    [instance] = _instances(ec2, name)
    ec2.modify_instance_metadata_options(InstanceId=instance["InstanceId"], HttpTokens="optional")
    [profile] = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    ec2.disassociate_iam_instance_profile(AssociationId=profile["AssociationId"])
    ec2.create_volume(AvailabilityZone=instance["Placement"]["AvailabilityZone"], Size=1, Encrypted=False)
    ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], UserData={"Value": SCRIPT})


def _identities(client: Callable[[str], Any], name: str) -> None:
    iam = client("iam")
    role = f"{name}-ml-instance"
    allow = {"Effect": "Allow", "Resource": "*"}
    for number, action in enumerate(("*", "cloudtrail:*", "kms:*", "aws-marketplace:Subscribe", "iam:*")):
        iam.put_role_policy(RoleName=role, PolicyName=f"wide-{number}", PolicyDocument=_policy({**allow, "Action": action}))
    for policy in ("AdministratorAccess", "AWSCloudShellFullAccess"):
        iam.attach_role_policy(RoleName=role, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    trusting = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}
    for made in ("CloudWatch-CrossAccountSharingRole", "trusting"):
        iam.create_role(RoleName=made, AssumeRolePolicyDocument=_policy(trusting))
    sources = {"StringLike": {"aws:SourceAccount": "*"}}
    service = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sns.amazonaws.com"}}
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=_policy({**service, "Condition": sources}))


def _keys(client: Callable[[str], Any], name: str) -> None:
    kms = client("kms")
    anybody = _policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"})
    kms.create_key(Policy=anybody, MultiRegion=True)
    kms.disable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)


def _buckets(client: Callable[[str], Any], name: str) -> None:
    s3 = client("s3")
    # Read and written by everybody, and one written alone, for the emulator's canned list names its first grant only.
    acls = [{"ACL": "public-read-write"}, {"GrantWrite": "uri=http://acs.amazonaws.com/groups/global/AllUsers"}]
    buckets = [one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith(name)]
    for number, bucket in enumerate(buckets):
        s3.delete_public_access_block(Bucket=bucket)
        s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        )
        s3.delete_bucket_encryption(Bucket=bucket)
        s3.delete_bucket_lifecycle(Bucket=bucket)
        s3.put_bucket_policy(
            Bucket=bucket,
            Policy=_policy(
                {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"},
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                    "Action": "s3:*",
                    "Resource": f"arn:aws:s3:::{bucket}",
                },
            ),
        )
        s3.put_bucket_acl(Bucket=bucket, **acls[number % 2])


def _monitoring(client: Callable[[str], Any], name: str) -> None:
    topic = f"arn:aws:sns:us-east-1:123456789012:{name}-alarms"
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:*", "Resource": topic}
    client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=_policy(anybody))
    client("cloudwatch").put_metric_alarm(
        AlarmName="silent",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        ActionsEnabled=False,
    )
    logs = client("logs")
    group = f"/aws/ec2/{name}-ml-training"
    logs.create_log_stream(logGroupName=group, logStreamName="secrets")
    event = {"timestamp": 1_795_900_000_000, "message": SECRET}
    logs.put_log_events(logGroupName=group, logStreamName="secrets", logEvents=[event])
    readers = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "logs:*", "Resource": "*"}
    logs.put_resource_policy(policyName="readers", policyDocument=_policy(readers))


def _trail(client: Callable[[str], Any], name: str) -> None:
    trails, logs = client("cloudtrail"), client("logs")
    for trail in [one["Name"] for one in trails.describe_trails()["trailList"]]:
        trails.update_trail(Name=trail, IsMultiRegionTrail=False, EnableLogFileValidation=False)
        trails.stop_logging(Name=trail)
    for told in logs.describe_metric_filters()["metricFilters"]:
        logs.delete_metric_filter(logGroupName=told["logGroupName"], filterName=told["filterName"])
