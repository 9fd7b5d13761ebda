# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What passes network ACLs: packets are judged by the rules as EC2 judges them, in the order of their numbers."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import product

import pytest
from ansible_collections.mlinfra.aws.plugins.filter.network_acl_entries import network_acl_entries
from ansible_collections.mlinfra.aws.plugins.module_utils.network_acl import MOST_RULES, Needs, entries

VPC = "10.0.0.0/16"
PUBLIC, PRIVATE, ENDPOINT = "10.0.1.5", "10.0.11.5", "10.0.12.9"
OFFICE, STRANGER, WEB = "192.0.2.7", "198.51.100.1", "151.101.0.223"
HOST_PORT, NAT_PORT, CLIENT_PORT = 40000, 2000, 50000
WAYS_OUT = {
    "nat": {"nat": True, "s3": True},
    "endpoints": {"endpoints": True, "s3": True},
    "none": {"s3": True},
    "nothing at all": {},
}


def needs(way: str) -> Needs:
    return Needs(VPC, ["192.0.2.0/24"], [22, 8888, 6006], [80, 443], **WAYS_OUT[way])


def passes(tier: str, preset: str, way: str, egress: bool, peer: str, port: int, protocol: str = "6") -> bool:
    """Whether a packet to a port passes the ACL of a tier; the peer is whom it comes from or goes to."""
    rules = [rule for rule in entries(tier, preset, needs(way)) if rule["Egress"] is egress]
    for rule in sorted(rules, key=lambda one: one["RuleNumber"]):
        ports = rule.get("PortRange", {"From": 0, "To": 65535})
        alike = rule["Protocol"] in ("-1", protocol) and ip_address(peer) in ip_network(rule["CidrBlock"])
        if alike and ports["From"] <= port <= ports["To"]:
            return rule["RuleAction"] == "allow"
    return False


def comes_in(tier: str, preset: str, way: str, peer: str, port: int, protocol: str = "6") -> bool:
    return passes(tier, preset, way, False, peer, port, protocol)


def goes_out(tier: str, preset: str, way: str, peer: str, port: int, protocol: str = "6") -> bool:
    return passes(tier, preset, way, True, peer, port, protocol)


PRESETS = ("open", "standard", "strict")
CLOSED = ("standard", "strict")


@pytest.mark.parametrize(("preset", "way", "port"), list(product(PRESETS, WAYS_OUT, (22, 8888, 6006))))
def test_clients_reach_hosts_and_get_answers(preset, way, port):
    assert comes_in("public", preset, way, OFFICE, port)
    assert goes_out("public", preset, way, OFFICE, CLIENT_PORT)


@pytest.mark.parametrize(("preset", "way", "port"), list(product(CLOSED, WAYS_OUT, (22, 80, 3389, 6006, 8888))))
def test_nobody_else_reaches_these_ports(preset, way, port):
    assert not comes_in("public", preset, way, STRANGER, port)
    assert not comes_in("private", preset, way, STRANGER, port)
    assert not comes_in("private", preset, way, OFFICE, port)


@pytest.mark.parametrize(("preset", "way", "port"), list(product(PRESETS, WAYS_OUT, (80, 443))))
def test_hosts_in_public_subnets_reach_the_web(preset, way, port):
    assert goes_out("public", preset, way, WEB, port)
    assert comes_in("public", preset, way, WEB, HOST_PORT)


@pytest.mark.parametrize(("preset", "port"), list(product(PRESETS, (80, 443))))
def test_hosts_in_private_subnets_reach_the_web_through_a_nat(preset, port):
    """The request leaves the private subnet, enters the public one and leaves it; the answer goes the same way back."""
    assert goes_out("private", preset, "nat", WEB, port)
    assert comes_in("public", preset, "nat", PRIVATE, port)
    assert goes_out("public", preset, "nat", WEB, port)
    assert comes_in("public", preset, "nat", WEB, NAT_PORT)
    assert goes_out("public", preset, "nat", PRIVATE, HOST_PORT)
    assert comes_in("private", preset, "nat", WEB, HOST_PORT)


@pytest.mark.parametrize(("preset", "tier", "host"), list(product(PRESETS, ("public", "private"), (PUBLIC, PRIVATE))))
def test_hosts_reach_endpoints(preset, tier, host):
    assert goes_out(tier, preset, "endpoints", ENDPOINT, 443)
    assert comes_in("private", preset, "endpoints", host, 443)
    assert goes_out("private", preset, "endpoints", host, HOST_PORT)
    assert comes_in(tier, preset, "endpoints", ENDPOINT, HOST_PORT)


@pytest.mark.parametrize(("preset", "way"), list(product(PRESETS, ("nat", "endpoints", "none"))))
def test_hosts_reach_s3_at_its_public_addresses(preset, way):
    assert goes_out("private", preset, way, "52.216.1.1", 443)
    assert comes_in("private", preset, way, "52.216.1.1", HOST_PORT)


@pytest.mark.parametrize(("way", "from_tier"), list(product(WAYS_OUT, ("public", "private"))))
def test_strict_lets_hosts_reach_a_database_and_nobody_else(way, from_tier):
    host = PUBLIC if from_tier == "public" else ENDPOINT
    asked = replace(needs(way), service_ports=[5432])

    def passes_acl(tier: str, egress: bool, peer: str, port: int) -> bool:
        rules = sorted((one for one in entries(tier, "strict", asked) if one["Egress"] is egress), key=lambda one: one["RuleNumber"])
        for rule in rules:
            ports = rule.get("PortRange", {"From": 0, "To": 65535})
            near = rule["Protocol"] in ("-1", "6") and ip_address(peer) in ip_network(rule["CidrBlock"])
            if near and ports["From"] <= port <= ports["To"]:
                return rule["RuleAction"] == "allow"
        return False

    assert passes_acl(from_tier, True, PRIVATE, 5432)
    assert passes_acl("private", False, host, 5432)
    assert passes_acl("private", True, host, HOST_PORT)
    assert passes_acl(from_tier, False, PRIVATE, HOST_PORT)
    assert not passes_acl("private", False, STRANGER, 5432)
    assert not comes_in("private", "strict", way, host, 5432)


def test_strict_lets_nothing_else_out():
    for way, port in product(WAYS_OUT, (22, 25, 53, 3306)):
        assert not goes_out("public", "strict", way, WEB, port)
        assert not goes_out("private", "strict", way, WEB, port)
    assert not goes_out("private", "strict", "endpoints", WEB, 80)
    assert not goes_out("private", "strict", "nothing at all", WEB, 443)
    assert not comes_in("private", "strict", "nat", PUBLIC, 22)


def test_standard_is_open_within_the_vpc_and_outward():
    for tier, way in product(("public", "private"), WAYS_OUT):
        assert comes_in(tier, "standard", way, PUBLIC, 22)
        assert goes_out(tier, "standard", way, WEB, 53, "17")


@pytest.mark.parametrize(("preset", "way"), list(product(CLOSED, ("nat", "endpoints", "none"))))
def test_only_the_news_of_packets_too_large_comes_in_by_icmp(preset, way):
    for tier in ("public", "private"):
        told = [one["IcmpTypeCode"] for one in entries(tier, preset, needs(way)) if one["Protocol"] == "1"]
        assert told in ([{"Type": 3, "Code": 4}], [{"Type": 3, "Code": 4}] * 2)


@pytest.mark.parametrize(("tier", "preset", "way"), list(product(("public", "private"), PRESETS, WAYS_OUT)))
def test_numbers_are_unique_and_few(tier, preset, way):
    for egress in (False, True):
        numbers = [one["RuleNumber"] for one in entries(tier, preset, needs(way)) if one["Egress"] is egress]
        assert numbers == sorted(set(numbers))
        assert len(numbers) <= MOST_RULES


def test_the_filter_passes_over_ranges_of_ipv6_and_takes_numbers_as_text():
    rules = network_acl_entries(
        "public", "strict", VPC, clients=["2001:db8::/32", "192.0.2.0/24"], client_ports=["22"], egress_ports=[80], nat=True, s3=True
    )
    alike = Needs(VPC, ["192.0.2.0/24"], [22], [80], nat=True, s3=True)
    assert rules == entries("public", "strict", alike)


def test_hosts_of_different_subnets_reach_each_other_where_they_are_to():
    def of(peers: bool) -> list[dict]:
        return entries("private", "strict", Needs(VPC, peers=peers))

    added = [one for one in of(True) if one not in of(False)]
    assert {(one["Egress"], one["Protocol"], one["CidrBlock"], one["PortRange"]["From"], one["PortRange"]["To"]) for one in added} == {
        (False, "6", VPC, 1024, 65535),
        (True, "6", VPC, 1024, 65535),
    }
