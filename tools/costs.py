# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a month costs with the roles' defaults, as the generated pages show it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# The collection, under its own name.
sys.path.insert(0, str(Path(__file__).parents[1] / ".cache" / "collections"))

from ansible_collections.mlinfra.aws.plugins.module_utils.pricing import egress, prices
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.bill import bill
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.what_if import Assumptions, WhatIfs
from ansible_collections.mlinfra.aws.plugins.plugin_utils.report.page import chart_svg

# CPU, status checks, disk and memory: see roles/monitoring.
ALARMS_OF_AN_INSTANCE = 4
# Those of the CIS benchmark: see roles/audit.
ALARMS_OF_THE_TRAIL = 15
# A bucket to show what Glacier saves. GB.
DATASETS = {"datasets": {"standard_gb": 100}}
ZONES = 2


def resources(defaults: dict[str, Any], way_out: str) -> list[dict[str, Any]]:
    """Return what the roles make with their defaults and a kind of egress, as far as it costs anything."""
    volume = {"VolumeSize": defaults["compute_root_volume_size"], "VolumeType": defaults["compute_root_volume_type"]}
    instance = {
        "InstanceType": defaults["compute_instance_type"],
        "AssociatePublicIpAddress": defaults["compute_subnet_tier"] == "public",
        "BlockDeviceMappings": [{"Ebs": volume}],
    }
    count = defaults["compute_instance_count"]
    alarms = ALARMS_OF_AN_INSTANCE * count + ALARMS_OF_THE_TRAIL * defaults["audit_trail"]
    kinds = [("instance", instance)] * count + [("alarm", {})] * alarms + [("dashboard", {})]
    if way_out == "nat_gateway":
        kinds += [("nat_gateway", {}), ("elastic_ip", {"NatGateway": "nat_gateway"})]
    return [{"kind": kind, "name": kind, "attributes": attributes} for kind, attributes in kinds]


def figures(defaults: dict[str, Any]) -> dict[str, Any]:
    """Return all that the pages about costs show."""
    listed = prices.load(defaults["mlinfra_region"])
    made = resources(defaults, "nat_gateway")
    full = bill(made, listed)
    services, kind = len(defaults["network_interface_endpoints"]), defaults["network_nat_instance_type"]
    assumed = Assumptions(zones=ZONES, endpoint_services=services, nat_instance_type=kind)
    kept = [*made, {"kind": "bucket", "name": "datasets", "attributes": {}}]
    ways = egress.ways(listed, ZONES, services, kind)
    return {
        "alarms": sum(one["kind"] == "alarm" for one in made),
        "region": defaults["mlinfra_region"],
        "full": full,
        "sample": bill(resources(defaults, "none"), listed),
        "price": listed,
        "priced": {line["resource"]: line["monthly"] for line in full["lines"]},
        "what_ifs": WhatIfs(kept, listed, DATASETS, assumed).all(),
        "egress": {"ways": ways, **egress.break_even(ways)},
    }


def picture(shown: dict[str, Any]) -> str:
    """Return the picture of what the ways out cost by the data that passes."""
    span = shown["egress"]["span"]
    ways = [way for way in shown["egress"]["ways"] if way["name"] != "none"]
    return chart_svg(
        {
            "kind": "lines",
            "title": "What the ways out of private subnets cost a month, by the data that passes",
            "format": "money",
            "x_title": "GB a month",
            "y_title": "A month",
            "series": [
                {"label": way["name"], "points": [[0, way["fixed"]], [span, way["fixed"] + span * way["per_gb"]]]}
                for way in ways
            ],
            "marks": [
                {"x": crossing["gb"], "y": crossing["monthly"], "label": f"{crossing['gb']:,} GB"}
                for crossing in shown["egress"]["crossings"]
            ],
        }
    )
