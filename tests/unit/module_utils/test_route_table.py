# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which route tables are meant, how subnets get to theirs, and what EC2 is asked."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.route_table import api, transform

KNOWN = [["Tier", "Index"], ["Name"]]
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"}
ENDPOINT = {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "Origin": "CreateRoute"}
DEFAULT = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute"}
MAIN = {"RouteTableId": "rtb-0", "Associations": [{"Main": True, "RouteTableAssociationId": "a-0"}], "Routes": [LOCAL]}


def tags(**named: str) -> list[dict[str, str]]:
    """Tags as EC2 lists them."""
    return [{"Key": key, "Value": value} for key, value in named.items()]


def table(number: int, *subnets: str, routes: tuple[dict[str, str], ...] = (DEFAULT,), **named: str) -> dict[str, Any]:
    """A table as EC2 describes it."""
    places = [{"SubnetId": one, "RouteTableAssociationId": f"a-{number}-{one}", "Main": False} for one in subnets]
    return {"RouteTableId": f"rtb-{number}", "Associations": places, "Routes": [LOCAL, *routes], "Tags": tags(**named)}


def want(*subnets: str, gateway: str = "igw-1", **named: str) -> dict[str, Any]:
    """A wanted table."""
    routes = [{"destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway, "nat_gateway_id": None}]
    return {"subnet_ids": list(subnets), "routes": routes, "tags": named}


PUBLIC = {"Name": "public", "Tier": "public", "Index": "1"}
PRIVATE = {"Name": "private", "Tier": "private", "Index": "1"}


def plan(wanted: list[dict[str, Any]], *standing: dict[str, Any], absent: tuple[str, ...] = ()) -> transform.Plan:
    """The plan in a VPC with a main table."""
    return transform.plan("vpc-1", wanted, [MAIN, *standing], absent, KNOWN)


def test_one_that_stands_as_wanted_needs_nothing():
    """The routes that EC2 made itself are none of its business."""
    assert not plan([want("s-1", **PUBLIC)], table(1, "s-1", routes=(DEFAULT, ENDPOINT), **PUBLIC)).changed


def test_a_new_one_is_created_with_tags_then_routed_then_associated():
    made = plan([want("s-1", **PUBLIC)])
    assert made.create[0]["TagSpecifications"][0]["ResourceType"] == "route-table"
    change = made.modify[0]
    assert (change.create, change.associate) == ([{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}], {"s-1": ""})
    assert (change.tags, change.untag) == ({}, [])


@pytest.mark.parametrize(
    ("standing", "meant"),
    [
        ([table(1, **PUBLIC), table(2, Name="public")], "rtb-1"),
        ([table(1, Tier="public", Index="1"), table(2, **PUBLIC)], "rtb-2"),
        ([table(1, Name="other", Tier="public", Index="1")], "rtb-1"),
        ([table(1, Name="public")], "rtb-1"),
        ([table(1, "s-1")], "rtb-1"),
        ([table(1, "s-1", Name="another's", Tier="private", Index="1")], None),
        ([{**MAIN, "RouteTableId": "rtb-9"}], None),
    ],
)
def test_which_one_is_meant(standing, meant):
    """By its place, then its name, then a subnet that it serves. One with another place is another's."""
    found = transform.match([want("s-1", **PUBLIC)], [MAIN, *standing], KNOWN)
    assert found.get(0, {}).get("RouteTableId") == meant


def test_a_subnet_moves_in_one_step_in_either_direction():
    standing = table(1, "s-1", **PUBLIC), table(2, "s-2", **PRIVATE)
    made = plan([want("s-2", **PUBLIC), want("s-1", **PRIVATE)], *standing)
    assert [made.modify[at].associate for at in (0, 1)] == [{"s-2": "a-2-s-2"}, {"s-1": "a-1-s-1"}]
    assert [made.modify[at].disassociate for at in (0, 1)] == [[], []]


def test_a_subnet_that_no_table_wants_is_taken_off():
    made = plan([want("s-1", **PUBLIC)], table(1, "s-1", "s-2", **PUBLIC))
    assert made.modify[0].disassociate == ["a-1-s-2"]
    assert made.modify[0].changes == ["Associations"]


def test_a_route_gets_another_target_in_one_step():
    change = plan([want("s-1", gateway="igw-2", **PUBLIC)], table(1, "s-1", **PUBLIC)).modify[0]
    assert change.replace == [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-2"}]
    assert (change.create, change.delete) == ([], [])


def test_other_routes_and_propagation_go():
    other = {"DestinationCidrBlock": "192.0.2.0/24", "GatewayId": "igw-1", "Origin": "CreateRoute"}
    propagated = {"DestinationCidrBlock": "198.51.100.0/24", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"}
    standing = {**table(1, "s-1", routes=(DEFAULT, other, propagated), **PUBLIC), "PropagatingVgws": [{"GatewayId": "vgw-1"}]}
    change = plan([want("s-1", **PUBLIC)], standing).modify[0]
    assert (change.delete, change.unpropagate) == ([{"DestinationCidrBlock": "192.0.2.0/24"}], ["vgw-1"])


def test_a_route_that_leads_to_an_interface_is_known_by_it():
    """EC2 tells the instance too."""
    route = {"DestinationCidrBlock": "0.0.0.0/0", "InstanceId": "i-1", "NetworkInterfaceId": "eni-1", "State": "blackhole"}
    wanted = {**want("s-1", **PUBLIC), "routes": [{"destination_cidr_block": "0.0.0.0/0", "network_interface_id": "eni-1"}]}
    assert not plan([wanted], table(1, "s-1", routes=(route,), **PUBLIC)).changed


def test_what_goes_leaves_its_subnets_to_those_that_take_them():
    standing = table(1, "s-1", **PUBLIC), table(2, "s-2", "s-3", Name="old")
    made = plan([want("s-1", "s-2", **PUBLIC)], *standing, absent=("rtb-1", "rtb-2", "rtb-3"))
    assert made.modify[0].associate == {"s-2": "a-2-s-2"}
    assert made.delete == {"rtb-2": ["a-2-s-3"]}


def test_a_route_whose_answer_got_lost_leads_where_it_should(aws):
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}
    aws.refuse("ec2", "create_route", "RouteAlreadyExists")
    aws.answer("ec2", "replace_route", {}, {"RouteTableId": "rtb-1", **route})
    api.create_route(aws("ec2"), "rtb-1", route)


def test_a_subnet_that_is_associated_already_is_passed_over(aws):
    aws.refuse("ec2", "associate_route_table", "Resource.AlreadyAssociated")
    api.associate(aws("ec2"), "rtb-1", "s-1", "")


def test_what_is_new_is_waited_for_where_ec2_does_not_know_it_yet(aws, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    for code in ("InvalidRouteTableID.NotFound", "InvalidNatGatewayID.NotFound"):
        aws.refuse("ec2", "create_route", code)
    aws.answer("ec2", "create_route", {})
    api.create_route(aws("ec2"), "rtb-1", {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"})
    assert len(slept) == 2


def test_what_is_gone_counts_as_deleted_and_what_is_in_use_does_not(aws, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    aws.refuse("ec2", "delete_route", "InvalidRoute.NotFound")
    aws.refuse("ec2", "disassociate_route_table", "InvalidAssociationID.NotFound")
    aws.refuse("ec2", "delete_route_table", "InvalidRouteTableID.NotFound")
    api.delete_route(aws("ec2"), "rtb-1", {"DestinationCidrBlock": "0.0.0.0/0"})
    api.disassociate(aws("ec2"), "a-1")
    api.delete_table(aws("ec2"), "rtb-1")
    for _each_try in range(7):
        aws.refuse("ec2", "delete_route_table", "DependencyViolation")
    with pytest.raises(AnsibleAWSError, match="delete a route table"):
        api.delete_table(aws("ec2"), "rtb-1")
