# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What CloudWatch is asked about the use of resources that are charged by it, and what its answers say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

GB = 1024**3
DAY = 24 * 60 * 60
# S3 tells a bucket's size once a day, late; the rest is what passed in the last thirty days.
DAYS = 30

# By kind: what is measured, in which namespace, the dimension that names the resource, metrics to add up, further
# dimensions, and whether the newest value counts and not the sum of all.
_MEASURES: tuple[tuple[str, str, str, str, tuple[str, ...], dict[str, str], bool], ...] = (
    ("nat_gateway", "data_gb", "AWS/NATGateway", "NatGatewayId", ("BytesInFromSource", "BytesInFromDestination"), {}, False),
    ("vpc_endpoint", "data_gb", "AWS/PrivateLinkEndpoints", "VPC Endpoint Id", ("BytesProcessed",), {}, False),
    ("log_group", "ingested_gb", "AWS/Logs", "LogGroupName", ("IncomingBytes",), {}, False),
    ("bucket", "standard_gb", "AWS/S3", "BucketName", ("BucketSizeBytes",), {"StorageType": "StandardStorage"}, True),
    ("bucket", "glacier_gb", "AWS/S3", "BucketName", ("BucketSizeBytes",), {"StorageType": "GlacierStorage"}, True),
)

# The id of a query to the resource, the measure, and whether its newest value counts.
Asked = dict[str, tuple[str, str, bool]]


def queries(resources: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], Asked]:
    """The queries of GetMetricData about resources, and what each of them is about.

    Args:
        resources: what stands, as discovery lists it.
    """
    made: list[dict[str, Any]] = []
    asked: Asked = {}
    for resource in resources:
        for kind, measure, namespace, dimension, metrics, more, newest in _MEASURES:
            if resource["kind"] != kind or _is_gateway_endpoint(resource):
                continue
            key = resource["name"] if kind in ("log_group", "bucket") else resource["id"]
            for metric in metrics:
                query = f"q{len(made)}"
                asked[query] = (key, measure, newest)
                dimensions = [{"Name": name, "Value": value} for name, value in {dimension: key, **more}.items()]
                stat = {
                    "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
                    "Period": DAY,
                    "Stat": "Average" if newest else "Sum",
                }
                made.append({"Id": query, "MetricStat": stat})
    return made, asked


def _is_gateway_endpoint(resource: Mapping[str, Any]) -> bool:
    return resource["kind"] == "vpc_endpoint" and resource["attributes"].get("VpcEndpointType") != "Interface"


def measured(asked: Asked, results: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """The use of resources a month in GB, by the resource and the measure; what was never measured is left out.

    Args:
        asked: as `queries` returned it.
        results: the MetricDataResults of all pages, newest values first.
    """
    use: dict[str, dict[str, float]] = {}
    for result in results:
        values = result.get("Values", [])
        if values:
            key, measure, newest = asked[result["Id"]]
            of_resource = use.setdefault(key, {})
            amount = values[0] if newest else sum(values)
            of_resource[measure] = of_resource.get(measure, 0.0) + amount / GB
    return {key: {measure: round(amount, 3) for measure, amount in entry.items()} for key, entry in use.items()}
