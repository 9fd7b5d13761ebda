# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Archives of log groups: streams of Firehose with the log groups that deliver to them, in one form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]

# What is compared of where a stream delivers to, each with what Firehose takes where nothing is said of it.
DESTINATION: dict[str, Any] = {
    "RoleARN": "",
    "BucketARN": "",
    "Prefix": "",
    "ErrorOutputPrefix": "",
    "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "CompressionFormat": "UNCOMPRESSED",
    "FileExtension": "",
    # By the bucket's own key.
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
}
# Firehose's words for a stream that is not encrypted while it holds what it has not delivered yet.
_OPEN = {"DISABLED", "DISABLING", "ENABLING_FAILED"}


def destination(value: Entry | None) -> dict[str, Any]:
    """Where a stream delivers to, without what Firehose adds to it."""
    told = value or {}
    return {name: told.get(name) or default for name, default in DESTINATION.items()}


def encryption(value: Entry | None) -> dict[str, str]:
    """By which key a stream encrypts what it holds; empty where it does not."""
    told = value or {}
    if not told.get("KeyType") or told.get("Status") in _OPEN:
        return {}
    return {name: told[name] for name in ("KeyType", "KeyARN") if told.get(name)}


def subscriptions(value: Iterable[Entry] | None) -> dict[str, dict[str, str]]:
    """How log groups deliver to a stream, by their names."""
    return {
        one["logGroupName"]: {"roleArn": one.get("roleArn") or "", "filterPattern": one.get("filterPattern") or ""}
        for one in value or []
    }


def stream(told: Entry) -> dict[str, Any]:
    """What DescribeDeliveryStream tells of a stream, with its one destination."""
    destinations = told.get("Destinations") or [{}]
    return {
        **{name: value for name, value in told.items() if name != "Destinations"},
        "DestinationId": destinations[0].get("DestinationId", ""),
        "Destination": destinations[0].get("ExtendedS3DestinationDescription") or {},
    }


def delivering(filters: Iterable[Entry], arn: str) -> list[dict[str, Any]]:
    """Those of subscription filters that deliver to the stream with this ARN."""
    return [dict(one) for one in filters if one.get("destinationArn") == arn]
