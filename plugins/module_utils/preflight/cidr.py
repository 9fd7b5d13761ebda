# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of address ranges: pure functions over texts."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .problems import problem

Named = tuple[str, ipaddress.IPv4Network]

# What Amazon VPC takes, for the VPC itself and for its subnets.
LARGEST_BLOCK = 16
SMALLEST_BLOCK = 28
# Ranges that no VPC can have: this host, loopback, link local, multicast and above.
UNUSABLE = tuple(map(ipaddress.IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))
# A shorter prefix than these admits whole regions of the Internet: 0.0.0.0/1 and 128.0.0.0/1 together are everyone.
NARROWEST_OPEN = {4: 7, 6: 15}

EXAMPLE = "write a range such as 10.0.0.0/16"


def parse(variable: str, value: t.Any) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network | None, list[str]]:
    """Read one range of addresses.

    Args:
        variable: the setting that holds it.
        value: the text.

    Returns:
        The network, or None, and what is wrong with the text.
    """
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f:.]+/\d{1,3}", value):
        return None, [problem(variable, value, "is not a range of addresses", EXAMPLE)]
    try:
        whole = ipaddress.ip_interface(value).network
    except ValueError:
        return None, [problem(variable, value, "is not a range of addresses", EXAMPLE)]
    address = ipaddress.ip_address(value.partition("/")[0])
    if address != whole.network_address:
        return None, [problem(variable, value, "is an address inside a range", f"the range is {whole}")]
    return whole, []


def parse_block(variable: str, value: t.Any) -> tuple[ipaddress.IPv4Network | None, list[str]]:
    """Read a range that a VPC or a subnet can have: IPv4, of a prefix from /16 to /28, and assignable."""
    network, found = parse(variable, value)
    if network is None:
        return None, found
    if not isinstance(network, ipaddress.IPv4Network):
        return None, [problem(variable, value, "is an IPv6 range", "choose an IPv4 range such as 10.0.0.0/16")]
    if not LARGEST_BLOCK <= network.prefixlen <= SMALLEST_BLOCK:
        found.append(
            problem(
                variable,
                value,
                f"has the prefix /{network.prefixlen}",
                f"Amazon VPC takes prefixes from /{LARGEST_BLOCK} to /{SMALLEST_BLOCK}",
            )
        )
    if any(network.overlaps(other) for other in UNUSABLE):
        found.append(
            problem(variable, value, "is reserved and can't be assigned", "choose a private range, 10.0.0.0/8")
        )
    return network, found


def overlap_problems(blocks: t.Sequence[Named]) -> list[str]:
    """Return one problem for each pair of ranges that share addresses, named at the later of the two."""
    found = []
    for position, (name, block) in enumerate(blocks):
        for other_name, other in blocks[:position]:
            if block.overlaps(other):
                fault = f"overlaps {other_name} ({other})"
                found.append(problem(name, block, fault, "choose ranges that do not overlap"))
    return found


def inside_problems(outer: Named, blocks: t.Iterable[Named]) -> list[str]:
    """Return one problem for each range that is not part of the outer one."""
    outer_name, whole = outer
    return [
        problem(name, block, f"is not inside {outer_name} ({whole})", "choose a part of that range")
        for name, block in blocks
        if not block.subnet_of(whole)
    ]


def is_open(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """Say whether a range lets in the Internet at large."""
    return network.prefixlen <= NARROWEST_OPEN[network.version]
