# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rules differ, and what EC2 is asked so that nothing is interrupted."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.security_group import api, transform
from hypothesis import given
from hypothesis import strategies as st

SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
WANT = {
    "name": "hosts",
    "description": "Hosts",
    "ingress": [{**SSH, "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "Office"}]}],
    "egress": transform.EVERYWHERE,
    "tags": {"a": "b"},
}
STANDS: dict[str, Any] = {
    "GroupId": "sg-1",
    "GroupName": "hosts",
    "Description": "Hosts",
    "IpPermissions": [{**SSH, "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "Office"}], "UserIdGroupPairs": []}],
    "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "PrefixListIds": []}],
    "Tags": [{"Key": "a", "Value": "b"}],
}
PEERS = st.lists(st.sampled_from(["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]), min_size=1, unique=True)
PERMISSIONS = st.lists(
    st.builds(
        lambda port, peers, said: {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": peer, "Description": said} for peer in peers],
        },
        st.sampled_from([22, 443, 8888]),
        PEERS,
        st.sampled_from(["one", "other"]),
    ),
    max_size=4,
)


def plan(*standing: dict[str, Any], absent: tuple[str, ...] = (), **want: Any) -> transform.Plan:
    """The plan for one wanted group."""
    return transform.plan("vpc-1", [{**WANT, **want}], standing, absent)


def calls(change: transform.Modification) -> list[str]:
    """The operations that change rules."""
    return [call.name for call in change.calls]


def test_one_that_stands_as_wanted_needs_nothing():
    assert not plan(STANDS).changed
    assert not plan(STANDS, tags=None).changed


def test_a_new_one_that_lets_everything_out_needs_only_what_comes_in():
    made = plan()
    assert made.create[0]["GroupName"] == "hosts"
    assert calls(made.modify[0]) == ["authorize_security_group_ingress"]
    assert calls(plan(ingress=[], egress=[]).modify[0]) == ["revoke_security_group_egress"]


def test_what_shall_not_be_is_revoked_last_and_without_its_description():
    want = [{**SSH, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]}]
    change = plan(STANDS, ingress=want).modify[0]
    assert calls(change) == ["authorize_security_group_ingress", "revoke_security_group_ingress"]
    assert change.calls[1].permissions == [{**SSH, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}]


def test_another_description_interrupts_nothing():
    want = [{**SSH, "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "Head office"}]}]
    change = plan(STANDS, ingress=want).modify[0]
    assert calls(change) == ["update_security_group_rule_descriptions_ingress"]
    assert change.changes == ["IpPermissions"]


def test_groups_and_prefix_lists_are_peers_too():
    pair = {"GroupId": "sg-2", "UserId": "123456789012"}
    there = [{"IpProtocol": "-1", "UserIdGroupPairs": [pair], "PrefixListIds": [{"PrefixListId": "pl-1"}]}]
    want = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-2"}]}]
    change = plan({**STANDS, "IpPermissions": there}, ingress=want).modify[0]
    assert change.calls == [
        transform.Call("revoke_security_group_ingress", [{"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]}])
    ]


def test_what_ec2_can_t_change_is_named():
    assert plan({**STANDS, "Description": "Something else"}).fixed == ["hosts"]


def test_only_what_stands_and_is_not_wanted_is_deleted():
    other = {**STANDS, "GroupId": "sg-2", "GroupName": "other"}
    assert plan(STANDS, other, absent=("sg-1", "sg-2", "sg-3")).delete == ["sg-2"]


@given(PERMISSIONS, PERMISSIONS)
def test_the_calls_lead_from_any_rules_to_any_others(there, asked):
    """EC2 with its calls made has exactly the rules that were asked for, however both were grouped."""
    group = {"GroupId": "sg-1", "IpPermissions": there}
    has = transform.by_peer(there)
    for call in transform.modification(group, {"ingress": asked, "egress": [], "tags": None}).calls:
        rules = transform.by_peer(call.permissions)
        if call.name.startswith("revoke"):
            has = {key: rule for key, rule in has.items() if key not in rules}
        else:
            has.update(rules)
    assert has == transform.by_peer(asked)


def test_one_whose_answer_got_lost_is_found(aws):
    request = {"VpcId": "vpc-1", "GroupName": "hosts", "Description": "Hosts"}
    aws.refuse("ec2", "create_security_group", "InvalidGroup.Duplicate")
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupName": "hosts", "GroupId": "sg-1"}]})
    assert api.create_group(aws("ec2"), request) == "sg-1"
    aws.refuse("ec2", "create_security_group", "InvalidGroup.Duplicate")
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": []})
    with pytest.raises(AnsibleAWSError, match="create a security group"):
        api.create_group(aws("ec2"), request)


def test_rules_of_which_some_are_there_already_are_made_one_by_one(aws):
    rules = [{**SSH, "IpRanges": [{"CidrIp": cidr}]} for cidr in ("192.0.2.0/24", "198.51.100.0/24")]
    aws.refuse("ec2", "authorize_security_group_ingress", "InvalidPermission.Duplicate")
    aws.refuse("ec2", "authorize_security_group_ingress", "InvalidPermission.Duplicate")
    aws.answer("ec2", "authorize_security_group_ingress", {}, {"GroupId": "sg-1", "IpPermissions": rules[1:]})
    api.call_rules(aws("ec2"), "authorize_security_group_ingress", "sg-1", rules)


def test_a_new_one_is_waited_for_where_ec2_does_not_know_it_yet(aws, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    aws.refuse("ec2", "revoke_security_group_egress", "InvalidGroup.NotFound")
    aws.answer("ec2", "revoke_security_group_egress", {})
    api.call_rules(aws("ec2"), "revoke_security_group_egress", "sg-1", transform.EVERYWHERE)
    assert len(slept) == 1


def test_one_that_is_gone_counts_as_deleted_and_one_in_use_does_not(aws, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    aws.refuse("ec2", "delete_security_group", "InvalidGroup.NotFound")
    api.delete_group(aws("ec2"), "sg-1")
    for _each_try in range(7):
        aws.refuse("ec2", "delete_security_group", "DependencyViolation")
    with pytest.raises(AnsibleAWSError, match="delete a security group"):
        api.delete_group(aws("ec2"), "sg-1")


def test_a_group_lets_itself_in_by_its_own_name():
    """The name stands for the id, which a new group has only once it is made; other groups are as they were told."""

    def pairs(*groups: str) -> list[dict[str, Any]]:
        return [{**SSH, "UserIdGroupPairs": [{"GroupId": group, "Description": "Each other"} for group in groups]}]

    want = {**WANT, "ingress": pairs("hosts", "sg-2")}
    assert not transform.plan("vpc-1", [want], [{**STANDS, "IpPermissions": pairs("sg-1", "sg-2")}], []).changed
    [added] = [call for call in transform.plan("vpc-1", [want], [STANDS], []).modify[0].calls if call.name.startswith("authorize")]
    assert [rule["UserIdGroupPairs"][0]["GroupId"] for rule in added.permissions] == ["sg-1", "sg-2"]
    made = transform.plan("vpc-1", [want], [], [])
    [added] = [call for call in made.modify[0].calls if call.name == "authorize_security_group_ingress"]
    told = transform.own(added.permissions, made.create[0]["GroupName"], "sg-9")
    assert [rule["UserIdGroupPairs"][0]["GroupId"] for rule in told] == ["sg-9", "sg-2"]
