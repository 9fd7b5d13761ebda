# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A launch template and a group are compared as AWS tells them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import compare
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

IDENTITY = Identity("p-dev", {"Project": "p"}, {})
PARAMETER = "/aws/service/some/image"
TAGS = [{"Key": "Project", "Value": "p"}]
DATA = {
    "ImageId": f"resolve:ssm:{PARAMETER}",
    "InstanceType": "t3.medium",
    "SecurityGroupIds": ["sg-1"],
    "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpProtocolIpv6": "disabled"},
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50, "Encrypted": True}}],
    "TagSpecifications": [{"ResourceType": "volume", "Tags": TAGS}],
}
TEMPLATE = {
    "LaunchTemplateId": "lt-1",
    "LaunchTemplateName": "p-dev",
    "DefaultVersionNumber": 2,
    "LatestVersionNumber": 2,
    "LaunchTemplateData": DATA,
    "Tags": TAGS,
}
DECLARED_TEMPLATE = {
    **DATA,
    "LaunchTemplateName": "p-dev",
    "ImageId": f"resolve:own:al2023:x86_64:{PARAMETER}",
    "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
    "Tags": {"Project": "p"},
}
TRACKING = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 60.0}
POLICY = {"PolicyName": "p-dev-cpu", "PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": TRACKING}
GROUP = {
    "AutoScalingGroupName": "p-dev",
    "AutoScalingGroupARN": "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:u:autoScalingGroupName/p-dev",
    "MinSize": 1,
    "MaxSize": 10,
    "DesiredCapacity": 4,
    "DefaultCooldown": 300,
    "VPCZoneIdentifier": "subnet-2,subnet-1",
    "TerminationPolicies": ["Default"],
    "SuspendedProcesses": [],
    "MixedInstancesPolicy": {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "p-dev", "Version": "$Default"},
            "Overrides": [{"InstanceType": "t3.medium"}],
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 1, "SpotMaxPrice": "0.05", "SpotInstancePools": 2},
    },
    "EnabledMetrics": [{"Metric": "GroupMaxSize"}, {"Metric": "GroupMinSize"}],
    "ScalingPolicies": [{**POLICY, "PolicyARN": "arn", "Alarms": []}, {"PolicyName": "others", "PolicyType": "StepScaling"}],
    "Tags": [{"Key": "Project", "Value": "p", "PropagateAtLaunch": True, "ResourceId": "p-dev"}],
}
DECLARED_GROUP = {
    "AutoScalingGroupName": "p-dev",
    "MinSize": 1,
    "MaxSize": 10,
    "InitialCapacity": 1,
    "VPCZoneIdentifier": ["subnet-1", "subnet-2"],
    "LaunchTemplate": {"LaunchTemplateName": "p-dev", "Version": "$Default"},
    "Overrides": [{"InstanceType": "t3.medium"}],
    "InstancesDistribution": {"OnDemandBaseCapacity": "1", "SpotMaxPrice": "0.05"},
    "EnabledMetrics": ["GroupMinSize", "GroupMaxSize"],
    "ScalingPolicies": [POLICY],
    "Tags": {"Project": "p"},
}


def image(identifier: str, created: str, **more: Any) -> dict[str, Any]:
    """An image of the environment's own."""
    tags = {"Project": "p", "Role": "ml-image", "OperatingSystem": "al2023"}
    told = {"ImageId": identifier, "CreationDate": created, "Architecture": "x86_64", **more}
    return {**told, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def changed(kind: str, declared: dict[str, Any], standing: dict[str, Any], **found: Any) -> list[str]:
    """The attributes that differ."""
    wanted = {"scaling": [{"kind": kind, "name": "p-dev", "attributes": declared}]}
    compared = compare(wanted, {kind: [standing], **found}, IDENTITY)
    assert compared.unknown == {}
    return [change.attribute for difference in compared.differences for change in difference.attributes]


def template(declared: dict[str, Any], *images: dict[str, Any], **data: Any) -> list[str]:
    """What differs of a launch template with other declarations, images of the environment's own, and other data."""
    standing = {**TEMPLATE, "LaunchTemplateData": {**DATA, **data}}
    return changed("launch_template", {**DECLARED_TEMPLATE, **declared}, standing, image=list(images))


def test_what_stands_as_declared_does_not_differ():
    assert template({}) == []
    assert changed("auto_scaling_group", DECLARED_GROUP, GROUP) == []


@pytest.mark.parametrize(
    ("declared", "attribute"),
    [
        ({"InstanceType": "t3.large"}, "InstanceType"),
        ({"KeyName": "mine"}, "KeyName"),
        ({"MetadataOptions": {"HttpTokens": "optional"}}, "MetadataOptions.HttpTokens"),
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 60, "Encrypted": True}}]}, "BlockDeviceMappings"),
        ({"UserData": "IyE="}, "UserData"),
        ({"ImageId": "ami-1"}, "ImageId"),
        ({"Tags": {"Project": "p", "Owner": "me"}}, "Tags.Owner"),
    ],
)
def test_each_change_of_a_template_is_seen(declared, attribute):
    assert template(declared) == [attribute]


def test_what_nobody_declared_of_a_template_is_seen():
    assert template({}, NetworkInterfaces=[{"AssociatePublicIpAddress": True}]) == ["OtherData"]
    later = {**TEMPLATE, "LatestVersionNumber": 3}
    assert changed("launch_template", DECLARED_TEMPLATE, later) == ["DefaultVersion"]


def test_the_newest_image_of_the_environment_is_the_one_that_is_meant():
    older, newer = image("ami-1", "2026-01-01"), image("ami-2", "2026-02-01")
    assert template({}, older, newer, ImageId="ami-2") == []
    assert template({}, older, newer, ImageId="ami-1") == ["ImageId"]
    assert template({}, older, newer) == ["ImageId"]
    assert template({}, image("ami-3", "2026-03-01", Architecture="arm64")) == []


@pytest.mark.parametrize(
    ("standing", "attribute"),
    [
        ({"MaxSize": 3}, "MaxSize"),
        ({"VPCZoneIdentifier": "subnet-1"}, "VPCZoneIdentifier"),
        ({"DefaultCooldown": 60}, "DefaultCooldown"),
        ({"SuspendedProcesses": [{"ProcessName": "Launch"}]}, "SuspendedProcesses"),
        ({"EnabledMetrics": []}, "EnabledMetrics"),
        ({"ScalingPolicies": [{"PolicyName": "others"}]}, "ScalingPolicies"),
        ({"Tags": [{"Key": "Project", "Value": "p", "PropagateAtLaunch": False}]}, "Propagated"),
    ],
)
def test_each_change_of_a_group_by_hand_is_seen(standing, attribute):
    assert changed("auto_scaling_group", DECLARED_GROUP, {**GROUP, **standing}) == [attribute]


def test_members_of_an_older_version_are_seen_until_a_refresh_sees_to_them():
    def member(version: str) -> dict[str, Any]:
        return {"InstanceId": f"i-{version}", "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": version}}

    def differing(**standing: Any) -> list[str]:
        declared = {**DECLARED_GROUP, "OutdatedMembers": []}
        found = {"launch_template": [TEMPLATE], "image": []}
        return [one for one in changed("auto_scaling_group", declared, {**GROUP, **standing}, **found) if one == "OutdatedMembers"]

    assert differing(Instances=[member("2")]) == []
    assert differing(Instances=[member("2"), member("1")]) == ["OutdatedMembers"]
    assert differing(Instances=[member("1")], InstanceRefreshes=[{"Status": "Successful"}]) == ["OutdatedMembers"]
    assert differing(Instances=[member("1")], InstanceRefreshes=[{"Status": "InProgress"}]) == []


TARGETS = {
    "TargetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/p-dev/0a",
    "TargetGroupName": "p-dev",
    "Protocol": "HTTP",
    "Port": 8080,
    "HealthCheckPath": "/up",
    "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "120"}, {"Key": "stickiness.enabled", "Value": "false"}],
    "Tags": TAGS,
}
DECLARED_TARGETS = {
    "TargetGroupName": "p-dev",
    "Protocol": "HTTP",
    "Port": 8080,
    "HealthCheckPath": "/up",
    "Attributes": {"deregistration_delay.timeout_seconds": 120},
    "Tags": {"Project": "p"},
}
FORWARD = {"Type": "forward", "TargetGroupArn": TARGETS["TargetGroupArn"]}
BALANCER = {
    "LoadBalancerArn": "arn:b",
    "LoadBalancerName": "p-dev",
    "Scheme": "internet-facing",
    "AvailabilityZones": [{"SubnetId": "subnet-2"}, {"SubnetId": "subnet-1"}],
    "SecurityGroups": ["sg-b"],
    "Attributes": [{"Key": "deletion_protection.enabled", "Value": "false"}, {"Key": "idle_timeout.timeout_seconds", "Value": "60"}],
    "Listeners": [
        {
            "Port": 443,
            "Protocol": "HTTPS",
            "SslPolicy": "P",
            "Certificates": [{"CertificateArn": "c"}],
            "DefaultActions": [{**FORWARD, "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": FORWARD["TargetGroupArn"], "Weight": 1}]}}],
        },
        {
            "Port": 80,
            "Protocol": "HTTP",
            "SslPolicy": "told-all-the-same",
            "DefaultActions": [{"Type": "redirect", "Order": 1, "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}],
        },
    ],
    "Tags": TAGS,
}
SECURE = {
    "Port": 443,
    "Protocol": "HTTPS",
    "SslPolicy": "P",
    "Certificates": [{"CertificateArn": "c"}],
    "DefaultActions": [{"Type": "forward", "TargetGroupName": "p-dev"}],
}
REDIRECT = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
DECLARED_BALANCER = {
    "LoadBalancerName": "p-dev",
    "Scheme": "internet-facing",
    "Subnets": ["subnet-1", "subnet-2"],
    "SecurityGroups": ["sg-b"],
    "Attributes": {"deletion_protection.enabled": "false"},
    "Listeners": [{"Port": 80, "Protocol": "HTTP", "DefaultActions": [{"Type": "redirect", "RedirectConfig": REDIRECT}]}, SECURE],
    "Tags": {"Project": "p"},
}


def test_what_balances_the_load_as_declared_does_not_differ():
    assert changed("target_group", DECLARED_TARGETS, TARGETS) == []
    assert changed("load_balancer", DECLARED_BALANCER, BALANCER) == []


@pytest.mark.parametrize(
    ("kind", "standing", "attribute"),
    [
        ("target_group", {"HealthCheckPath": "/down"}, "HealthCheckPath"),
        ("target_group", {"Attributes": []}, "Attributes"),
        ("load_balancer", {"AvailabilityZones": []}, "Subnets"),
        ("load_balancer", {"SecurityGroups": ["sg-other"]}, "SecurityGroups"),
        ("load_balancer", {"Attributes": [{"Key": "deletion_protection.enabled", "Value": "true"}]}, "Attributes.deletion_protection.enabled"),
        ("load_balancer", {"Listeners": BALANCER["Listeners"][:1]}, "Listeners"),
        ("load_balancer", {"Listeners": [{**BALANCER["Listeners"][0], "SslPolicy": "old"}, BALANCER["Listeners"][1]]}, "Listeners"),
        ("load_balancer", {"Listeners": [BALANCER["Listeners"][0], {**BALANCER["Listeners"][1], "DefaultActions": [FORWARD]}]}, "Listeners"),
    ],
)
def test_each_change_of_what_balances_the_load_is_seen(kind, standing, attribute):
    declared, stands = (DECLARED_TARGETS, TARGETS) if kind == "target_group" else (DECLARED_BALANCER, BALANCER)
    assert changed(kind, declared, {**stands, **standing}) == [attribute]


def test_security_groups_are_the_same_by_name_and_by_id():
    group = {"GroupId": "sg-2", "GroupName": "members", "VpcId": "vpc-1", "Tags": TAGS}
    declared = [
        {"kind": "security_group", "name": "members", "attributes": {"GroupName": "members", "Tags": {"Project": "p"}}},
        {"kind": "launch_template", "name": "p-dev", "attributes": {**DECLARED_TEMPLATE, "SecurityGroupIds": ["sg-1", "members"]}},
    ]

    def differing(*ids: str) -> list[str]:
        stands = {**TEMPLATE, "LaunchTemplateData": {**DATA, "SecurityGroupIds": list(ids)}}
        compared = compare({"scaling": declared}, {"launch_template": [stands], "security_group": [group]}, IDENTITY)
        return [change.attribute for one in compared.differences if one.kind == "launch_template" for change in one.attributes]

    assert differing("sg-2", "sg-1") == []
    assert differing("sg-1") == ["SecurityGroupIds"]


def test_a_target_group_that_somebody_attached_is_seen():
    attached = {**GROUP, "TargetGroupARNs": [TARGETS["TargetGroupArn"]]}
    assert changed("auto_scaling_group", {**DECLARED_GROUP, "TargetGroups": ["p-dev"]}, attached) == []
    assert changed("auto_scaling_group", {**DECLARED_GROUP, "TargetGroups": []}, attached) == ["TargetGroups"]


def test_a_group_without_mixed_instances_is_seen():
    plain = {**GROUP, "MixedInstancesPolicy": None}
    assert {"Overrides", "InstancesDistribution"} <= {name.partition(".")[0] for name in changed("auto_scaling_group", DECLARED_GROUP, plain)}


def test_a_group_that_is_held_at_its_size_differs_by_it():
    held = {name: value for name, value in DECLARED_GROUP.items() if name != "InitialCapacity"}
    assert changed("auto_scaling_group", {**held, "DesiredCapacity": 4}, GROUP) == []
    assert changed("auto_scaling_group", {**held, "DesiredCapacity": 5}, GROUP) == ["DesiredCapacity"]


def test_a_group_that_nobody_declares_is_to_go():
    compared = compare({"scaling": []}, {"auto_scaling_group": [GROUP], "launch_template": [TEMPLATE]}, IDENTITY)
    assert {(one.kind, one.name, one.action) for one in compared.differences} == {
        ("auto_scaling_group", "p-dev", "delete"),
        ("launch_template", "p-dev", "delete"),
    }
