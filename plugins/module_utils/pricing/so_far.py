# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a month has cost so far, reckoned from what stands, since when it stands and how long it ran. Pure.

An estimate: what was removed this month is not in it, nor what this collection has no price or no measure of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .bill import bill
from .parts import Resource, Usage, state_of
from .prices import HOURS_A_MONTH, Prices

# By kind, what tells when a resource was made. An alarm tells when it was changed last, and an address nothing.
_MADE = {
    "instance": "LaunchTime",
    "volume": "CreateTime",
    "snapshot": "StartTime",
    "nat_gateway": "CreateTime",
    "vpc_endpoint": "CreationTimestamp",
    "bucket": "CreationDate",
    "log_group": "creationTime",
    "alarm": "AlarmConfigurationUpdatedTimestamp",
}
# What an environment is as old as: buckets, logs and snapshots may be kept from one before.
_DATED = ("instance", "volume", "nat_gateway", "vpc_endpoint")
# Charged by what passes, which the bill has beside what they cost by the hour.
_CHARGED_BY_USE = ("nat_gateway", "vpc_endpoint", "log_group")


@dataclass(frozen=True)
class Known:
    """What is known of the month besides what stands.

    Attributes:
        hours: how long instances ran, by their ids; those that nobody measured are left out.
        stopped: when instances stopped, by their ids, in ISO 8601.
        used: what passed through resources this month and what buckets keep, see `bill`.
    """

    hours: Mapping[str, float] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, Usage] = field(default_factory=dict)


def so_far(resources: Iterable[Resource], prices: Prices, known: Known, now: datetime) -> dict[str, Any]:
    """What the month has cost so far.

    Args:
        resources: what stands, as discovery lists it.
        prices: a list of prices.
        known: what else is known.
        now: the time.

    Returns:
        amount, and by_end: what the whole month will have cost if all goes on as it is; currency, as_of (the date of the
        list), start (of the month); resources: each that cost anything, the dearest first, with kind, name, id, area, hours,
        data (what its use cost) and amount; areas: the same by area; unpriced: what has no price.
    """
    listed = list(resources)
    start, end = _month(now)
    dated = (_made(entry) for entry in listed if entry["kind"] in _DATED)
    oldest = min((made for made in dated if made), default=start)
    public = {entry["id"] for entry in listed if entry["kind"] == "subnet" and entry["attributes"].get("MapPublicIpOnLaunch")}
    kept = {key: use for key, use in known.used.items() if "standard_gb" in use or "glacier_gb" in use}
    standing = bill([_as_it_ran(entry, public) for entry in listed], prices, kept)
    going_on = bill(listed, prices, kept)
    data = _by_use(listed, prices, known.used)
    entries, amount, rest = [], Decimal(0), Decimal(0)
    for resource, priced, now_priced in zip(listed, standing["resources"], going_on["resources"], strict=True):
        hours = _hours(resource, start, now, oldest, known)
        passed = data.get(resource["id"], Decimal(0))
        cost = Decimal(str(priced["monthly"] or 0)) * Decimal(str(hours)) / HOURS_A_MONTH + passed
        amount += cost
        rest += Decimal(str(now_priced["monthly"] or 0))
        if round(cost, 2):
            kept_of = {name: priced[name] for name in ("kind", "name", "id", "area")}
            entries.append({**kept_of, "hours": round(hours, 1), "data": _cents(passed), "amount": _cents(cost)})
    left = Decimal(str(_hours_between(now, end)))
    return {
        "amount": _cents(amount),
        "by_end": _cents(amount + rest * left / HOURS_A_MONTH),
        "currency": standing["currency"],
        "as_of": standing["as_of"],
        "start": start.date().isoformat(),
        "resources": sorted(entries, key=lambda entry: -entry["amount"]),
        "areas": _areas(entries),
        "unpriced": standing["unpriced"],
    }


def _month(now: datetime) -> tuple[datetime, datetime]:
    """The begin of the month and of the next, in UTC."""
    start = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = start.month % 12 + 1
    return start, start.replace(month=following, year=start.year + (following == 1))


def _hours_between(begin: datetime, end: datetime) -> float:
    return max((end - begin).total_seconds() / 3600, 0.0)


def _made(resource: Resource) -> datetime | None:
    """When a resource was made, None where it does not tell."""
    told = resource["attributes"].get(_MADE.get(resource["kind"], ""))
    if not told:
        return None
    return datetime.fromtimestamp(told / 1000, UTC) if isinstance(told, int) else datetime.fromisoformat(told)


def _hours(resource: Resource, start: datetime, now: datetime, oldest: datetime, known: Known) -> float:
    """How many hours of this month a resource is charged for. What does not tell its age is as old as the oldest of all."""
    begin = max(_made(resource) or oldest, start)
    if resource["kind"] != "instance":
        return _hours_between(begin, now)
    measured = known.hours.get(resource["id"], 0.0)
    if state_of(resource) in ("pending", "running"):
        return max(measured, _hours_between(begin, now))
    stopped = known.stopped.get(resource["id"])
    return max(measured, _hours_between(begin, datetime.fromisoformat(stopped)) if stopped else 0.0)


def _as_it_ran(resource: Resource, public_subnets: set[str]) -> Resource:
    """An instance as it was while it ran, whatever its state is now; all else as it is."""
    attributes = resource["attributes"]
    if resource["kind"] != "instance" or state_of(resource) in ("pending", "running"):
        return resource
    had_address = not attributes.get("PublicIpAddress") and attributes.get("SubnetId") in public_subnets
    return {**resource, "attributes": {**attributes, "State": "running", "AssociatePublicIpAddress": had_address}}


def _by_use(resources: Iterable[Resource], prices: Prices, used: Mapping[str, Usage]) -> dict[str, Decimal]:
    """What has passed cost, by the id of the resource."""
    charged = [entry for entry in resources if entry["kind"] in _CHARGED_BY_USE]
    with_it, without = bill(charged, prices, used)["resources"], bill(charged, prices)["resources"]
    return {
        one["id"]: Decimal(str(one["monthly"])) - Decimal(str(other["monthly"]))
        for one, other in zip(with_it, without, strict=True)
        if one["monthly"] is not None and other["monthly"] is not None
    }


def _areas(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[str, Decimal] = {}
    for entry in entries:
        sums[entry["area"]] = sums.get(entry["area"], Decimal(0)) + Decimal(str(entry["amount"]))
    return [{"area": area, "amount": float(cost)} for area, cost in sorted(sums.items(), key=lambda pair: -pair[1])]


def _cents(amount: Decimal) -> float:
    return float(round(amount, 2))
