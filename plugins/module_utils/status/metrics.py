# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What status asks CloudWatch, and what the answers say. Pure.

Two questions: the last 24 hours in steps of five minutes, to be drawn; and the month so far, in which the number of status
checks tells how long an instance ran, since EC2 makes one a minute while it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..cost import usage

STEP = 300
HOUR = 3600
# S3 tells the size of a bucket once a day, and late.
_BUCKET_DAYS = 3
_CHECKS_AN_HOUR = 60
_EC2 = "AWS/EC2"

# The values of a query, the oldest first, each with its time.
Series = list[tuple[datetime, float]]
Results = dict[str, Series]


@dataclass(frozen=True)
class Measure:
    """One metric of an instance.

    Attributes:
        key: its name in what status returns.
        metric: CloudWatch's name.
        statistic: of the values within a step.
        unit: percent, bytes/s or count.
        own: whether the instance publishes it itself, and not EC2.
    """

    key: str
    metric: str
    statistic: str
    unit: str
    own: bool = False


MEASURES = (
    Measure("cpu", "CPUUtilization", "Average", "percent"),
    Measure("memory", "mem_used_percent", "Average", "percent", own=True),
    Measure("disk", "disk_used_percent", "Maximum", "percent", own=True),
    Measure("gpu", "nvidia_smi_utilization_gpu", "Average", "percent", own=True),
    Measure("network_in", "NetworkIn", "Sum", "bytes/s"),
    Measure("network_out", "NetworkOut", "Sum", "bytes/s"),
    Measure("stalled_jobs", "stalled_jobs", "Maximum", "count", own=True),
    Measure("unready_models", "unready_models", "Maximum", "count", own=True),
)


def _query(number: str, namespace: str, metric: str, statistic: str, period: int, **dimensions: str) -> dict[str, Any]:
    told = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    asked = {"Namespace": namespace, "MetricName": metric, "Dimensions": told}
    return {"Id": number, "MetricStat": {"Metric": asked, "Period": period, "Stat": statistic}}


def day_start(now: datetime) -> datetime:
    """When the last 24 hours began, on a step."""
    begin = now - timedelta(days=1)
    return begin - timedelta(seconds=begin.timestamp() % STEP)


def month_start(now: datetime) -> datetime:
    """When the month began, by the clock that AWS bills by."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_ask_from(now: datetime) -> datetime:
    """From when on to ask for the month: a little earlier at its beginning, for the sizes of buckets."""
    days_ago = (now - timedelta(days=_BUCKET_DAYS)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return min(month_start(now), days_ago)


def day_queries(ids: Iterable[str], namespace: str) -> list[dict[str, Any]]:
    """The queries of GetMetricData about the last 24 hours.

    Args:
        ids: of the instances.
        namespace: of what they publish themselves; empty where nothing is to be asked of it.
    """
    return [
        _query(
            f"d{at}_{measure.key}",
            namespace if measure.own else _EC2,
            measure.metric,
            measure.statistic,
            STEP,
            InstanceId=instance,
        )
        for at, instance in enumerate(ids)
        for measure in MEASURES
        if namespace or not measure.own
    ]


def month_queries(ids: Iterable[str], resources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The queries about the month: how long instances ran, what passed, and what buckets keep.

    Args:
        ids: of the instances.
        resources: what stands, as discovery lists it.
    """
    listed = list(resources)
    ran = [
        _query(f"m{at}", _EC2, "StatusCheckFailed", "SampleCount", HOUR, InstanceId=instance)
        for at, instance in enumerate(ids)
    ]
    objects = [
        _query(f"o{at}", "AWS/S3", "NumberOfObjects", "Average", usage.DAY, BucketName=bucket, StorageType="AllStorageTypes")
        for at, bucket in enumerate(_buckets(listed))
    ]
    return [*ran, *objects, *usage.queries(listed)[0]]


def _buckets(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    return [resource["name"] for resource in resources if resource["kind"] == "bucket"]


def by_id(results: Iterable[Mapping[str, Any]]) -> Results:
    """The values by the ids of their queries: pages may tell of one query in parts."""
    found: Results = {}
    for result in results:
        found.setdefault(result["Id"], []).extend(zip(result.get("Timestamps", []), result.get("Values", []), strict=True))
    return {name: sorted(values) for name, values in found.items()}


def of_day(ids: Iterable[str], day: Results) -> dict[str, dict[str, list[list[Any]]]]:
    """The values of the last 24 hours by instance and measure, each as time in ISO 8601 and value; none without values.

    Args:
        ids: as `day_queries` had them.
        day: the answers to it.
    """
    told: dict[str, dict[str, list[list[Any]]]] = {}
    for at, instance in enumerate(ids):
        told[instance] = {}
        for measure in MEASURES:
            values = day.get(f"d{at}_{measure.key}")
            if values:
                step = STEP if measure.unit == "bytes/s" else 1
                told[instance][measure.key] = [[moment.isoformat(), round(value / step, 2)] for moment, value in values]
    return told


def ran(ids: Iterable[str], month: Results, now: datetime) -> dict[str, dict[str, Any]]:
    """How long instances ran in this month by their status checks; nothing of an instance that had none.

    Args:
        ids: as `month_queries` had them.
        month: the answers to it.
        now: the time.

    Returns:
        By instance: hours, and spans, pairs of the times between which it ran, by the hour.
    """
    start = month_start(now)
    told: dict[str, dict[str, Any]] = {}
    for at, instance in enumerate(ids):
        values = [(moment, checks) for moment, checks in month.get(f"m{at}", []) if moment >= start and checks]
        if values:
            hours = sum(min(checks / _CHECKS_AN_HOUR, 1.0) for _moment, checks in values)
            told[instance] = {"hours": round(hours, 2), "spans": _spans([moment for moment, _checks in values])}
    return told


def _spans(moments: Iterable[datetime]) -> list[list[str]]:
    spans: list[list[datetime]] = []
    for moment in moments:
        if spans and spans[-1][1] == moment:
            spans[-1][1] = moment + timedelta(seconds=HOUR)
        else:
            spans.append([moment, moment + timedelta(seconds=HOUR)])
    return [[begin.isoformat(), end.isoformat()] for begin, end in spans]


def used(resources: Iterable[Mapping[str, Any]], month: Results, now: datetime) -> dict[str, dict[str, float]]:
    """What passed through resources this month, and what buckets keep, in GB, as `usage.measured` has it.

    Args:
        resources: as `month_queries` had them.
        month: the answers to it.
        now: the time.
    """
    start = month_start(now)
    _queries, asked = usage.queries(resources)
    results = [
        {"Id": name, "Values": [value for moment, value in reversed(month.get(name, [])) if newest or moment >= start]}
        for name, (_resource, _measure, newest) in asked.items()
    ]
    return usage.measured(asked, results)


def objects(resources: Iterable[Mapping[str, Any]], month: Results) -> dict[str, int]:
    """How many objects buckets hold, by their names; nothing of one that S3 has told nothing of yet."""
    counted = {bucket: month.get(f"o{at}") for at, bucket in enumerate(_buckets(resources))}
    return {bucket: round(values[-1][1]) for bucket, values in counted.items() if values}
