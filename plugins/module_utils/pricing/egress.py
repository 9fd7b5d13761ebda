# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ways out of private subnets, what each costs by the data that passes, and where they cost the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from typing import Any

from .bill import bill
from .parts import Resource
from .prices import Prices, price

# The smallest type that AWS offers: enough for updates and packages.
NAT_INSTANCE_TYPE = "t4g.nano"
NAT_INSTANCE_GB = 8
# What the answers are drawn up to, where nothing crosses further out. GB a month.
_LEAST_SPAN = 1000


def nat_instances(count: int, kind: str) -> list[Resource]:
    """NAT instances as resources to price; their addresses are elastic ones, resources of their own."""
    return [
        {
            "kind": "instance",
            "name": f"NAT instance {number}",
            "attributes": {
                "InstanceType": kind,
                "SourceDestCheck": False,
                "BlockDeviceMappings": [{"Ebs": {"VolumeSize": NAT_INSTANCE_GB, "VolumeType": "gp3"}}],
            },
        }
        for number in range(1, count + 1)
    ]


def without_gateways(resources: Iterable[Resource]) -> list[Resource]:
    """The resources without NAT gateways, their addresses and their network interfaces."""
    listed = list(resources)
    gateways = [resource for resource in listed if resource["kind"] == "nat_gateway"]
    names = {gateway["name"] for gateway in gateways}
    given = {
        address["PublicIp"]
        for gateway in gateways
        for address in gateway["attributes"].get("NatGatewayAddresses", [])
        if "PublicIp" in address
    }

    def of_gateway(resource: Resource) -> bool:
        attributes = resource["attributes"]
        if resource["kind"] == "elastic_ip":
            return attributes.get("NatGateway") in names or attributes.get("PublicIp") in given
        if resource["kind"] == "network_interface":
            return attributes.get("Association", {}).get("PublicIp") in given
        return resource["kind"] == "nat_gateway"

    return [resource for resource in listed if not of_gateway(resource)]


def ways(prices: Prices, zones: int, endpoint_services: int, nat_instance_type: str) -> list[dict[str, Any]]:
    """What each choice of network_egress costs a month.

    Args:
        prices: a list of prices.
        zones: in how many zones private subnets are.
        endpoint_services: for how many services there would be interface endpoints.
        nat_instance_type: of a NAT instance.

    Returns:
        For each its name (the value of network_egress), title, fixed (a month, whatever passes) and per_gb; both None
        where a price is missing. What AWS takes for traffic to the internet itself is the same for all and not in it.
    """
    address = {"kind": "elastic_ip", "name": "", "attributes": {}}
    gateway = {"kind": "nat_gateway", "name": "", "attributes": {}}
    endpoint = {"kind": "vpc_endpoint", "name": "", "attributes": {"VpcEndpointType": "Interface", "Subnets": ["1"] * zones}}
    each_zone = f"One NAT gateway in each of {zones} zones"
    choices: list[tuple[str, str, list[Resource], str]] = [
        ("nat_gateway", "NAT gateway", [gateway, address], "nat_gb"),
        ("nat_gateway_per_az", each_zone, [gateway, address] * zones, "nat_gb"),
        ("nat_instance", f"NAT instance, {nat_instance_type}", [*nat_instances(1, nat_instance_type), address], ""),
        (
            "endpoints",
            f"Interface endpoints, {endpoint_services} services in {zones} zones",
            [endpoint] * endpoint_services,
            "endpoint_gb",
        ),
        ("none", "No way out", [], ""),
    ]
    answers = []
    for name, title, resources, per_gb in choices:
        priced = bill(resources, prices)
        each = price(prices, per_gb) if per_gb else Decimal(0)
        known = not priced["unpriced"] and each is not None
        fixed = priced["total"] if known else None
        answers.append({"name": name, "title": title, "fixed": fixed, "per_gb": float(each) if known else None})
    return answers


def break_even(choices: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """From how much data on which way costs more.

    Args:
        choices: as `ways` returns them; those without a price are left out, and none, which carries nothing.

    Returns:
        crossings: each with gb a month, the names below and above (the cheaper one below and above that) and monthly, what
        both cost there; never: pairs of which one is always the cheaper (cheaper, dearer); span: up to how many GB a
        picture of it should go.
    """
    priced = [choice for choice in choices if choice["fixed"] is not None and choice["name"] != "none"]
    crossings, never = [], []
    for one, other in combinations(priced, 2):
        low, high = sorted((one, other), key=lambda choice: (choice["fixed"], choice["per_gb"]))
        slope = low["per_gb"] - high["per_gb"]
        if slope <= 0 or high["fixed"] == low["fixed"]:
            never.append({"cheaper": low["name"], "dearer": high["name"]})
            continue
        gb = (high["fixed"] - low["fixed"]) / slope
        monthly = low["fixed"] + gb * low["per_gb"]
        crossings.append({"gb": round(gb), "below": low["name"], "above": high["name"], "monthly": round(monthly, 2)})
    furthest = max((crossing["gb"] for crossing in crossings), default=0)
    return {
        "crossings": sorted(crossings, key=lambda crossing: crossing["gb"]),
        "never": never,
        "span": max(_LEAST_SPAN, round(furthest * 1.25 / 100) * 100),
    }
