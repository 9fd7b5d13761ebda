# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The buckets, their configuration and their folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from plain import documents
from plain.aws import Aws, found, tag_list, tags_of
from plain.settings import Settings

FOLDERS = {
    "datasets": ("raw/", "processed/", "interim/", "external/"),
    "models": ("trained/", "artifacts/", "experiments/", "production/"),
    "operations": (),
}
# What the operations bucket holds is for a moment: no versions, and it goes with what it holds.
PASSING = "operations"
LIFECYCLES: dict[str, documents.Document] = {
    "datasets": {
        "ID": "archive",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
    },
    "models": {
        "ID": "archive-old-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 365},
    },
    "operations": {
        "ID": "expire",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "Expiration": {"Days": 1},
    },
}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
PRIVATE = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
OWNERSHIP = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def apply(aws: Aws, settings: Settings) -> None:
    """Make the buckets."""
    for purpose in FOLDERS:
        _ensure_bucket(aws.client("s3"), settings, purpose)


def _ensure_bucket(s3: Any, settings: Settings, purpose: str) -> None:
    name, ownership = settings.bucket(purpose), OWNERSHIP["Rules"][0]
    new = ensure_exists(s3, settings, name, **ownership)

    def standing(call: Callable[..., Any], none: str, member: str) -> Any:
        # A new bucket has nothing that would have to be read.
        return None if new else (found(call, none, Bucket=name) or {}).get(member)

    if (
        not new
        and standing(s3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError", "OwnershipControls")
        != OWNERSHIP
    ):
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=OWNERSHIP)
    encryption = standing(
        s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", "ServerSideEncryptionConfiguration"
    )
    if _algorithms(encryption) != _algorithms(ENCRYPTION):
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTION)
    versioning = standing(s3.get_bucket_versioning, "", "Status")
    if versioning != (None if purpose == PASSING else "Enabled"):
        wanted = "Suspended" if purpose == PASSING else "Enabled"
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": wanted})
    none = "NoSuchPublicAccessBlockConfiguration"
    if standing(s3.get_public_access_block, none, "PublicAccessBlockConfiguration") != PRIVATE:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=PRIVATE)
    policy = documents.tls_only(name)
    if json.loads(standing(s3.get_bucket_policy, "NoSuchBucketPolicy", "Policy") or "{}") != policy:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    rule = LIFECYCLES[purpose]
    rules = standing(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", "Rules") or []
    if rule not in rules:
        kept = [other for other in rules if other["ID"] != rule["ID"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [*kept, rule]})
    ensure_tags(s3, settings, name, new)
    for folder in FOLDERS[purpose]:
        if new or found(s3.head_object, "404", Bucket=name, Key=folder) is None:
            s3.put_object(Bucket=name, Key=folder, Body=b"")


def ensure_exists(s3: Any, settings: Settings, name: str, **how: Any) -> bool:
    """Make a bucket; returns whether it is new."""
    if found(s3.head_bucket, "404", "NoSuchBucket", Bucket=name) is not None:
        return False
    if settings.region != "us-east-1":
        how["CreateBucketConfiguration"] = {"LocationConstraint": settings.region}
    s3.create_bucket(Bucket=name, **how)
    return True


def ensure_tags(s3: Any, settings: Settings, name: str, new: bool) -> None:
    """Give a bucket exactly its tags."""
    tags = {**settings.tags, "Name": name}
    answer = None if new else found(s3.get_bucket_tagging, "NoSuchTagSet", Bucket=name)
    if tags_of({"Tags": answer["TagSet"] if answer else []}) != tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})


def _algorithms(encryption: documents.Document | None) -> list[str]:
    rules = (encryption or {}).get("Rules", [])
    return [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules]


def destroy(aws: Aws, settings: Settings) -> None:
    """Remove the buckets, unless they hold more than their folders."""
    s3 = aws.client("s3")
    for purpose in FOLDERS:
        name = settings.bucket(purpose)
        if found(s3.head_bucket, "404", "NoSuchBucket", Bucket=name) is None:
            continue
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=name))
        versions = [version for page in pages for version in page.get("Versions", [])]
        if purpose != PASSING and any(version["Size"] for version in versions):
            continue
        markers = [marker for page in pages for marker in page.get("DeleteMarkers", [])]
        entries = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in versions + markers]
        for at in range(0, len(entries), 1000):
            s3.delete_objects(Bucket=name, Delete={"Objects": entries[at : at + 1000], "Quiet": True})
        s3.delete_bucket(Bucket=name)
