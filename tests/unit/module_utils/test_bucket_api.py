# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What S3 is asked, what is made of its refusals, and that data is told from what only marks a prefix."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import configurations
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.api import Buckets, named
from botocore.stub import Stubber

NAME = "target-datasets"
ACCOUNT = "123456789012"
ANY_TIME = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
CALLS = {attribute: (call, missing) for attribute, call, missing, _take in configurations.ATTRIBUTES}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was slept between tries; nobody waits for it."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@contextmanager
def refused(message: str, setting: str = "") -> Iterator[None]:
    """What happens in here ends with an error that says this of the bucket."""
    with pytest.raises(AnsibleAWSError, match=message), named(NAME, setting):
        yield


def version(key: str, size: int = 0, number: str = "one") -> dict[str, Any]:
    return {"Key": key, "Size": size, "VersionId": number, "IsLatest": True, "LastModified": ANY_TIME}


def list_versions(aws: Any, *pages: dict[str, Any]) -> None:
    """Queue the pages of a list."""
    for number, page in enumerate(pages, 1):
        more = {"IsTruncated": True, "NextKeyMarker": "raw/", "NextVersionIdMarker": "one"}
        aws.answer("s3", "list_object_versions", {**page, **(more if number < len(pages) else {})})


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
    list_versions(aws, *pages)
    assert Buckets(aws("s3")).holds_data(NAME) is held


def test_a_missing_bucket_takes_one_call(aws: Any) -> None:
    aws.refuse("s3", "get_bucket_tagging", "NoSuchBucket")
    assert Buckets(aws("s3")).standing(NAME, CALLS, ["raw/"]) is None


def test_bucket_of_another_account_is_an_error(aws: Any) -> None:
    """It names the setting that chooses another name."""
    aws.refuse("s3", "get_bucket_tagging", "AccessDenied", "Access Denied")
    with refused(f"read the bucket {NAME}. Where another account has it, set v to another name", "v"):
        Buckets(aws("s3")).tags(NAME)


def test_only_missing_keys_are_named(aws: Any) -> None:
    aws.refuse("s3", "get_bucket_tagging", "NoSuchTagSet")
    aws.answer("s3", "head_object", {}, {"Bucket": NAME, "Key": "raw/"})
    aws.refuse("s3", "head_object", "404")
    standing = Buckets(aws("s3")).standing(NAME, [], ["raw/", "interim/"])
    assert standing
    assert standing.missing_markers == ("interim/",)


def test_what_is_not_configured_is_empty(aws: Any) -> None:
    aws.refuse("s3", *CALLS["Tags"])
    for attribute, (call, missing) in CALLS.items():
        if attribute == "VersioningConfiguration":
            aws.answer("s3", call, {}, {"Bucket": NAME, "ExpectedBucketOwner": ACCOUNT})
        elif attribute != "Tags":
            aws.refuse("s3", call, missing)
    standing = Buckets(aws("s3"), ACCOUNT).standing(NAME, CALLS)
    assert standing
    assert standing.attributes == dict.fromkeys(CALLS, {})


def test_a_refused_call_is_no_empty_answer(aws: Any) -> None:
    aws.refuse("s3", "get_bucket_encryption", "AccessDenied")
    with pytest.raises(AnsibleAWSError, match="Failed to read the configuration"):
        Buckets(aws("s3")).attribute(NAME, "BucketEncryption")


class TestCreate:
    def test_the_first_region_is_not_named(self, aws: Any) -> None:
        aws.answer("s3", "create_bucket", {}, {"Bucket": NAME, "ObjectOwnership": "BucketOwnerEnforced"})
        assert Buckets(aws("s3"), ACCOUNT).create(NAME, "BucketOwnerEnforced") is True

    def test_every_other_region_is(self) -> None:
        client = boto3.client("s3", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
        request = {"Bucket": NAME, "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
        with Stubber(client) as stubber:
            stubber.add_response("create_bucket", {}, request)
            assert Buckets(client).create(NAME) is True

    def test_one_that_the_account_has_already_was_not_made(self, aws: Any) -> None:
        aws.refuse("s3", "create_bucket", "BucketAlreadyOwnedByYou")
        assert Buckets(aws("s3")).create(NAME) is False

    def test_one_of_another_account_names_the_setting(self, aws: Any) -> None:
        aws.refuse("s3", "create_bucket", "BucketAlreadyExists")
        with refused(f"{NAME}, because another account has it: set v to another name", "v"):
            Buckets(aws("s3")).create(NAME)

    def test_what_s3_is_at_work_on_is_tried_again(self, aws: Any, slept: list[float]) -> None:
        aws.refuse("s3", "create_bucket", "OperationAborted")
        aws.answer("s3", "create_bucket", {})
        assert Buckets(aws("s3")).create(NAME) is True
        assert len(slept) == 1

    def test_but_not_for_ever(self, aws: Any, slept: list[float]) -> None:
        for _each in range(8):
            aws.refuse("s3", "create_bucket", "OperationAborted")
        with refused(f"{NAME}, because S3 is still at work .* run again in some minutes"):
            Buckets(aws("s3")).create(NAME)
        assert sum(slept) < 90


class TestWrite:
    def test_what_a_new_bucket_gets_is_tried_again_until_all_of_s3_knows_it(self, aws: Any, slept: list[float]) -> None:
        aws.refuse("s3", "put_public_access_block", "NoSuchBucket")
        request = {"BlockPublicAcls": True}
        asked = {"Bucket": NAME, "ExpectedBucketOwner": ACCOUNT, "PublicAccessBlockConfiguration": request}
        aws.answer("s3", "put_public_access_block", {}, asked)
        Buckets(aws("s3"), ACCOUNT).write(NAME, "PublicAccessBlockConfiguration", request)
        assert len(slept) == 1

    def test_a_policy_is_a_text_and_tags_are_a_list(self, aws: Any) -> None:
        aws.answer("s3", "put_bucket_policy", {}, {"Bucket": NAME, "Policy": '{"Version": "2012-10-17"}'})
        tags = {"TagSet": [{"Key": "a", "Value": "1"}]}
        aws.answer("s3", "put_bucket_tagging", {}, {"Bucket": NAME, "Tagging": tags})
        buckets = Buckets(aws("s3"))
        buckets.write(NAME, "Policy", {"Version": "2012-10-17"})
        buckets.write(NAME, "Tags", {"a": "1"})

    def test_refused_for_good(self, aws: Any, slept: list[float]) -> None:
        aws.refuse("s3", "put_bucket_policy", "AccessDenied")
        with refused(f"Failed to write the configuration of the bucket {NAME}: An error"):
            Buckets(aws("s3")).write(NAME, "Policy", {"Version": "2012-10-17"})
        assert slept == []

    def test_a_folder_that_stands_gets_no_second_version(self, aws: Any) -> None:
        """As where the answer to an earlier try was lost."""
        aws.answer("s3", "put_object", {}, {"Bucket": NAME, "Key": "raw/", "IfNoneMatch": "*"})
        aws.refuse("s3", "put_object", "PreconditionFailed")
        Buckets(aws("s3")).make_markers(NAME, ["raw/", "interim/"])

    def test_what_boto3_would_refuse_is_told_before(self, aws: Any) -> None:
        wrong = {"Rules": [{"ID": "a", "Status": "Enabled", "Expiration": {"Day": 1}}]}
        [told] = Buckets(aws("s3")).refusals(NAME, {"LifecycleConfiguration": wrong, "Tags": {"a": "1"}, "Policy": {}})
        assert told.startswith(f"{NAME}: LifecycleConfiguration: Unknown parameter in LifecycleConfiguration.Rules[0].Expiration")


def deleted(*entries: tuple[str, str]) -> dict[str, Any]:
    """The request that deletes versions."""
    objects = [{"Key": key, "VersionId": number} for key, number in entries]
    return {"Bucket": NAME, "Delete": {"Objects": objects, "Quiet": True}}


class TestEmpty:
    def test_versions_delete_markers_and_uploads_go(self, aws: Any) -> None:
        """Page by page, as they are listed."""
        upload = {"Key": "raw/big", "UploadId": "u"}
        aws.answer("s3", "list_multipart_uploads", {"Uploads": [upload, {**upload, "UploadId": "ended"}]})
        aws.answer("s3", "abort_multipart_upload", {}, {"Bucket": NAME, **upload})
        aws.refuse("s3", "abort_multipart_upload", "NoSuchUpload")
        marker = {"Key": "raw/a", "VersionId": "two", "IsLatest": True}
        page = {"Versions": [version("raw/a", 3)], "DeleteMarkers": [marker]}
        more = {"IsTruncated": True, "NextKeyMarker": "raw/a", "NextVersionIdMarker": "one"}
        aws.answer("s3", "list_object_versions", {**page, **more}, {"Bucket": NAME})
        aws.answer("s3", "delete_objects", {}, deleted(("raw/a", "one"), ("raw/a", "two")))
        asked = {"Bucket": NAME, "KeyMarker": "raw/a", "VersionIdMarker": "one"}
        aws.answer("s3", "list_object_versions", {"Versions": [version("raw/b", 3, "null")]}, asked)
        aws.answer("s3", "delete_objects", {}, deleted(("raw/b", "null")))
        Buckets(aws("s3")).empty(NAME, data=True)

    def test_data_stays_unless_it_shall_go(self, aws: Any) -> None:
        aws.answer("s3", "list_multipart_uploads", {})
        list_versions(aws, {"Versions": [version("raw/"), version("raw/a", 3)]})
        aws.answer("s3", "delete_objects", {}, deleted(("raw/", "one")))
        Buckets(aws("s3")).empty(NAME, data=False)

    def test_no_call_deletes_more_than_s3_takes(self, aws: Any) -> None:
        aws.answer("s3", "list_multipart_uploads", {})
        entries = [(f"{number}", "one") for number in range(1001)]
        list_versions(aws, {"Versions": [version(key, 1, number) for key, number in entries]})
        aws.answer("s3", "delete_objects", {}, deleted(*entries[:1000]))
        aws.answer("s3", "delete_objects", {}, deleted(*entries[1000:]))
        Buckets(aws("s3")).empty(NAME, data=True)

    def test_an_object_that_can_not_go_is_named(self, aws: Any) -> None:
        aws.answer("s3", "list_multipart_uploads", {})
        list_versions(aws, {"Versions": [version("raw/a", 3)]})
        kept = {"Key": "raw/a", "VersionId": "one", "Code": "AccessDenied", "Message": "object protected by object lock"}
        aws.answer("s3", "delete_objects", {"Errors": [{**kept, "Code": "SlowDown"}, kept]})
        with refused(rf"such as raw/a \(AccessDenied: object protected .*\), of the bucket {NAME}$"):
            Buckets(aws("s3")).empty(NAME, data=True)


class TestDelete:
    @pytest.mark.parametrize(("code", "gone"), [("NoSuchBucket", True), ("BucketNotEmpty", False)])
    def test_says_whether_it_is_gone(self, aws: Any, code: str, gone: bool) -> None:
        aws.answer("s3", "delete_bucket", {}, {"Bucket": NAME, "ExpectedBucketOwner": ACCOUNT})
        aws.refuse("s3", "delete_bucket", code)
        buckets = Buckets(aws("s3"), ACCOUNT)
        assert buckets.delete(NAME) is True
        assert buckets.delete(NAME) is gone

    def test_refused_for_good(self, aws: Any) -> None:
        aws.refuse("s3", "delete_bucket", "AccessDenied")
        with pytest.raises(AnsibleAWSError, match="Failed to delete the bucket"):
            Buckets(aws("s3")).delete(NAME)
