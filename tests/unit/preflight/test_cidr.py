# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of address ranges hold for all ranges, not for examples only."""

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import cidr
from hypothesis import assume, given
from hypothesis import strategies as st

addresses = st.integers(min_value=0, max_value=2**32 - 1)


@st.composite
def networks(draw: st.DrawFn, shortest: int = 0, longest: int = 32) -> ipaddress.IPv4Network:
    """Draw an IPv4 network."""
    prefix = draw(st.integers(min_value=shortest, max_value=longest))
    return ipaddress.IPv4Network((draw(addresses), prefix), strict=False)


@given(networks())
def test_every_network_is_read_as_what_it_is(network: ipaddress.IPv4Network) -> None:
    """A well-formed range is taken, and unchanged."""
    assert cidr.parse("x", str(network)) == (network, [])


@given(addresses, st.integers(min_value=0, max_value=31))
def test_host_bits_are_named_with_the_range_that_is_meant(address: int, prefix: int) -> None:
    """An address inside a range is refused, and the message has the range."""
    network = ipaddress.IPv4Network((address, prefix), strict=False)
    assume(int(network.network_address) != address)
    text = f"{ipaddress.IPv4Address(address)}/{prefix}"
    found, faults = cidr.parse("x", text)
    assert found is None
    assert len(faults) == 1
    assert text in faults[0]
    assert str(network) in faults[0]


@given(st.text())
def test_no_text_makes_the_parser_fail(text: str) -> None:
    """Any text is either a network or exactly one problem."""
    network, faults = cidr.parse("x", text)
    assert (network is None) == (len(faults) == 1)


@given(networks())
def test_blocks_are_judged_by_their_prefix(network: ipaddress.IPv4Network) -> None:
    """A prefix outside /16 to /28 is a problem, whatever the address."""
    _network, faults = cidr.parse_block("x", str(network))
    assert any("prefix" in fault for fault in faults) == (not 16 <= network.prefixlen <= 28)


@given(st.lists(networks(shortest=8), max_size=6))
def test_overlaps_are_the_pairs_that_share_an_address(blocks: list[ipaddress.IPv4Network]) -> None:
    """One problem for each pair, by comparing first and last addresses."""
    pairs = [
        (later, earlier)
        for later in range(len(blocks))
        for earlier in range(later)
        if int(blocks[later][0]) <= int(blocks[earlier][-1]) and int(blocks[earlier][0]) <= int(blocks[later][-1])
    ]
    found = cidr.overlap_problems([(f"x[{index}]", block) for index, block in enumerate(blocks)])
    assert [line.split(":")[0] for line in found] == [f"x[{later}]" for later, _earlier in pairs]


@given(networks(shortest=8, longest=30), st.integers(min_value=0, max_value=8), st.data())
def test_a_part_is_inside_and_what_holds_it_is_not(
    whole: ipaddress.IPv4Network, bits: int, data: st.DataObject
) -> None:
    """Every subnet of a network is inside it; the network is inside none of its real parts."""
    prefix = min(whole.prefixlen + bits, 32)
    offset = data.draw(st.integers(min_value=0, max_value=whole.num_addresses - 1))
    part = ipaddress.IPv4Network((int(whole[0]) + offset, prefix), strict=False)
    assert cidr.inside_problems(("vpc", whole), [("x", part)]) == []
    assert bool(cidr.inside_problems(("x", part), [("vpc", whole)])) == (part != whole)


@pytest.mark.parametrize(
    "text", ["10.0.0.0", "10.0.0.0/33", "10.0.0/16", "10.0.0.0/255.255.0.0", " 10.0.0.0/16", "", "::/129"]
)
def test_what_is_no_range(text: str) -> None:
    """What AWS would not take is refused, even where Python's ipaddress takes it."""
    network, faults = cidr.parse("network_cidr", text)
    assert network is None
    assert "is not a range of addresses" in faults[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("fd00::/20", "is an IPv6 range"),
        ("127.0.0.0/16", "is reserved"),
        ("169.254.0.0/16", "is reserved"),
        ("224.0.0.0/16", "is reserved"),
        ("0.0.0.0/16", "is reserved"),
    ],
)
def test_what_no_vpc_can_have(text: str, fault: str) -> None:
    """Ranges that exist and that Amazon VPC refuses."""
    _network, faults = cidr.parse_block("network_cidr", text)
    assert fault in faults[0]


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("0.0.0.0/0", True),
        ("0.0.0.0/1", True),
        ("128.0.0.0/1", True),
        ("10.0.0.0/8", False),
        ("203.0.113.7/32", False),
        ("::/0", True),
        ("2000::/3", True),
        ("2001:db8::/32", False),
    ],
)
def test_open_to_the_world(text: str, is_open: bool) -> None:
    """Halves of the Internet are as open as the whole."""
    assert cidr.is_open(ipaddress.ip_network(text)) is is_open
