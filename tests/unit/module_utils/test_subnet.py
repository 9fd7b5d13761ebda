# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which subnets are meant, what changes on them, and what EC2 is asked."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.subnet import api, transform, waiters

WANT = {"cidr_block": "10.0.1.0/24", "availability_zone": "us-east-1a", "map_public_ip_on_launch": True, "tags": {"a": "b"}}
STANDS: dict[str, Any] = {
    "SubnetId": "subnet-1",
    "CidrBlock": "10.0.1.0/24",
    "AvailabilityZone": "us-east-1a",
    "MapPublicIpOnLaunch": True,
    "AssignIpv6AddressOnCreation": False,
    "State": "available",
    "Tags": [{"Key": "a", "Value": "b"}],
}


def plan(*standing: dict[str, Any], absent: tuple[str, ...] = (), **want: Any) -> transform.Plan:
    """The plan for one wanted subnet."""
    return transform.plan("vpc-1", [{**WANT, **want}], standing, absent)


def test_one_that_stands_as_wanted_needs_nothing():
    made = plan(STANDS)
    assert (made.changed, made.answers) == (False, {0: STANDS})


def test_a_new_one_gets_its_public_addresses_afterwards():
    made = plan()
    assert made.create[0]["AvailabilityZone"] == "us-east-1a"
    assert made.modify[0].attributes == {"MapPublicIpOnLaunch": True}
    assert plan(map_public_ip_on_launch=False).modify == {}


def test_without_tags_and_zone_those_stay_as_they_are():
    assert not plan(STANDS, tags=None, availability_zone=None).changed
    assert plan(availability_zone=None, tags=None, map_public_ip_on_launch=False).create == {
        0: {"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}
    }


def test_ipv6_is_taken_off():
    ranges = [
        {"AssociationId": "a-1", "Ipv6CidrBlockState": {"State": "associated"}},
        {"AssociationId": "a-2", "Ipv6CidrBlockState": {"State": "disassociated"}},
    ]
    change = plan({**STANDS, "AssignIpv6AddressOnCreation": True, "Ipv6CidrBlockAssociationSet": ranges}).modify[0]
    assert change.disassociate == ["a-1"]
    assert change.changes == ["AssignIpv6AddressOnCreation", "Ipv6CidrBlockAssociationSet"]


def test_what_can_t_move_is_named():
    [sentence] = plan({**STANDS, "AvailabilityZone": "us-east-1c"}).impossible
    assert sentence == "10.0.1.0/24 (subnet-1) stands in us-east-1c and can't move to us-east-1a"


def test_only_what_stands_and_is_not_wanted_is_deleted():
    other = {**STANDS, "SubnetId": "subnet-2", "CidrBlock": "10.0.2.0/24"}
    assert plan(STANDS, other, absent=("subnet-1", "subnet-2", "subnet-3")).delete == ["subnet-2"]


def test_one_whose_answer_got_lost_is_found(aws):
    request = {"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}
    aws.refuse("ec2", "create_subnet", "InvalidSubnet.Conflict")
    aws.answer("ec2", "describe_subnets", {"Subnets": [STANDS]})
    assert api.create_subnet(aws("ec2"), request) == STANDS
    aws.refuse("ec2", "create_subnet", "InvalidSubnet.Conflict")
    aws.answer("ec2", "describe_subnets", {"Subnets": []})
    with pytest.raises(AnsibleAWSError, match="create a subnet"):
        api.create_subnet(aws("ec2"), request)


def test_a_new_one_is_waited_for_where_ec2_does_not_know_it_yet(aws, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    aws.refuse("ec2", "modify_subnet_attribute", "InvalidSubnetID.NotFound")
    aws.answer("ec2", "modify_subnet_attribute", {}, {"SubnetId": "subnet-1", "MapPublicIpOnLaunch": {"Value": True}})
    api.modify_subnet(aws("ec2"), "subnet-1", "MapPublicIpOnLaunch", True)
    assert len(slept) == 1


def test_one_that_is_gone_counts_as_deleted_and_one_in_use_does_not(aws, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    aws.refuse("ec2", "delete_subnet", "InvalidSubnetID.NotFound")
    api.delete_subnet(aws("ec2"), "subnet-1")
    for _each_try in range(7):
        aws.refuse("ec2", "delete_subnet", "DependencyViolation")
    with pytest.raises(AnsibleAWSError, match="delete a subnet"):
        api.delete_subnet(aws("ec2"), "subnet-1")


def test_waits_until_they_are_available():
    answers = [[], [{**STANDS, "State": "pending"}], [STANDS]]
    slept: list[float] = []
    waiters.until_available(lambda: answers.pop(0), {"subnet-1"}, 60, slept.append)
    assert slept == [1.0, 1.0]
    with pytest.raises(AnsibleAWSError, match="After 2 s subnet-1 is not available"):
        waiters.until_available(list, {"subnet-1"}, 2, slept.append)
