# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which security groups are meant, what of them differs, and what to ask EC2 for. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils import ec2

Entry = Mapping[str, Any]
# A permission of EC2's with one peer: where from or where to.
Rule = dict[str, Any]

# What every new group lets out.
EVERYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
# The module's words for the two directions, EC2's words for what a group has, and those in its operations.
DIRECTIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
_PORTS = ("IpProtocol", "FromPort", "ToPort")
_PEERS = {
    "IpRanges": ("CidrIp",),
    "Ipv6Ranges": ("CidrIpv6",),
    "PrefixListIds": ("PrefixListId",),
    "UserIdGroupPairs": ("GroupId", "UserId", "VpcPeeringConnectionId"),
}
# What EC2 adds by itself to a peer in this account and VPC, and so tells nothing.
_SAME = ("UserId", "VpcPeeringConnectionId")


@dataclass
class Call:
    """A call that changes rules.

    Attributes:
        name: the operation, by boto3's name of it.
        permissions: its permissions.
    """

    name: str
    permissions: list[Rule]


@dataclass
class Modification:
    """What changes on a group.

    Attributes:
        group_id: its id, empty for one that has to be created first.
        calls: the calls that change its rules, in their order.
        tags: the tags to set.
        untag: the tags to remove.
        changes: what changes, in EC2's words.
    """

    group_id: str
    calls: list[Call] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    untag: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        answers: by the place of the wanted group, the one that stands for it.
        create: by the place of the wanted group, what CreateSecurityGroup is called with.
        modify: by the place of the wanted group, what changes on it once it stands.
        delete: ids of groups that are not wanted.
        fixed: names of groups whose description differs, which EC2 can't change.
    """

    answers: dict[int, Entry] = field(default_factory=dict)
    create: dict[int, dict[str, Any]] = field(default_factory=dict)
    modify: dict[int, Modification] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.create or self.modify or self.delete)


def plan(vpc_id: str, wanted: list[Entry], standing: Iterable[Entry], unwanted: Iterable[str]) -> Plan:
    """Compares what is wanted with what stands.

    Args:
        vpc_id: the VPC.
        wanted: the groups as the module's argument describes them.
        standing: all groups of the VPC, as EC2 describes them.
        unwanted: ids of groups that shall not stand, unless they answer to one of the wanted.
    """
    made = Plan()
    by_name = {group["GroupName"]: group for group in standing}
    for at, want in enumerate(wanted):
        group = by_name.pop(want["name"], None)
        if group is None:
            made.create[at] = creation(vpc_id, want)
            change = modification({"GroupId": "", "IpPermissionsEgress": EVERYWHERE}, {**want, "tags": None})
        else:
            made.answers[at] = group
            change = modification(group, want)
            if group["Description"] != want["description"]:
                made.fixed.append(want["name"])
        if change.changes:
            made.modify[at] = change
    made.delete = sorted({group["GroupId"] for group in by_name.values()} & set(unwanted))
    return made


def creation(vpc_id: str, want: Entry) -> dict[str, Any]:
    """What CreateSecurityGroup is called with."""
    request = {"VpcId": vpc_id, "GroupName": want["name"], "Description": want["description"]}
    return {**request, **ec2.tag_specifications("security-group", want.get("tags"))}


def modification(group: Entry, want: Entry) -> Modification:
    """What makes a standing group as wanted. What it lets through and shall go on to is never interrupted."""
    change = Modification(group["GroupId"])
    for direction, member in DIRECTIONS.items():
        there, asked = by_peer(group.get(member) or []), by_peer(own(want[direction], group.get("GroupName", ""), group["GroupId"]))
        added = [rule for key, rule in asked.items() if key not in there]
        removed = [_bare(rule) for key, rule in there.items() if key not in asked]
        described = [rule for key, rule in asked.items() if key in there and _said(rule) != _said(there[key])]
        calls = [
            Call(f"authorize_security_group_{direction}", added),
            Call(f"update_security_group_rule_descriptions_{direction}", described),
            Call(f"revoke_security_group_{direction}", removed),
        ]
        change.calls += [call for call in calls if call.permissions]
        change.changes += [member] if added or removed or described else []
    change.tags, change.untag = ec2.tag_changes(group, want.get("tags"))
    change.changes += ["Tags"] if change.tags or change.untag else []
    return change


def own(permissions: Iterable[Entry], name: str, group_id: str) -> list[Entry]:
    """Permissions with a group's id wherever its name stands for it; as they are while it has none."""

    def pair(one: Entry) -> Entry:
        return {**one, "GroupId": group_id} if group_id and one.get("GroupId") == name else one

    return [
        {**permission, "UserIdGroupPairs": [pair(one) for one in permission["UserIdGroupPairs"]]}
        if permission.get("UserIdGroupPairs")
        else permission
        for permission in permissions
    ]


def by_peer(permissions: Iterable[Entry]) -> dict[str, Rule]:
    """Permissions as rules with one peer each, by what tells them apart: EC2 groups them as it likes."""
    rules: dict[str, Rule] = {}
    for permission in permissions:
        ports = {name: permission[name] for name in _PORTS if permission.get(name) is not None}
        for ranges, names in _PEERS.items():
            for peer in permission.get(ranges) or []:
                told = {name: peer[name] for name in names if peer.get(name)}
                key = {**ports, **{name: value for name, value in told.items() if name not in _SAME}}
                described = {"Description": peer["Description"]} if peer.get("Description") else {}
                rules[json.dumps(key, sort_keys=True)] = {**ports, ranges: [{**told, **described}]}
    return rules


def _peer(rule: Rule) -> tuple[str, Entry]:
    """The kind of a rule's peer, and the peer."""
    [(ranges, [peer])] = [(name, value) for name, value in rule.items() if name in _PEERS]
    return ranges, peer


def _said(rule: Rule) -> str:
    return _peer(rule)[1].get("Description", "")


def _bare(rule: Rule) -> Rule:
    """A rule without its description, as it is revoked."""
    ranges, peer = _peer(rule)
    return {**rule, ranges: [{name: value for name, value in peer.items() if name != "Description"}]}


def answer(want: Entry, group_id: str, action: str, changes: Iterable[str] = ()) -> dict[str, Any]:
    """What the module returns of one wanted group; without an id where it does not stand."""
    return {"group_id": group_id, "group_name": want["name"], "action": action, "changes": list(changes)}
