# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the parts of a network refer to each other, and what belongs to it that nobody declares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import compare
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

TAGS = {"Project": "p"}
IDENTITY = Identity("p", TAGS, {})


def tag_list(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in {**TAGS, **tags}.items()]


def declared(kind: str, name: str, **attributes: Any) -> dict[str, Any]:
    tags = {**TAGS, "Name": name, **attributes.pop("tags", {})}
    return {"kind": kind, "name": name, "attributes": {**attributes, "Tags": tags}}


DECLARED = [
    declared("vpc", "p", CidrBlock="10.0.0.0/16", EnableDnsSupport=True, EnableDnsHostnames=True),
    declared("subnet", "p-public-1", CidrBlock="10.0.1.0/24", AvailabilityZone="a", MapPublicIpOnLaunch=True),
    declared("internet_gateway", "p"),
    declared("nat_gateway", "p-nat-1", ConnectivityType="public", Subnet="p-public-1", AvailabilityZone="a"),
    declared("elastic_ip", "p-nat-1", Domain="vpc", NatGateway="p-nat-1"),
    declared(
        "route_table",
        "p-public",
        Subnets=["p-public-1"],
        Routes=[{"DestinationCidrBlock": "0.0.0.0/0", "InternetGateway": "p"}],
        tags={"Tier": "public", "Index": "1"},
    ),
    declared("security_group", "p-ml", GroupName="p-ml", Description="ML", IpPermissions=[], IpPermissionsEgress=[]),
]


def found() -> dict[str, list[dict[str, Any]]]:
    """What stands as declared."""
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    out = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute", "State": "active"}
    return {
        "vpc": [
            {
                "VpcId": "vpc-1",
                "CidrBlock": "10.0.0.0/16",
                "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}}],
                "InstanceTenancy": "default",
                "EnableDnsSupport": True,
                "EnableDnsHostnames": True,
                "Tags": tag_list(Name="p"),
            }
        ],
        "subnet": [
            {
                "SubnetId": "subnet-1",
                "VpcId": "vpc-1",
                "CidrBlock": "10.0.1.0/24",
                "AvailabilityZone": "a",
                "MapPublicIpOnLaunch": True,
                "Tags": tag_list(Name="p-public-1"),
            }
        ],
        "internet_gateway": [
            {"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1"}], "Tags": tag_list(Name="p")}
        ],
        "nat_gateway": [
            {
                "NatGatewayId": "nat-1",
                "VpcId": "vpc-1",
                "SubnetId": "subnet-1",
                "State": "available",
                "ConnectivityType": "public",
                "NatGatewayAddresses": [{"AllocationId": "eipalloc-1"}],
                "Tags": tag_list(Name="p-nat-1"),
            }
        ],
        "elastic_ip": [
            {"AllocationId": "eipalloc-1", "AssociationId": "a", "Domain": "vpc", "Tags": tag_list(Name="p-nat-1")}
        ],
        "route_table": [
            {
                "RouteTableId": "rtb-0",
                "VpcId": "vpc-1",
                "Associations": [{"Main": True}],
                "Routes": [local],
                "Tags": [],
            },
            {
                "RouteTableId": "rtb-1",
                "VpcId": "vpc-1",
                "Associations": [{"Main": False, "SubnetId": "subnet-1"}],
                "Routes": [local, out, {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "State": "active"}],
                "Tags": tag_list(Name="p-public", Tier="public", Index="1"),
            },
        ],
        "security_group": [
            {"GroupId": "sg-0", "VpcId": "vpc-1", "GroupName": "default", "Description": "d", "Tags": []},
            {
                "GroupId": "sg-1",
                "VpcId": "vpc-1",
                "GroupName": "p-ml",
                "Description": "ML",
                "IpPermissions": [],
                "IpPermissionsEgress": [],
                "Tags": tag_list(Name="p-ml"),
            },
        ],
    }


def lines(stands: dict[str, list[dict[str, Any]]]) -> list[tuple]:
    compared = compare({"network": DECLARED}, stands, IDENTITY)
    assert compared.unknown == {}
    return [
        (one.kind, one.name, one.action, [change.attribute for change in one.attributes if one.action == "modify"])
        for one in compared.differences
    ]


def test_what_comes_with_a_vpc_is_no_difference():
    assert lines(found()) == []


def test_a_name_that_was_changed_is_one_difference_and_references_stay():
    stands = found()
    stands["subnet"][0]["Tags"] = tag_list(Name="renamed")
    assert lines(stands) == [("subnet", "p-public-1", "modify", ["Tags.Name"])]


@pytest.mark.parametrize("kind", ["vpc", "subnet", "nat_gateway", "elastic_ip", "route_table", "security_group"])
def test_a_tag_of_the_environment_that_was_removed_is_one_difference(kind):
    stands = found()
    last = stands[kind][-1]
    last["Tags"] = [tag for tag in last["Tags"] if tag["Key"] != "Project"]
    name = next(entry["name"] for entry in DECLARED if entry["kind"] == kind)
    assert lines(stands) == [(kind, name, "modify", ["Tags.Project"])]


@pytest.mark.parametrize(
    ("kind", "entry", "name"),
    [
        ("subnet", {"SubnetId": "subnet-9", "VpcId": "vpc-1", "CidrBlock": "10.0.9.0/24"}, "subnet-9"),
        ("route_table", {"RouteTableId": "rtb-9", "VpcId": "vpc-1"}, "rtb-9"),
        ("network_acl", {"NetworkAclId": "acl-9", "VpcId": "vpc-1", "IsDefault": False}, "acl-9"),
        ("elastic_ip", {"AllocationId": "eipalloc-9", "Tags": tag_list(Name="idle")}, "idle"),
        (
            "security_group",
            {"GroupId": "sg-9", "VpcId": "vpc-1", "GroupName": "by-hand", "Description": "x", "Tags": tag_list()},
            "by-hand",
        ),
        ("flow_log", {"FlowLogId": "fl-9", "ResourceId": "vpc-1"}, "fl-9"),
    ],
)
def test_what_nobody_declares_is_to_go(kind, entry, name):
    stands = found()
    stands.setdefault(kind, []).append(entry)
    assert lines(stands) == [(kind, name, "delete", [])]


def test_of_two_alike_the_one_with_the_tags_of_the_environment_is_meant():
    stands = found()
    ours = stands["route_table"][1]
    lost = {**ours, "RouteTableId": "rtb-9", "Associations": [], "Tags": [tag for tag in ours["Tags"] if tag["Key"] != "Project"]}
    stands["route_table"].insert(0, lost)
    [difference] = compare({"network": DECLARED}, stands, IDENTITY).differences
    assert (difference.id, difference.action) == ("rtb-9", "delete")


def test_the_acl_that_comes_with_a_vpc_and_endpoints_of_services_are_nobodys():
    stands = found()
    stands["network_acl"] = [{"NetworkAclId": "acl-0", "VpcId": "vpc-1", "IsDefault": True, "Tags": []}]
    stands["vpc_endpoint"] = [
        {"VpcEndpointId": "vpce-9", "State": "available", "ServiceName": "guardduty", "RequesterManaged": True},
        {"VpcEndpointId": "vpce-8", "State": "deleting", "ServiceName": "s3"},
    ]
    assert lines(stands) == []


def test_a_route_to_what_nobody_declares_is_named_by_its_id():
    stands = found()
    stands["route_table"][1]["Routes"][1]["GatewayId"] = "igw-9"
    [difference] = compare({"network": DECLARED}, stands, IDENTITY).differences
    [change] = difference.attributes
    assert change.before == [{"DestinationCidrBlock": "0.0.0.0/0", "InternetGateway": "igw-9"}]


def test_a_route_that_leads_nowhere_differs():
    stands = found()
    stands["route_table"][1]["Routes"][1]["State"] = "blackhole"
    assert lines(stands) == [("route_table", "p-public", "modify", ["Routes"])]


def test_a_gateway_that_failed_beside_one_that_works_is_to_go():
    stands = found()
    failed = {**stands["nat_gateway"][0], "NatGatewayId": "nat-0", "State": "failed", "NatGatewayAddresses": []}
    stands["nat_gateway"].insert(0, failed)
    assert lines(stands) == [("nat_gateway", "p-nat-1", "delete", [])]
    stands["nat_gateway"][0]["State"] = "deleting"
    assert lines(stands) == []


def test_a_gateway_that_was_deleted_takes_its_address_with_it():
    stands = found()
    stands["nat_gateway"] = []
    assert lines(stands) == [
        ("nat_gateway", "p-nat-1", "create", []),
        ("elastic_ip", "p-nat-1", "create", []),
        ("elastic_ip", "p-nat-1", "delete", []),
    ]


@pytest.mark.parametrize("group", ["p-ml", "sg-1"])
def test_a_rule_names_the_group_of_a_role_that_is_not_compared_by_its_name_or_its_id(group):
    def rules(pair: str) -> list[dict[str, Any]]:
        return [{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": pair}]}]

    stands = found()
    [of_network] = [one for one in stands["security_group"] if one["GroupName"] == "p-ml"]
    stands["security_group"].append({
        **of_network, "GroupId": "sg-9", "GroupName": "p-files", "IpPermissions": rules(of_network["GroupId"]),
        "Tags": tag_list(Name="p-files"),
    })  # fmt: skip
    wanted = {"GroupName": "p-files", "Description": "ML", "IpPermissions": rules(group), "IpPermissionsEgress": []}
    identity = replace(IDENTITY, names={**IDENTITY.names, "shared_storage_group": "p-files"})
    asked = {"shared_storage": [declared("security_group", "p-files", **wanted)]}
    assert compare(asked, stands, identity).differences == []
    stands["security_group"][-1]["IpPermissions"] = rules("sg-8")
    [difference] = compare(asked, stands, identity).differences
    assert [change.attribute for change in difference.attributes] == ["IpPermissions"]
