# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What network ACLs let through, by preset. Pure.

An ACL knows no connections, so what comes back needs a rule of its own, by the ports at which answers arrive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Entry = dict[str, Any]

EVERYWHERE = "0.0.0.0/0"
HTTPS = 443
# AWS takes so many rules for each direction.
MOST_RULES = 20
# From where Linux takes the ports of its own connections, and from where NAT gateways and clients of any system do.
_OF_LINUX = (32768, 60999)
_OF_ALL = (1024, 65535)
# What nobody shall reach though answers arrive there too, whoever listens: remote desktops.
_NEVER = (3389,)
_FIRST, _STEP = 100, 10
_ALL, _ICMP, _TCP, _UDP = "-1", "1", "6", "17"


@dataclass(frozen=True)
class Needs:
    """What the rules depend on.

    Attributes:
        vpc_cidr: the addresses of the VPC.
        clients: IPv4 ranges that may reach the ports below in public subnets.
        client_ports: these TCP ports.
        egress_ports: TCP ports that hosts reach outside, where not all are let through.
        nat: whether private subnets reach the internet through public ones.
        endpoints: whether interface endpoints stand in the private subnets.
        peers: whether hosts of different subnets speak to each other.
        s3: whether S3 is reached through a gateway endpoint. It answers from public addresses.
        service_ports: TCP ports that hosts of any subnet reach in the private subnets.
    """

    vpc_cidr: str
    clients: list[str] = field(default_factory=list)
    client_ports: list[int] = field(default_factory=list)
    egress_ports: list[int] = field(default_factory=list)
    nat: bool = False
    endpoints: bool = False
    s3: bool = False
    peers: bool = False
    service_ports: list[int] = field(default_factory=list)


class _Rules:
    """The rules of one direction, numbered as they are added."""

    def __init__(self, egress: bool) -> None:
        self._egress = egress
        self.entries: list[Entry] = []

    def add(self, protocol: str, cidr: str, ports: tuple[int, int] | None = None, action: str = "allow") -> None:
        entry: Entry = {
            "RuleNumber": _FIRST + _STEP * len(self.entries),
            "Egress": self._egress,
            "Protocol": protocol,
            "RuleAction": action,
            "CidrBlock": cidr,
        }
        if ports:
            entry["PortRange"] = {"From": ports[0], "To": ports[1]}
        if protocol == _ICMP:
            # Only that a packet is too large: without it, what doesn't fit a link on the way vanishes.
            entry["IcmpTypeCode"] = {"Type": 3, "Code": 4}
        self.entries.append(entry)

    def add_ports(self, ports: Iterable[int], cidr: str, action: str = "allow") -> None:
        for port in ports:
            self.add(_TCP, cidr, (port, port), action)


def entries(tier: str, preset: str, needs: Needs) -> list[Entry]:
    """The rules of an ACL, in EC2's words.

    Args:
        tier: public or private: which subnets it is for.
        preset: `open` lets everything through; `standard` all that leaves, all within the VPC, and from outside answers and
            clients; `strict` only what the needs name, in both directions.
        needs: what the rules depend on.
    """
    inward, outward = _Rules(egress=False), _Rules(egress=True)
    if preset == "open":
        inward.add(_ALL, EVERYWHERE)
        outward.add(_ALL, EVERYWHERE)
    else:
        build = _public if tier == "public" else _private
        build(preset == "strict", needs, inward, outward)
        if preset == "strict" and needs.peers:
            inward.add(_TCP, needs.vpc_cidr, _OF_ALL)
            outward.add(_TCP, needs.vpc_cidr, _OF_ALL)
    return inward.entries + outward.entries


def _public(strict: bool, needs: Needs, inward: _Rules, outward: _Rules) -> None:
    answers = _OF_ALL if needs.nat else _OF_LINUX
    if not strict:
        inward.add(_ALL, needs.vpc_cidr)
    elif needs.nat:
        inward.add_ports(_ports(needs.egress_ports), needs.vpc_cidr)
    for client in needs.clients:
        inward.add_ports(_ports(needs.client_ports), client)
    covered = {port for port in (*needs.client_ports, *_NEVER) if answers[0] <= port <= answers[1]}
    inward.add_ports(sorted(covered), EVERYWHERE, "deny")
    _answers(strict, inward, answers)
    if not strict:
        outward.add(_ALL, EVERYWHERE)
        return
    outward.add_ports(_ports([*needs.egress_ports, HTTPS]), EVERYWHERE)
    outward.add_ports(_ports(needs.service_ports), needs.vpc_cidr)
    for client in needs.clients:
        outward.add(_TCP, client, _OF_ALL)
    if needs.nat:
        outward.add(_TCP, needs.vpc_cidr, _OF_LINUX)
    outward.add(_ICMP, EVERYWHERE)


def _private(strict: bool, needs: Needs, inward: _Rules, outward: _Rules) -> None:
    outside = needs.nat or needs.s3
    if not strict:
        inward.add(_ALL, needs.vpc_cidr)
    else:
        inward.add_ports(_ports([*([HTTPS] if needs.endpoints else []), *needs.service_ports]), needs.vpc_cidr)
    if outside:
        _answers(strict, inward, _OF_LINUX)
    elif strict and needs.service_ports:
        inward.add(_TCP, needs.vpc_cidr, _OF_LINUX)
    if not strict:
        outward.add(_ALL, EVERYWHERE)
        return
    if outside:
        outward.add_ports(_ports([HTTPS, *(needs.egress_ports if needs.nat else [])]), EVERYWHERE)
    outward.add_ports(_ports(needs.service_ports), needs.vpc_cidr)
    if needs.endpoints or needs.service_ports:
        outward.add(_TCP, needs.vpc_cidr, _OF_LINUX)
    if outside:
        outward.add(_ICMP, EVERYWHERE)


def _answers(strict: bool, inward: _Rules, ports: tuple[int, int]) -> None:
    inward.add(_TCP, EVERYWHERE, ports)
    if not strict:
        inward.add(_UDP, EVERYWHERE, ports)
    inward.add(_ICMP, EVERYWHERE)


def _ports(ports: Iterable[int]) -> list[int]:
    return sorted(set(ports))
