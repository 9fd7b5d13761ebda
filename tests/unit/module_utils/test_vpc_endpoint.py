# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which endpoints are meant, what of them differs, and what EC2 is asked for and waited for."""

from __future__ import annotations

import json

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.vpc_endpoint import api, transform, waiters
from botocore.stub import ANY

S3, SSM = "com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.ssm"
READ_ONLY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}


def gateway(**more) -> dict:
    return {"service": S3, "type": "Gateway", "private_dns": True, "route_table_ids": ["rtb-1", "rtb-2"], **more}


def interface(**more) -> dict:
    own = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    return {"service": SSM, "type": "Interface", "private_dns": True, **own, **more}


def standing(identifier: str = "vpce-1", **more) -> dict:
    return {
        "VpcEndpointId": identifier,
        "ServiceName": S3,
        "VpcEndpointType": "Gateway",
        "State": "available",
        "RouteTableIds": ["rtb-2", "rtb-1"],
        "PolicyDocument": json.dumps(transform.FULL_ACCESS),
        **more,
    }


def standing_interface(**more) -> dict:
    own = {"SubnetIds": ["subnet-1"], "Groups": [{"GroupId": "sg-1"}], "PrivateDnsEnabled": True, "RouteTableIds": []}
    return standing(ServiceName=SSM, VpcEndpointType="Interface", **own) | more


def test_what_stands_as_wanted_is_left_alone():
    plan = transform.plan("vpc-1", [gateway(), interface()], [standing_interface(), standing("vpce-2")], [])
    assert not plan.changed
    assert [plan.answers[at]["VpcEndpointId"] for at in (0, 1)] == ["vpce-2", "vpce-1"]


def test_what_does_not_stand_is_created():
    plan = transform.plan("vpc-1", [gateway(tags={"a": "b"}, policy=READ_ONLY), interface()], [], [])
    tags = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "a", "Value": "b"}]}]
    assert plan.create == {
        0: {
            "VpcId": "vpc-1",
            "ServiceName": S3,
            "VpcEndpointType": "Gateway",
            "RouteTableIds": ["rtb-1", "rtb-2"],
            "PolicyDocument": json.dumps(READ_ONLY),
            "TagSpecifications": tags,
        },
        1: {
            "VpcId": "vpc-1",
            "ServiceName": SSM,
            "VpcEndpointType": "Interface",
            "SubnetIds": ["subnet-1"],
            "SecurityGroupIds": ["sg-1"],
            "PrivateDnsEnabled": True,
        },
    }


@pytest.mark.parametrize(
    ("want", "found", "request_"),
    [
        (gateway(route_table_ids=["rtb-1", "rtb-3"]), standing(), {"AddRouteTableIds": ["rtb-3"], "RemoveRouteTableIds": ["rtb-2"]}),
        (gateway(policy=READ_ONLY), standing(), {"PolicyDocument": json.dumps(READ_ONLY)}),
        (gateway(), standing(PolicyDocument=json.dumps(READ_ONLY)), {"PolicyDocument": json.dumps(transform.FULL_ACCESS)}),
        (interface(), standing_interface(PrivateDnsEnabled=False), {"PrivateDnsEnabled": True}),
        (interface(), standing_interface(Groups=[]), {"AddSecurityGroupIds": ["sg-1"]}),
        (interface(), standing_interface(SubnetIds=["subnet-1", "subnet-2"]), {"RemoveSubnetIds": ["subnet-2"]}),
        (interface(subnet_ids=None, security_group_ids=None), standing_interface(Groups=[]), {}),
    ],
)  # fmt: skip
def test_what_differs_is_modified(want, found, request_):
    assert transform.modification(found, want).request == request_


def test_tags_are_set_and_removed_where_they_are_given():
    found = standing(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    change = transform.modification(found, gateway(tags={"a": "2"}))
    assert (change.tags, change.untag, change.empty) == ({"a": "2"}, ["b"], False)
    assert transform.modification(found, gateway()).empty


def test_of_several_the_one_is_meant_that_shares_most_tags():
    own = standing("vpce-2", Tags=[{"Key": "Project", "Value": "p"}])
    plan = transform.plan("vpc-1", [gateway(tags={"Project": "p"})], [standing("vpce-1"), own], ["vpce-1", "vpce-2"])
    assert plan.answers[0]["VpcEndpointId"] == "vpce-2"
    assert plan.delete == ["vpce-1"]


def test_what_is_unwanted_goes_unless_it_is_gone_or_not_here():
    leaving = standing("vpce-2", State="deleting")
    plan = transform.plan("vpc-1", [], [standing("vpce-1"), leaving], ["vpce-1", "vpce-2", "vpce-3"])
    assert (plan.delete, plan.awaited, plan.changed) == (["vpce-1"], [], True)


def test_a_broken_one_is_replaced_and_one_on_its_way_out_waited_for():
    broken = standing_interface(State="failed")
    leaving = standing_interface(VpcEndpointId="vpce-2", State="deleting")
    plan = transform.plan("vpc-1", [interface()], [broken, leaving], [])
    assert (plan.replace, plan.awaited, list(plan.create)) == (["vpce-1"], ["vpce-2"], [0])


def test_what_a_service_made_itself_is_left_alone():
    plan = transform.plan("vpc-1", [gateway()], [standing(RequesterManaged=True)], ["vpce-1"])
    assert (plan.delete, list(plan.create)) == ([], [0])


def test_waiting_ends_when_all_are_there_and_gone():
    rounds = [
        [{"VpcEndpointId": "new", "State": "pending"}, {"VpcEndpointId": "old", "State": "deleting"}],
        [{"VpcEndpointId": "new", "State": "Available"}, {"VpcEndpointId": "old", "State": "deleting"}],
        [{"VpcEndpointId": "new", "State": "Available"}],
    ]
    slept: list[float] = []
    waiters.until_settled(lambda: rounds.pop(0), {"new"}, {"old"}, 60, slept.append)
    assert (rounds, len(slept)) == ([], 2)


def test_waiting_for_nothing_asks_nothing():
    waiters.until_settled(lambda: pytest.fail("asked"), set(), set(), 0)


@pytest.mark.parametrize(("state", "message"), [("failed", "could not make"), ("pending", "new is pending")])
def test_waiting_ends_with_what_keeps_it(state, message):
    listed = [{"VpcEndpointId": "new", "State": state}]
    with pytest.raises(AnsibleAWSError) as error:
        waiters.until_settled(lambda: listed, {"new"}, set(), 10, lambda _seconds: None)
    assert message in str(error.value)


def test_ec2_knows_the_call_that_creates_again(aws):
    """By its token, where the answer got lost and the call is repeated."""
    request = {"VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-east-1.s3"}
    aws.answer("ec2", "create_vpc_endpoint", {"VpcEndpoint": {"VpcEndpointId": "vpce-1"}}, {**request, "ClientToken": ANY})
    assert api.create_endpoint(aws("ec2"), request) == {"VpcEndpointId": "vpce-1"}


class Refusing:
    """A client whose deletions end with an error inside a successful answer."""

    def __init__(self, code: str) -> None:
        self._code = code

    def delete_vpc_endpoints(self, **_arguments: list[str]) -> dict:
        error = {"Code": self._code, "Message": "no"}
        return {"Unsuccessful": [{"ResourceId": "vpce-1", "Error": error}]}


def test_a_refused_deletion_is_an_error_unless_it_is_gone():
    api.delete_endpoints(Refusing("InvalidVpcEndpointId.NotFound"), ["vpce-1"])
    with pytest.raises(AnsibleAWSError, match="vpce-1: Denied: no"):
        api.delete_endpoints(Refusing("Denied"), ["vpce-1"])
