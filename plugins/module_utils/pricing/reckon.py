# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From resources, prices and use to all that cost_info answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import egress
from .bill import bill
from .parts import Resource
from .prices import Prices
from .what_if import Assumptions, WhatIfs

# What goes out to the internet is charged to no resource: this one stands for it.
INTERNET = {"kind": "data_transfer", "name": "to the internet", "attributes": {}}
# These alone are what is left of an environment, or not there yet.
_FREE_KINDS = {"vpc", "subnet", "data_transfer"}


@dataclass(frozen=True)
class Wishes:
    """What the reckoning is to assume.

    Attributes:
        usage: in the place of what was measured, see `bill`.
        transfer_out_gb: what goes out to the internet, GB a month.
        nat_gb: what passes each NAT gateway, GB a month, in the place of what was measured; negative: unset.
        assumed: see `Assumptions`.
    """

    usage: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    transfer_out_gb: float = 0
    nat_gb: float = -1
    assumed: Assumptions = field(default_factory=Assumptions)


def reckon(
    standing: Iterable[Resource],
    declared: Iterable[Resource],
    measured: Mapping[str, Mapping[str, Any]],
    prices: Prices,
    wishes: Wishes,
) -> dict[str, Any]:
    """The bills of what stands and of what is declared, the what-ifs of the one that counts, and the ways out.

    Args:
        standing: what stands, as discovery lists it.
        declared: what the roles declare, as one list.
        measured: the measured use, see `bill`.
        prices: a list of prices.
        wishes: what to assume.
    """
    there = [*standing, INTERNET]
    wanted = [*declared, INTERNET]
    use = _use([*there, *wanted], measured, wishes)
    anything = {resource["kind"] for resource in there} - _FREE_KINDS
    counts = there if anything else wanted
    ways = egress.ways(prices, wishes.assumed.zones, wishes.assumed.endpoint_services, wishes.assumed.nat_instance_type)
    return {
        "standing": bill(there if anything else [], prices, use),
        "declared": bill(wanted, prices, use),
        "of": "standing" if anything else "declared",
        "what_ifs": WhatIfs(counts, prices, use, wishes.assumed).all(),
        "egress": {"ways": ways, **egress.break_even(ways), "data_gb": _through_gateways(counts, use)},
        "usage": use,
    }


def _use(
    resources: Iterable[Resource], measured: Mapping[str, Mapping[str, Any]], wishes: Wishes
) -> dict[str, dict[str, Any]]:
    """The use to reckon with, by the id of a resource, or the name of one that does not stand yet."""
    use = {key: dict(entry) for key, entry in measured.items()}
    for resource in resources:
        key, name = resource.get("id") or resource["name"], resource["name"]
        entry = dict(use.get(key, {}))
        if resource["kind"] == "nat_gateway" and wishes.nat_gb >= 0:
            entry["data_gb"] = wishes.nat_gb
        if resource is INTERNET and wishes.transfer_out_gb > 0:
            entry["out_gb"] = wishes.transfer_out_gb
        entry |= wishes.usage.get(name, {}) | wishes.usage.get(key, {})
        if entry:
            use[key] = entry
    return use


def _through_gateways(resources: Iterable[Resource], use: Mapping[str, Mapping[str, Any]]) -> float | None:
    """What passes through all NAT gateways, None where it isn't known of any."""
    keys = [resource.get("id") or resource["name"] for resource in resources if resource["kind"] == "nat_gateway"]
    known = [use[key]["data_gb"] for key in keys if "data_gb" in use.get(key, {})]
    return round(float(sum(known)), 3) if known else None
