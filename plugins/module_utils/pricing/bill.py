# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a list of resources costs a month. Pure: plan, status, cost and the certificate of destroy all use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .members import members_of
from .parts import RULES, Context, Part, Rate, Resource, Usage, parts_of
from .prices import Prices

_CENT = Decimal("0.01")
_ORDER = {kind: at for at, kind in enumerate(RULES)}
# Where a kind shows in a bill.
AREAS = {
    "instance": "Compute",
    "instance_address": "Compute",
    "auto_scaling_group": "Compute",
    "load_balancer": "Network",
    "volume": "Compute",
    "snapshot": "Compute",
    "snapshot_policy": "Compute",
    "bucket": "Storage",
    "bucket_replication": "Storage",
    "object": "Storage",
    "kms_key": "Storage",
    "file_system": "Storage",
    "db_instance": "Storage",
    "db_snapshot": "Storage",
    "log_group": "Monitoring",
    "alarm": "Monitoring",
    "dashboard": "Monitoring",
    "sns_topic": "Monitoring",
    "detector": "Monitoring",
    "hub": "Monitoring",
    "recorder": "Monitoring",
    **dict.fromkeys(
        ("nat_gateway", "nat_instance", "elastic_ip", "network_interface", "vpc_endpoint", "data_transfer"), "Network"
    ),
}


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def bill(resources: Iterable[Resource], prices: Prices, usage: Mapping[str, Usage] | None = None) -> dict[str, Any]:
    """What resources cost in a month of 730 hours, in the currency of the list.

    Args:
        resources: each with kind, name and attributes, as roles declare them and discovery lists them; id and role where
            there are any. A key hours_a_week of an instance says how long it runs.
        prices: a list of prices in the form of prices/us-east-1.yml; by an empty one nothing has a price.
        usage: by id or name of a resource what passes through it or is kept in it a month, in GB: data_gb of gateways
            and endpoints, standard_gb and glacier_gb of buckets, copied_gb of their replication, snapshot_gb of policies,
            ingested_gb of log groups, out_gb of data_transfer.

    Returns:
        resources: each with role, kind, name, id, area, configuration, monthly and rates (what use costs on top where it
            isn't known). monthly is 0 for what is free, None where a price is missing.
        lines: the same by what is charged, equal ones taken together, the dearest first.
        total: the sum of all lines; currency; as_of, the date of the list; unpriced: what has no price.
    """
    context = Context(prices, usage or {})
    listed = list(resources)
    context.addresses |= {
        resource["attributes"]["PublicIp"]
        for resource in listed
        if resource["kind"] == "elastic_ip" and "PublicIp" in resource["attributes"]
    }
    priced: dict[int, dict[str, Any]] = {}
    lines: dict[tuple[str, str, Decimal], list[Decimal]] = {}
    for at, resource in sorted(enumerate(listed), key=lambda pair: _ORDER.get(pair[1]["kind"], len(_ORDER))):
        priced[at] = _priced(resource, context, lines)
    entries = [priced[at] for at in range(len(listed))]
    charged = [
        {"resource": what, "configuration": f"{len(amounts)} {words}", "monthly": float(sum(amounts))}
        for (what, words, _quantity), amounts in lines.items()
        if sum(amounts)
    ]
    return {
        "resources": entries,
        "lines": sorted(charged, key=lambda line: -line["monthly"]),
        "total": float(sum((sum(amounts) for amounts in lines.values()), Decimal(0))),
        "currency": prices.get("currency", "USD"),
        "as_of": prices.get("as_of", ""),
        "unpriced": [
            f"{entry['kind']} {entry['name'] or entry['id']}{': ' if entry['configuration'] else ''}{entry['configuration']}"
            for entry in entries
            if entry["monthly"] is None
        ],
    }


def _priced(
    resource: Resource, context: Context, lines: dict[tuple[str, str, Decimal], list[Decimal]]
) -> dict[str, Any]:
    """One resource with its price; adds its amounts to the lines."""
    parts = parts_of(resource, context)
    amounts: list[Decimal | None] = [None] if parts is None else []
    words, rates = [], []
    for part in parts or []:
        if isinstance(part, Rate):
            rates.append({"what": part.what, "unit": part.unit, "price": float(part.price)})
            continue
        words.append(_words(part))
        if part.price is None and part.quantity:
            amounts.append(None)
            continue
        amount = _cents(part.quantity * (part.price or 0))
        amounts.append(amount)
        lines.setdefault((part.what, part.words, part.quantity), []).append(amount)
    unknown = any(amount is None for amount in amounts)
    return {
        "role": resource.get("role", ""),
        "kind": resource["kind"],
        "name": resource.get("name", ""),
        "id": resource.get("id", ""),
        "area": AREAS.get(resource["kind"], "Other"),
        "configuration": "; ".join(words),
        "monthly": None if unknown else float(sum(amount for amount in amounts if amount is not None)),
        "rates": rates,
    }


def _words(part: Part) -> str:
    return f"{part.what}, {part.words.removeprefix('of ')}"


def declared_resources(declared: Mapping[str, Iterable[Resource]], public_instances: bool = False) -> list[dict[str, Any]]:
    """What roles declare as one list to price.

    Args:
        declared: by role, what it declares.
        public_instances: whether the instances of role compute get a public address from their subnet, which their
            declaration does not tell.
    """
    entries_by_role = {role: list(entries) for role, entries in declared.items()}
    of_their_own = {
        entry["attributes"].get("Instance")
        for entries in entries_by_role.values()
        for entry in entries
        if entry["kind"] == "instance_address"
    }
    listed = []
    for role, entries in entries_by_role.items():
        for entry in entries:
            attributes = dict(entry["attributes"])
            if role == "compute" and entry["kind"] == "instance" and entry["name"] not in of_their_own:
                attributes.setdefault("AssociatePublicIpAddress", public_instances)
            if entry["kind"] == "auto_scaling_group":
                attributes["Members"] = members_of(attributes, entries, public_instances)
            listed.append({**entry, "role": role, "attributes": attributes})
    return listed
