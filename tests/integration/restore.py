# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes a bucket whose objects are deleted and overwritten after a point in time, and says what is in it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

# What is there once everything has been restored.
RESTORED = {
    "archived": b"new",
    "changed": b"first",
    "data/deleted": b"deleted",
    "data/overwritten": b"overwritten",
    "data/same": b"same",
    "gone": b"gone",
    "late/new": b"new",
}


def make(s3: Any, bucket: str) -> dict[str, str]:
    """Make it, and another that keeps no versions; return what the target takes."""
    s3.create_bucket(Bucket="target-unversioned")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "end",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 365},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})

    def put(key: str, content: bytes, **more: Any) -> str:
        return s3.put_object(Bucket=bucket, Key=key, Body=content, **more)["VersionId"]

    older = put("changed", b"first")
    archived = put("archived", b"old", StorageClass="GLACIER")
    for key in ("gone", "data/deleted", "data/same", "lost"):
        put(key, key.rpartition("/")[2].encode())
    more = {"Metadata": {"who": "jane"}, "ContentType": "text/csv", "Tagging": "Kind=raw"}
    put("data/overwritten", b"overwritten", **more)
    then = later()
    for key in ("archived", "late/new", "data/new"):
        put(key, b"new")
    put("changed", b"other")
    put("data/overwritten", b"other words")
    put("data/same", b"same")
    deleted = [s3.delete_object(Bucket=bucket, Key=key)["VersionId"] for key in ("gone", "data/deleted", "lost")]
    for version in versions(s3, bucket, "lost") - {("lost", deleted[-1])}:
        s3.delete_object(Bucket=bucket, Key=version[0], VersionId=version[1])
    return {"older": older, "archived": archived, "marker": deleted[0], "then": then, "unversioned": "target-unversioned"}


def later() -> str:
    """This moment; what is written after it is of another second."""
    now = datetime.now(UTC)
    time.sleep(1.1)  # S3 tells times by the second
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def versions(s3: Any, bucket: str, prefix: str = "") -> set[tuple[str, str]]:
    """The keys and ids of all versions and delete markers of a bucket."""
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix))
    return {(one["Key"], one["VersionId"]) for page in pages for kind in ("Versions", "DeleteMarkers") for one in page.get(kind, [])}


def contents(s3: Any, bucket: str, prefix: str = "") -> dict[str, bytes]:
    """What is current in a bucket, by key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
