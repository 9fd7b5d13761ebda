# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that mean the same get the same form, and values that don't get different ones."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison import values
from hypothesis import given
from hypothesis import strategies as st

STATEMENT = {"Effect": "Allow", "Principal": {"Service": "a"}, "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    "same",
    [
        policy({**STATEMENT, "Action": ["s3:GetObject"]}),
        policy({**STATEMENT, "Principal": {"Service": ["a"]}}),
        {**policy(), "Statement": STATEMENT},
        json.dumps(policy(STATEMENT)),
    ],
)
def test_a_policy_can_be_written_in_several_ways(same):
    assert values.policy(same) == values.policy(policy(STATEMENT))


def test_the_order_in_a_policy_says_nothing():
    one, other = {**STATEMENT, "Action": ["a", "b"]}, {**STATEMENT, "Effect": "Deny"}
    turned = {**one, "Action": ["b", "a"]}
    assert values.policy(policy(one, other)) == values.policy(policy(other, turned))


def test_conditions_compare_as_text():
    def form(value):
        return values.policy(policy({**STATEMENT, "Condition": {"Bool": {"aws:SecureTransport": value}}}))

    assert form(False) == form("false") == form(["false"])
    assert form(False) != form(True)


@pytest.mark.parametrize(
    "other",
    [
        policy({**STATEMENT, "Effect": "Deny"}),
        policy({**STATEMENT, "Action": ["s3:GetObject", "s3:PutObject"]}),
        policy({**STATEMENT, "Principal": "*"}),
        policy({**STATEMENT, "Condition": {}}),
        policy(STATEMENT, {**STATEMENT, "Sid": "more"}),
        {**policy(STATEMENT), "Version": "2008-10-17"},
        {},
    ],
)
def test_another_policy_is_another_policy(other):
    assert values.policy(other) != values.policy(policy(STATEMENT))


@pytest.mark.parametrize("nothing", [None, "", {}])
def test_no_policy_is_an_empty_one(nothing):
    assert values.policy(nothing) == {}


def test_tags_of_aws_are_nobodys():
    assert values.tags({"aws:cloudformation:stack-name": "s", "Index": 1}) == {"Index": "1"}


def rule(**peers: list) -> dict:
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **peers}


def test_rules_are_compared_one_by_one_however_they_are_grouped():
    both = [rule(IpRanges=[{"CidrIp": "192.0.2.0/24"}, {"CidrIp": "198.51.100.0/24"}], Ipv6Ranges=[])]
    apart = [rule(IpRanges=[{"CidrIp": "198.51.100.0/24"}]), rule(IpRanges=[{"CidrIp": "192.0.2.0/24"}])]
    assert values.permissions(both) == values.permissions(apart)


@pytest.mark.parametrize(
    "other",
    [
        [rule(IpRanges=[{"CidrIp": "192.0.2.0/24", "Description": "x"}])],
        [rule(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/32"}])],
        [rule(PrefixListIds=[{"PrefixListId": "pl-1"}])],
        [rule(UserIdGroupPairs=[{"GroupId": "sg-1", "UserId": "1"}])],
        [{**rule(IpRanges=[{"CidrIp": "192.0.2.0/24"}]), "ToPort": 23}],
        [],
    ],
)
def test_another_rule_is_another_rule(other):
    assert values.permissions(other) != values.permissions([rule(IpRanges=[{"CidrIp": "192.0.2.0/24"}])])


def test_a_public_key_is_known_without_its_comment():
    assert values.public_key("ssh-ed25519 AAAA me@here\n") == values.public_key("ssh-ed25519 AAAA")
    assert values.public_key(None) == ""


def test_members_that_say_nothing_are_left_out():
    form = values.members("Arn", "Name")
    assert form({"Arn": "a", "Id": "i", "Name": None}) == {"Arn": "a"}
    assert form(None) == {}


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers()), max_size=5), st.randoms())
def test_the_order_of_a_set_says_nothing(entries, random):
    turned = list(entries)
    random.shuffle(turned)
    assert values.unordered(turned) == values.unordered(entries)
