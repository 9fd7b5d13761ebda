# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which subnets are meant, what of them differs, and what to ask EC2 for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils import ec2

Entry = Mapping[str, Any]


@dataclass
class Modification:
    """What changes on a subnet that stands.

    Attributes:
        subnet_id: its id.
        attributes: the attributes to set, in EC2's words.
        disassociate: ids of the associations with IPv6 ranges, which are not wanted.
        tags: the tags to set.
        untag: the tags to remove.
    """

    subnet_id: str
    attributes: dict[str, bool] = field(default_factory=dict)
    disassociate: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    untag: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[str]:
        """What changes, in EC2's words."""
        ranges = ["Ipv6CidrBlockAssociationSet"] if self.disassociate else []
        return sorted([*self.attributes, *ranges, *(["Tags"] if self.tags or self.untag else [])])


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        answers: by the place of the wanted subnet, the one that stands for it.
        create: by the place of the wanted subnet, what CreateSubnet is called with.
        modify: by the place of the wanted subnet, what changes on it.
        delete: ids of subnets that are not wanted.
        impossible: what can't be had where a subnet stands, each as a sentence.
    """

    answers: dict[int, Entry] = field(default_factory=dict)
    create: dict[int, dict[str, Any]] = field(default_factory=dict)
    modify: dict[int, Modification] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.create or self.modify or self.delete)


def plan(vpc_id: str, wanted: list[Entry], standing: Iterable[Entry], unwanted: Iterable[str]) -> Plan:
    """Compares what is wanted with what stands.

    Args:
        vpc_id: the VPC.
        wanted: the subnets as the module's argument describes them.
        standing: all subnets of the VPC, as EC2 describes them.
        unwanted: ids of subnets that shall not stand, unless they answer to one of the wanted.
    """
    made = Plan()
    by_range = {subnet["CidrBlock"]: subnet for subnet in standing}
    for at, want in enumerate(wanted):
        subnet = by_range.pop(want["cidr_block"], None)
        if subnet is None:
            made.create[at] = creation(vpc_id, want)
            if want["map_public_ip_on_launch"]:
                made.modify[at] = Modification("", {"MapPublicIpOnLaunch": True})
            continue
        made.answers[at] = subnet
        zone, stands_in = want.get("availability_zone"), subnet["AvailabilityZone"]
        if zone and zone != stands_in:
            made.impossible.append(
                f"{want['cidr_block']} ({subnet['SubnetId']}) stands in {stands_in} and can't move to {zone}"
            )
        change = modification(subnet, want)
        if change.changes:
            made.modify[at] = change
    made.delete = sorted({subnet["SubnetId"] for subnet in by_range.values()} & set(unwanted))
    return made


def creation(vpc_id: str, want: Entry) -> dict[str, Any]:
    """What CreateSubnet is called with."""
    zone = {"AvailabilityZone": want["availability_zone"]} if want.get("availability_zone") else {}
    request = {"VpcId": vpc_id, "CidrBlock": want["cidr_block"], **zone}
    return {**request, **ec2.tag_specifications("subnet", want.get("tags"))}


def modification(subnet: Entry, want: Entry) -> Modification:
    """What makes a standing subnet as wanted."""
    wanted = {"MapPublicIpOnLaunch": want["map_public_ip_on_launch"], "AssignIpv6AddressOnCreation": False}
    change = Modification(subnet["SubnetId"])
    change.attributes = {name: value for name, value in wanted.items() if bool(subnet.get(name)) != value}
    change.disassociate = [
        one["AssociationId"]
        for one in subnet.get("Ipv6CidrBlockAssociationSet") or []
        if one["Ipv6CidrBlockState"]["State"] in ("associated", "associating")
    ]
    change.tags, change.untag = ec2.tag_changes(subnet, want.get("tags"))
    return change


def answer(want: Entry, subnet: Entry | None, action: str, changes: Iterable[str] = ()) -> dict[str, Any]:
    """What the module returns of one wanted subnet; without an id where it does not stand."""
    return {
        "subnet_id": (subnet or {}).get("SubnetId", ""),
        "cidr_block": want["cidr_block"],
        "availability_zone": (subnet or {}).get("AvailabilityZone", want.get("availability_zone") or ""),
        "action": action,
        "changes": list(changes),
    }
