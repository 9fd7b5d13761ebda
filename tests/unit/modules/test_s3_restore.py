# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What s3_restore calls, which emulators can't show: big objects, archives, refusals in the middle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.api import RESTORED_FROM, Versions
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.transform import Step, Version
from ansible_collections.mlinfra.aws.plugins.modules import s3_restore

BUCKET, ACCOUNT = "b", "123456789012"
OWNER = {"ExpectedBucketOwner": ACCOUNT}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def version(number: int = 1, **more: Any) -> Version:
    return Version("k", str(number), NOW - number * HOUR, etag=f'"{number}"', **{"size": 3, **more})


def entry(number: int, latest: bool = False, size: int = 3) -> dict[str, Any]:
    made = version(number)
    return {"Key": "k", "VersionId": made.id, "LastModified": made.modified, "IsLatest": latest, "ETag": made.etag, "Size": size}


def head(aws: Any, number: int = 1, **answer: Any) -> None:
    aws.answer("s3", "head_object", answer, {"Bucket": BUCKET, "Key": "k", "VersionId": str(number), **OWNER})


def versions(aws: Any, **more: Any) -> Versions:
    return Versions(aws("s3"), BUCKET, ACCOUNT, **more)


def asked(**more: Any) -> dict[str, Any]:
    return {"bucket": BUCKET, "what": "prefix", "prefix": "", "to": "2025-12-31T22:00:00Z", **more}


def kept(aws: Any, *rules: dict[str, Any]) -> None:
    aws.answer("s3", "get_bucket_versioning", {"Status": "Enabled"})
    if rules:
        aws.answer("s3", "get_bucket_lifecycle_configuration", {"Rules": list(rules)})
    else:
        aws.refuse("s3", "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration")


def test_a_copy_takes_over_what_the_version_had_but_its_archive(aws):
    head(aws, ContentType="text/csv", Metadata={"who": "jane"}, StorageClass="GLACIER")
    request = {
        "Bucket": BUCKET,
        "Key": "k",
        "CopySource": {"Bucket": BUCKET, "Key": "k", "VersionId": "1"},
        "ContentType": "text/csv",
        "Metadata": {"who": "jane", RESTORED_FROM: "1"},
        "MetadataDirective": "REPLACE",
        "ExpectedSourceBucketOwner": ACCOUNT,
        **OWNER,
    }
    aws.answer("s3", "copy_object", {}, request)
    versions(aws).copy(version(storage_class="GLACIER"))


def test_a_cheaper_class_is_kept(aws):
    head(aws)
    request = {
        "Bucket": BUCKET,
        "Key": "k",
        "CopySource": {"Bucket": BUCKET, "Key": "k", "VersionId": "1"},
        "Metadata": {RESTORED_FROM: "1"},
        "MetadataDirective": "REPLACE",
        "StorageClass": "STANDARD_IA",
        "ExpectedSourceBucketOwner": ACCOUNT,
        **OWNER,
    }
    aws.answer("s3", "copy_object", {}, request)
    versions(aws).copy(version(storage_class="STANDARD_IA"))


def test_what_is_too_big_for_one_call_is_copied_in_parts(aws):
    size = 9 * 1024 * 1024
    head(aws, ContentType="text/csv")
    head(aws, ContentLength=size, ETag='"1"', ContentType="text/csv")
    made = {"Bucket": BUCKET, "Key": "k", "ContentType": "text/csv", "Metadata": {RESTORED_FROM: "1"}}
    aws.answer("s3", "create_multipart_upload", {"UploadId": "u"}, {**made, **OWNER})
    for _part in range(2):
        aws.answer("s3", "upload_part_copy", {"CopyPartResult": {"ETag": '"p"'}})
    aws.answer("s3", "complete_multipart_upload", {"VersionId": "2"})
    aws.answer("s3", "get_object_tagging", {"TagSet": []})
    versions(aws, in_one_piece=1).copy(version(size=size))


@pytest.mark.parametrize(
    ("storage_class", "restore", "readable"),
    [
        ("GLACIER", {}, False),
        ("DEEP_ARCHIVE", {"Restore": 'ongoing-request="true"'}, False),
        ("GLACIER", {"Restore": 'ongoing-request="false", expiry-date="Fri, 02 Jan 2026 00:00:00 GMT"'}, True),
        ("GLACIER_IR", None, True),
    ],
)
def test_an_archive_is_readable_once_it_was_retrieved(aws, storage_class, restore, readable):
    if restore is not None:
        head(aws, **restore)
    assert versions(aws).is_readable(version(storage_class=storage_class)) is readable


def test_nothing_is_copied_twice_where_the_etag_tells_nothing(aws):
    """As under a key of KMS: the copy names what it was made of."""
    kept(aws)
    page = {"Versions": [entry(1, latest=True), entry(2), entry(3)]}
    aws.answer("s3", "list_object_versions", page)
    head(aws, 1, Metadata={RESTORED_FROM: "3"})
    assert s3_restore.plan(versions(aws), asked(to="2025-12-31T21:00:00Z"), NOW, map) == ([], 1)


def test_another_size_is_another_content(aws):
    kept(aws)
    aws.answer("s3", "list_object_versions", {"Versions": [entry(1, latest=True, size=9), entry(2)]})
    [step], looked_at = s3_restore.plan(versions(aws), asked(), NOW, map)
    assert (step.action, step.target.id, looked_at) == ("modify", "2", 1)


def test_an_object_goes_on_in_the_next_page(aws):
    kept(aws)
    more = {"IsTruncated": True, "NextKeyMarker": "k", "NextVersionIdMarker": "1"}
    marker = {"Key": "k", "VersionId": "1", "LastModified": NOW - HOUR, "IsLatest": True}
    aws.answer("s3", "list_object_versions", {"DeleteMarkers": [marker], **more})
    aws.answer("s3", "list_object_versions", {"Versions": [entry(2)]})
    [step], _looked_at = s3_restore.plan(versions(aws), asked(), NOW, map)
    assert (step.action, step.target.id) == ("create", "2")


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Filter": {"Prefix": ""}}, True),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 9}, "Filter": {"Prefix": ""}}, False),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Filter": {"Prefix": "other/"}}, False),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Filter": {"And": {"Prefix": "k", "Tags": []}}}, True),
    ],
)
def test_a_time_whose_versions_the_bucket_has_deleted_is_refused(aws, rule, refused):
    kept(aws, {"ID": "end", "Status": "Enabled", **rule})
    request = asked(to="2025-12-25T00:00:00Z", prefix="k")
    if not refused:
        aws.answer("s3", "list_object_versions", {"Versions": [entry(200, latest=True)]})
        assert s3_restore.plan(versions(aws), request, NOW, map) == ([], 1)
        return
    with pytest.raises(AnsibleAWSError, match="1 days after it was replaced"):
        s3_restore.plan(versions(aws), request, NOW, map)


def test_a_suspended_bucket_is_refused(aws):
    """A deletion there destroys."""
    aws.answer("s3", "get_bucket_versioning", {"Status": "Suspended"})
    with pytest.raises(AnsibleAWSError, match="keeps no versions"):
        s3_restore.plan(versions(aws), asked(), NOW, map)


@pytest.mark.parametrize(
    ("target", "call", "said"),
    [(None, "delete_object", "put a delete marker on the object"), (version(), "head_object", "read the version of the object")],
)
def test_an_error_names_the_object(aws, target, call, said):
    aws.refuse("s3", call, "AccessDenied")
    with pytest.raises(AnsibleAWSError, match=f"{said} k:"):
        s3_restore.do(versions(aws), Step(version(2), target))


def test_an_error_in_the_list_is_told_as_one(aws):
    kept(aws)
    aws.refuse("s3", "list_object_versions", "AccessDenied")
    with pytest.raises(AnsibleAWSError, match="list the versions of objects"):
        s3_restore.plan(versions(aws), asked(), NOW, map)
