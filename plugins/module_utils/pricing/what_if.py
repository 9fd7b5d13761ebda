# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What else the same environment would cost: each a change of its resources, priced like them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .bill import bill
from .egress import NAT_INSTANCE_TYPE, nat_instances, without_gateways
from .parts import Resource, Usage, state_of
from .prices import HOURS_A_WEEK, Prices, price

# Office hours: Monday to Friday, ten hours each. The nights and the week-ends are the rest.
OFFICE_HOURS_A_WEEK = 50
# From small to large, as AWS names sizes.
_SIZES = ("nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
# Families with the same sizes on AWS's own processors.
_ARM = {"t3": "t4g", "t3a": "t4g", "m5": "m6g", "m6i": "m6g", "c5": "c6g", "c6i": "c6g", "r5": "r6g", "r6i": "r6g"}

Resources = list[Resource]


@dataclass(frozen=True)
class Assumptions:
    """What the what-ifs reckon with.

    Attributes:
        hours_a_week: how long instances run where they stop at night and at week-ends.
        endpoint_services: for how many services interface endpoints would stand.
        zones: in how many zones.
        nat_instance_type: the type of a NAT instance.
        archive_gb: how much of what the buckets keep could go to Glacier; None: all of it.
    """

    hours_a_week: float = OFFICE_HOURS_A_WEEK
    endpoint_services: int = 5
    zones: int = 2
    nat_instance_type: str = NAT_INSTANCE_TYPE
    archive_gb: float | None = None


class WhatIfs:
    """The what-ifs of a list of resources.

    Args:
        resources: see `bill`.
        prices: see `bill`.
        usage: see `bill`.
        assumed: what to reckon with.
    """

    def __init__(
        self, resources: Iterable[Resource], prices: Prices, usage: Mapping[str, Usage], assumed: Assumptions
    ) -> None:
        self._resources = list(resources)
        self._prices = prices
        self._usage = usage
        self._assumed = assumed
        self._before = bill(self._resources, prices, usage)

    def all(self) -> list[dict[str, Any]]:
        """Each with name, title, how (what to set or run), applies, reason (why it does not), before, after and saving.

        saving is negative where it would cost more, and None where a price is missing.
        """
        return [
            self._stopped(),
            self._office_hours(),
            self._spot(),
            self._smaller(),
            self._arm(),
            self._glacier(),
            self._nat_instance(),
            self._endpoints(),
            self._no_egress(),
        ]

    def _answer(self, name: str, title: str, how: str, after: Resources | None, reason: str, **more: Any) -> dict[str, Any]:
        """The answer of one what-if; after is None where it doesn't apply, for this reason."""
        answer: dict[str, Any] = {"name": name, "title": title, "how": how, "applies": after is not None}
        answer.update(reason="" if after is not None else reason, note="", before=self._before["total"])
        answer.update(after=None, saving=None)
        if after is not None:
            priced = bill(after, self._prices, more.pop("usage", self._usage))
            new = sorted(set(priced["unpriced"]) - set(self._before["unpriced"]))
            if new:
                answer.update(applies=False, reason=f"no price is known of {', '.join(new)}")
            else:
                answer.update(after=priced["total"], saving=round(self._before["total"] - priced["total"], 2))
        return {**answer, **more}

    def _changed(self, change: Callable[[Resource], Resource | None]) -> Resources | None:
        """The resources with those changed that a change gives an answer for; None where it gives none."""
        answers = [(resource, change(resource)) for resource in self._resources]
        if all(answer is None for _resource, answer in answers):
            return None
        return [answer or resource for resource, answer in answers]

    def _instances(self, change: Callable[[Resource], Mapping[str, Any] | None]) -> Resources | None:
        """The resources with members of the running training instances replaced."""

        def one(resource: Resource) -> Resource | None:
            if resource["kind"] != "instance" or not runs(resource) or forwards(resource):
                return None
            members = change(resource)
            return None if members is None else {**resource, **members}

        return self._changed(one)

    def _stopped(self) -> dict[str, Any]:
        return self._answer(
            "stopped",
            "Stop the instances while nobody needs them: a whole month",
            "playbooks/stop.yml, playbooks/start.yml",
            self._instances(lambda resource: {"hours_a_week": 0}),
            "no instance runs",
            note="volumes and reserved addresses cost on",
        )

    def _office_hours(self) -> dict[str, Any]:
        hours = self._assumed.hours_a_week
        return self._answer(
            "office_hours",
            f"Stop the instances at night and at week-ends: they run {hours:g} of {HOURS_A_WEEK} hours a week",
            "guardrails_schedule",
            self._instances(
                lambda resource: {"hours_a_week": hours} if resource.get("hours_a_week", HOURS_A_WEEK) > hours else None
            ),
            "no instance runs longer",
        )

    def _spot(self) -> dict[str, Any]:
        def spot(resource: Resource) -> Mapping[str, Any] | None:
            attributes = resource["attributes"]
            if attributes.get("InstanceLifecycle") == "spot":
                return None
            return {"attributes": {**attributes, "InstanceLifecycle": "spot"}}

        changed = self._instances(spot)
        title, how = "Spot instances for work that may be interrupted", "no role makes them: docs/costs.md"
        asked = {entry["attributes"]["InstanceType"] for entry in changed or [] if entry["kind"] == "instance"}
        if changed is None or asked <= set(self._prices.get("spot_hour", {})):
            return self._answer("spot", title, how, changed, "no instance runs on demand", note="at today's spot price")
        least = price(self._prices, "spot_discount", "least")
        most = price(self._prices, "spot_discount", "most")
        if least is None or most is None:
            return self._answer("spot", title, how, None, "no spot price is known")
        # Without a price of today: the saving that is usual at least.
        hours = {kind: price(self._prices, "instance_hour", kind) for kind in asked}
        guessed = {kind: float(each * (1 - least)) for kind, each in hours.items() if each is not None}
        prices = {**self._prices, "spot_hour": guessed}
        answer = WhatIfs(self._resources, prices, self._usage, self._assumed)._answer("spot", title, how, changed, "")
        return {**answer, "note": f"{least:.0%} off; {least:.0%} to {most:.0%} is usual, today's price is not known"}

    def _smaller(self) -> dict[str, Any]:
        def smaller(resource: Resource) -> Mapping[str, Any] | None:
            kind = self._size_below(resource["attributes"]["InstanceType"])
            return {"attributes": {**resource["attributes"], "InstanceType": kind}} if kind else None

        changed = self._instances(smaller)
        kinds = sorted({entry["attributes"]["InstanceType"] for entry in changed or [] if entry["kind"] == "instance"})
        title = f"The next smaller size{': ' if kinds else ''}{', '.join(kinds)}"
        how = "playbooks/scale.yml or compute_instance_type"
        return self._answer("smaller", title, how, changed, "no running instance has a smaller size with a price")

    def _size_below(self, kind: str) -> str:
        """The next smaller size of the family that has a price, empty where there is none."""
        known = self._prices.get("instance_hour", {})
        return next((other for other in _smaller_sizes(kind) if other in known), "")

    def _arm(self) -> dict[str, Any]:
        known = self._prices.get("instance_hour", {})

        def arm(resource: Resource) -> Mapping[str, Any] | None:
            kind = _arm_twin(resource["attributes"]["InstanceType"])
            return {"attributes": {**resource["attributes"], "InstanceType": kind}} if kind in known else None

        changed = self._instances(arm)
        kinds = sorted({entry["attributes"]["InstanceType"] for entry in changed or [] if entry["kind"] == "instance"})
        title = f"The same size on AWS's own processors (arm64){': ' if kinds else ''}{', '.join(kinds)}"
        how = "compute_architecture: arm64 and compute_instance_type, on a new instance"
        return self._answer("arm", title, how, changed, "no running instance has such a twin with a price")

    def _glacier(self) -> dict[str, Any]:
        title, how = "Old datasets in S3 Glacier instead of S3 Standard", "storage_datasets_glacier_days"
        standard, glacier = price(self._prices, "bucket_gb_month"), price(self._prices, "glacier_gb_month")
        if not standard or glacier is None:
            return self._answer("glacier", title, how, None, "no price is known")
        note = f"{1 - glacier / standard:.0%} less for each GB; reading it back takes hours and costs"
        kept = sum(entry.get("standard_gb", 0) for entry in self._usage.values())
        if not kept:
            each = float((standard - glacier) * 100)
            reason = f"how much the buckets keep is not known; 100 GB would save {each:.2f}"
            return self._answer("glacier", title, how, None, reason, note=note)
        share = 1.0 if self._assumed.archive_gb is None else min(1.0, self._assumed.archive_gb / kept)
        moved = {
            key: {
                **entry,
                "standard_gb": round(entry["standard_gb"] * (1 - share), 6),
                "glacier_gb": round(entry.get("glacier_gb", 0) + entry["standard_gb"] * share, 6),
            }
            for key, entry in self._usage.items()
            if "standard_gb" in entry
        }
        usage = {**self._usage, **moved}
        title = f"{title}: {kept * share:,.0f} GB"
        return self._answer("glacier", title, how, self._resources, "", note=note, usage=usage)

    def _gateways(self) -> Resources:
        return [resource for resource in self._resources if resource["kind"] == "nat_gateway"]

    def _nat_instance(self) -> dict[str, Any]:
        gateways = self._gateways()
        rest = [resource for resource in self._resources if resource["kind"] != "nat_gateway"]
        kind = self._assumed.nat_instance_type
        return self._answer(
            "nat_instance",
            f"A NAT instance ({kind}) instead of {'the NAT gateway' if len(gateways) < 2 else 'each NAT gateway'}",
            "network_egress: nat_instance",
            rest + nat_instances(len(gateways), kind) if gateways else None,
            "no NAT gateway stands",
            note="less reliable: one instance, with the bandwidth of its type",
        )

    def _endpoints(self) -> dict[str, Any]:
        services, zones = self._assumed.endpoint_services, self._assumed.zones
        endpoint = {"VpcEndpointType": "Interface", "Subnets": [str(zone) for zone in range(zones)]}
        made = [
            {"kind": "vpc_endpoint", "name": f"endpoint {number}", "attributes": endpoint} for number in range(services)
        ]
        passed = sum(self._usage.get(gateway.get("id") or gateway["name"], {}).get("data_gb", 0) for gateway in self._gateways())
        usage = {**self._usage, "endpoint 0": {"data_gb": passed}} if passed and made else self._usage
        return self._answer(
            "endpoints",
            f"Interface endpoints for {services} services in {zones} zones instead of a NAT gateway",
            "network_egress: endpoints",
            without_gateways(self._resources) + made if self._gateways() else None,
            "no NAT gateway stands",
            note="private subnets reach AWS and nothing else",
            usage=usage,
        )

    def _no_egress(self) -> dict[str, Any]:
        return self._answer(
            "no_egress",
            "No way out for private subnets",
            "network_egress: none",
            without_gateways(self._resources) if self._gateways() else None,
            "no NAT gateway stands",
            note="S3 stays in reach through its gateway endpoint, which is free",
        )


def _smaller_sizes(kind: str) -> list[str]:
    """The smaller sizes of a type's family, the largest of them first."""
    family, _dot, size = kind.partition(".")
    return [f"{family}.{other}" for other in reversed(_SIZES[: _SIZES.index(size)])] if size in _SIZES else []


def _arm_twin(kind: str) -> str:
    """The same size on AWS's own processors, empty where there is none."""
    family, _dot, size = kind.partition(".")
    return f"{_ARM[family]}.{size}" if family in _ARM else ""


def types_to_price(kinds: Iterable[str], assumed: Assumptions) -> set[str]:
    """The instance types whose prices the what-ifs on instances of these types need."""
    types = {assumed.nat_instance_type}
    for kind in kinds:
        types |= {kind, _arm_twin(kind), *_smaller_sizes(kind)[:1]} - {""}
    return types


def runs(resource: Resource) -> bool:
    """Whether an instance costs anything as it stands."""
    return state_of(resource) in ("", "running", "pending")


def forwards(resource: Resource) -> bool:
    """Whether an instance is a NAT instance, which the what-ifs on instances leave alone."""
    return resource["attributes"].get("SourceDestCheck") is False
