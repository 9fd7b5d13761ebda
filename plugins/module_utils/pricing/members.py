# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The members that a declared group begins with, as instances to price. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

Attributes = Mapping[str, Any]


def size_of(group: Attributes) -> int:
    """How many members a declared group begins with."""
    return int(group.get("DesiredCapacity", group.get("InitialCapacity", group["MinSize"])))


def members_of(group: Attributes, entries: Iterable[Mapping[str, Any]], public: bool) -> list[dict[str, Any]]:
    """The attributes of each member of a declared group, all of its first type: where that has run out others come in.

    Args:
        group: what is declared of it.
        entries: what its role declares, the launch template among it.
        public: whether members get public addresses from their subnets.
    """
    templates = {entry["name"]: entry["attributes"] for entry in entries if entry["kind"] == "launch_template"}
    template = templates.get(group["LaunchTemplate"]["LaunchTemplateName"], {})
    told, size = group["InstancesDistribution"], size_of(group)
    base = int(told["OnDemandBaseCapacity"])
    on_demand = base + ceil(max(size - base, 0) * int(told["OnDemandPercentageAboveBaseCapacity"]) / 100)
    member = {
        "InstanceType": group["Overrides"][0]["InstanceType"],
        "BlockDeviceMappings": template.get("BlockDeviceMappings", []),
        "AssociatePublicIpAddress": public,
    }
    spot = {"InstanceLifecycle": "spot", "SpotMaxPrice": told.get("SpotMaxPrice", "")}
    return [member if at < on_demand else {**member, **spot} for at in range(size)]
