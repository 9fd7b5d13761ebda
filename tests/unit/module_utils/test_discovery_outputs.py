# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles' outputs, made from what stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery import outputs
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.kinds import GATHER
from hypothesis import given
from hypothesis import strategies as st

NAMES = {
    "vpc_log_group": "/aws/vpc/p-dev",
    "ec2_log_group": "/aws/ec2/p-dev",
    "flow_log_role": "p-dev-flow-log",
    "instance_role": "p-dev-instance",
    "instance_profile": "p-dev-instance",
    "key_pair": "p-dev",
    "security_group": "p-dev-instance",
    "topic": "p-dev-alarms",
    "dashboard": "p-dev",
    "log_archive": "p-dev-logs",
    "datasets_bucket": "p-dev-data",
    "models_bucket": "p-dev-models",
    "operations_bucket": "p-dev-operations",
}
IDENTITY = Identity("p-dev", {"Project": "p"}, NAMES)
ROLE = "arn:aws:iam::123456789012:role/"


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def found(answer: str, **entries: list[dict]) -> dict[str, list[dict]]:
    return {**{kind: [] for kind in GATHER[answer]}, **entries}


def subnet(name: str, tier: str, index: str, zone: str, vpc: str = "vpc-1") -> dict:
    return {"SubnetId": name, "VpcId": vpc, "AvailabilityZone": zone, "Tags": tags(Tier=tier, Index=index)}


def gateway(name: str, subnet_id: str, address: str | None, state: str = "available") -> dict:
    addresses = [{"PublicIp": address}] if address else [{}]
    return {"NatGatewayId": name, "SubnetId": subnet_id, "State": state, "NatGatewayAddresses": addresses}


def endpoint(identifier, service, **more):
    return {
        "VpcEndpointId": identifier,
        "ServiceName": f"com.amazonaws.us-east-1.{service}",
        "VpcEndpointType": "Interface",
        **more,
    }


def nat_instance(identifier, state):
    return {
        "InstanceId": identifier,
        "State": {"Name": state},
        "PublicIpAddress": "192.0.2.9",
        "Tags": tags(Role="nat"),
    }


NETWORK = found(
    "network",
    vpc=[{"VpcId": "vpc-2", "CidrBlock": "10.9.0.0/16"}, {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "Tags": tags(Name="p-dev")}],
    subnet=[
        subnet("private-2", "private", "2", "b"),
        subnet("public-10", "public", "10", "c"),
        subnet("public-2", "public", "2", "b"),
        subnet("public-1", "public", "1", "a"),
        subnet("private-1", "private", "1", "a"),
        subnet("elsewhere", "public", "1", "d", vpc="vpc-2"),
        {"SubnetId": "untagged", "VpcId": "vpc-1", "AvailabilityZone": "f"},
    ],
    internet_gateway=[{"InternetGatewayId": "igw-1"}],
    nat_gateway=[
        gateway("nat-2", "public-2", "192.0.2.2"),
        gateway("nat-failed", "public-1", None, "failed"),
        gateway("nat-1", "public-1", None, "pending"),
    ],
    route_table=[
        {"RouteTableId": "main"},
        {"RouteTableId": "rtb-private-2", "Tags": tags(Tier="private", Index="2")},
        {"RouteTableId": "rtb-private-1", "Tags": tags(Tier="private", Index="1")},
        {"RouteTableId": "rtb-public", "Tags": tags(Tier="public")},
    ],
    network_acl=[{"NetworkAclId": "acl-default", "IsDefault": True}, {"NetworkAclId": "acl-own", "IsDefault": False}],
    vpc_endpoint=[
        endpoint("vpce-ssm", "ssm", Tags=tags(**IDENTITY.tags)),
        endpoint("vpce-logs", "logs", Tags=tags(**IDENTITY.tags)),
        endpoint("vpce-other", "kms"),
        {"VpcEndpointId": "vpce-s3", "ServiceName": "com.amazonaws.us-east-1.s3", "VpcEndpointType": "Gateway"},
    ],
    security_group=[
        {"GroupId": "sg-default", "GroupName": "default", "VpcId": "vpc-1"},
        {"GroupId": "sg-own", "GroupName": "p-dev-instance", "VpcId": "vpc-1"},
        {"GroupId": "sg-other", "GroupName": "p-dev-instance", "VpcId": "vpc-2"},
    ],
    instance=[
        nat_instance("i-nat", "running"),
        nat_instance("i-gone", "shutting-down"),
        {"InstanceId": "i-training", "State": {"Name": "running"}, "Tags": tags(Role="ml-training", Index="1")},
    ],
    flow_log=[
        {"FlowLogId": "fl-subnet", "ResourceId": "public-1", "LogGroupName": "/other"},
        {"FlowLogId": "fl-1", "ResourceId": "vpc-1", "LogGroupName": "/aws/vpc/p-dev"},
    ],
    iam_role=[{"RoleName": "p-dev-instance", "Arn": f"{ROLE}p-dev-instance"}, {"RoleName": "p-dev-flow-log", "Arn": f"{ROLE}p-dev-flow-log"}],
)


def test_network():
    assert outputs.network(NETWORK, IDENTITY) == {
        "vpc_id": "vpc-1",
        "vpc_cidr": "10.0.0.0/16",
        "availability_zones": ["a", "b", "c"],
        "public_subnet_ids": ["public-1", "public-2", "public-10"],
        "private_subnet_ids": ["private-1", "private-2"],
        "internet_gateway_id": "igw-1",
        "nat_gateway_ids": ["nat-1", "nat-2"],
        "nat_instance_ids": ["i-nat"],
        "nat_public_ips": ["192.0.2.2", "192.0.2.9"],
        "public_route_table_id": "rtb-public",
        "private_route_table_ids": ["rtb-private-1", "rtb-private-2"],
        "network_acl_id": "acl-own",
        "s3_endpoint_id": "vpce-s3",
        "interface_endpoint_ids": ["vpce-logs", "vpce-ssm"],
        "flow_log_id": "fl-1",
        "flow_log_group_name": "/aws/vpc/p-dev",
        "flow_log_role_arn": f"{ROLE}p-dev-flow-log",
        "security_group_id": "sg-own",
        "default_security_group_id": "sg-default",
    }


def test_storage():
    buckets = found("storage", bucket=[{"Name": "p-dev-models"}, {"Name": "p-dev-data"}])
    assert outputs.storage(buckets, IDENTITY, "aws-cn") == {
        "datasets_bucket": "p-dev-data",
        "datasets_bucket_arn": "arn:aws-cn:s3:::p-dev-data",
        "models_bucket": "p-dev-models",
        "models_bucket_arn": "arn:aws-cn:s3:::p-dev-models",
        "operations_bucket": "",
        "logs_bucket": "",
    }


def test_audit():
    names = {"trail_log_group": "/t", "audit_alarms": "p-dev-audit", "instance": "p-dev-i"}
    identity = Identity("p-dev", {"a": "b"}, names)
    stands = {
        "trail": [{"TrailARN": "own"}],
        "covering_trail": [{"TrailARN": "other"}],
        "log_group": [{"logGroupName": "/t"}],
        "alarm": [{"AlarmName": name} for name in ("p-dev-audit-b", "p-dev-i-1-cpu", "p-dev-audit-a")],
        "iam_role": [],
    }
    alarms = ["p-dev-audit-a", "p-dev-audit-b"]
    told = {"trail_arn": "own", "log_group": "/t", "alarm_names": alarms, "covered_by": ""}
    assert outputs.audit(stands, identity) == told
    assert outputs.audit({**stands, "trail": []}, identity) == {**told, "trail_arn": "", "covered_by": "other"}


def test_iam():
    profile = {"InstanceProfileName": "p-dev-instance", "Arn": "arn:aws:iam::123456789012:instance-profile/p-dev-instance"}
    assert outputs.iam(found("iam", iam_role=NETWORK["iam_role"], instance_profile=[profile]), IDENTITY) == {
        "instance_role_name": "p-dev-instance",
        "instance_role_arn": f"{ROLE}p-dev-instance",
        "instance_profile_name": "p-dev-instance",
        "instance_profile_arn": profile["Arn"],
    }


def instance(index: str, role: str = "ml-training", state: str = "running") -> dict:
    return {
        "InstanceId": f"i-{index}",
        "InstanceType": "t3.medium",
        "ImageId": "ami-1",
        "State": {"Name": state},
        "Placement": {"AvailabilityZone": "us-east-1a"},
        "LaunchTime": datetime(2026, 1, 2, tzinfo=UTC),
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeId": "vol-data"}},
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": f"vol-{index}"}},
        ],
        "Tags": tags(Name=f"p-dev-{index}", Role=role, Index=index),
    }


def test_compute():
    instances = [
        {**instance("10"), "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.1.4", "PublicIpAddress": "192.0.2.3"},
        instance("2", state="stopped"),
        instance("1", role="ray"),
        instance("3", state="shutting-down"),
    ]
    made = outputs.compute(found("compute", instance=instances, key_pair=[{"KeyName": "p-dev"}]), IDENTITY)
    assert made["image_id"] == "ami-1"
    assert made["key_name"] == "p-dev"
    assert [entry["id"] for entry in made["instances"]] == ["i-2", "i-10"]
    assert made["instances"][1] == {
        "id": "i-10",
        "name": "p-dev-10",
        "type": "t3.medium",
        "state": "running",
        "availability_zone": "us-east-1a",
        "subnet_id": "subnet-1",
        "private_ip": "10.0.1.4",
        "public_ip": "192.0.2.3",
        "image_id": "ami-1",
        "root_volume_id": "vol-10",
        "launch_time": "2026-01-02T00:00:00+00:00",
    }
    assert made["instances"][0]["public_ip"] == ""


def test_scaling():
    member = {"InstanceId": "i-1", "AvailabilityZone": "us-east-1a", "LifecycleState": "InService", "HealthStatus": "Healthy"}
    names = {"scaling_group": "p-dev-ml-member", "launch_template": "p-dev-ml-member"}
    identity = Identity("p-dev", {"Project": "p"}, names)
    group = {"AutoScalingGroupName": "p-dev-ml-member", "AutoScalingGroupARN": "arn", "DesiredCapacity": 2}
    members = [{**member, "InstanceId": "i-2", "InstanceType": "t3.medium"}, member]
    template = {"LaunchTemplateName": "p-dev-ml-member", "LaunchTemplateId": "lt-1"}
    balancing = {
        "load_balancer": [{"LoadBalancerArn": "arn:b", "DNSName": "b.elb"}],
        "target_group": [{"TargetGroupArn": "arn:t"}],
    }
    stands = found("scaling", auto_scaling_group=[{**group, "Instances": members}], launch_template=[template], **balancing)
    made = outputs.scaling(stands, identity)
    assert {**made, "members": [one["id"] for one in made["members"]]} == {
        "group_name": "p-dev-ml-member",
        "group_arn": "arn",
        "launch_template_id": "lt-1",
        "desired": 2,
        "load_balancer_arn": "arn:b",
        "load_balancer_dns": "b.elb",
        "target_group_arn": "arn:t",
        "members": ["i-1", "i-2"],
    }
    told = {"id": "i-2", "type": "t3.medium", "availability_zone": "us-east-1a", "state": "InService", "health": "Healthy"}
    assert made["members"][1] == told
    nothing = {"group_name": "", "group_arn": "", "launch_template_id": "", "desired": 0, "members": []}
    nothing |= {"load_balancer_arn": "", "load_balancer_dns": "", "target_group_arn": ""}
    assert outputs.scaling(found("scaling"), identity) == nothing


def test_detection():
    own = {"detector": [{"DetectorId": "d"}], "event_rule": [{"Name": "b"}, {"Name": "a"}]}
    own["recorder"] = [{"arn": "arn:r"}]
    own["config_rule"] = [{"ConfigRuleName": "two"}, {"ConfigRuleName": "one"}]
    foreign = [{"Kind": "analyzer", "arn": "arn:a"}, {"Kind": "hub", "HubArn": "arn:h"}]
    assert outputs.detection(found("detection", **own, foreign_detection=foreign), IDENTITY) == {
        "detector_id": "d",
        "analyzer_arn": "",
        "hub_arn": "",
        "recorder_arn": "arn:r",
        "config_rule_names": ["one", "two"],
        "rule_names": ["a", "b"],
        "covered_by": {"analyzer": "arn:a", "hub": "arn:h"},
    }


def test_shared_storage():
    names = {"file_system": "p-dev-shared", "shared_storage_group": "p-dev-shared", "shared_storage_alarms": "p-dev-shared"}
    points = [
        {"AccessPointId": "fsap-2", "Tags": tags(Name="team"), "RootDirectory": {"Path": "/team"}},
        {"AccessPointId": "fsap-1", "Tags": tags(Name="common")},
    ]
    stands = found(
        "shared_storage",
        file_system=[{"FileSystemId": "fs-1", "FileSystemArn": "arn:fs-1"}],
        mount_target=[{"MountTargetId": "fsmt-2"}, {"MountTargetId": "fsmt-1"}],
        access_point=points,
        security_group=[{"GroupName": "other", "GroupId": "sg-1"}, {"GroupName": "p-dev-shared", "GroupId": "sg-2"}],
        alarm=[{"AlarmName": "p-dev-shared-credits"}, {"AlarmName": "p-dev-1-cpu"}],
    )
    assert outputs.shared_storage(stands, Identity("p-dev", {"Project": "p"}, names)) == {
        "file_system_id": "fs-1",
        "file_system_arn": "arn:fs-1",
        "mount_target_ids": ["fsmt-1", "fsmt-2"],
        "access_points": [
            {"id": "fsap-1", "name": "common", "path": "/"},
            {"id": "fsap-2", "name": "team", "path": "/team"},
        ],
        "security_group_id": "sg-2",
        "alarm_names": ["p-dev-shared-credits"],
    }


def test_cache():
    names = {**NAMES, "cache_security_group": "p-dev-cache", "cache_log_group": "/aws/elasticache/p-dev", "cache_secret": "p/dev/token"}
    identity = Identity("p-dev", {"Project": "p"}, {**names, "cache_alarms": "p-dev-cache"})
    group = {
        "ReplicationGroupId": "p-dev",
        "MemberClusters": ["p-dev-002", "p-dev-001"],
        "AuthTokenEnabled": True,
        "NodeGroups": [{"PrimaryEndpoint": {"Address": "master", "Port": 6379}, "ReaderEndpoint": {"Address": "replica", "Port": 6379}}],
    }
    standing = found(
        "cache",
        replication_group=[group],
        security_group=[{"GroupName": "p-dev-cache", "GroupId": "sg-1"}, {"GroupName": "other", "GroupId": "sg-2"}],
        log_group=[{"logGroupName": "/aws/elasticache/p-dev"}],
        alarm=[{"AlarmName": "p-dev-cache-001-cpu"}, {"AlarmName": "p-dev-other"}],
    )
    assert outputs.cache(standing, identity) == {
        "group_id": "p-dev",
        "endpoint": "master",
        "reader_endpoint": "replica",
        "port": 6379,
        "nodes": ["p-dev-001", "p-dev-002"],
        "secret_name": "p/dev/token",
        "security_group_id": "sg-1",
        "log_group": "/aws/elasticache/p-dev",
        "alarm_names": ["p-dev-cache-001-cpu"],
    }
    assert not any(outputs.cache(found("cache"), identity).values())


def test_monitoring():
    topic = "arn:aws:sns:us-east-1:123456789012:p-dev-alarms"
    standing = found(
        "monitoring",
        log_group=[{"logGroupName": "/aws/ec2/p-dev"}],
        sns_topic=[{"TopicArn": f"{topic}-2"}, {"TopicArn": topic}],
        alarm=[{"AlarmName": "b"}, {"AlarmName": "a"}],
        dashboard=[{"DashboardName": "p-dev"}],
        log_archive=[{"DeliveryStreamName": "p-dev-logs", "DeliveryStreamARN": "arn:l"}],
    )
    assert outputs.monitoring(standing, IDENTITY) == {
        "log_groups": {"vpc": "", "ec2": "/aws/ec2/p-dev"},
        "topic_arn": topic,
        "alarm_names": ["a", "b"],
        "dashboard_name": "p-dev",
        "log_archive_arn": "arn:l",
    }


@pytest.mark.parametrize("answer", ["network", "storage", "iam", "shared_storage", "compute", "monitoring"])
@pytest.mark.parametrize("identity", [IDENTITY, Identity("p-dev", {"Project": "p"}, {})])
def test_an_empty_account_gives_empty_values_of_the_same_form(answer, identity):
    partition = ["aws"] if answer == "storage" else []
    empty = getattr(outputs, answer)(found(answer), identity, *partition)
    full = {**empty, "log_groups": ""} if answer == "monitoring" else empty
    assert all(value in ("", []) for value in full.values()), empty


@given(st.permutations(range(12)))
def test_order_follows_the_number_in_the_tag_index(numbers):
    entries = [{"Tags": tags(Index=str(number))} for number in numbers]
    assert [outputs.index_of(entry) for entry in outputs.in_order(entries)] == list(range(12))


@pytest.mark.parametrize("index", ["", "one", "-1", "²"])
def test_an_index_that_is_no_number_counts_as_none(index):
    assert outputs.index_of({"Tags": tags(Index=index)}) == 0


def test_recovery():
    names = {"snapshot_identity": "p-dev-snapshots", "replication_identity": "p-dev-replication"}
    identity = Identity("p-dev", {"Project": "p"}, {**names, "datasets_replica_bucket": "d-west", "models_replica_bucket": "m-west"})
    stands = {
        "snapshot_policy": [{"PolicyId": "policy-1"}, {"PolicyId": "policy-2"}],
        "iam_role": [{"RoleName": name, "Arn": f"arn:{name}"} for name in ("other", *names.values())],
        "bucket": [{"Name": name} for name in ("m-west", "d", "d-west")],
    }
    assert outputs.recovery(stands, identity) == {
        "snapshot_policy_id": "policy-1",
        "snapshot_role_arn": "arn:p-dev-snapshots",
        "replication_role_arn": "arn:p-dev-replication",
        "replica_buckets": ["d-west", "m-west"],
    }
    nothing = {"snapshot_policy": [], "iam_role": [], "bucket": []}
    assert set(map(str, outputs.recovery(nothing, identity).values())) == {"", "[]"}


def test_patching():
    associations = [{"AssociationId": "m", "AssociationName": "p-dev-members"}, {"AssociationId": "a", "AssociationName": "p-dev-patching"}]
    stands = {"patch_baseline": [{"BaselineId": "pb-1"}], "ssm_association": associations}
    names = {"patch_association": "p-dev-patching", "member_association": "p-dev-members"}
    assert outputs.patching(stands, Identity("p-dev", {}, names)) == {"baseline_ids": ["pb-1"], "association_id": "a"}
    nothing = {"patch_baseline": [], "ssm_association": []}
    assert outputs.patching(nothing, Identity("p-dev", {}, {})) == {"baseline_ids": [], "association_id": ""}


def test_database():
    names = {"database_security_group": "p-dev-database"}
    identity = Identity("p-dev", {"Project": "p"}, names)
    tags = [{"Key": "Project", "Value": "p"}]
    one = {
        "DBInstanceIdentifier": "p-dev", "DBInstanceArn": "arn:d", "DbiResourceId": "db-1", "DBInstanceStatus": "available",
        "Endpoint": {"Address": "a", "Port": 5432}, "DBName": "ml", "MasterUsername": "m", "MasterUserSecret": {"SecretArn": "arn:s"},
        "Tags": tags,
    }  # fmt: skip
    group = {"GroupName": "p-dev-database", "GroupId": "sg-1"}
    told = outputs.database(found("database", db_instance=[one], security_group=[group]), identity)
    assert (told["identifier"], told["address"], told["port"], told["secret_arn"]) == ("p-dev", "a", 5432, "arn:s")
    assert told["security_group_id"] == "sg-1"
    for other in ({**one, "Tags": []}, {**one, "DBInstanceStatus": "deleting"}):
        told = outputs.database(found("database", db_instance=[other]), identity)
        assert (told["identifier"], told["address"], told["port"], told["secret_arn"]) == ("", "", 0, "")
    making = {**one, "DBInstanceStatus": "creating", "Endpoint": {}}
    assert outputs.database(found("database", db_instance=[making]), identity)["status"] == "creating"
