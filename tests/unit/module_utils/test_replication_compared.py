# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a bucket is in the one that it is copied to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.replication import compared
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.transform import Version
from ansible_collections.mlinfra.aws.plugins.modules import s3_replication_info as module

THEN = datetime(2026, 11, 30, tzinfo=UTC)
ACCOUNT = "123456789012"


def version(name: str, key: str = "k", **more: Any) -> Version:
    """A version of an object."""
    return Version(key, name, THEN, **{"etag": name, "size": 1, **more})


NEW, OLD, MARKER = (
    version("2", is_latest=True),
    version("1"),
    version("3", is_latest=True, is_marker=True, etag="", size=0),
)


@pytest.mark.parametrize(
    ("versions", "others", "missing", "ahead"),
    [
        ([NEW, OLD], [NEW, OLD], [], None),
        ([NEW, OLD], [], [NEW, OLD], None),
        ([NEW, OLD], [OLD], [NEW], None),
        # Its copy is not marked yet.
        ([MARKER, NEW], [NEW], [MARKER], None),
        ([MARKER, NEW], [MARKER, NEW], [], None),
        # There is nothing to mark.
        ([MARKER], [], [], None),
        ([NEW], [version("9"), NEW], [], "9"),
        ([NEW], [version("9")], [NEW], None),
        ([MARKER, NEW], [version("8", is_marker=True), NEW], [], None),
        ([NEW], [version("8", is_marker=True), NEW], [], "8"),
    ],
)
def test_what_is_missing_and_what_is_ahead(versions, others, missing, ahead):
    found = compared.compare(versions, others)
    assert list(found.missing) == missing
    assert (found.ahead and found.ahead.id) == ahead
    assert found.suspect == ()


def test_other_content_is_suspect():
    other = version("2", etag="x")
    assert compared.compare([NEW], [other]).suspect == ((NEW, other),)


@pytest.mark.parametrize(
    ("one", "status", "told"),
    [
        (OLD, "PENDING", "pending"),
        (MARKER, "", "pending"),
        (OLD, "FAILED", "failed"),
        (OLD, "", "unreplicated"),
        (OLD, "COMPLETED", ""),
        (OLD, "REPLICA", ""),
        (NEW, "REPLICA", "unreplicated"),
    ],
)
def test_what_becomes_of_what_is_missing(one, status, told):
    assert compared.outcome(one, status) == told


def test_keys_are_paired():
    first, second, third = ([version("1", key)] for key in "abc")
    assert list(compared.pairs([first, third], [first, second])) == [(first, first), (third, [])]
    assert list(compared.pairs([second], [first, second, third])) == [(second, second)]


def listed(*ids: str, etag: str = "e") -> dict[str, Any]:
    """An answer of ListObjectVersions of one key, the newest version first."""
    return {
        "Versions": [
            {"Key": "k", "VersionId": one, "IsLatest": one == ids[0], "LastModified": THEN, "ETag": etag, "Size": 1}
            for one in ids
        ]
    }


def sides(aws, *, source: dict[str, Any], replica: dict[str, Any]) -> list[module.Side]:
    """Both buckets, of which the stubbed client tells these versions."""
    for bucket in ("s", "r"):
        aws.answer(
            "s3", "get_bucket_versioning", {"Status": "Enabled"}, {"Bucket": bucket, "ExpectedBucketOwner": ACCOUNT}
        )
    for bucket, answer in (("r", replica), ("s", source)):
        aws.answer(
            "s3", "list_object_versions", answer, {"Bucket": bucket, "Prefix": "", "ExpectedBucketOwner": ACCOUNT}
        )
    return [module.Side(aws("s3"), bucket, ACCOUNT) for bucket in ("s", "r")]


@pytest.mark.parametrize(("status", "kind"), [("PENDING", "pending"), ("FAILED", "failed")])
def test_s3_is_asked_about_what_is_missing(aws, status, kind):
    both = sides(aws, source=listed("2", "1"), replica=listed("1"))
    asked = {"Bucket": "s", "Key": "k", "VersionId": "2", "ExpectedBucketOwner": ACCOUNT}
    aws.answer("s3", "head_object", {"ReplicationStatus": status}, asked)
    told = module.look(*both, shown=100)
    assert (told["complete"], told["counts"][kind]) == (False, 1)
    assert told["versions"][kind] == [{"key": "k", "version": "2"}]


@pytest.mark.parametrize(
    ("there", "differing"),
    [
        ({"ChecksumCRC64NVME": "a=", "ChecksumType": "FULL_OBJECT"}, 0),
        ({"ChecksumCRC64NVME": "b=", "ChecksumType": "FULL_OBJECT"}, 1),
        ({"ChecksumCRC64NVME": "a=", "ChecksumType": "COMPOSITE"}, 1),
        ({}, 1),
    ],
)
def test_where_etags_differ_checksums_decide(aws, there, differing):
    both = sides(aws, source=listed("1"), replica=listed("1", etag="f"))
    for bucket, told in (("s", {"ChecksumCRC64NVME": "a=", "ChecksumType": "FULL_OBJECT"}), ("r", there)):
        asked = {
            "Bucket": bucket,
            "Key": "k",
            "VersionId": "1",
            "ChecksumMode": "ENABLED",
            "ExpectedBucketOwner": ACCOUNT,
        }
        aws.answer("s3", "head_object", told, asked)
    assert module.look(*both, shown=100)["counts"]["differing"] == differing
