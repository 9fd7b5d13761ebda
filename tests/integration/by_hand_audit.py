# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody could change by hand of the trail and what watches it, in the form of `by_hand`."""

from __future__ import annotations

from typing import Any

from .by_hand import ByHand, Hands

GROUP = "/aws/cloudtrail/bench-seed"
FILTER = "bench-seed-audit-root-use"
ALL = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}


def _trail(hands: Hands) -> str:
    return hands.outputs["audit"]["trail_arn"]


def _put_filter(hands: Hands, **changes: Any) -> dict[str, Any]:
    """Put the filter as it stands but for the changes, and return it as it was."""
    found = hands.logs.describe_metric_filters(logGroupName=GROUP, filterNamePrefix=FILTER)["metricFilters"]
    standing = {name: found[0][name] for name in ("filterName", "filterPattern", "metricTransformations")}
    hands.logs.put_metric_filter(logGroupName=GROUP, **{**standing, **changes})
    return standing


def _drop_filter(hands: Hands) -> dict[str, Any]:
    standing = _put_filter(hands)
    hands.logs.delete_metric_filter(logGroupName=GROUP, filterName=FILTER)
    return standing


def _put_back(hands: Hands, standing: dict[str, Any]) -> None:
    hands.logs.put_metric_filter(logGroupName=GROUP, **standing)


def _select(hands: Hands, **changes: Any) -> None:
    hands.cloudtrail.put_event_selectors(TrailName=_trail(hands), EventSelectors=[{**ALL, **changes}])


def _logged(hands: Hands) -> dict[str, Any]:
    """Log access to the datasets no more, and return where it was logged to."""
    bucket = hands.outputs["storage"]["datasets_bucket"]
    answer = hands.s3.get_bucket_logging(Bucket=bucket)
    hands.s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    return {"Bucket": bucket, "BucketLoggingStatus": {"LoggingEnabled": answer["LoggingEnabled"]}}


CHANGES = [
    ByHand(
        "stopped the trail", "audit", "trail", "modify", "IsLogging",
        lambda hands: hands.cloudtrail.stop_logging(Name=_trail(hands)),
        lambda hands, _done: hands.cloudtrail.start_logging(Name=_trail(hands)),
    ),
    ByHand(
        "let the trail record writes only", "audit", "trail", "modify", "EventSelectors",
        lambda hands: _select(hands, ReadWriteType="WriteOnly"),
        lambda hands, _done: _select(hands),
    ),
    ByHand(
        "let a metric filter find nothing", "audit", "log_group", "modify", "MetricFilters",
        lambda hands: _put_filter(hands, filterPattern="{$.a=nothing}"),
        _put_back,
    ),
    ByHand("deleted a metric filter", "audit", "log_group", "modify", "MetricFilters", _drop_filter, _put_back),
    ByHand(
        "logged access to a bucket no more", "storage", "bucket", "modify", "BucketLoggingStatus",
        _logged,
        lambda hands, before: hands.s3.put_bucket_logging(**before),
    ),
]  # fmt: skip
