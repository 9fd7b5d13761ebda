# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which route tables are meant, what of them differs, and what to ask EC2 for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils import ec2

Entry = Mapping[str, Any]
Known = list[list[str]]

# The module's words for destinations and targets of routes, and EC2's.
DESTINATIONS = {
    "destination_cidr_block": "DestinationCidrBlock",
    "destination_ipv6_cidr_block": "DestinationIpv6CidrBlock",
    "destination_prefix_list_id": "DestinationPrefixListId",
}
TARGETS = {
    "gateway_id": "GatewayId",
    "nat_gateway_id": "NatGatewayId",
    "network_interface_id": "NetworkInterfaceId",
    "transit_gateway_id": "TransitGatewayId",
    "vpc_peering_connection_id": "VpcPeeringConnectionId",
}


@dataclass
class Modification:
    """What changes on a table.

    Attributes:
        table_id: its id, empty for one that has to be created first.
        create: the routes to create.
        replace: the routes that get another target.
        delete: the destinations of routes to delete.
        unpropagate: ids of gateways that put routes into it.
        associate: subnets to associate, each with its association with another table, empty without one.
        disassociate: ids of associations to end.
        tags: the tags to set.
        untag: the tags to remove.
    """

    table_id: str
    create: list[dict[str, str]] = field(default_factory=list)
    replace: list[dict[str, str]] = field(default_factory=list)
    delete: list[dict[str, str]] = field(default_factory=list)
    unpropagate: list[str] = field(default_factory=list)
    associate: dict[str, str] = field(default_factory=dict)
    disassociate: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    untag: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[str]:
        """What changes, in EC2's words."""
        told = {
            "Associations": self.associate or self.disassociate,
            "PropagatingVgws": self.unpropagate,
            "Routes": self.create or self.replace or self.delete,
            "Tags": self.tags or self.untag,
        }
        return [name for name, differs in told.items() if differs]


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        answers: by the place of the wanted table, the one that stands for it.
        create: by the place of the wanted table, what CreateRouteTable is called with.
        modify: by the place of the wanted table, what changes on it once it stands.
        delete: tables that are not wanted, each with its associations, which end before it goes.
    """

    answers: dict[int, Entry] = field(default_factory=dict)
    create: dict[int, dict[str, Any]] = field(default_factory=dict)
    modify: dict[int, Modification] = field(default_factory=dict)
    delete: dict[str, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.create or self.modify or self.delete)


def plan(vpc_id: str, wanted: list[Entry], standing: list[Entry], unwanted: Iterable[str], known_by: Known) -> Plan:
    """Compares what is wanted with what stands.

    Args:
        vpc_id: the VPC.
        wanted: the tables as the module's argument describes them.
        standing: all tables of the VPC, as EC2 describes them.
        unwanted: ids of tables that shall not stand, unless they answer to one of the wanted.
        known_by: lists of tags that together tell which table is meant, tried one after the other.
    """
    made = Plan(answers=match(wanted, standing, known_by))
    places = {place["SubnetId"]: place for table in standing for place in _places(table)}
    for at, want in enumerate(wanted):
        table = made.answers.get(at)
        if table is None:
            made.create[at] = {"VpcId": vpc_id, **ec2.tag_specifications("route-table", want.get("tags"))}
        change = modification(table or {}, {**want, "tags": want.get("tags") if table else None}, places)
        if change.changes:
            made.modify[at] = change
    moved = {subnet for change in made.modify.values() for subnet in change.associate}
    kept = {table["RouteTableId"] for table in made.answers.values()}
    for table in standing:
        if table["RouteTableId"] in set(unwanted) - kept:
            staying = [place for place in _places(table) if place["SubnetId"] not in moved]
            made.delete[table["RouteTableId"]] = [place["RouteTableAssociationId"] for place in staying]
    for change in made.modify.values():
        # A subnet that another of the wanted tables takes is moved there, and not taken off first.
        change.disassociate = [one for one in change.disassociate if one not in _ending(made, moved)]
    made.modify = {at: change for at, change in made.modify.items() if change.changes}
    return made


def _ending(made: Plan, moved: set[str]) -> set[str]:
    """The associations of subnets that are moved."""
    return {association for change in made.modify.values() for association in change.associate.values() if association}


def match(wanted: list[Entry], standing: list[Entry], known_by: Known) -> dict[int, Entry]:
    """By the place of the wanted table, the one that stands for it.

    Its tags tell it, and of several the one that shares most tags is meant. A table that lost the tags of the first list is
    known by a subnet that it still serves. The VPC's main table is never meant, unless it is tagged.
    """
    left = [table for table in standing if ec2.tags_of(table) or not _is_main(table)]
    answers: dict[int, Entry] = {}

    def take(at: int, candidates: list[Entry]) -> None:
        if candidates and at not in answers:
            answers[at] = max(candidates, key=lambda table: _tags_shared(table, wanted[at]))
            left.remove(answers[at])

    for names in known_by:
        for at, want in enumerate(wanted):
            tags = want.get("tags") or {}
            if tags.keys() >= set(names):
                take(at, [one for one in left if all(ec2.tags_of(one).get(name) == tags[name] for name in names)])
    for at, want in enumerate(wanted):
        unplaced = [one for one in left if not ec2.tags_of(one).keys() >= set(known_by[0])]
        take(at, [one for one in unplaced if {place["SubnetId"] for place in _places(one)} & set(want["subnet_ids"])])
    return answers


def modification(table: Entry, want: Entry, places: Mapping[str, Entry]) -> Modification:
    """What makes a table as wanted.

    Args:
        table: the table as EC2 describes it, empty for one that has to be created.
        want: the wanted table.
        places: by subnet its association with any table of the VPC.
    """
    change = Modification(table.get("RouteTableId", ""))
    there = {destination_of(route): route for route in table.get("Routes", []) if is_own(route)}
    asked = {destination_of(route): route for route in map(in_words_of_ec2, want["routes"])}
    change.create = [route for destination, route in asked.items() if destination not in there]
    change.replace = [
        route
        for destination, route in asked.items()
        if destination in there and not route.items() <= there[destination].items()
    ]
    change.delete = [dict([destination]) for destination in there if destination not in asked]
    change.unpropagate = [gateway["GatewayId"] for gateway in table.get("PropagatingVgws", [])]
    own = {place["SubnetId"]: place["RouteTableAssociationId"] for place in _places(table)}
    change.associate = {
        subnet: places[subnet]["RouteTableAssociationId"] if subnet in places else ""
        for subnet in want["subnet_ids"]
        if subnet not in own
    }
    change.disassociate = [association for subnet, association in own.items() if subnet not in want["subnet_ids"]]
    change.tags, change.untag = ec2.tag_changes(table, want.get("tags"))
    return change


def in_words_of_ec2(route: Entry) -> dict[str, str]:
    """A route of the module's argument as CreateRoute takes it."""
    return {ec2_word: route[word] for word, ec2_word in {**DESTINATIONS, **TARGETS}.items() if route.get(word)}


def destination_of(route: Entry) -> tuple[str, str]:
    """What a route leads to, and EC2's word for that kind of destination."""
    return next((name, route[name]) for name in DESTINATIONS.values() if route.get(name))


def is_own(route: Entry) -> bool:
    """Whether somebody made a route: others came with the table, with a gateway endpoint, or by propagation."""
    gateway = route.get("GatewayId") or ""
    by_aws = gateway == "local" or gateway.startswith("vpce-") or route.get("Origin") == "EnableVgwRoutePropagation"
    return not by_aws


def _is_main(table: Entry) -> bool:
    return any(place.get("Main") for place in table.get("Associations", []))


def _places(table: Entry) -> list[Entry]:
    """The associations with subnets."""
    return [place for place in table.get("Associations", []) if place.get("SubnetId")]


def _tags_shared(table: Entry, want: Entry) -> int:
    return len(ec2.tags_of(table).items() & (want.get("tags") or {}).items())


def answer(table_id: str, action: str, changes: Iterable[str] = ()) -> dict[str, Any]:
    """What the module returns of one wanted table; without an id where it does not stand."""
    return {"route_table_id": table_id, "action": action, "changes": list(changes)}
