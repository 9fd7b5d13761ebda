# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3 buckets: reads their configuration and whether they hold data, keeps the marker objects of their prefixes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

Rule = Mapping[str, Any]


def encryption(rules: Iterable[Rule]) -> dict[str, Any]:
    """Default encryption without what AWS adds to it, such as whether bucket keys are used."""
    kept = "ApplyServerSideEncryptionByDefault"
    return {"Rules": [{kept: rule[kept]} for rule in rules if kept in rule]}


def lifecycle(rules: Iterable[Rule]) -> dict[str, Any]:
    """Lifecycle rules with one form for "all objects": AWS also answers an empty filter, or a bare prefix."""
    normalized = []
    for rule in rules:
        members = {key: value for key, value in rule.items() if key != "Prefix"}
        members["Filter"] = rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}
        normalized.append(members)
    return {"Rules": normalized}


def is_marker(version: Mapping[str, Any]) -> bool:
    """Whether an object only marks a prefix: it is empty and its key ends in a slash."""
    return version["Key"].endswith("/") and version["Size"] == 0


# Attribute, call, the error that says there is none, and what of the answer is the attribute.
Attributes = tuple[tuple[str, str, str, Callable[[dict[str, Any]], Any]], ...]
ATTRIBUTES: Attributes = (
    (
        "BucketEncryption",
        "get_bucket_encryption",
        "ServerSideEncryptionConfigurationNotFoundError",
        lambda answer: encryption(answer["ServerSideEncryptionConfiguration"]["Rules"]),
    ),
    (
        "VersioningConfiguration",
        "get_bucket_versioning",
        "",
        lambda answer: {"Status": answer["Status"]} if "Status" in answer else {},
    ),
    (
        "PublicAccessBlockConfiguration",
        "get_public_access_block",
        "NoSuchPublicAccessBlockConfiguration",
        lambda answer: answer["PublicAccessBlockConfiguration"],
    ),
    (
        "OwnershipControls",
        "get_bucket_ownership_controls",
        "OwnershipControlsNotFoundError",
        lambda answer: answer["OwnershipControls"],
    ),
    ("Policy", "get_bucket_policy", "NoSuchBucketPolicy", lambda answer: json.loads(answer["Policy"])),
    (
        "LifecycleConfiguration",
        "get_bucket_lifecycle_configuration",
        "NoSuchLifecycleConfiguration",
        lambda answer: lifecycle(answer["Rules"]),
    ),
    (
        "Tags",
        "get_bucket_tagging",
        "NoSuchTagSet",
        lambda answer: {tag["Key"]: tag["Value"] for tag in answer["TagSet"]},
    ),
)


def _whole(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


# What no role configures, and what somebody may have added by hand. Access control lists are not among them: under
# ObjectOwnership BucketOwnerEnforced they have no effect and S3 refuses to change them.
ADDED_ATTRIBUTES: Attributes = (
    ("WebsiteConfiguration", "get_bucket_website", "NoSuchWebsiteConfiguration", _whole),
    ("CORSConfiguration", "get_bucket_cors", "NoSuchCORSConfiguration", _whole),
    (
        "ReplicationConfiguration",
        "get_bucket_replication",
        "ReplicationConfigurationNotFoundError",
        lambda answer: answer["ReplicationConfiguration"],
    ),
    ("BucketLoggingStatus", "get_bucket_logging", "", _whole),
    ("NotificationConfiguration", "get_bucket_notification_configuration", "", _whole),
)


class Buckets:
    """Buckets and their marker objects.

    Args:
        client: S3's client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @AWSErrorHandler.common_error_handler("read the bucket")
    def exists(self, name: str) -> bool:
        """Whether the bucket stands. One of another account is an error: its name can't be had."""
        try:
            self._client.head_bucket(Bucket=name)
        except is_boto3_error_code(["404", "NoSuchBucket"]):
            return False
        return True

    @AWSErrorHandler.common_error_handler("read the configuration of the bucket")
    def attributes(self, name: str) -> dict[str, Any]:
        """The configuration in AWS's own words. What isn't configured is an empty dictionary."""
        found: dict[str, Any] = {}
        for attribute, call, missing, take in ATTRIBUTES:
            try:
                found[attribute] = take(getattr(self._client, call)(Bucket=name))
            except is_boto3_error_code(missing):
                found[attribute] = {}
        return found

    @AWSErrorHandler.common_error_handler("look for objects in the bucket")
    def missing_keys(self, name: str, keys: Iterable[str]) -> list[str]:
        """Those of the keys that have no object."""
        missing = []
        for key in keys:
            try:
                self._client.head_object(Bucket=name, Key=key)
            except is_boto3_error_code(["404", "NoSuchKey"]):
                missing.append(key)
        return missing

    @AWSErrorHandler.common_error_handler("make a folder in the bucket")
    def make_marker(self, name: str, key: str) -> None:
        """Puts the empty object that makes a prefix appear as a folder, unless it stands: then it gets no other version."""
        try:
            self._client.put_object(Bucket=name, Key=key, IfNoneMatch="*")
        except is_boto3_error_code("PreconditionFailed"):
            pass

    @AWSErrorHandler.common_error_handler("remove a folder of the bucket")
    def delete_marker(self, name: str, key: str) -> None:
        """Deletes the object of a folder; in a versioned bucket its versions stay."""
        self._client.delete_object(Bucket=name, Key=key)

    @AWSErrorHandler.common_error_handler("list the contents of the bucket")
    def holds_data(self, name: str) -> bool:
        """Whether it holds any version, current or not, of anything but markers. Stops at the first one."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=name)
        return any(not is_marker(version) for page in pages for version in page.get("Versions", []))
