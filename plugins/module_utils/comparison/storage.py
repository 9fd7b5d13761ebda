# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds that role storage declares. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import values
from .model import Entry, Key, Kind, Standing
from .parts import TAGS, entries_of, identified_by, implied, labelled_by, owner_by_name, plain

_OWNER = owner_by_name("Name", datasets_bucket="storage", models_bucket="storage", operations_bucket="storage")


def _rules(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "Rules": values.unordered(value["Rules"])} if value.get("Rules") else {}


BUCKET = Kind(
    attributes={
        "BucketEncryption": plain("BucketEncryption"),
        "VersioningConfiguration": plain("VersioningConfiguration"),
        "PublicAccessBlockConfiguration": plain("PublicAccessBlockConfiguration"),
        "OwnershipControls": plain("OwnershipControls"),
        "Policy": plain("Policy", values.policy),
        "LifecycleConfiguration": plain("LifecycleConfiguration", _rules),
        "WebsiteConfiguration": implied("WebsiteConfiguration", {}),
        "CORSConfiguration": implied("CORSConfiguration", {}),
        "ReplicationConfiguration": implied("ReplicationConfiguration", {}),
        "BucketLoggingStatus": implied("BucketLoggingStatus", {}),
        "NotificationConfiguration": implied("NotificationConfiguration", {}),
        "Tags": TAGS,
    },
    keys=(Key(lambda attributes: attributes["Name"], lambda entry, standing: entry["Name"]),),
    entries=entries_of("bucket"),
    owner=_OWNER,
    identifier=identified_by("Name"),
    label=labelled_by("Name"),
)


def _objects(standing: Standing) -> Iterable[Entry]:
    """The marker objects: others are the users'."""
    return [
        {"Bucket": bucket["Name"], "Key": key}
        for bucket in standing.found.get("bucket", [])
        for key in bucket.get("Markers", [])
    ]


OBJECT = Kind(
    attributes={"Bucket": plain("Bucket"), "Key": plain("Key")},
    keys=(
        Key(
            lambda attributes: (attributes["Bucket"], attributes["Key"]),
            lambda entry, standing: (entry["Bucket"], entry["Key"]),
        ),
    ),
    entries=_objects,
    owner=lambda entry, standing: "",
    identifier=lambda entry: f"{entry['Bucket']}/{entry['Key']}",
    label=lambda entry: f"{entry['Bucket']}/{entry['Key']}",
)

KINDS = {"bucket": BUCKET, "object": OBJECT}
