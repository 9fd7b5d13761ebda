# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which endpoints are meant, what of them differs, and what to ask EC2 for. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison import values

Entry = Mapping[str, Any]

# What EC2 gives an endpoint that is created without a policy.
FULL_ACCESS = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
_ON_THE_WAY_OUT = {"deleting", "deleted"}
_BROKEN = {"failed", "rejected", "expired", "partial"}
# The module's words for lists of ids, and EC2's for those that an endpoint has, gains and loses.
_LISTS = {
    "route_table_ids": ("RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
    "subnet_ids": ("SubnetIds", "AddSubnetIds", "RemoveSubnetIds"),
    "security_group_ids": ("Groups", "AddSecurityGroupIds", "RemoveSecurityGroupIds"),
}


@dataclass
class Modification:
    """What changes on an endpoint that stands.

    Attributes:
        endpoint_id: its id.
        request: what ModifyVpcEndpoint is called with, empty where only tags change.
        tags: the tags to set.
        untag: the tags to remove.
    """

    endpoint_id: str
    request: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    untag: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.request or self.tags or self.untag)


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        answers: by the place of the wanted endpoint, the one that stands for it.
        create: by the place of the wanted endpoint, what CreateVpcEndpoint is called with.
        modify: by the place of the wanted endpoint, what changes.
        replace: broken endpoints, which go before their successors are created.
        delete: endpoints that are not wanted, which go at the end.
        awaited: endpoints on their way out, which keep the private names of a successor until they are gone.
    """

    answers: dict[int, Entry] = field(default_factory=dict)
    create: dict[int, dict[str, Any]] = field(default_factory=dict)
    modify: dict[int, Modification] = field(default_factory=dict)
    replace: list[str] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    awaited: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.create or self.modify or self.replace or self.delete)


def plan(vpc_id: str, wanted: list[Entry], standing: Iterable[Entry], unwanted: Iterable[str]) -> Plan:
    """Compares what is wanted with what stands.

    Args:
        vpc_id: the VPC.
        wanted: the endpoints as the module's argument describes them.
        standing: all endpoints of the VPC, as EC2 describes them.
        unwanted: ids of endpoints that shall not stand, unless one of the wanted is answered by them.
    """
    made = Plan()
    left = [one for one in standing if not one.get("RequesterManaged")]
    for at, want in enumerate(wanted):
        alike = [one for one in left if _same_service(one, want)]
        made.awaited += [one["VpcEndpointId"] for one in alike if _state(one) in _ON_THE_WAY_OUT]
        made.replace += [one["VpcEndpointId"] for one in alike if _state(one) in _BROKEN]
        usable = [one for one in alike if _state(one) not in _ON_THE_WAY_OUT | _BROKEN]
        if usable:
            chosen = max(usable, key=lambda one: _tags_shared(one, want))
            left = [one for one in left if one is not chosen]
            made.answers[at] = chosen
            change = modification(chosen, want)
            if not change.empty:
                made.modify[at] = change
        else:
            made.create[at] = creation(vpc_id, want)
    there = {one["VpcEndpointId"] for one in left if _state(one) not in _ON_THE_WAY_OUT}
    made.delete = sorted((there & set(unwanted)) - set(made.replace))
    return made


def _state(endpoint: Entry) -> str:
    return endpoint["State"].lower()


def _same_service(endpoint: Entry, want: Entry) -> bool:
    return endpoint["ServiceName"] == want["service"] and endpoint["VpcEndpointType"].lower() == want["type"].lower()


def _tags_shared(endpoint: Entry, want: Entry) -> int:
    return len(boto3_tag_list_to_ansible_dict(endpoint.get("Tags") or []).items() & (want.get("tags") or {}).items())


def _ids(endpoint: Entry, member: str) -> set[str]:
    return {one["GroupId"] if isinstance(one, Mapping) else one for one in endpoint.get(member) or []}


def _policy(document: Any) -> Any:
    return values.policy(document or FULL_ACCESS).get("Statement", [])


def modification(endpoint: Entry, want: Entry) -> Modification:
    """What makes a standing endpoint as wanted."""
    change = Modification(endpoint["VpcEndpointId"])
    for word, (member, add, remove) in _LISTS.items():
        if want.get(word) is not None:
            there, asked = _ids(endpoint, member), set(want[word])
            change.request.update({add: sorted(asked - there)} if asked - there else {})
            change.request.update({remove: sorted(there - asked)} if there - asked else {})
    if want["type"] == "Interface" and bool(endpoint.get("PrivateDnsEnabled")) != want["private_dns"]:
        change.request["PrivateDnsEnabled"] = want["private_dns"]
    if _policy(endpoint.get("PolicyDocument")) != _policy(want.get("policy")):
        change.request["PolicyDocument"] = json.dumps(want.get("policy") or FULL_ACCESS)
    if want.get("tags") is not None:
        there = boto3_tag_list_to_ansible_dict(endpoint.get("Tags") or [])
        change.tags, change.untag = compare_aws_tags(there, want["tags"])
    return change


def creation(vpc_id: str, want: Entry) -> dict[str, Any]:
    """What CreateVpcEndpoint is called with."""
    request = {"VpcId": vpc_id, "ServiceName": want["service"], "VpcEndpointType": want["type"]}
    words = {"route_table_ids": "RouteTableIds", "subnet_ids": "SubnetIds", "security_group_ids": "SecurityGroupIds"}
    request.update({ec2: list(want[word]) for word, ec2 in words.items() if want.get(word)})
    if want["type"] == "Interface":
        request["PrivateDnsEnabled"] = want["private_dns"]
    if want.get("policy"):
        request["PolicyDocument"] = json.dumps(want["policy"])
    if want.get("tags"):
        tags = ansible_dict_to_boto3_tag_list(want["tags"])
        request["TagSpecifications"] = [{"ResourceType": "vpc-endpoint", "Tags": tags}]
    return request


def answer(want: Entry, endpoint: Entry | None, action: str, changes: Iterable[str] = ()) -> dict[str, Any]:
    """What the module returns of one wanted endpoint; without an id where it does not stand."""
    return {
        "vpc_endpoint_id": (endpoint or {}).get("VpcEndpointId", ""),
        "service": want["service"],
        "type": want["type"],
        "action": action,
        "changes": sorted(changes),
    }
