# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS does and moto alone does not: one check for each thing that a correction corrects."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from threading import Barrier
from typing import Any

from botocore.exceptions import ClientError
from clients import Clients

TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
IMAGE_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


@dataclass(frozen=True)
class Behaviour:
    """A check: whether AWS, given by its clients, does as the real one."""

    correction: str
    aspect: str
    holds: Callable[[Clients], bool]


BEHAVIOURS: list[Behaviour] = []


def behaviour(correction: str) -> Callable[[Callable[[Clients], bool]], Callable[[Clients], bool]]:
    """Register a check for a correction; its docstring says what AWS does."""

    def register(check: Callable[[Clients], bool]) -> Callable[[Clients], bool]:
        BEHAVIOURS.append(Behaviour(correction, (check.__doc__ or check.__name__).rstrip("."), check))
        return check

    return register


def refused(code: str, call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether a call is refused with this error code."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] == code
    return False


@contextmanager
def vpc(aws: Clients) -> Iterator[tuple[Any, str, str]]:
    """An EC2 client, a VPC and a subnet of it."""
    ec2 = aws("ec2")
    made = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    zone = "us-east-1a"
    yield ec2, made, ec2.create_subnet(VpcId=made, CidrBlock="10.7.1.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]


def image(aws: Clients) -> str:
    """The newest Amazon Linux, as its public parameter names it."""
    return aws("ssm").get_parameter(Name=IMAGE_PARAMETER)["Parameter"]["Value"]


def launch(aws: Clients, **arguments: Any) -> dict[str, Any]:
    """One instance."""
    wanted = {"ImageId": image(aws), "InstanceType": "t3.medium", "MinCount": 1, "MaxCount": 1, **arguments}
    return aws("ec2").run_instances(**wanted)["Instances"][0]


def nat_gateway(aws: Clients) -> tuple[Any, str, dict[str, Any]]:
    """An EC2 client, the allocation of an address, and the gateway that uses it."""
    with vpc(aws) as (ec2, network, subnet):
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]["NatGatewayId"]
        return ec2, allocation, ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"][0]


@behaviour("autoscaling_disable_metrics")
def _disable_metrics(aws: Clients) -> bool:
    """DisableMetricsCollection is known."""
    client = aws("autoscaling")
    return client.disable_metrics_collection(AutoScalingGroupName="any")["ResponseMetadata"]["HTTPStatusCode"] == 200


def group(aws: Clients, name: str, **arguments: Any) -> dict[str, Any]:
    """A group of two members of a launch template, in two zones, as it stands."""
    ec2, scaling = aws("ec2"), aws("autoscaling")
    network = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=network, CidrBlock=f"10.7.{at}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for at, zone in enumerate("ab", start=1)
    ]
    data = {
        "ImageId": f"resolve:ssm:{IMAGE_PARAMETER}",
        "InstanceType": "t3.medium",
        "MetadataOptions": {"HttpTokens": "required"},
        "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "Of", "Value": "volume"}]}],
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 9, "Encrypted": True}}],
    }
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    template = {"LaunchTemplateSpecification": {"LaunchTemplateName": name, "Version": "1"}}
    mixed = {"LaunchTemplate": {**template, "Overrides": [{"InstanceType": "t3.large"}]}, **arguments}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=2, MaxSize=4, VPCZoneIdentifier=",".join(subnets), MixedInstancesPolicy=mixed
    )
    return scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]


def members(aws: Clients, name: str, **distribution: Any) -> list[dict[str, Any]]:
    """The instances of such a group."""
    ids = [one["InstanceId"] for one in group(aws, name, InstancesDistribution=distribution)["Instances"]]
    reservations = aws("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    return [instance for reservation in reservations for instance in reservation["Instances"]]


@behaviour("autoscaling_group_fields")
def _updated_group(aws: Clients) -> bool:
    """An update of a group takes its cooldown and the order of termination, and leaves what it does not name."""
    before = group(aws, "updated")
    scaling = aws("autoscaling")
    told = {"DefaultCooldown": 60, "TerminationPolicies": ["OldestInstance"]}
    scaling.update_auto_scaling_group(AutoScalingGroupName="updated", **told)
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["updated"])["AutoScalingGroups"][0]
    kept = found["MixedInstancesPolicy"] == before["MixedInstancesPolicy"] and found["Instances"] == before["Instances"]
    return kept and {name: found[name] for name in told} == told


@behaviour("autoscaling_group_fields")
def _mixed_group(aws: Clients) -> bool:
    """A group of mixed instances tells their policy and no launch template beside it."""
    found = group(aws, "mixed")
    return "MixedInstancesPolicy" in found and "LaunchTemplate" not in found


@behaviour("autoscaling_group_removal")
def _policies_of_a_removed_group(aws: Clients) -> bool:
    """A group takes its policies with it."""
    group(aws, "removed")
    scaling, named = aws("autoscaling"), {"AutoScalingGroupName": "removed"}
    scaling.put_scaling_policy(**named, PolicyName="of-removed", AdjustmentType="ExactCapacity", ScalingAdjustment=1)
    scaling.delete_auto_scaling_group(**named, ForceDelete=True)
    return scaling.describe_policies(PolicyNames=["of-removed"])["ScalingPolicies"] == []


@behaviour("autoscaling_lifecycle_actions")
def _let_go(aws: Clients) -> bool:
    """A hook lets go a member of its group, and no instance beside it."""
    scaling, named = aws("autoscaling"), {"AutoScalingGroupName": "held"}
    member = group(aws, "held")["Instances"][0]["InstanceId"]
    hook = {**named, "LifecycleHookName": "drain"}
    scaling.put_lifecycle_hook(**hook, LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING")
    told = {**hook, "LifecycleActionResult": "CONTINUE"}
    try:
        scaling.complete_lifecycle_action(**told, InstanceId=member)
    except (ClientError, NotImplementedError):
        return False
    return refused("ValidationError", scaling.complete_lifecycle_action, **told, InstanceId="i-0123456789abcdef0")


@behaviour("autoscaling_instance_refresh")
def _refreshed(aws: Clients) -> bool:
    """A refresh replaces the members that another version of the template launched, and the group keeps its size."""
    ec2, scaling, named = aws("ec2"), aws("autoscaling"), {"AutoScalingGroupName": "refreshed"}
    template = {"LaunchTemplateSpecification": {"LaunchTemplateName": "refreshed", "Version": "$Default"}, "Overrides": [{"InstanceType": "t3.large"}]}
    before = {one["InstanceId"] for one in group(aws, "refreshed", LaunchTemplate=template)["Instances"]}
    ec2.create_launch_template_version(LaunchTemplateName="refreshed", SourceVersion="1", LaunchTemplateData={"UserData": "IyEK"})
    ec2.modify_launch_template(LaunchTemplateName="refreshed", DefaultVersion="2")
    try:
        made = scaling.start_instance_refresh(**named, Preferences={"MinHealthyPercentage": 50})["InstanceRefreshId"]
    except (ClientError, NotImplementedError):
        return False
    [told] = scaling.describe_instance_refreshes(**named)["InstanceRefreshes"]
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["refreshed"])["AutoScalingGroups"][0]["Instances"]
    return (
        (told["InstanceRefreshId"], told["Status"]) == (made, "Successful")
        and len(found) == 2
        and not before & {one["InstanceId"] for one in found}
        and {one["LaunchTemplate"]["Version"] for one in found} == {"2"}
    )


@behaviour("autoscaling_members")
def _the_other_zone(aws: Clients) -> bool:
    """Where a subnet has no address left a member comes back in another, and where none has it does not."""
    ec2, scaling, named = aws("ec2"), aws("autoscaling"), {"AutoScalingGroupNames": ["moved"]}
    made = group(aws, "moved")

    def zones() -> list[str]:
        listed = scaling.describe_auto_scaling_groups(**named)["AutoScalingGroups"][0]["Instances"]
        return sorted(one["AvailabilityZone"][-1] for one in listed)

    def replace() -> list[str]:
        [member, *_others] = scaling.describe_auto_scaling_groups(**named)["AutoScalingGroups"][0]["Instances"]
        scaling.terminate_instance_in_auto_scaling_group(InstanceId=member["InstanceId"], ShouldDecrementDesiredCapacity=False)
        return zones()

    found = [zones()]
    for subnet in ec2.describe_subnets(SubnetIds=made["VPCZoneIdentifier"].split(","))["Subnets"]:
        ec2.create_subnet_cidr_reservation(SubnetId=subnet["SubnetId"], Cidr=subnet["CidrBlock"], ReservationType="prefix")
        found.append(replace())
    return found[0] == ["a", "b"] and len(set(found[1])) == 1 and len(found[1]) == 2 and len(found[2]) == 1


@behaviour("ec2_instance_groups")
def _groups_of_an_interface(aws: Clients) -> bool:
    """New security groups of an instance are its interface's, too, so that the old ones can be deleted."""
    ec2 = aws("ec2")
    network = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    old, new = (ec2.create_security_group(GroupName=name, Description=name, VpcId=network)["GroupId"] for name in ("old", "new"))
    launched = ec2.run_instances(ImageId=image(aws), MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[old])
    identifier = launched["Instances"][0]["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=identifier, Groups=[new])
    [interface] = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [identifier]}])["NetworkInterfaces"]
    return [group["GroupId"] for group in interface["Groups"]] == [new]


@behaviour("elbv2_attributes")
def _attributes_of_a_load_balancer(aws: Clients) -> bool:
    """A new load balancer for applications tells all of its attributes, those that nobody has set among them."""
    ec2, balancing = aws("ec2"), aws("elbv2")
    network = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=network, CidrBlock=f"10.8.{at}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for at, zone in enumerate("ab", start=1)
    ]
    [made] = balancing.create_load_balancer(Name="told", Subnets=subnets, Scheme="internal")["LoadBalancers"]
    told = balancing.describe_load_balancer_attributes(LoadBalancerArn=made["LoadBalancerArn"])["Attributes"]
    found = {one["Key"]: one["Value"] for one in told}
    asked = ("access_logs.s3.enabled", "routing.http.drop_invalid_header_fields.enabled", "routing.http.desync_mitigation_mode")
    return [found.get(key) for key in asked] == ["false", "false", "defensive"]


@behaviour("autoscaling_members")
def _spread_members(aws: Clients) -> bool:
    """The members of a group stand in all of its zones."""
    return len({one["Placement"]["AvailabilityZone"] for one in members(aws, "spread")}) == 2


@behaviour("autoscaling_members")
def _members_as_the_template_says(aws: Clients) -> bool:
    """The members of a group have the image, the metadata options and one encrypted, tagged volume of its launch template."""
    found = members(aws, "by-template")
    ids = [device["Ebs"]["VolumeId"] for one in found for device in one["BlockDeviceMappings"]]
    volumes = aws("ec2").describe_volumes(VolumeIds=ids)["Volumes"]
    return (
        {one["ImageId"] for one in found} == {image(aws)}
        and {one["MetadataOptions"]["HttpTokens"] for one in found} == {"required"}
        and [(one["Size"], one["Encrypted"], one["Tags"]) for one in volumes] == [(9, True, [{"Key": "Of", "Value": "volume"}])] * 2
    )


@behaviour("autoscaling_members")
def _members_on_spot(aws: Clients) -> bool:
    """The members of a group beyond its base are spot instances, of the first type that it lists."""
    base = {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0}
    found = members(aws, "on-spot", **base)
    return sorted(one.get("InstanceLifecycle", "") for one in found) == ["", "spot"] and found[0]["InstanceType"] == "t3.large"


@behaviour("ec2_launch_templates")
def _own_tags_of_a_template(aws: Clients) -> bool:
    """The tags of a launch template are not those of what it launches."""
    ec2 = aws("ec2")
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}]
    data = {"InstanceType": "t3.medium", "UserData": "IyEvYmluL3NoCg=="}
    ec2.create_launch_template(LaunchTemplateName="tagged", LaunchTemplateData=data, TagSpecifications=own)
    [version] = ec2.describe_launch_template_versions(LaunchTemplateName="tagged")["LaunchTemplateVersions"]
    return version["LaunchTemplateData"] == data


@behaviour("ec2_launch_templates")
def _user_data_of_a_later_version(aws: Clients) -> bool:
    """A group launches a later version of its launch template that has user data."""
    ec2, scaling = aws("ec2"), aws("autoscaling")
    name, data = "later", {"InstanceType": "t3.medium", "ImageId": image(aws)}
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    ec2.create_launch_template_version(LaunchTemplateName=name, LaunchTemplateData={**data, "UserData": "IyEvYmluL3NoCg=="})
    template = {"LaunchTemplateName": name, "Version": "2"}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=1, MaxSize=1, AvailabilityZones=["us-east-1a"], LaunchTemplate=template
    )
    [found] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return len(found["Instances"]) == 1


@behaviour("ec2_launch_templates")
def _deleted_version(aws: Clients) -> bool:
    """Versions of a launch template are deleted one by one."""
    ec2, data = aws("ec2"), {"InstanceType": "t3.medium"}
    template = ec2.create_launch_template(LaunchTemplateName="versions", LaunchTemplateData=data)["LaunchTemplate"]
    identified = {"LaunchTemplateId": template["LaunchTemplateId"]}
    ec2.create_launch_template_version(**identified, LaunchTemplateData=data)
    ec2.delete_launch_template_versions(**identified, Versions=["2"])
    left = ec2.describe_launch_template_versions(**identified)["LaunchTemplateVersions"]
    return [one["VersionNumber"] for one in left] == [1]


@behaviour("backup_unknown_vault")
def _unknown_vault(aws: Clients) -> bool:
    """An unknown vault is refused with AccessDeniedException."""
    return refused("AccessDeniedException", aws("backup").describe_backup_vault, BackupVaultName="none")


@behaviour("cloudwatch_new_alarm")
def _new_alarm(aws: Clients) -> bool:
    """A new alarm has insufficient data."""
    client = aws("cloudwatch")
    client.put_metric_alarm(
        AlarmName="new", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=300,
        EvaluationPeriods=2, Threshold=80, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    return client.describe_alarms(AlarmNames=["new"])["MetricAlarms"][0]["StateValue"] == "INSUFFICIENT_DATA"


@behaviour("ec2_dependencies")
def _group_in_use(aws: Clients) -> bool:
    """A security group that an interface uses is not deleted."""
    with vpc(aws) as (ec2, network, subnet):
        group = ec2.create_security_group(GroupName="g", Description="d", VpcId=network)["GroupId"]
        ec2.create_network_interface(SubnetId=subnet, Groups=[group])
        return refused("DependencyViolation", ec2.delete_security_group, GroupId=group)


@behaviour("ec2_dependencies")
def _group_named(aws: Clients) -> bool:
    """A security group that another's rule names is not deleted."""
    with vpc(aws) as (ec2, network, subnet):
        one, other = (
            ec2.create_security_group(GroupName=name, Description="d", VpcId=network)["GroupId"] for name in "ab"
        )
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": one}]}
        ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
        return refused("DependencyViolation", ec2.delete_security_group, GroupId=one)


@behaviour("ec2_dependencies")
def _subnet_in_use(aws: Clients) -> bool:
    """A subnet with an interface is not deleted."""
    with vpc(aws) as (ec2, network, subnet):
        ec2.create_network_interface(SubnetId=subnet)
        return refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnet)


@behaviour("ec2_dependencies")
def _subnet_association(aws: Clients) -> bool:
    """A deleted subnet leaves its route table, which can be deleted then."""
    with vpc(aws) as (ec2, network, subnet):
        table = ec2.create_route_table(VpcId=network)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        ec2.delete_subnet(SubnetId=subnet)
        return not refused("DependencyViolation", ec2.delete_route_table, RouteTableId=table)


@behaviour("ec2_dependencies")
def _subnet_network_acl(aws: Clients) -> bool:
    """A deleted subnet leaves its network ACL, which goes with the VPC."""
    with vpc(aws) as (ec2, network, subnet):
        ours = [{"Name": "vpc-id", "Values": [network]}]
        ec2.delete_subnet(SubnetId=subnet)
        associated = ec2.describe_network_acls(Filters=ours)["NetworkAcls"][0]["Associations"]
        ec2.delete_vpc(VpcId=network)
        return not associated and not ec2.describe_network_acls(Filters=ours)["NetworkAcls"]


@behaviour("ec2_dependencies")
def _detach_gateway(aws: Clients) -> bool:
    """An internet gateway stays attached while a public address is mapped."""
    with vpc(aws) as (ec2, network, subnet):
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network)
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)
        return refused("DependencyViolation", ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=network)


@behaviour("ec2_dependencies")
def _second_gateway(aws: Clients) -> bool:
    """A VPC takes one internet gateway only."""
    with vpc(aws) as (ec2, network, subnet):
        one, other = (ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for attempt in range(2))
        ec2.attach_internet_gateway(InternetGatewayId=one, VpcId=network)
        return refused("InvalidParameterValue", ec2.attach_internet_gateway, InternetGatewayId=other, VpcId=network)


@behaviour("ec2_dependencies")
def _release_used_address(aws: Clients) -> bool:
    """An address in use is not released."""
    ec2, allocation, gateway = nat_gateway(aws)
    return refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=allocation)


@behaviour("ec2_dependencies")
def _delete_vpc(aws: Clients) -> bool:
    """A VPC with an internet gateway or a group of its own is not deleted."""
    with vpc(aws) as (ec2, network, subnet):
        ec2.delete_subnet(SubnetId=subnet)
        ec2.create_security_group(GroupName="g", Description="d", VpcId=network)
        return refused("DependencyViolation", ec2.delete_vpc, VpcId=network)


@behaviour("ec2_gateway_lifetime")
def _nat_address(aws: Clients) -> bool:
    """A NAT gateway's private address is of its subnet."""
    ec2, allocation, gateway = nat_gateway(aws)
    return gateway["NatGatewayAddresses"][0]["PrivateIp"].startswith("10.7.1.")


@behaviour("ec2_gateway_lifetime")
def _nat_deleted(aws: Clients) -> bool:
    """A deleted NAT gateway gives its address and interface back."""
    ec2, allocation, gateway = nat_gateway(aws)
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    address = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]
    subnet = {"Name": "subnet-id", "Values": [gateway["SubnetId"]]}
    return "AssociationId" not in address and not ec2.describe_network_interfaces(Filters=[subnet])["NetworkInterfaces"]


@behaviour("ec2_gateway_lifetime")
def _endpoint_deleted(aws: Clients) -> bool:
    """A deleted VPC endpoint is not listed."""
    with vpc(aws) as (ec2, network, subnet):
        made = ec2.create_vpc_endpoint(
            VpcId=network, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway"
        )
        ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])
        return not ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [network]}])["VpcEndpoints"]


@behaviour("ec2_image_catalogue")
def _no_snapshots(aws: Clients) -> bool:
    """An empty account has no snapshots."""
    return not aws("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]


@behaviour("ec2_image_catalogue")
def _image_disk(aws: Clients) -> bool:
    """The root volume of Amazon Linux's image goes with its instance."""
    found = aws("ec2").describe_images(ImageIds=[image(aws)])["Images"][0]
    return found["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"]


@behaviour("ec2_image_catalogue")
def _deep_learning_image(aws: Clients) -> bool:
    """The Deep Learning base images can be launched, and have a larger root volume than Amazon Linux."""
    found = aws("ec2").describe_images(Filters=[{"Name": "name", "Values": ["Deep Learning*Amazon Linux 2023*"]}])["Images"]
    sizes = {one["Architecture"]: one["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] for one in found}
    launch(aws, ImageId=next(one["ImageId"] for one in found), InstanceType="g5.xlarge")
    return set(sizes) == {"x86_64", "arm64"} and min(sizes.values()) > 50


@behaviour("ssm_deep_learning_images")
def _deep_learning_parameters(aws: Clients) -> bool:
    """Public parameters name the Deep Learning base images, by architecture."""
    ids = {
        architecture: aws("ssm").get_parameter(
            Name=f"/aws/service/deeplearning/ami/{architecture}/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id"
        )["Parameter"]["Value"]
        for architecture in ("x86_64", "arm64")
    }
    found = aws("ec2").describe_images(ImageIds=list(ids.values()))["Images"]
    return {one["Architecture"]: one["ImageId"] for one in found} == ids


def _baked(aws: Clients, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An instance with an encrypted root volume of 30 GiB, and an image of it."""
    ec2 = aws("ec2")
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "Encrypted": True, "VolumeType": "gp3"}}
    instance = launch(aws, BlockDeviceMappings=[disk])
    tags = [{"ResourceType": kind, "Tags": [{"Key": "kind", "Value": kind}]} for kind in ("image", "snapshot")]
    made = ec2.create_image(InstanceId=instance["InstanceId"], Name=name, TagSpecifications=tags)["ImageId"]
    return instance, ec2.describe_images(ImageIds=[made])["Images"][0]


@behaviour("ec2_create_image")
def _image_of_an_instance(aws: Clients) -> bool:
    """An image has snapshots of its instance's volumes, encrypted as they are, and tags on both."""
    instance, baked = _baked(aws, "baked")
    ebs = baked["BlockDeviceMappings"][0]["Ebs"]
    snapshot = aws("ec2").describe_snapshots(SnapshotIds=[ebs["SnapshotId"]])["Snapshots"][0]
    volume = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    return (
        (baked["RootDeviceName"], ebs["VolumeSize"], ebs["Encrypted"]) == ("/dev/xvda", 30, True)
        and (snapshot["VolumeId"], snapshot["Encrypted"]) == (volume, True)
        and baked["Tags"] == [{"Key": "kind", "Value": "image"}]
        and snapshot["Tags"] == [{"Key": "kind", "Value": "snapshot"}]
    )


@behaviour("ec2_create_image")
def _image_name_twice(aws: Clients) -> bool:
    """A second image of the same name is refused."""
    instance, baked = _baked(aws, "once")
    return refused(
        "InvalidAMIName.Duplicate", aws("ec2").create_image, InstanceId=instance["InstanceId"], Name=baked["Name"]
    )


@behaviour("ec2_volumes_of_images")
def _copy_of_an_image(aws: Clients) -> bool:
    """A copy in another region has the disks of its image, encrypted where that is asked for, and the tags that are given."""
    _instance, baked = _baked(aws, "to-copy")
    there = aws("ec2", region="eu-west-1")
    tags = [{"ResourceType": "image", "Tags": [{"Key": "CopyOf", "Value": baked["ImageId"]}]}]
    source = {"SourceRegion": "us-east-1", "SourceImageId": baked["ImageId"], "Name": "copied"}
    made = there.copy_image(**source, Encrypted=True, TagSpecifications=tags)["ImageId"]
    copy = there.describe_images(ImageIds=[made])["Images"][0]
    ebs = copy["BlockDeviceMappings"][0]["Ebs"]
    there.describe_snapshots(SnapshotIds=[ebs["SnapshotId"]])
    return (
        (copy["RootDeviceName"], ebs["VolumeSize"], ebs["Encrypted"]) == ("/dev/xvda", 30, True)
        and copy["Architecture"] == baked["Architecture"]
        and copy["Tags"] == [{"Key": "CopyOf", "Value": baked["ImageId"]}]
    )


@behaviour("ec2_volumes_of_images")
def _image_by_its_snapshot(aws: Clients) -> bool:
    """An image is found by the snapshots that it starts from."""
    _instance, baked = _baked(aws, "to-find")
    used = [{"Name": "block-device-mapping.snapshot-id", "Values": [baked["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]]}]
    return [one["ImageId"] for one in aws("ec2").describe_images(Filters=used)["Images"]] == [baked["ImageId"]]


@behaviour("ec2_volumes_of_images")
def _image_of_snapshots(aws: Clients) -> bool:
    """An image is registered with snapshots as its disks, and what is launched from it has volumes made of all of them."""
    ec2 = aws("ec2")
    volumes = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=size, Encrypted=True)["VolumeId"] for size in (11, 12)]
    snapshots = [ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for volume in volumes]
    made = ec2.register_image(
        Name="registered",
        Architecture="arm64",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[
            {"DeviceName": device, "Ebs": {"SnapshotId": snapshot}}
            for device, snapshot in zip(("/dev/xvda", "/dev/sdf"), snapshots, strict=True)
        ],
    )["ImageId"]
    found = ec2.describe_images(ImageIds=[made])["Images"][0]
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}
    instance = launch(aws, ImageId=made, InstanceType="t4g.micro", BlockDeviceMappings=[disk])
    attached = [{"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}]
    launched = {one["SnapshotId"]: one["Size"] for one in ec2.describe_volumes(Filters=attached)["Volumes"]}
    return found["Architecture"] == "arm64" and launched == dict(zip(snapshots, (20, 12), strict=True))


@behaviour("ec2_instance_interfaces")
def _top_level_groups(aws: Clients) -> bool:
    """An instance shows the groups of its interface."""
    with vpc(aws) as (ec2, network, subnet):
        group = ec2.create_security_group(GroupName="g", Description="d", VpcId=network)["GroupId"]
        made = launch(aws, NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group]}])
        return [one["GroupId"] for one in made["SecurityGroups"]] == [group]


@behaviour("ec2_instance_interfaces")
def _interface_goes(aws: Clients) -> bool:
    """The first interface goes with its instance."""
    with vpc(aws) as (ec2, network, subnet):
        made = launch(aws, SubnetId=subnet)
        ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
        left = ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [subnet]}])
        return not left["NetworkInterfaces"]


@behaviour("ec2_instance_interfaces")
def _address_is_free(aws: Clients) -> bool:
    """The elastic IP of a terminated instance is nobody's."""
    with vpc(aws) as (ec2, network, subnet):
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network)
        made = launch(aws, SubnetId=subnet)["InstanceId"]
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.associate_address(AllocationId=allocation, InstanceId=made)
        ec2.terminate_instances(InstanceIds=[made])
        [left] = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
        ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network)
        return "AssociationId" not in left and not left.get("InstanceId")


@behaviour("ec2_rule_descriptions")
def _described_otherwise(aws: Clients) -> bool:
    """A call that describes rules of a security group otherwise does so, and says it."""
    with vpc(aws) as (ec2, network, _subnet):
        group = ec2.create_security_group(GroupName="described", Description="d", VpcId=network)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
        ranges = [{"IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": text}]} for text in ("before", "after")]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule | ranges[0]])
        told = ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[rule | ranges[1]])
        [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
        return told.get("Return") is True and found["IpRanges"] == ranges[1]["IpRanges"]


@behaviour("ec2_monitoring")
def _monitored(aws: Clients) -> bool:
    """Detailed monitoring of an instance that stands can be switched on and off."""
    ec2, instance = aws("ec2"), launch(aws)["InstanceId"]
    states = []
    for switch in (ec2.monitor_instances, ec2.unmonitor_instances):
        switch(InstanceIds=[instance])
        [reservation] = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
        states.append(reservation["Instances"][0]["Monitoring"]["State"])
    return states == ["enabled", "disabled"]


@behaviour("ec2_public_addresses")
def _address_owner(aws: Clients) -> bool:
    """A public address from the subnet is Amazon's, an Elastic IP the account's."""
    owners = []
    with vpc(aws) as (ec2, _vpc, subnet):
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        instance = launch(aws, SubnetId=subnet)["InstanceId"]
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        for associated in (False, True):
            if associated:
                ec2.associate_address(AllocationId=address, InstanceId=instance)
            [reservation] = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
            owners.append(reservation["Instances"][0]["NetworkInterfaces"][0]["Association"]["IpOwnerId"])
    return owners == ["amazon", "123456789012"]


@behaviour("ec2_public_addresses")
def _address_stays(aws: Clients) -> bool:
    """An Elastic IP stays with an instance that is stopped and started."""
    with vpc(aws) as (ec2, _vpc, subnet):
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        instance = launch(aws, SubnetId=subnet)["InstanceId"]
        address = ec2.allocate_address(Domain="vpc")
        ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance)
        ec2.stop_instances(InstanceIds=[instance])
        ec2.start_instances(InstanceIds=[instance])
        [reservation] = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    return reservation["Instances"][0]["PublicIpAddress"] == address["PublicIp"]


@behaviour("ec2_launch_checks")
def _unknown_type(aws: Clients) -> bool:
    """An instance type that does not exist is refused, also when it begins like one that does."""
    with vpc(aws) as (ec2, network, subnet):
        return refused("InvalidParameterValue", lambda: launch(aws, InstanceType="t3.mediumm", SubnetId=subnet))


@behaviour("ec2_launch_checks")
def _type_in_zone(aws: Clients) -> bool:
    """An instance type that the zone lacks is refused."""
    ec2 = aws("ec2")
    network = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=network, CidrBlock="10.7.1.0/24", AvailabilityZone="us-east-1e")
    return refused("Unsupported", lambda: launch(aws, SubnetId=made["Subnet"]["SubnetId"]))


@behaviour("ec2_launch_checks")
def _unknown_key(aws: Clients) -> bool:
    """A key pair that does not exist is refused."""
    with vpc(aws) as (ec2, network, subnet):
        return refused("InvalidKeyPair.NotFound", lambda: launch(aws, KeyName="none", SubnetId=subnet))


@behaviour("ec2_launch_checks")
def _unknown_profile(aws: Clients) -> bool:
    """An instance profile that does not exist is refused as an invalid parameter."""
    with vpc(aws) as (ec2, network, subnet):
        profile = {"Name": "none"}
        return refused("InvalidParameterValue", lambda: launch(aws, IamInstanceProfile=profile, SubnetId=subnet))


@behaviour("ec2_launch_time")
def _launch_time(aws: Clients) -> bool:
    """It is that of the last start, and a start of what runs already changes nothing."""
    with vpc(aws) as (ec2, _network, subnet):
        made = launch(aws, SubnetId=subnet)

        def started() -> datetime:
            ec2.start_instances(InstanceIds=[made["InstanceId"]])
            [reservation] = ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"]
            return reservation["Instances"][0]["LaunchTime"]

        time.sleep(1.1)  # times are told by the second
        kept = started()
        ec2.stop_instances(InstanceIds=[made["InstanceId"]])
        return kept == made["LaunchTime"] < started()


@behaviour("ec2_modify_checks")
def _type_of_running(aws: Clients) -> bool:
    """The type of a running instance is not changed."""
    with vpc(aws) as (ec2, network, subnet):
        made = launch(aws, SubnetId=subnet)["InstanceId"]
        wanted = {"Value": "t3.large"}
        return refused("IncorrectInstanceState", ec2.modify_instance_attribute, InstanceId=made, InstanceType=wanted)


@behaviour("ec2_modify_checks")
def _shrink(aws: Clients) -> bool:
    """A volume does not shrink."""
    ec2 = aws("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=20)["VolumeId"]
    return refused("InvalidParameterValue", ec2.modify_volume, VolumeId=volume, Size=10)


@behaviour("ec2_network_acl_icmp")
def _icmp_rule(aws: Clients) -> bool:
    """A rule of a network ACL on ICMP keeps its type and code, also when it is replaced."""
    with vpc(aws) as (ec2, network, _subnet):
        acl = ec2.create_network_acl(VpcId=network)["NetworkAcl"]["NetworkAclId"]
        rule = {"NetworkAclId": acl, "RuleNumber": 7, "Protocol": "1", "RuleAction": "allow", "Egress": False}

        def told() -> list[dict[str, int]]:
            entries = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
            return [entry["IcmpTypeCode"] for entry in entries if entry["RuleNumber"] == 7]

        ec2.create_network_acl_entry(**rule, CidrBlock="0.0.0.0/0", IcmpTypeCode={"Type": 3, "Code": 4})
        made = told()
        ec2.replace_network_acl_entry(**rule, CidrBlock="0.0.0.0/0", IcmpTypeCode={"Type": 8, "Code": -1})
        return made == [{"Type": 3, "Code": 4}] and told() == [{"Type": 8, "Code": -1}]


@behaviour("ec2_network_acl_filters")
def _filter_network_acls(aws: Clients) -> bool:
    """Network ACLs are found by a filter on their id."""
    ec2 = aws("ec2")
    one = ec2.describe_network_acls()["NetworkAcls"][0]["NetworkAclId"]
    found = ec2.describe_network_acls(Filters=[{"Name": "network-acl-id", "Values": [one]}])["NetworkAcls"]
    return [acl["NetworkAclId"] for acl in found] == [one]


def _routes(ec2: Any, table: str) -> dict[str, dict[str, Any]]:
    [found] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return {route.get("DestinationCidrBlock", "service"): route for route in found["Routes"]}


@behaviour("ec2_route_targets")
def _route_to_an_instance(aws: Clients) -> bool:
    """A route to an instance's interface names the instance, and is a black hole once the instance is gone."""
    with vpc(aws) as (ec2, network, subnet):
        made = launch(aws, SubnetId=subnet)
        interface = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
        table = ec2.create_route_table(VpcId=network)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=interface)
        before = _routes(ec2, table)["0.0.0.0/0"]
        ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
        after = _routes(ec2, table)["0.0.0.0/0"]
        named = before.get("InstanceId") == made["InstanceId"] and before.get("InstanceOwnerId") == "123456789012"
        return named and (before["State"], after["State"]) == ("active", "blackhole")


@behaviour("ec2_route_targets")
def _route_to_a_gateway(aws: Clients) -> bool:
    """A route to a deleted NAT gateway is a black hole."""
    ec2, _allocation, gateway = nat_gateway(aws)
    table = ec2.create_route_table(VpcId=gateway["VpcId"])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway["NatGatewayId"])
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    return _routes(ec2, table)["0.0.0.0/0"]["State"] == "blackhole"


def _interface_endpoint(ec2: Any, network: str, subnet: str, **more: Any) -> dict[str, Any]:
    wanted = {"ServiceName": "com.amazonaws.us-east-1.ssm", "VpcEndpointType": "Interface", "SubnetIds": [subnet], **more}
    return ec2.create_vpc_endpoint(VpcId=network, **wanted)["VpcEndpoint"]


def _interfaces_in(ec2: Any, subnet: str) -> list[dict[str, Any]]:
    here = [{"Name": "subnet-id", "Values": [subnet]}]
    return ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"]


@behaviour("ec2_endpoint_modifications")
def _endpoint_interface(aws: Clients) -> bool:
    """An interface endpoint has an interface with an address of its subnet and its own group."""
    with vpc(aws) as (ec2, network, subnet):
        group = ec2.create_security_group(GroupName="e", Description="d", VpcId=network)["GroupId"]
        _interface_endpoint(ec2, network, subnet, SecurityGroupIds=[group])
        [interface] = _interfaces_in(ec2, subnet)
        groups = [one["GroupId"] for one in interface["Groups"]]
        return (interface["InterfaceType"], groups) == ("vpc_endpoint", [group]) and interface[
            "PrivateIpAddress"
        ].startswith("10.7.1.")


@behaviour("ec2_endpoint_modifications")
def _endpoint_moves(aws: Clients) -> bool:
    """Its interfaces follow its subnets, and private names can be switched off."""
    with vpc(aws) as (ec2, network, subnet):
        other = ec2.create_subnet(VpcId=network, CidrBlock="10.7.2.0/24")["Subnet"]["SubnetId"]
        made = _interface_endpoint(ec2, network, subnet)["VpcEndpointId"]
        ec2.modify_vpc_endpoint(
            VpcEndpointId=made, AddSubnetIds=[other], RemoveSubnetIds=[subnet], PrivateDnsEnabled=False
        )
        [after] = ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"]
        left = len(_interfaces_in(ec2, subnet)), len(_interfaces_in(ec2, other))
        return left == (0, 1) and after["PrivateDnsEnabled"] is False


@behaviour("ec2_endpoint_modifications")
def _endpoint_routes(aws: Clients) -> bool:
    """The route of a gateway endpoint is in the tables that it serves now, and it goes with the endpoint."""
    with vpc(aws) as (ec2, network, subnet):
        one, other = (ec2.create_route_table(VpcId=network)["RouteTable"]["RouteTableId"] for _each in "ab")
        made = ec2.create_vpc_endpoint(
            VpcId=network, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway", RouteTableIds=[one]
        )["VpcEndpoint"]["VpcEndpointId"]
        ec2.modify_vpc_endpoint(VpcEndpointId=made, AddRouteTableIds=[other], RemoveRouteTableIds=[one])
        moved = len(_routes(ec2, one)), len(_routes(ec2, other))
        ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
        return moved == (1, 2) and len(_routes(ec2, other)) == 1


@behaviour("ec2_root_volume_lifetime")
def _root_volume(aws: Clients) -> bool:
    """A root volume goes with its instance, where the launch says nothing."""
    with vpc(aws) as (ec2, network, subnet):
        disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50, "VolumeType": "gp3"}}
        made = launch(aws, SubnetId=subnet, BlockDeviceMappings=[disk])
        ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
        volume = made["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        return refused("InvalidVolume.NotFound", ec2.describe_volumes, VolumeIds=[volume])


@behaviour("ec2_tag_resource_types")
def _tag_kinds(aws: Clients) -> bool:
    """DescribeTags says elastic-ip, natgateway and vpc-flow-log."""
    ec2, allocation, gateway = nat_gateway(aws)
    aws("s3").create_bucket(Bucket="flow-logs")
    bucket = "arn:aws:s3:::flow-logs"
    flow = ec2.create_flow_logs(
        ResourceIds=[gateway["VpcId"]],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=bucket,
    )
    ids = [allocation, gateway["NatGatewayId"], *flow["FlowLogIds"]]
    ec2.create_tags(Resources=ids, Tags=[{"Key": "k", "Value": "v"}])
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": ids}])["Tags"]
    return {tag["ResourceType"] for tag in found} == {"elastic-ip", "natgateway", "vpc-flow-log"}


@behaviour("ec2_ebs_defaults")
def _ebs_key(aws: Clients) -> bool:
    """The key that EBS encrypts by is AWS's until somebody chooses another, and again when that is reset."""
    ec2, key = aws("ec2"), aws("kms").create_key()["KeyMetadata"]["Arn"]
    told = [ec2.get_ebs_default_kms_key_id()["KmsKeyId"]]
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    told.append(ec2.get_ebs_default_kms_key_id()["KmsKeyId"])
    told.append(ec2.reset_ebs_default_kms_key_id()["KmsKeyId"])
    return told == ["alias/aws/ebs", key, "alias/aws/ebs"]


@behaviour("ec2_ebs_defaults")
def _public_snapshots(aws: Clients) -> bool:
    """Snapshots are kept from being shared with everyone, and no more."""
    ec2 = aws("ec2")
    told = [ec2.get_snapshot_block_public_access_state()["State"]]
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    told.append(ec2.get_snapshot_block_public_access_state()["State"])
    ec2.disable_snapshot_block_public_access()
    told.append(ec2.get_snapshot_block_public_access_state()["State"])
    return told == ["unblocked", "block-all-sharing", "unblocked"]


@behaviour("ec2_volume_fields")
def _volume_fields(aws: Clients) -> bool:
    """A volume always shows SnapshotId, MultiAttachEnabled and, as gp3, Throughput."""
    ec2 = aws("ec2")
    made = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, VolumeType="gp3")["VolumeId"]
    shown = ec2.describe_volumes(VolumeIds=[made])["Volumes"][0]
    return [shown.get(key) for key in ("SnapshotId", "MultiAttachEnabled", "Throughput")] == ["", False, 125]


@behaviour("iam_service_credentials")
def _service_credentials(aws: Clients) -> bool:
    """ListServiceSpecificCredentials is known."""
    return aws("iam").list_service_specific_credentials()["ServiceSpecificCredentials"] == []


@behaviour("kms_keys_by_arn")
def _key_by_arn(aws: Clients) -> bool:
    """A key is disabled, enabled, deleted and had back by its ARN."""
    kms = aws("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    states = []
    for change in (kms.disable_key, kms.enable_key, kms.schedule_key_deletion, kms.cancel_key_deletion):
        change(KeyId=arn)
        states.append(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"])
    return states == ["Disabled", "Enabled", "PendingDeletion", "Disabled"]


@behaviour("logs_keys")
def _log_group_key(aws: Clients) -> bool:
    """A log group that stands is encrypted by a key, by its ARN alone, and no more."""
    logs, key = aws("logs"), aws("kms").create_key()["KeyMetadata"]
    logs.create_log_group(logGroupName="/keys")

    def told() -> str:
        return logs.describe_log_groups(logGroupNamePrefix="/keys")["logGroups"][0].get("kmsKeyId", "")

    by_id = refused("InvalidParameterException", logs.associate_kms_key, logGroupName="/keys", kmsKeyId=key["KeyId"])
    logs.associate_kms_key(logGroupName="/keys", kmsKeyId=key["Arn"])
    encrypted = told()
    logs.disassociate_kms_key(logGroupName="/keys")
    return by_id and encrypted == key["Arn"] and told() == ""


@behaviour("kms_keys_of_aws")
def _keys_of_services(aws: Clients) -> bool:
    """An audit asks for the rotation of customers' keys alone."""
    aws("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True)
    own = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    managers = [aws("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyManager"] for key in ("alias/aws/ebs", own)]
    return managers == ["AWS", "CUSTOMER"] and not aws("kms").get_key_rotation_status(KeyId=own)["KeyRotationEnabled"]


def log_group_with_filter(aws: Clients, name: str) -> tuple[Any, dict[str, Any]]:
    """The client of CloudWatch Logs, and what a filter was put with in a new group."""
    logs = aws("logs")
    logs.create_log_group(logGroupName=name)
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1", "defaultValue": 0.0}
    put = {"logGroupName": name, "filterName": "f", "filterPattern": "x", "metricTransformations": [metric]}
    logs.put_metric_filter(**put)
    return logs, put


@behaviour("logs_metric_filters")
def _filter_replaced(aws: Clients) -> bool:
    """A metric filter that is put again is replaced."""
    logs, put = log_group_with_filter(aws, "/filter-replaced")
    logs.put_metric_filter(**{**put, "filterPattern": "y"})
    [found] = logs.describe_metric_filters(logGroupName="/filter-replaced")["metricFilters"]
    return found.pop("creationTime") > 0 and found == {**put, "filterPattern": "y"}


@behaviour("logs_metric_filters")
def _filter_of_unknown_group(aws: Clients) -> bool:
    """Metric filters of an unknown log group are refused."""
    logs, put = log_group_with_filter(aws, "/filter-group")
    return refused("ResourceNotFoundException", logs.put_metric_filter, **{**put, "logGroupName": "/none"}) and refused(
        "ResourceNotFoundException", logs.describe_metric_filters, logGroupName="/none"
    )


@behaviour("logs_metric_filters")
def _unknown_filter(aws: Clients) -> bool:
    """A metric filter is deleted once."""
    logs, _put = log_group_with_filter(aws, "/filter-deleted")
    one = {"logGroupName": "/filter-deleted", "filterName": "f"}
    logs.delete_metric_filter(**one)
    left = logs.describe_metric_filters(logGroupName="/filter-deleted")["metricFilters"]
    return left == [] and refused("ResourceNotFoundException", logs.delete_metric_filter, **one)


@behaviour("logs_metric_filters")
def _filters_counted(aws: Clients) -> bool:
    """A log group counts its metric filters."""
    logs, _put = log_group_with_filter(aws, "/filter-counted")
    [group] = logs.describe_log_groups(logGroupNamePrefix="/filter-counted")["logGroups"]
    return group["metricFilterCount"] == 1


@behaviour("logs_metric_filters")
def _filter_gone_with_group(aws: Clients) -> bool:
    """Metric filters go with their log group."""
    logs, _put = log_group_with_filter(aws, "/filter-gone")
    logs.delete_log_group(logGroupName="/filter-gone")
    return all(one["logGroupName"] != "/filter-gone" for one in logs.describe_metric_filters()["metricFilters"])


@behaviour("logs_retention")
def _retention(aws: Clients) -> bool:
    """A retention of eight days is refused."""
    logs = aws("logs")
    logs.create_log_group(logGroupName="/retention")
    return refused("InvalidParameterException", logs.put_retention_policy, logGroupName="/retention", retentionInDays=8)


@behaviour("s3_bucket_owner")
def _expected_owner(aws: Clients) -> bool:
    """A bucket answers who expects it to be its owner's, and refuses who expects somebody else's, for objects too."""
    s3, bucket = aws("s3"), "expected-owner"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", ExpectedBucketOwner="123456789012")
    s3.get_bucket_versioning(Bucket=bucket, ExpectedBucketOwner="123456789012")
    other = {"Bucket": bucket, "ExpectedBucketOwner": "999999999999"}
    return refused("AccessDenied", s3.get_bucket_versioning, **other) and refused("AccessDenied", s3.get_object, Key="k", **other)


@behaviour("s3_delete_configurations")
def _delete_metrics(aws: Clients) -> bool:
    """Deleting a metrics configuration leaves the bucket."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="with-metrics")
    s3.delete_bucket_metrics_configuration(Bucket="with-metrics", Id="any")
    return "with-metrics" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


@behaviour("s3_version_pages")
def _pages_of_versions(aws: Clients) -> bool:
    """A list of versions goes on where the version that ended the page before it is deleted."""
    s3, where = aws("s3"), {"Bucket": "pages"}
    s3.create_bucket(**where)
    s3.put_bucket_versioning(**where, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "c", "d"):
        s3.put_object(**where, Key=key)
    page = s3.list_object_versions(**where, MaxKeys=2)
    for one in page["Versions"]:
        s3.delete_object(**where, Key=one["Key"], VersionId=one["VersionId"])
    marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    return [one["Key"] for one in s3.list_object_versions(**where, **marker).get("Versions", [])] == ["c", "d"]


def written(together: Barrier, s3: Any, **arguments: Any) -> bool:
    """Whether a conditional write at the same moment as others was done, and not refused by its condition."""
    together.wait()
    try:
        s3.put_object(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True


SHA256 = {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="}  # of b"test"


@behaviour("s3_checksums")
def _wrong_checksums(aws: Clients) -> bool:
    """Objects and parts are refused where they do not have the checksum that was sent with them."""
    s3, where = aws("s3"), {"Bucket": "checksums", "Key": "wrong"}
    s3.create_bucket(Bucket="checksums")
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]
    part = {**where, "UploadId": upload, "PartNumber": 1}
    return (
        refused("BadDigest", s3.put_object, **where, Body=b"toast", **SHA256)
        and refused("BadDigest", s3.upload_part, **part, Body=b"toast", **SHA256)
        and "Contents" not in s3.list_objects_v2(Bucket="checksums")
        and "Parts" not in s3.list_parts(**where, UploadId=upload)
    )


@behaviour("s3_checksums")
def _checksums_of_parts(aws: Clients) -> bool:
    """The checksums of parts are told, and that of the object which is made of them."""
    s3, where = aws("s3"), {"Bucket": "checksums-of-parts", "Key": "parts"}
    s3.create_bucket(Bucket="checksums-of-parts")
    upload = {**where, "UploadId": s3.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]}
    s3.put_object(Bucket=where["Bucket"], Key="source", Body=b"test")
    source = {"Bucket": where["Bucket"], "Key": "source"}
    copied = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source)["CopyPartResult"]
    sent = s3.upload_part(**upload, PartNumber=1, Body=b"test", **SHA256)
    listed = s3.list_parts(**upload)["Parts"][0]
    parts = [{"PartNumber": 1, "ETag": sent["ETag"], "ChecksumSHA256": SHA256["ChecksumSHA256"]}]
    made = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    seen = s3.head_object(**where, ChecksumMode="ENABLED")
    return (
        {copied.get("ChecksumSHA256"), listed.get("ChecksumSHA256")} == {SHA256["ChecksumSHA256"]}
        and made.get("ChecksumSHA256") == seen["ChecksumSHA256"]
        and seen["ChecksumSHA256"].endswith("=-1")
    )


@behaviour("s3_checksums")
def _kind_of_checksum(aws: Clients) -> bool:
    """The checksum of an object that was sent as a whole is told as such."""
    s3, where = aws("s3"), {"Bucket": "kind-of-checksum", "Key": "k"}
    s3.create_bucket(Bucket=where["Bucket"])
    s3.put_object(**where, Body=b"test", **SHA256)
    seen = s3.head_object(**where, ChecksumMode="ENABLED")
    return (seen["ChecksumSHA256"], seen.get("ChecksumType")) == (SHA256["ChecksumSHA256"], "FULL_OBJECT")


@behaviour("s3_checksums")
def _unknown_upload(aws: Clients) -> bool:
    """No part is taken for an upload that does not exist, nor is it completed."""
    s3, where = aws("s3"), {"Bucket": "unknown-upload", "Key": "k", "UploadId": "none"}
    s3.create_bucket(Bucket="unknown-upload")
    parts = {"Parts": [{"PartNumber": 1, "ETag": "e"}]}
    return refused("NoSuchUpload", s3.upload_part, **where, PartNumber=1, Body=b"x") and refused(
        "NoSuchUpload", s3.complete_multipart_upload, **where, MultipartUpload=parts
    )


@behaviour("s3_conditional_writes")
def _one_of_many(aws: Clients) -> bool:
    """Of conditional writes in the same moment one wins, again and again."""
    s3, writers, rounds = aws("s3"), 4, 10
    s3.create_bucket(Bucket="conditional")
    # Large and with threads that alternate often, so that moto by itself has time to be caught at it.
    asked = {"Bucket": "conditional", "Body": bytes(1_000_000), "IfNoneMatch": "*"}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(2e-4)
    try:
        with ThreadPoolExecutor(writers) as pool:
            for at in range(rounds):
                together = Barrier(writers)
                tries = [pool.submit(written, together, s3, Key=str(at), **asked) for _each in range(writers)]
                if sum(one.result() for one in tries) != 1:
                    return False
        return True
    finally:
        sys.setswitchinterval(interval)


@behaviour("s3_new_bucket")
def _encrypted(aws: Clients) -> bool:
    """A new bucket and its objects are encrypted."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="new-encrypted")
    rule = s3.get_bucket_encryption(Bucket="new-encrypted")["ServerSideEncryptionConfiguration"]["Rules"][0]
    stored = s3.put_object(Bucket="new-encrypted", Key="k", Body=b"")
    return rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == stored["ServerSideEncryption"] == "AES256"


@behaviour("s3_new_bucket")
def _closed(aws: Clients) -> bool:
    """A new bucket is closed to the public and has no ACLs."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="new-closed")
    owner = s3.get_bucket_ownership_controls(Bucket="new-closed")["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
    block = s3.get_public_access_block(Bucket="new-closed")["PublicAccessBlockConfiguration"]
    return owner == "BucketOwnerEnforced" and all(block.values())


@behaviour("s3_new_bucket")
def _bucket_name(aws: Clients) -> bool:
    """A bucket's name has no capitals."""
    return refused("InvalidBucketName", aws("s3").create_bucket, Bucket="Capital-letters")


def tls_only(aws: Clients, name: str) -> Any:
    """An S3 client and a bucket that refuses plain HTTP."""
    s3 = aws("s3")
    s3.create_bucket(Bucket=name)
    arns = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    statement = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": arns, "Condition": TLS_ONLY}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return s3


@behaviour("s3_secure_transport")
def _tls_passes(aws: Clients) -> bool:
    """A bucket that refuses plain HTTP answers over TLS."""
    s3 = tls_only(aws, "tls-passes")
    s3.put_object(Bucket="tls-passes", Key="k", Body=b"content")
    return s3.get_object(Bucket="tls-passes", Key="k")["Body"].read() == b"content"


@behaviour("s3_secure_transport")
def _plain_refused(aws: Clients) -> bool:
    """A bucket that refuses plain HTTP refuses calls on itself, too."""
    tls_only(aws, "plain-refused")
    return refused("AccessDenied", aws.plain("s3").list_objects_v2, Bucket="plain-refused")


@behaviour("s3_secure_transport")
def _foreign_keys(aws: Clients) -> bool:
    """A bucket that refuses what asks for another encryption than its own takes what asks for none, and for that."""
    s3, bucket, own = aws("s3"), "foreign-keys", "arn:aws:kms:us-east-1:123456789012:key/own"
    s3.create_bucket(Bucket=bucket)
    header = "s3:x-amz-server-side-encryption"
    conditions = [
        {"Null": {header: "false"}, "StringNotEquals": {header: "aws:kms"}},
        {"Null": {f"{header}-aws-kms-key-id": "false"}, "StringNotEquals": {f"{header}-aws-kms-key-id": own}},
    ]
    denied = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    statements = [{**denied, "Condition": condition} for condition in conditions]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    s3.put_object(Bucket=bucket, Key="by-default")
    s3.put_object(Bucket=bucket, Key="own", ServerSideEncryption="aws:kms", SSEKMSKeyId=own)
    other = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": f"{own}-not"}
    return refused("403", s3.put_object, Bucket=bucket, Key="k", **other) and refused(
        "403", s3.put_object, Bucket=bucket, Key="k", ServerSideEncryption="AES256"
    )


@behaviour("ssm_sessions")
def _session(aws: Clients) -> bool:
    """A session starts to a running instance, and to no other."""
    with vpc(aws) as (ec2, network, subnet):
        ssm, made = aws("ssm"), launch(aws, SubnetId=subnet)["InstanceId"]
        session = ssm.start_session(Target=made)["SessionId"]
        ended = ssm.terminate_session(SessionId=session)["SessionId"]
        ec2.stop_instances(InstanceIds=[made])
        return session == ended and refused("TargetNotConnected", ssm.start_session, Target=made)


@behaviour("ssm_sessions")
def _session_list(aws: Clients) -> bool:
    """A session is active until somebody ends it or its instance stops, and is told of afterwards."""
    with vpc(aws) as (ec2, _network, subnet):
        ssm, made = aws("ssm"), launch(aws, SubnetId=subnet)["InstanceId"]
        first, second = (ssm.start_session(Target=made)["SessionId"] for _number in range(2))

        def told(state: str) -> list[str]:
            sessions = ssm.describe_sessions(State=state)["Sessions"]
            return [one["SessionId"] for one in sessions if one["Target"] == made and one["Owner"] and one["StartDate"]]

        begun = told("Active")
        ssm.terminate_session(SessionId=first)
        one_ended = told("Active"), told("History")
        ec2.stop_instances(InstanceIds=[made])
        return begun == [first, second] and one_ended == ([second], [first]) and told("Active") == []


@behaviour("ssm_sessions")
def _session_document(aws: Clients) -> bool:
    """A session that forwards a port takes its numbers, and no session an unknown document."""
    with vpc(aws) as (_ec2, _network, subnet):
        ssm, made = aws("ssm"), launch(aws, SubnetId=subnet)["InstanceId"]
        document = "AWS-StartPortForwardingSession"
        ports = {"portNumber": ["8888"], "localPortNumber": ["18888"]}
        ssm.start_session(Target=made, DocumentName=document, Parameters=ports)
        ssm.start_session(Target=made, DocumentName="AWS-StartInteractiveCommand", Parameters={"command": ["true"]})
        return refused("InvalidDocument", ssm.start_session, Target=made, DocumentName="nobody's") and refused(
            "InvalidParameters", ssm.start_session, Target=made, DocumentName=document, Parameters={"host": ["h"]}
        )


@behaviour("sts_unknown_role")
def _unknown_role(aws: Clients) -> bool:
    """A role that does not exist is not assumed."""
    role = "arn:aws:iam::123456789012:role/none"
    return refused("AccessDenied", aws("sts").assume_role, RoleArn=role, RoleSessionName="session")


BUDGET = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "10", "Unit": "USD"}}
ALERT = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
TOLD = [{"SubscriptionType": "EMAIL", "Address": "somebody@example.org"}]
BUDGET_ACTION = {
    "NotificationType": "ACTUAL",
    "ActionType": "RUN_SSM_DOCUMENTS",
    "ActionThreshold": {"ActionThresholdValue": 100.0, "ActionThresholdType": "PERCENTAGE"},
    "Definition": {
        "SsmActionDefinition": {"ActionSubType": "STOP_EC2_INSTANCES", "Region": "us-east-1", "InstanceIds": ["i-1"]}
    },
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/stops",
    "ApprovalModel": "AUTOMATIC",
    "Subscribers": TOLD,
}


@contextmanager
def budget(aws: Clients) -> Iterator[tuple[Any, dict[str, str]]]:
    """A client of Budgets, and the account and name of a budget that tells somebody."""
    budgets, account = aws("budgets"), {"AccountId": "123456789012"}
    told = [{"Notification": ALERT, "Subscribers": TOLD}]
    tags = [{"Key": "Project", "Value": "p"}]
    budgets.create_budget(**account, Budget=BUDGET, NotificationsWithSubscribers=told, ResourceTags=tags)
    try:
        yield budgets, {**account, "BudgetName": "b"}
    finally:
        budgets.delete_budget(**account, BudgetName="b")


@behaviour("budgets_missing_calls")
def budget_is_changed(aws: Clients) -> bool:
    """A budget gets another limit and keeps its notifications."""
    with budget(aws) as (budgets, named):
        limit = {"Amount": "20", "Unit": "USD"}
        budgets.update_budget(AccountId=named["AccountId"], NewBudget={**BUDGET, "BudgetLimit": limit})
        kept = budgets.describe_subscribers_for_notification(**named, Notification=ALERT)["Subscribers"]
        return budgets.describe_budget(**named)["Budget"]["BudgetLimit"] == limit and kept == TOLD


@behaviour("budgets_missing_calls")
def budget_has_actions(aws: Clients) -> bool:
    """An action of a budget is made, changed, listed and deleted."""
    with budget(aws) as (budgets, named):
        identifier = budgets.create_budget_action(**named, **BUDGET_ACTION)["ActionId"]
        budgets.update_budget_action(**named, ActionId=identifier, ApprovalModel="MANUAL")
        [listed] = budgets.describe_budget_actions_for_budget(**named)["Actions"]
        again = refused("DuplicateRecordException", budgets.create_budget_action, **named, **BUDGET_ACTION)
        budgets.delete_budget_action(**named, ActionId=identifier)
        left = budgets.describe_budget_actions_for_budget(**named)["Actions"]
        gone = refused("NotFoundException", budgets.delete_budget_action, **named, ActionId=identifier)
    return (listed["Status"], listed["ApprovalModel"], left) == ("STANDBY", "MANUAL", []) and again and gone


@behaviour("budgets_missing_calls")
def budget_has_tags(aws: Clients) -> bool:
    """A budget keeps the tags that it is made with, and others after that."""
    arn = "arn:aws:budgets::123456789012:budget/b"
    with budget(aws) as (budgets, _named):
        made = budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
        budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "Owner", "Value": "o"}])
        budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["Project"])
        after = budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
    return made == [{"Key": "Project", "Value": "p"}] and after == [{"Key": "Owner", "Value": "o"}]


SCHEDULE = {
    "Name": "s",
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "RoleArn": "arn:aws:iam::123456789012:role/r"},
}


@behaviour("scheduler_groups")
def schedule_group_that_is_missing(aws: Clients) -> bool:
    """Neither a schedule nor its end can be asked for in a schedule group that is not there."""
    scheduler = aws("scheduler")
    missing = "ResourceNotFoundException"
    made = refused(missing, scheduler.create_schedule, GroupName="none", **SCHEDULE)
    return made and refused(missing, scheduler.delete_schedule_group, Name="none")


@behaviour("scheduler_groups")
def schedule_group_made_twice(aws: Clients) -> bool:
    """A schedule group is made once."""
    scheduler = aws("scheduler")
    scheduler.create_schedule_group(Name="twice")
    again = refused("ConflictException", scheduler.create_schedule_group, Name="twice")
    scheduler.delete_schedule_group(Name="twice")
    return again


@behaviour("tagging_schedule_groups")
def schedule_groups_are_found_by_tag(aws: Clients) -> bool:
    """The tagging service finds a schedule group by its tags."""
    scheduler, tagging = aws("scheduler"), aws("resourcegroupstaggingapi")
    arn = scheduler.create_schedule_group(Name="tagged", Tags=[{"Key": "Mark", "Value": "m"}])["ScheduleGroupArn"]
    found = tagging.get_resources(TagFilters=[{"Key": "Mark", "Values": ["m"]}])["ResourceTagMappingList"]
    other = tagging.get_resources(TagFilters=[{"Key": "Mark", "Values": ["n"]}])["ResourceTagMappingList"]
    scheduler.delete_schedule_group(Name="tagged")
    return [one["ResourceARN"] for one in found] == [arn] and other == []


REPLICATION = {
    "Role": "arn:aws:iam::123456789012:role/r",
    "Rules": [{
        "ID": "all",
        "Priority": 3,
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "raw/", "Tags": [{"Key": "Kind", "Value": "k"}]}},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {
            "Bucket": "arn:aws:s3:::replica",
            "StorageClass": "STANDARD_IA",
            "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
            "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
        },
    }],
}  # fmt: skip


@contextmanager
def versioned(aws: Clients, *names: str) -> Iterator[Any]:
    """S3's client, and buckets that keep versions."""
    s3 = aws("s3")
    for name in names:
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    try:
        yield s3
    finally:
        for name in names:
            s3.delete_bucket(Bucket=name)


@behaviour("s3_replication")
def replication_is_told_as_it_was_written(aws: Clients) -> bool:
    """A bucket's replication keeps its filters, its delete markers and its times."""
    with versioned(aws, "source", "replica") as s3:
        s3.put_bucket_replication(Bucket="source", ReplicationConfiguration=REPLICATION)
        told = s3.get_bucket_replication(Bucket="source")["ReplicationConfiguration"]
        s3.delete_bucket_replication(Bucket="source")
        gone = refused("ReplicationConfigurationNotFoundError", s3.get_bucket_replication, Bucket="source")
    return told == REPLICATION and gone


@behaviour("s3_replication")
def replicas_need_a_bucket_with_versions(aws: Clients) -> bool:
    """Replicas go to a bucket only that stands and keeps versions."""
    asked = {"Bucket": "source", "ReplicationConfiguration": REPLICATION}
    with versioned(aws, "source") as s3:
        missing = refused("InvalidRequest", s3.put_bucket_replication, **asked)
        s3.create_bucket(Bucket="replica")
        plain = refused("InvalidRequest", s3.put_bucket_replication, **asked)
        s3.delete_bucket(Bucket="replica")
    return missing and plain


def emptied(s3: Any, *names: str) -> None:
    """Delete all versions and delete markers of buckets."""
    for name in names:
        told = s3.list_object_versions(Bucket=name)
        for one in told.get("Versions", []) + told.get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])


@behaviour("s3_replication")
def what_is_written_is_copied(aws: Clients) -> bool:
    """What is put into a bucket after its replication began is in the other one with its metadata, and so is what marks it deleted."""
    rule = {**REPLICATION["Rules"][0], "Filter": {"Prefix": ""}}
    with versioned(aws, "source", "replica") as s3:
        s3.put_object(Bucket="source", Key="before", Body=b"1")
        s3.put_bucket_replication(Bucket="source", ReplicationConfiguration={**REPLICATION, "Rules": [rule]})
        s3.put_object(Bucket="source", Key="key", Body=b"2", Metadata={"mark": "m"})
        found = s3.list_objects_v2(Bucket="replica").get("Contents", [])
        copied = s3.get_object(Bucket="replica", Key="key") if found else {"Body": BytesIO(), "Metadata": {}}
        told = (copied["Body"].read(), copied["Metadata"], [one["Key"] for one in found])
        s3.delete_object(Bucket="source", Key="key")
        marked = "DeleteMarkers" in s3.list_object_versions(Bucket="replica")
        emptied(s3, "source", "replica")
    return told == (b"2", {"mark": "m"}, ["key"]) and marked


@behaviour("s3_replication")
def replicas_are_versions_of_the_same_ids(aws: Clients) -> bool:
    """Two buckets that are copied to each other have the same versions, and tell of each how it came there."""
    rule = {**REPLICATION["Rules"][0], "Filter": {"Prefix": ""}}
    with versioned(aws, "source", "replica") as s3:
        for one, other in (("source", "replica"), ("replica", "source")):
            asked = {**REPLICATION, "Rules": [{**rule, "Destination": {"Bucket": f"arn:aws:s3:::{other}"}}]}
            s3.put_bucket_replication(Bucket=one, ReplicationConfiguration=asked)
        s3.put_object(Bucket="source", Key="key", Body=b"1")
        s3.put_object(Bucket="replica", Key="key", Body=b"2")
        told = [s3.list_object_versions(Bucket=name)["Versions"] for name in ("source", "replica")]
        ids = [[(one["VersionId"], one["IsLatest"]) for one in versions] for versions in told]
        status = [s3.head_object(Bucket=name, Key="key").get("ReplicationStatus") for name in ("source", "replica")]
        s3.delete_object(Bucket="replica", Key="key")
        marks = [s3.list_object_versions(Bucket=name).get("DeleteMarkers", []) for name in ("source", "replica")]
        emptied(s3, "source", "replica")
    return (
        ids[0] == ids[1]
        and len(ids[0]) == 2
        and status == ["REPLICA", "COMPLETED"]
        and [len(each) for each in marks] == [1, 1]
        and marks[0][0]["VersionId"] == marks[1][0]["VersionId"]
    )


@behaviour("s3_replication")
def a_rule_about_tags_copies_what_carries_them(aws: Clients) -> bool:
    """Of what its prefix chooses, and no delete markers."""
    with versioned(aws, "source", "replica") as s3:
        s3.put_bucket_replication(Bucket="source", ReplicationConfiguration=REPLICATION)
        for key, tagging in (("raw/a", "Kind=k"), ("raw/b", ""), ("other", "Kind=k")):
            s3.put_object(Bucket="source", Key=key, Body=b"1", Tagging=tagging)
        s3.delete_object(Bucket="source", Key="raw/a")
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket="replica").get("Contents", [])]
        emptied(s3, "source", "replica")
    return keys == ["raw/a"]


SNAPSHOTS = {
    "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
    "ResourceTypes": ["VOLUME"],
    "TargetTags": [{"Key": "Name", "Value": "n"}],
    "Schedules": [{
        "Name": "daily",
        "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["03:00"]},
        "RetainRule": {"Count": 7},
    }],
}  # fmt: skip


@contextmanager
def snapshot_policy(aws: Clients) -> Iterator[tuple[Any, str]]:
    """Data Lifecycle Manager's client and the id of a policy."""
    iam, dlm = aws("iam"), aws("dlm")
    role = iam.create_role(RoleName="dlm", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    told = {"Description": "Snapshots", "State": "ENABLED", "PolicyDetails": SNAPSHOTS, "Tags": {"Mark": "m"}}
    made = dlm.create_lifecycle_policy(ExecutionRoleArn=role, **told)["PolicyId"]
    yield dlm, made
    dlm.delete_lifecycle_policy(PolicyId=made)
    iam.delete_role(RoleName="dlm")


@behaviour("dlm_missing")
def snapshot_policies_are_kept(aws: Clients) -> bool:
    """A policy of Data Lifecycle Manager is made, changed, tagged, listed and deleted."""
    with snapshot_policy(aws) as (dlm, made):
        dlm.update_lifecycle_policy(PolicyId=made, State="DISABLED")
        policy = dlm.get_lifecycle_policy(PolicyId=made)["Policy"]
        dlm.tag_resource(ResourceArn=policy["PolicyArn"], Tags={"Owner": "o"})
        dlm.untag_resource(ResourceArn=policy["PolicyArn"], TagKeys=["Mark"])
        [listed] = dlm.get_lifecycle_policies()["Policies"]
        other = dlm.get_lifecycle_policies(State="ENABLED")["Policies"]
    gone = refused("ResourceNotFoundException", dlm.get_lifecycle_policy, PolicyId=made)
    told = policy["PolicyDetails"] == SNAPSHOTS and policy["State"] == listed["State"] == "DISABLED"
    return told and listed["Tags"] == {"Owner": "o"} and other == [] and gone


@behaviour("dlm_missing")
def snapshot_policies_are_found_by_tag(aws: Clients) -> bool:
    """The tagging service finds a policy of Data Lifecycle Manager by its tags."""
    with snapshot_policy(aws) as (dlm, made):
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Mark", "Values": ["m"]}])
    return [one["ResourceARN"].rpartition("/")[2] for one in found["ResourceTagMappingList"]] == [made]


@behaviour("dlm_missing")
def cold_snapshots_stay_long(aws: Clients) -> bool:
    """The archive tier takes monthly snapshots only, which stay for 90 days or more."""

    def schedule(hours: int, days: int) -> dict[str, Any]:
        tier = {"RetentionArchiveTier": {"Interval": days, "IntervalUnit": "DAYS"}}
        every = {"Interval": hours, "IntervalUnit": "HOURS", "Times": ["03:00"]}
        retained = {"RetainRule": {"Count": 0}, "ArchiveRule": {"RetainRule": tier}}
        return {**SNAPSHOTS, "Schedules": [{"Name": "cold", "CreateRule": every, **retained}]}

    with snapshot_policy(aws) as (dlm, made):
        refusals = [
            refused("InvalidRequestException", dlm.update_lifecycle_policy, PolicyId=made, PolicyDetails=schedule(*asked))
            for asked in ((24, 90), (672, 89))
        ]
        dlm.update_lifecycle_policy(PolicyId=made, PolicyDetails=schedule(672, 90))
    return all(refusals)


RULES = {
    "PatchRules": [{
        "PatchFilterGroup": {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["Security"]}]},
        "ApproveAfterDays": 7,
    }],
}  # fmt: skip


@contextmanager
def baseline(aws: Clients) -> Iterator[tuple[Any, str]]:
    """Systems Manager's client and the id of a patch baseline that a group uses."""
    ssm = aws("ssm")
    told = {"OperatingSystem": "AMAZON_LINUX_2023", "ApprovalRules": RULES, "Tags": [{"Key": "Mark", "Value": "m"}]}
    made = ssm.create_patch_baseline(Name="patches", **told)["BaselineId"]
    ssm.register_patch_baseline_for_patch_group(BaselineId=made, PatchGroup="group")
    yield ssm, made
    ssm.deregister_patch_baseline_for_patch_group(BaselineId=made, PatchGroup="group")
    ssm.delete_patch_baseline(BaselineId=made)


@behaviour("ssm_patch_baselines")
def baselines_are_told_and_changed(aws: Clients) -> bool:
    """A patch baseline tells its rules and its groups; replaced, it keeps only what is said again."""
    with baseline(aws) as (ssm, made):
        told = ssm.get_patch_baseline(BaselineId=made)
        after = ssm.update_patch_baseline(BaselineId=made, Name="patches", RejectedPatches=["kernel*"], Replace=True)
        groups = ssm.get_patch_baseline(BaselineId=made)["PatchGroups"]
    gone = refused("DoesNotExistException", ssm.get_patch_baseline, BaselineId=made)
    changed = (after["ApprovalRules"], after["RejectedPatches"]) == ({"PatchRules": []}, ["kernel*"])
    return told["ApprovalRules"] == RULES and told["PatchGroups"] == groups == ["group"] and changed and gone


@behaviour("ssm_patch_baselines")
def baselines_in_use_stay(aws: Clients) -> bool:
    """A patch baseline that a group uses can't be deleted; a group that is taken back uses AWS's own again."""
    with baseline(aws) as (ssm, made):
        used = refused("ResourceInUseException", ssm.delete_patch_baseline, BaselineId=made)
    asked = {"PatchGroup": "group", "OperatingSystem": "AMAZON_LINUX_2023"}
    return used and ssm.get_patch_baseline_for_patch_group(**asked)["BaselineId"] != made


@behaviour("ssm_patch_baselines")
def baselines_are_found_by_tag(aws: Clients) -> bool:
    """A patch baseline keeps the tags that it is made with, and the tagging service finds it by them."""
    with baseline(aws) as (ssm, made):
        listed = ssm.list_tags_for_resource(ResourceType="PatchBaseline", ResourceId=made)["TagList"]
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Mark", "Values": ["m"]}])
    arns = [one["ResourceARN"] for one in found["ResourceTagMappingList"]]
    return listed == [{"Key": "Mark", "Value": "m"}] and [arn.rpartition(":")[2] for arn in arns] == [f"patchbaseline/{made}"]


@contextmanager
def association(aws: Clients) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Systems Manager's client and an association."""
    ssm = aws("ssm")
    told = {"Name": "AWS-RunPatchBaseline", "Targets": [{"Key": "tag:PatchGroup", "Values": ["g"]}]}
    more = {"AssociationName": "patching", "MaxErrors": "0", "Tags": [{"Key": "Mark", "Value": "m"}]}
    made = ssm.create_association(**told, **more)["AssociationDescription"]
    yield ssm, made
    ssm.delete_association(AssociationId=made["AssociationId"])


@behaviour("ssm_associations")
def associations_are_kept(aws: Clients) -> bool:
    """An association is made, listed by its name, changed to just what the call says, and deleted."""
    with association(aws) as (ssm, made):
        named = {"AssociationId": made["AssociationId"]}
        listed = ssm.list_associations(AssociationFilterList=[{"key": "AssociationName", "value": "patching"}])["Associations"]
        others = ssm.list_associations(AssociationFilterList=[{"key": "AssociationName", "value": "other"}])["Associations"]
        ssm.update_association(**named, AssociationName="patching", ScheduleExpression="rate(1 day)")
        told = ssm.describe_association(**named)["AssociationDescription"]
    gone = refused("AssociationDoesNotExist", ssm.describe_association, **named)
    changed = (told["ScheduleExpression"], told["AssociationVersion"], "MaxErrors" in told) == ("rate(1 day)", "2", False)
    return [one["AssociationId"] for one in listed] == [made["AssociationId"]] and others == [] and changed and gone


@behaviour("ssm_associations")
def associations_need_a_document(aws: Clients) -> bool:
    """An association with a document that does not stand is refused."""
    return refused("InvalidDocument", aws("ssm").create_association, Name="AWS-NoSuchDocument", InstanceId="i-01234567")


@behaviour("ssm_associations")
def associations_are_found_by_tag(aws: Clients) -> bool:
    """An association keeps the tags that it is made with, and the tagging service finds it by them."""
    with association(aws) as (ssm, made):
        listed = ssm.list_tags_for_resource(ResourceType="Association", ResourceId=made["AssociationId"])["TagList"]
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Mark", "Values": ["m"]}])
    arns = [one["ResourceARN"].rpartition("/")[2] for one in found["ResourceTagMappingList"]]
    return listed == [{"Key": "Mark", "Value": "m"}] and arns == [made["AssociationId"]]


@contextmanager
def cache(aws: Clients, **told: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """ElastiCache's client, and a replication group with a replica in a second zone, while it stands."""
    ec2, client = aws("ec2"), aws("elasticache")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{at}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for at, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    client.create_cache_subnet_group(CacheSubnetGroupName="mark", CacheSubnetGroupDescription="d", SubnetIds=subnets)
    asked = {
        "ReplicationGroupId": "mark",
        "ReplicationGroupDescription": "d",
        "Engine": "valkey",
        "EngineVersion": "8.0",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": True,
        "CacheSubnetGroupName": "mark",
        "SecurityGroupIds": ["sg-01234567"],
        "TransitEncryptionEnabled": True,
        "AuthToken": "the-first-of-all-tokens",
        "Tags": [{"Key": "Mark", "Value": "cache"}],
        **told,
    }
    try:
        yield client, client.create_replication_group(**asked)["ReplicationGroup"]
    finally:
        if client.describe_replication_groups()["ReplicationGroups"]:
            client.delete_replication_group(ReplicationGroupId="mark")
        client.delete_cache_subnet_group(CacheSubnetGroupName="mark")
        for subnet in subnets:
            ec2.delete_subnet(SubnetId=subnet)
        ec2.delete_vpc(VpcId=vpc)


@behaviour("elasticache_replication_groups")
def nodes_of_groups_are_clusters(aws: Clients) -> bool:
    """A replication group has as many nodes as it was made with, each a cluster that tells version, subnet group and security group."""
    with cache(aws) as (client, made):
        nodes = client.describe_cache_clusters()["CacheClusters"]
    told = [(one["CacheClusterId"], one["EngineVersion"], one["CacheSubnetGroupName"]) for one in nodes]
    groups = {one["SecurityGroupId"] for node in nodes for one in node["SecurityGroups"]}
    expected = [(f"mark-00{number}", "8.0", "mark") for number in (1, 2)]
    return (told, groups, made["Status"], made["MemberClusters"]) == (expected, {"sg-01234567"}, "creating", ["mark-001", "mark-002"])


@behaviour("elasticache_replication_groups")
def groups_are_changed(aws: Clients) -> bool:
    """Windows, versions and logs of a replication group are changed, and so is the number of its replicas."""
    log = {"LogType": "slow-log", "DestinationType": "cloudwatch-logs", "LogFormat": "json"}
    with cache(aws) as (client, _made):
        named = {"ReplicationGroupId": "mark"}
        client.increase_replica_count(**named, NewReplicaCount=2, ApplyImmediately=True)
        client.modify_replication_group(**named, SnapshotWindow="01:00-02:00", EngineVersion="8.1", LogDeliveryConfigurations=[log])
        [group] = client.describe_replication_groups(**named)["ReplicationGroups"]
        [first, *others] = client.describe_cache_clusters()["CacheClusters"]
        client.modify_replication_group(**named, LogDeliveryConfigurations=[{"LogType": "slow-log", "Enabled": False}])
        [silent] = client.describe_replication_groups(**named)["ReplicationGroups"]
    told = [one["LogType"] for one in group["LogDeliveryConfigurations"]]
    changed = (group["SnapshotWindow"], first["EngineVersion"], len(others)) == ("01:00-02:00", "8.1", 2)
    return changed and told == ["slow-log"] and not silent.get("LogDeliveryConfigurations")


@behaviour("elasticache_replication_groups")
def failover_needs_replicas(aws: Clients) -> bool:
    """A replication group without a replica can't fail over, and the last replica of one that does can't go."""
    with cache(aws) as (client, _made):
        named = {"ReplicationGroupId": "mark"}
        return refused("InvalidParameterValue", client.decrease_replica_count, **named, NewReplicaCount=0, ApplyImmediately=True)


@behaviour("elasticache_replication_groups")
def tokens_are_set_once_they_were_rotated(aws: Clients) -> bool:
    """A new token is set only after the group took both, and each change has a time of its own."""
    with cache(aws) as (client, _made):
        change = {"ReplicationGroupId": "mark", "AuthToken": "the-second-of-all-tokens"}
        early = refused("InvalidParameterValue", client.modify_replication_group, **change, AuthTokenUpdateStrategy="SET")
        times = [client.describe_replication_groups()["ReplicationGroups"][0]["AuthTokenLastModifiedDate"]]
        for strategy in ("ROTATE", "SET"):
            client.modify_replication_group(**change, AuthTokenUpdateStrategy=strategy)
            times.append(client.describe_replication_groups()["ReplicationGroups"][0]["AuthTokenLastModifiedDate"])
    return early and times == sorted(set(times))


@behaviour("elasticache_replication_groups")
def groups_go_with_a_last_snapshot(aws: Clients) -> bool:
    """A replication group is deleted, its last snapshot stays, and its subnet group can't go before it."""
    with cache(aws) as (client, _made):
        used = refused("CacheSubnetGroupInUse", client.delete_cache_subnet_group, CacheSubnetGroupName="mark")
        client.delete_replication_group(ReplicationGroupId="mark", FinalSnapshotIdentifier="mark-final")
        gone = refused("ReplicationGroupNotFoundFault", client.describe_replication_groups, ReplicationGroupId="mark")
        left = [one["SnapshotName"] for one in client.describe_snapshots(SnapshotSource="user")["Snapshots"]]
        client.delete_snapshot(SnapshotName="mark-final")
    return used and gone and left == ["mark-final"]


@behaviour("elasticache_replication_groups")
def subnet_groups_get_other_subnets(aws: Clients) -> bool:
    """A subnet group gets other subnets."""
    with cache(aws) as (client, _made):
        before = client.describe_cache_subnet_groups()["CacheSubnetGroups"][0]["Subnets"]
        kept = before[0]["SubnetIdentifier"]
        client.modify_cache_subnet_group(CacheSubnetGroupName="mark", SubnetIds=[kept])
        after = client.describe_cache_subnet_groups()["CacheSubnetGroups"][0]["Subnets"]
    return [one["SubnetIdentifier"] for one in after] == [kept]


@behaviour("elasticache_replication_groups")
def types_of_nodes_are_known(aws: Clients) -> bool:
    """Which types of cache nodes a region has, its offerings of reserved ones tell."""
    asked = aws("elasticache").describe_reserved_cache_nodes_offerings
    return [len(asked(CacheNodeType=kind)["ReservedCacheNodesOfferings"]) for kind in ("cache.t4g.micro", "cache.x9.micro")] == [1, 0]


@behaviour("elasticache_replication_groups")
def groups_are_found_by_tag(aws: Clients) -> bool:
    """The tagging service finds a replication group by its tags, and no more once it is deleted."""
    asked = {"TagFilters": [{"Key": "Mark", "Values": ["cache"]}]}
    with cache(aws) as (client, made):
        found = aws("resourcegroupstaggingapi").get_resources(**asked)["ResourceTagMappingList"]
        client.delete_replication_group(ReplicationGroupId="mark")
        gone = aws("resourcegroupstaggingapi").get_resources(**asked)["ResourceTagMappingList"]
    return [one["ResourceARN"] for one in found] == [made["ARN"]] and gone == []


@behaviour("secretsmanager_current_version")
def secrets_are_read_by_the_current_label(aws: Clients) -> bool:
    """A secret tells the version that has the label AWSCURRENT, also where it was moved there."""
    client, named = aws("secretsmanager"), {"SecretId": "labelled"}
    first = client.create_secret(Name="labelled", SecretString="first")["VersionId"]
    second = client.put_secret_value(**named, SecretString="second", VersionStages=["AWSPENDING"])["VersionId"]
    client.update_secret_version_stage(**named, VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=first)
    told = client.get_secret_value(**named)["SecretString"]
    client.delete_secret(**named, ForceDeleteWithoutRecovery=True)
    return told == "second"


@behaviour("tagging_bucket_regions")
def buckets_are_tagged_in_their_region(aws: Clients) -> bool:
    """The tagging service finds a bucket in its own region, and in no other."""
    s3, here = aws("s3"), []
    s3.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_tagging(Bucket="elsewhere", Tagging={"TagSet": [{"Key": "Mark", "Value": "b"}]})
    for region in ("us-east-1", "eu-west-1"):
        tagging = aws("resourcegroupstaggingapi", region=region)
        found = tagging.get_resources(TagFilters=[{"Key": "Mark", "Values": ["b"]}])["ResourceTagMappingList"]
        here.append([one["ResourceARN"] for one in found])
    s3.delete_bucket(Bucket="elsewhere")
    return here == [[], ["arn:aws:s3:::elsewhere"]]


@contextmanager
def detector(aws: Clients, **told: Any) -> Iterator[tuple[Any, str]]:
    """GuardDuty's client and the id of the detector."""
    guardduty = aws("guardduty")
    made = guardduty.create_detector(Enable=True, Tags={"Mark": "d"}, **told)["DetectorId"]
    yield guardduty, made
    guardduty.delete_detector(DetectorId=made)


@behaviour("guardduty_detectors")
def one_detector_in_a_region(aws: Clients) -> bool:
    """A second detector is refused, and so is the removal of one that is not there."""
    with detector(aws) as (guardduty, made):
        second = refused("BadRequestException", guardduty.create_detector, Enable=True)
    return second and refused("BadRequestException", guardduty.delete_detector, DetectorId=made)


@behaviour("guardduty_detectors")
def detectors_have_features(aws: Clients) -> bool:
    """A detector has the first features unless told otherwise, and a change of one leaves the others."""
    with detector(aws, Features=[{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]) as (guardduty, made):
        guardduty.update_detector(DetectorId=made, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
        told = {one["Name"]: one["Status"] for one in guardduty.get_detector(DetectorId=made)["Features"]}
    off = {name for name, state in told.items() if state == "DISABLED"}
    return off == {"EKS_AUDIT_LOGS", "S3_DATA_EVENTS", "EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"} and len(told) == 10


@behaviour("guardduty_detectors")
def detectors_have_tags(aws: Clients) -> bool:
    """The tags of a detector change, and the tagging service finds it by them."""
    with detector(aws) as (guardduty, made):
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Mark", "Values": ["d"]}])
        arns = [one["ResourceARN"] for one in found["ResourceTagMappingList"]]
        for arn in arns:
            guardduty.tag_resource(ResourceArn=arn, Tags={"Owner": "o"})
            guardduty.untag_resource(ResourceArn=arn, TagKeys=["Mark"])
        listed = [guardduty.list_tags_for_resource(ResourceArn=arn)["Tags"] for arn in arns]
        told = guardduty.get_detector(DetectorId=made)["Tags"]
    return [arn.rpartition("/")[2] for arn in arns] == [made] and [told] == listed == [{"Owner": "o"}]


@contextmanager
def analyzer(aws: Clients) -> Iterator[tuple[Any, str]]:
    """Access Analyzer's client and the ARN of an analyzer."""
    client = aws("accessanalyzer")
    yield client, client.create_analyzer(analyzerName="one", type="ACCOUNT", tags={"Mark": "a"})["arn"]
    client.delete_analyzer(analyzerName="one")


@behaviour("accessanalyzer_missing")
def analyzers_are_kept(aws: Clients) -> bool:
    """An analyzer is made, tagged, listed and deleted; a second one of its kind or name is refused."""
    with analyzer(aws) as (client, arn):
        client.tag_resource(resourceArn=arn, tags={"Owner": "o"})
        client.untag_resource(resourceArn=arn, tagKeys=["Mark"])
        [listed] = client.list_analyzers(type="ACCOUNT")["analyzers"]
        same = client.get_analyzer(analyzerName="one")["analyzer"] == listed and client.list_analyzers()["analyzers"] == [listed]
        again = refused("ConflictException", client.create_analyzer, analyzerName="one", type="ACCOUNT")
        second = refused("ServiceQuotaExceededException", client.create_analyzer, analyzerName="two", type="ACCOUNT")
    gone = refused("ResourceNotFoundException", client.get_analyzer, analyzerName="one")
    return same and listed["arn"] == arn and listed["tags"] == {"Owner": "o"} and again and second and gone


@behaviour("accessanalyzer_missing")
def analyzers_are_found_by_tag(aws: Clients) -> bool:
    """The tagging service finds an analyzer by its tags."""
    with analyzer(aws) as (_client, arn):
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Mark", "Values": ["a"]}])
    return [one["ResourceARN"] for one in found["ResourceTagMappingList"]] == [arn]


@contextmanager
def hub(aws: Clients, **told: Any) -> Iterator[tuple[Any, str]]:
    """Security Hub's client and the ARN of the hub."""
    client = aws("securityhub")
    client.enable_security_hub(Tags={"Mark": "h"}, **told)
    yield client, client.describe_hub()["HubArn"]
    client.disable_security_hub()


def _standards(client: Any) -> set[str]:
    listed = client.get_enabled_standards()["StandardsSubscriptions"]
    return {one["StandardsArn"].partition("/")[2] for one in listed}


@behaviour("securityhub_standards")
def standards_are_chosen(aws: Clients) -> bool:
    """Security Hub begins with two standards or none, and takes and leaves those that it is told."""
    best, newest = "aws-foundational-security-best-practices/v/1.0.0", "cis-aws-foundations-benchmark/v/5.0.0"
    with hub(aws) as (client, _arn):
        first = _standards(client)
    with hub(aws, EnableDefaultStandards=False) as (client, _arn):
        none = _standards(client)
        asked = [{"StandardsArn": f"arn:aws:securityhub:us-east-1::standards/{name}"} for name in (best, newest)]
        made = client.batch_enable_standards(StandardsSubscriptionRequests=asked)["StandardsSubscriptions"]
        gone = [one["StandardsSubscriptionArn"] for one in made if one["StandardsArn"].endswith(best)]
        client.batch_disable_standards(StandardsSubscriptionArns=gone)
        left = _standards(client)
        unknown = [{"StandardsArn": "arn:aws:securityhub:us-east-1::standards/none/v/1.0.0"}]
        strange = refused("InvalidInputException", client.batch_enable_standards, StandardsSubscriptionRequests=unknown)
    return first == {best, "cis-aws-foundations-benchmark/v/1.2.0"} and none == set() and left == {newest} and strange


@behaviour("securityhub_standards")
def hubs_have_settings_and_tags(aws: Clients) -> bool:
    """The settings and the tags of Security Hub change, and the tagging service finds it by them."""
    with hub(aws, EnableDefaultStandards=False) as (client, arn):
        client.update_security_hub_configuration(AutoEnableControls=False)
        client.tag_resource(ResourceArn=arn, Tags={"Owner": "o"})
        client.untag_resource(ResourceArn=arn, TagKeys=["Mark"])
        tags, told = client.list_tags_for_resource(ResourceArn=arn)["Tags"], client.describe_hub()
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Owner", "Values": ["o"]}])
    named = [one["ResourceARN"] for one in found["ResourceTagMappingList"]]
    return tags == {"Owner": "o"} and not told["AutoEnableControls"] and arn in named


@contextmanager
def recorder(aws: Clients) -> Iterator[tuple[Any, dict[str, Any]]]:
    """AWS Config's client, and what makes the recorder."""
    config, role = aws("config"), "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    told = {"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True}}
    config.put_configuration_recorder(ConfigurationRecorder=told, Tags=[{"Key": "Mark", "Value": "r"}])
    yield config, told
    config.delete_configuration_recorder(ConfigurationRecorderName="default")


@behaviour("config_recorders")
def recorders_have_a_frequency(aws: Clients) -> bool:
    """A recorder records each change unless told otherwise, and keeps its ARN where it changes."""
    with recorder(aws) as (config, told):
        [first] = config.describe_configuration_recorders()["ConfigurationRecorders"]
        config.put_configuration_recorder(ConfigurationRecorder={**told, "recordingMode": {"recordingFrequency": "DAILY"}})
        [then] = config.describe_configuration_recorders()["ConfigurationRecorders"]
    frequencies = [one.get("recordingMode", {}).get("recordingFrequency") for one in (first, then)]
    return frequencies == ["CONTINUOUS", "DAILY"] and first["arn"] == then["arn"]


@behaviour("cloudtrail_selectors")
def a_new_trail_records_management_events(aws: Clients) -> bool:
    """A trail that was told no event selectors tells of one for all management events."""
    aws("s3").create_bucket(Bucket="selected")
    trail = aws("cloudtrail").create_trail(Name="selected", S3BucketName="selected")["TrailARN"]
    told = aws("cloudtrail").get_event_selectors(TrailName=trail)["EventSelectors"]
    aws("cloudtrail").delete_trail(Name=trail)
    return [(one["ReadWriteType"], one["IncludeManagementEvents"]) for one in told] == [("All", True)]


@behaviour("config_rules")
def a_rule_of_config_that_there_is_not_is_told(aws: Clients) -> bool:
    """Also where there is no rule at all."""
    return refused("NoSuchConfigRuleException", aws("config").describe_config_rules, ConfigRuleNames=["missing"])


@behaviour("config_rules")
def rules_of_config_keep_their_tags(aws: Clients) -> bool:
    """A rule that changes keeps its tags, and the tagging service finds it by them."""
    config = aws("config")
    rule = {"ConfigRuleName": "volumes", "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}}
    config.put_config_rule(ConfigRule=rule, Tags=[{"Key": "Mark", "Value": "v"}])
    config.put_config_rule(ConfigRule={**rule, "Description": "changed"})
    [told] = config.describe_config_rules(ConfigRuleNames=["volumes"])["ConfigRules"]
    found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Mark", "Values": ["v"]}])["ResourceTagMappingList"]
    config.delete_config_rule(ConfigRuleName="volumes")
    return [one["ResourceARN"] for one in found] == [told["ConfigRuleArn"]]


@behaviour("config_recorders")
def recorders_have_tags(aws: Clients) -> bool:
    """The tags of a recorder change, and the tagging service finds it by them."""
    with recorder(aws) as (config, _told):
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Mark", "Values": ["r"]}])
        arns = [one["ResourceARN"] for one in found["ResourceTagMappingList"]]
        for arn in arns:
            config.tag_resource(ResourceArn=arn, Tags=[{"Key": "Owner", "Value": "o"}])
            config.untag_resource(ResourceArn=arn, TagKeys=["Mark"])
        tags = [config.list_tags_for_resource(ResourceArn=arn)["Tags"] for arn in arns]
        [told] = config.describe_configuration_recorders()["ConfigurationRecorders"]
    return arns == [told.get("arn")] and tags == [[{"Key": "Owner", "Value": "o"}]]


@contextmanager
def file_system(aws: Clients, token: str, **told: Any) -> Iterator[tuple[Any, str]]:
    """EFS's client, and the id of a file system."""
    efs = aws("efs")
    made = efs.create_file_system(CreationToken=token, **told)["FileSystemId"]
    yield efs, made
    efs.delete_file_system(FileSystemId=made)


@behaviour("efs_missing")
def file_systems_change_their_throughput(aws: Clients) -> bool:
    """The throughput of a file system changes, and what was ordered is told while it is ordered."""
    with file_system(aws, "throughput", ThroughputMode="elastic") as (efs, made):
        named = {"FileSystemId": made}
        efs.update_file_system(ThroughputMode="provisioned", ProvisionedThroughputInMibps=64.0, **named)
        [ordered] = efs.describe_file_systems(**named)["FileSystems"]
        efs.update_file_system(ThroughputMode="bursting", **named)
        [then] = efs.describe_file_systems(**named)["FileSystems"]
    told = [(one["ThroughputMode"], one.get("ProvisionedThroughputInMibps")) for one in (ordered, then)]
    incomplete = refused("BadRequest", efs.create_file_system, CreationToken="none", ThroughputMode="provisioned")
    return told == [("provisioned", 64.0), ("bursting", None)] and incomplete


@behaviour("efs_missing")
def file_systems_have_a_backup_policy(aws: Clients) -> bool:
    """A file system is backed up or not, as it is told; one that was told nothing has no policy."""
    with file_system(aws, "backup") as (efs, made):
        named = {"FileSystemId": made}
        untold = refused("PolicyNotFound", efs.describe_backup_policy, **named)
        states = []
        for status in ("ENABLED", "DISABLED"):
            efs.put_backup_policy(BackupPolicy={"Status": status}, **named)
            states.append(efs.describe_backup_policy(**named)["BackupPolicy"]["Status"])
    return untold and states == ["ENABLED", "DISABLED"]


@behaviour("efs_missing")
def file_systems_lose_their_policy(aws: Clients) -> bool:
    """The policy of a file system can be taken away, and a file system that is gone has none."""
    with file_system(aws, "policy") as (efs, made):
        efs.put_file_system_policy(FileSystemId=made, Policy=TRUST)
        efs.delete_file_system_policy(FileSystemId=made)
        untold = refused("PolicyNotFound", efs.describe_file_system_policy, FileSystemId=made)
    return untold and refused("FileSystemNotFound", efs.describe_file_system_policy, FileSystemId=made)


@behaviour("efs_missing")
def access_points_belong_to_file_systems(aws: Clients) -> bool:
    """An access point needs a file system, keeps it from being deleted, and is deleted once."""
    with file_system(aws, "points") as (efs, made):
        point = efs.create_access_point(FileSystemId=made, ClientToken="one")["AccessPointId"]
        used = refused("FileSystemInUse", efs.delete_file_system, FileSystemId=made)
        efs.delete_access_point(AccessPointId=point)
        twice = refused("AccessPointNotFound", efs.delete_access_point, AccessPointId=point)
    homeless = refused("FileSystemNotFound", efs.create_access_point, FileSystemId=made, ClientToken="two")
    return used and twice and homeless


@contextmanager
def postgres(aws: Clients, **arguments: Any) -> Iterator[Any]:
    """RDS's client, where a database d stands with groups g."""
    rds = aws("rds")
    with vpc(aws) as (ec2, made, subnet):
        other = ec2.create_subnet(VpcId=made, CidrBlock="10.7.2.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
        tags = [{"Key": "Project", "Value": "p"}]
        rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=[subnet, other], Tags=tags)
        rds.create_db_parameter_group(DBParameterGroupName="g", DBParameterGroupFamily="postgres17", Description="g", Tags=tags)
        rds.create_db_instance(
            DBInstanceIdentifier="d", DBInstanceClass="db.t4g.small", Engine="postgres", EngineVersion="17.2", AllocatedStorage=20,
            MasterUsername="m", ManageMasterUserPassword=True, DBSubnetGroupName="g", DBParameterGroupName="g", **arguments,
        )  # fmt: skip
        yield rds
        rds.delete_db_instance(DBInstanceIdentifier="d", SkipFinalSnapshot=True)
        rds.delete_db_parameter_group(DBParameterGroupName="g")
        rds.delete_db_subnet_group(DBSubnetGroupName="g")


@behaviour("rds_databases")
def storage_of_a_database_never_shrinks(aws: Clients) -> bool:
    """The storage of a database never shrinks."""
    with postgres(aws) as rds:
        return refused("InvalidParameterCombination", rds.modify_db_instance, DBInstanceIdentifier="d", AllocatedStorage=10)


@behaviour("rds_databases")
def a_stopped_database_takes_no_change(aws: Clients) -> bool:
    """A database that is stopped takes no change."""
    with postgres(aws) as rds:
        rds.stop_db_instance(DBInstanceIdentifier="d")
        return refused("InvalidDBInstanceState", rds.modify_db_instance, DBInstanceIdentifier="d", MultiAZ=True)


@behaviour("rds_databases")
def groups_that_a_database_uses_stay(aws: Clients) -> bool:
    """Groups that a database uses are not deleted."""
    with postgres(aws) as rds:
        subnets = refused("InvalidDBSubnetGroupStateFault", rds.delete_db_subnet_group, DBSubnetGroupName="g")
        return subnets and refused("InvalidDBParameterGroupState", rds.delete_db_parameter_group, DBParameterGroupName="g")


@behaviour("rds_databases")
def a_database_tells_what_was_asked_of_it(aws: Clients) -> bool:
    """A database has an id of its own, and tells whether Performance Insights is on."""
    with postgres(aws, EnablePerformanceInsights=True) as rds:
        [told] = rds.describe_db_instances(DBInstanceIdentifier="d")["DBInstances"]
        rds.modify_db_instance(DBInstanceIdentifier="d", EnablePerformanceInsights=False)
        [after] = rds.describe_db_instances(DBInstanceIdentifier="d")["DBInstances"]
    with postgres(aws) as rds:
        [other] = rds.describe_db_instances(DBInstanceIdentifier="d")["DBInstances"]
    insights = [one.get("PerformanceInsightsEnabled") for one in (told, after)]
    return insights == [True, False] and told["DbiResourceId"] != other["DbiResourceId"]


@behaviour("rds_databases")
def gp3_tells_what_comes_with_it(aws: Clients) -> bool:
    """A database on gp3 tells the IOPS and throughput that come with its size."""
    with postgres(aws, StorageType="gp3") as rds:
        [first] = rds.describe_db_instances(DBInstanceIdentifier="d")["DBInstances"]
        rds.modify_db_instance(DBInstanceIdentifier="d", AllocatedStorage=400, ApplyImmediately=True)
        [larger] = rds.describe_db_instances(DBInstanceIdentifier="d")["DBInstances"]
    return [(one.get("Iops"), one.get("StorageThroughput")) for one in (first, larger)] == [(3000, 125), (12000, 500)]


@behaviour("rds_databases")
def the_tagging_service_lists_groups_of_databases(aws: Clients) -> bool:
    """The tagging service lists subnet groups and parameter groups of databases."""
    with postgres(aws):
        asked = {"TagFilters": [{"Key": "Project", "Values": ["p"]}], "ResourceTypeFilters": ["rds:subgrp", "rds:pg"]}
        listed = aws("resourcegroupstaggingapi").get_resources(**asked)["ResourceTagMappingList"]
    return sorted(one["ResourceARN"].split(":")[5] for one in listed) == ["pg", "subgrp"]


@behaviour("rds_offers")
def rds_tells_its_versions_and_classes(aws: Clients) -> bool:
    """RDS tells which versions of PostgreSQL there are, and how a class is offered."""
    rds = aws("rds")
    versions = rds.describe_db_engine_versions(Engine="postgres", EngineVersion="17")["DBEngineVersions"]
    asked = {"Engine": "postgres", "EngineVersion": versions[0]["EngineVersion"]}
    offers = rds.describe_orderable_db_instance_options(DBInstanceClass="db.t4g.small", **asked)["OrderableDBInstanceOptions"]
    none = rds.describe_orderable_db_instance_options(DBInstanceClass="db.x.small", **asked)["OrderableDBInstanceOptions"]
    return {one["DBParameterGroupFamily"] for one in versions} == {"postgres17"} and len(offers[0]["AvailabilityZones"]) > 1 and not none


@behaviour("rds_offers")
def a_parameter_group_tells_all_parameters(aws: Clients) -> bool:
    """A parameter group tells PostgreSQL's own parameters and those that somebody set, and is not there under another name."""
    with postgres(aws) as rds:
        one = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
        rds.modify_db_parameter_group(DBParameterGroupName="g", Parameters=[one])
        own = rds.describe_db_parameters(DBParameterGroupName="g", Source="user")["Parameters"]
        known = {each["ParameterName"]: each for each in rds.describe_db_parameters(DBParameterGroupName="g")["Parameters"]}
        missing = refused("DBParameterGroupNotFound", rds.describe_db_parameter_groups, DBParameterGroupName="x")
    told = [(each["ParameterName"], each["ParameterValue"]) for each in own]
    return missing and told == [("rds.force_ssl", "1")] and known["work_mem"]["IsModifiable"]
