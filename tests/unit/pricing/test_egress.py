# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways out, and from how much data on which one costs more."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing import egress
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load
from hypothesis import given
from hypothesis import strategies as st

from .resources import architecture, resource, standing

PRICES = load("us-east-1")
WAYS = egress.ways(PRICES, 2, 6, "t4g.nano")
AMOUNTS = st.integers(0, 10_000).map(lambda cents: cents / 100)


def choice(name, fixed, per_gb):
    return {"name": name, "title": name, "fixed": fixed, "per_gb": per_gb}


def test_what_each_way_costs():
    """A NAT instance has its hours, its volume and its address."""
    assert {way["name"]: (way["fixed"], way["per_gb"]) for way in WAYS} == {
        "nat_gateway": (36.50, 0.045),
        "nat_gateway_per_az": (73.00, 0.045),
        "nat_instance": (7.36, 0),
        "endpoints": (87.60, 0.01),
        "none": (0, 0),
    }


def test_where_two_ways_cost_the_same():
    told = egress.break_even(WAYS)
    assert told["crossings"] == [
        {"gb": 417, "below": "nat_gateway_per_az", "above": "endpoints", "monthly": 91.77},
        {"gb": 1460, "below": "nat_gateway", "above": "endpoints", "monthly": 102.20},
    ]
    assert {"cheaper": "nat_instance", "dearer": "nat_gateway"} in told["never"]
    assert told["span"] == 1800


@given(AMOUNTS, AMOUNTS, st.sampled_from([0, 0.01, 0.045]), st.sampled_from([0, 0.01, 0.045]))
def test_a_crossing_is_one(fixed, other_fixed, per_gb, other_per_gb):
    """Below it the one is cheaper, above it the other, and without one the same is always the cheaper."""
    ways = {"a": choice("a", fixed, per_gb), "b": choice("b", other_fixed, other_per_gb)}
    told = egress.break_even(ways.values())

    def costs(name, gb):
        return ways[name]["fixed"] + gb * ways[name]["per_gb"]

    for crossing in told["crossings"]:
        below, above = crossing["below"], crossing["above"]
        assert costs(below, 0) < costs(above, 0)
        assert costs(below, crossing["gb"] + 1) > costs(above, crossing["gb"] + 1)
        assert costs(below, crossing["gb"]) == pytest.approx(crossing["monthly"], abs=0.05)
        assert crossing["gb"] < told["span"]
    for pair in told["never"]:
        assert all(costs(pair["cheaper"], gb) <= costs(pair["dearer"], gb) for gb in (0, 10**3, 10**6))
    assert len(told["crossings"]) + len(told["never"]) == 1


def test_without_prices_nothing_crosses():
    """But nothing fails, and no way out costs nothing all the same."""
    told = egress.break_even(egress.ways({}, 2, 6, "t4g.nano"))
    assert (told["crossings"], told["never"]) == ([], [])
    assert [way["name"] for way in egress.ways({}, 2, 6, "t4g.nano") if way["fixed"] is not None] == ["none"]


@pytest.mark.parametrize("resources", [architecture(), standing()], ids=["declared", "standing"])
def test_a_gateway_goes_with_its_address(resources):
    """And with no other address."""
    other = resource("elastic_ip", "of somebody", "eipalloc-9", PublicIp="192.0.2.9")
    left = egress.without_gateways([*resources, other])
    assert [entry["name"] for entry in left if entry["kind"] in ("nat_gateway", "elastic_ip")] == ["of somebody"]
    interfaces = [entry for entry in resources if entry["id"] == "eni-1"]
    assert len(left) == len(resources) - 1 - len(interfaces)
