# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Buckets are read in one form, and data is told from what only marks a prefix."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils import bucket

NAME = "target-datasets"
ANY_TIME = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def version(key: str, size: int = 0) -> dict[str, Any]:
    return {"Key": key, "Size": size, "VersionId": "one", "IsLatest": True, "LastModified": ANY_TIME}


@pytest.mark.parametrize(
    ("answered", "read"),
    [
        ({"Filter": {"Prefix": "raw/"}}, {"Filter": {"Prefix": "raw/"}}),
        ({"Filter": {"Prefix": ""}}, {"Filter": {"Prefix": ""}}),
        ({"Filter": {}}, {"Filter": {"Prefix": ""}}),
        ({"Prefix": "raw/"}, {"Filter": {"Prefix": "raw/"}}),
        ({}, {"Filter": {"Prefix": ""}}),
    ],
)
def test_lifecycle_says_all_objects_in_one_form(answered: dict, read: dict) -> None:
    assert bucket.lifecycle([{"ID": "archive", **answered}]) == {"Rules": [{"ID": "archive", **read}]}


def test_encryption_leaves_out_what_aws_adds() -> None:
    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert bucket.encryption([{**by_default, "BucketKeyEnabled": False}]) == {"Rules": [by_default]}


@pytest.mark.parametrize(
    ("pages", "held"),
    [
        ([{}], False),
        ([{"Versions": [version("raw/"), version("processed/")]}], False),
        ([{"Versions": [version("raw/numbers.csv", 3)]}], True),
        ([{"Versions": [version("raw/empty.csv")]}], True),
        ([{"Versions": [version("raw/", 3)]}], True),
        ([{"DeleteMarkers": [{"Key": "raw/numbers.csv", "VersionId": "two", "IsLatest": True}]}], False),
        ([{"Versions": [version("raw/")]}, {"Versions": [version("raw/numbers.csv", 3)]}], True),
    ],
    ids=["nothing", "markers", "data", "empty file", "marker with content", "delete marker", "second page"],
)
def test_holds_data(aws: Any, pages: list[dict], held: bool) -> None:
    for number, page in enumerate(pages, 1):
        more = {"IsTruncated": True, "NextKeyMarker": "raw/", "NextVersionIdMarker": "one"}
        aws.answer("s3", "list_object_versions", {**page, **(more if number < len(pages) else {})})
    assert bucket.Buckets(aws("s3")).holds_data(NAME) is held


def test_missing_bucket_does_not_exist(aws: Any) -> None:
    aws.refuse("s3", "head_bucket", "404")
    assert bucket.Buckets(aws("s3")).exists(NAME) is False


def test_bucket_of_another_account_is_an_error(aws: Any) -> None:
    aws.refuse("s3", "head_bucket", "403", "Forbidden")
    with pytest.raises(AnsibleAWSError, match="Failed to read the bucket"):
        bucket.Buckets(aws("s3")).exists(NAME)


def test_only_missing_keys_are_named(aws: Any) -> None:
    aws.answer("s3", "head_object", {}, {"Bucket": NAME, "Key": "raw/"})
    aws.refuse("s3", "head_object", "404")
    assert bucket.Buckets(aws("s3")).missing_keys(NAME, ["raw/", "interim/"]) == ["interim/"]


def test_a_marker_that_stands_gets_no_other_version(aws: Any) -> None:
    """Where the answer got lost, the call is repeated, and S3 refuses it."""
    aws.answer("s3", "put_object", {}, {"Bucket": NAME, "Key": "raw/", "IfNoneMatch": "*"})
    aws.refuse("s3", "put_object", "PreconditionFailed")
    for _time in range(2):
        bucket.Buckets(aws("s3")).make_marker(NAME, "raw/")


def test_what_is_not_configured_is_empty(aws: Any) -> None:
    aws.refuse("s3", "get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
    aws.answer("s3", "get_bucket_versioning", {})
    aws.refuse("s3", "get_public_access_block", "NoSuchPublicAccessBlockConfiguration")
    aws.refuse("s3", "get_bucket_ownership_controls", "OwnershipControlsNotFoundError")
    aws.refuse("s3", "get_bucket_policy", "NoSuchBucketPolicy")
    aws.refuse("s3", "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration")
    aws.refuse("s3", "get_bucket_tagging", "NoSuchTagSet")
    found = bucket.Buckets(aws("s3")).attributes(NAME)
    assert set(found) == {
        "BucketEncryption",
        "VersioningConfiguration",
        "PublicAccessBlockConfiguration",
        "OwnershipControls",
        "Policy",
        "LifecycleConfiguration",
        "Tags",
    }
    assert not any(found.values())


def test_a_refused_call_is_no_empty_answer(aws: Any) -> None:
    aws.refuse("s3", "get_bucket_encryption", "AccessDenied")
    with pytest.raises(AnsibleAWSError, match="Failed to read the configuration"):
        bucket.Buckets(aws("s3")).attributes(NAME)
