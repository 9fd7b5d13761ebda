# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A NAT instance, its address and the routes to it, and endpoints: what stands for what is declared."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import compare

from .test_network import DECLARED, IDENTITY, declared, found, tag_list

SERVICE = "com.amazonaws.us-east-1.ssm"
NAT = {"Role": "nat"}
MORE = [
    declared("subnet", "p-private-1", CidrBlock="10.0.11.0/24", AvailabilityZone="a", MapPublicIpOnLaunch=False),
    declared(
        "nat_instance",
        "p-nat",
        InstanceType="t4g.nano",
        Subnet="p-public-1",
        SecurityGroups=["p-ml"],
        SourceDestCheck=False,
        IamInstanceProfile={},
        State="running",
        tags=NAT,
    ),
    declared("elastic_ip", "p-nat", Domain="vpc", NatInstance="p-nat"),
    declared(
        "route_table",
        "p-private",
        Subnets=["p-private-1"],
        Routes=[{"DestinationCidrBlock": "0.0.0.0/0", "NatInstance": "p-nat"}],
        tags={"Tier": "private", "Index": "1"},
    ),
    declared(
        "vpc_endpoint",
        "p-ssm",
        ServiceName=SERVICE,
        VpcEndpointType="Interface",
        Subnets=["p-private-1"],
        SecurityGroups=["p-ml"],
        PrivateDnsEnabled=True,
    ),
]


def instance(identifier: str = "i-1", launched: str = "2026-01-01", **more: Any) -> dict[str, Any]:
    return {
        "InstanceId": identifier,
        "VpcId": "vpc-1",
        "SubnetId": "subnet-1",
        "LaunchTime": launched,
        "InstanceType": "t4g.nano",
        "SourceDestCheck": False,
        "State": {"Name": "running"},
        "Monitoring": {"State": "disabled"},
        "SecurityGroups": [{"GroupId": "sg-1"}],
        "NetworkInterfaces": [{"NetworkInterfaceId": f"eni-{identifier}", "Attachment": {"DeviceIndex": 0}}],
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-1"}}],
        "Tags": tag_list(Name="p-nat", **NAT),
        **more,
    }


def stands() -> dict[str, list[dict[str, Any]]]:
    """What stands as declared."""
    entries = found()
    entries["subnet"].append(
        {
            "SubnetId": "subnet-11",
            "VpcId": "vpc-1",
            "CidrBlock": "10.0.11.0/24",
            "AvailabilityZone": "a",
            "MapPublicIpOnLaunch": False,
            "Tags": tag_list(Name="p-private-1"),
        }
    )
    entries["instance"] = [instance()]
    entries["volume"] = [{"VolumeId": "vol-1", "State": "in-use", "Tags": tag_list(Name="p-nat", **NAT)}]
    entries["elastic_ip"].append(
        {
            "AllocationId": "eipalloc-2",
            "AssociationId": "a",
            "InstanceId": "i-1",
            "Domain": "vpc",
            "Tags": tag_list(Name="p-nat"),
        }
    )
    way = {"DestinationCidrBlock": "0.0.0.0/0", "NetworkInterfaceId": "eni-i-1", "InstanceId": "i-1", "State": "active"}
    entries["route_table"].append(
        {
            "RouteTableId": "rtb-2",
            "VpcId": "vpc-1",
            "Associations": [{"Main": False, "SubnetId": "subnet-11"}],
            "Routes": [{**way, "InstanceOwnerId": "1", "Origin": "CreateRoute"}],
            "Tags": tag_list(Name="p-private", Tier="private", Index="1"),
        }
    )
    entries["vpc_endpoint"] = [
        {
            "VpcEndpointId": "vpce-2",
            "VpcId": "vpc-1",
            "State": "available",
            "ServiceName": SERVICE,
            "VpcEndpointType": "Interface",
            "RouteTableIds": [],
            "SubnetIds": ["subnet-11"],
            "Groups": [{"GroupId": "sg-1", "GroupName": "p-ml"}],
            "PrivateDnsEnabled": True,
            "Tags": tag_list(Name="p-ssm"),
        }
    ]
    return entries


def lines(entries: dict[str, list[dict[str, Any]]]) -> list[tuple]:
    compared = compare({"network": DECLARED + MORE}, entries, IDENTITY)
    assert compared.unknown == {}
    return [
        (one.kind, one.id, one.action, [change.attribute for change in one.attributes if one.action == "modify"])
        for one in compared.differences
    ]


def test_what_stands_as_declared_is_no_difference():
    assert lines(stands()) == []


def test_the_oldest_of_two_nat_instances_is_meant():
    entries = stands()
    entries["instance"].insert(0, instance("i-2", "2026-02-02"))
    assert lines(entries) == [("nat_instance", "i-2", "delete", [])]


@pytest.mark.parametrize(
    ("attribute", "members"),
    [
        ("SourceDestCheck", {"SourceDestCheck": True}),
        ("IamInstanceProfile", {"IamInstanceProfile": {"Arn": "arn:aws:iam::1:instance-profile/p"}}),
        ("SecurityGroups", {"SecurityGroups": [{"GroupId": "sg-0"}]}),
        ("InstanceType", {"InstanceType": "t4g.large"}),
    ],
)
def test_what_differs_of_a_nat_instance_is_named(attribute, members):
    entries = stands()
    entries["instance"][0].update(members)
    [(kind, _id, action, [name])] = lines(entries)
    assert (kind, action) == ("nat_instance", "modify")
    assert name.partition(".")[0] == attribute


def test_an_address_that_the_instance_lost_is_still_its_own():
    entries = stands()
    address = entries["elastic_ip"][1]
    del address["AssociationId"], address["InstanceId"]
    assert lines(entries) == [("elastic_ip", "eipalloc-2", "modify", ["NatInstance"])]


def test_the_address_of_another_instance_is_not_the_networks():
    entries = stands()
    entries["instance"].append({**instance("i-9"), "Tags": [{"Key": "Role", "Value": "ml-training"}]})
    entries["elastic_ip"].append({"AllocationId": "eipalloc-9", "InstanceId": "i-9", "Domain": "vpc", "AssociationId": "b"})
    assert lines(entries) == []


def test_a_route_to_another_interface_differs():
    entries = stands()
    entries["route_table"][-1]["Routes"][0].update(NetworkInterfaceId="eni-9", InstanceId="i-9")
    assert lines(entries) == [("route_table", "rtb-2", "modify", ["Routes"])]


def test_a_black_hole_differs():
    entries = stands()
    entries["route_table"][-1]["Routes"][0]["State"] = "blackhole"
    assert lines(entries) == [("route_table", "rtb-2", "modify", ["Routes"])]


def test_a_route_table_that_lost_its_tags_is_known_by_its_subnet():
    entries = stands()
    entries["route_table"][-1]["Tags"] = []
    assert lines(entries) == [("route_table", "rtb-2", "modify", ["Tags"])]


@pytest.mark.parametrize(
    ("attribute", "members"),
    [
        ("Subnets", {"SubnetIds": ["subnet-11", "subnet-1"]}),
        ("SecurityGroups", {"Groups": []}),
        ("PrivateDnsEnabled", {"PrivateDnsEnabled": False}),
    ],
)
def test_what_differs_of_an_endpoint_is_named(attribute, members):
    entries = stands()
    entries["vpc_endpoint"][0].update(members)
    assert lines(entries) == [("vpc_endpoint", "vpce-2", "modify", [attribute])]
