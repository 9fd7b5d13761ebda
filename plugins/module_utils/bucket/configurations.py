# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The configurations of a bucket: how S3 is asked for each, and how it is written and removed. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

Rule = Mapping[str, Any]


def encryption(rules: Iterable[Rule]) -> dict[str, Any]:
    """Default encryption without what AWS adds to it. Bucket keys are told where they are used, which only KMS can do."""
    kept = "ApplyServerSideEncryptionByDefault"

    def form(rule: Rule) -> dict[str, Any]:
        by_bucket_key = rule.get("BucketKeyEnabled") and rule[kept]["SSEAlgorithm"].startswith("aws:kms")
        return {kept: rule[kept], **({"BucketKeyEnabled": True} if by_bucket_key else {})}

    return {"Rules": [form(rule) for rule in rules if kept in rule]}


def lifecycle(rules: Iterable[Rule]) -> dict[str, Any]:
    """Lifecycle rules with one form for "all objects": AWS also answers an empty filter, or a bare prefix."""
    normalized = []
    for rule in rules:
        members = {key: value for key, value in rule.items() if key != "Prefix"}
        members["Filter"] = rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}
        normalized.append(members)
    return {"Rules": normalized}


def _whole(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


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
    ("BucketLoggingStatus", "get_bucket_logging", "", _whole),
    (
        "Tags",
        "get_bucket_tagging",
        "NoSuchTagSet",
        lambda answer: boto3_tag_list_to_ansible_dict(answer["TagSet"]),
    ),
)


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
    ("NotificationConfiguration", "get_bucket_notification_configuration", "", _whole),
)
ADDED = tuple(attribute for attribute, *_rest in ADDED_ATTRIBUTES)


class Write(NamedTuple):
    """How an attribute is written.

    Attributes:
        put: the call that writes it; empty where it is only ever removed.
        argument: the name of the call's argument.
        give: makes that argument of the attribute's value.
        delete: the call that removes it; empty where the same call does so with a value that says nothing.
    """

    put: str
    argument: str
    give: Callable[[Any], Any] = dict
    delete: str = ""


# In the order in which they are written: first what closes a bucket and says whose it is, then what somebody may have
# added, because replication needs versions.
WRITES = {
    "PublicAccessBlockConfiguration": Write(
        "put_public_access_block", "PublicAccessBlockConfiguration", delete="delete_public_access_block"
    ),
    "Policy": Write("put_bucket_policy", "Policy", json.dumps, "delete_bucket_policy"),
    "Tags": Write(
        "put_bucket_tagging",
        "Tagging",
        lambda tags: {"TagSet": ansible_dict_to_boto3_tag_list(tags)},
        "delete_bucket_tagging",
    ),
    "OwnershipControls": Write(
        "put_bucket_ownership_controls", "OwnershipControls", delete="delete_bucket_ownership_controls"
    ),
    "WebsiteConfiguration": Write("", "", delete="delete_bucket_website"),
    "CORSConfiguration": Write("", "", delete="delete_bucket_cors"),
    "ReplicationConfiguration": Write("", "", delete="delete_bucket_replication"),
    "BucketLoggingStatus": Write("put_bucket_logging", "BucketLoggingStatus"),
    "NotificationConfiguration": Write("put_bucket_notification_configuration", "NotificationConfiguration"),
    "BucketEncryption": Write(
        "put_bucket_encryption", "ServerSideEncryptionConfiguration", delete="delete_bucket_encryption"
    ),
    "VersioningConfiguration": Write(
        # Versions can't be forgotten, only no more be made.
        "put_bucket_versioning",
        "VersioningConfiguration",
        lambda value: value or {"Status": "Suspended"},
    ),
    "LifecycleConfiguration": Write(
        "put_bucket_lifecycle_configuration", "LifecycleConfiguration", delete="delete_bucket_lifecycle"
    ),
}


def write_call(attribute: str, value: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The call that writes an attribute, or removes it where its value says nothing, and what it is called with.

    Args:
        attribute: its name.
        value: what it shall be.
    """
    write = WRITES[attribute]
    if write.delete and not value:
        return write.delete, {}
    return write.put, {write.argument: write.give(value)}
