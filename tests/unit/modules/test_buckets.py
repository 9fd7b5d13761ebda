# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What buckets calls and returns; in check mode it must call nothing that is not answered here."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.api import Buckets
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.transform import Removal, Wanted
from ansible_collections.mlinfra.aws.plugins.modules import buckets as module

NAME = "target-datasets"
IDENTITY = {"Project": "mlinfra"}
TAGS = {"TagSet": [{"Key": "Project", "Value": "mlinfra"}]}
ENABLED = {"Status": "Enabled"}
WANTED = Wanted(NAME, {"Tags": IDENTITY, "VersioningConfiguration": ENABLED}, ("raw/",))
DATA = {"Versions": [{"Key": "raw/a", "Size": 3, "VersionId": "one"}]}
FOLDERS = {"Versions": [{"Key": "raw/", "Size": 0, "VersionId": "one"}]}


def present(aws: Any, wanted: Wanted = WANTED, check: bool = False) -> dict[str, Any]:
    return module.ensure_present(Buckets(aws("s3")), wanted, (), check).answer


def absent(aws: Any, contents: bool = False, check: bool = False) -> Removal:
    return module.ensure_absent(Buckets(aws("s3")), NAME, contents, IDENTITY, check)


def test_options_that_are_left_out_are_not_declared() -> None:
    asked = {"name": NAME, "attributes": {"Policy": None, "Tags": {"a": 1}, "OwnershipControls": {}}, "markers": ["a/", "a/"]}
    assert module.wanted(asked) == Wanted(NAME, {"Tags": {"a": "1"}, "OwnershipControls": {}}, ("a/",))


@pytest.mark.parametrize("check", [True, False])
def test_create(aws: Any, check: bool) -> None:
    aws.refuse("s3", "get_bucket_tagging", "NoSuchBucket")
    if not check:
        aws.answer("s3", "create_bucket", {}, {"Bucket": NAME})
        aws.answer("s3", "put_bucket_tagging", {}, {"Bucket": NAME, "Tagging": TAGS})
        aws.answer("s3", "put_bucket_versioning", {}, {"Bucket": NAME, "VersioningConfiguration": ENABLED})
        aws.answer("s3", "put_object", {}, {"Bucket": NAME, "Key": "raw/", "IfNoneMatch": "*"})
    changes = ["Tags", "VersioningConfiguration", "Markers"]
    assert present(aws, check=check) == {"name": NAME, "action": "create", "changed": True, "changes": changes}


def test_one_that_stands_after_all_is_read_again(aws: Any) -> None:
    """As where another run has made it meanwhile, or the answer to the first try was lost."""
    aws.refuse("s3", "get_bucket_tagging", "NoSuchBucket")
    aws.refuse("s3", "create_bucket", "BucketAlreadyOwnedByYou")
    aws.answer("s3", "get_bucket_tagging", TAGS)
    aws.answer("s3", "head_object", {})
    aws.answer("s3", "get_bucket_versioning", {})
    aws.answer("s3", "put_bucket_versioning", {}, {"Bucket": NAME, "VersioningConfiguration": ENABLED})
    assert present(aws) == {"name": NAME, "action": "modify", "changed": True, "changes": ["VersioningConfiguration"]}


@pytest.mark.parametrize("check", [True, False])
def test_what_is_as_declared_is_left_alone(aws: Any, check: bool) -> None:
    aws.answer("s3", "get_bucket_tagging", TAGS)
    aws.answer("s3", "head_object", {})
    aws.answer("s3", "get_bucket_versioning", ENABLED)
    assert present(aws, check=check) == {"name": NAME, "action": "none", "changed": False, "changes": []}


@pytest.mark.parametrize("check", [True, False])
def test_modify(aws: Any, check: bool) -> None:
    aws.answer("s3", "get_bucket_tagging", {"TagSet": [{"Key": "Other", "Value": "1"}]})
    aws.refuse("s3", "head_object", "404")
    aws.answer("s3", "get_bucket_versioning", ENABLED)
    if not check:
        aws.answer("s3", "put_bucket_tagging", {}, {"Bucket": NAME, "Tagging": TAGS})
        aws.answer("s3", "put_object", {}, {"Bucket": NAME, "Key": "raw/", "IfNoneMatch": "*"})
    assert present(aws, check=check) == {"name": NAME, "action": "modify", "changed": True, "changes": ["Tags", "Markers"]}


@pytest.mark.parametrize("contents", [True, False])
def test_what_does_not_stand_needs_no_removal(aws: Any, contents: bool) -> None:
    aws.refuse("s3", "get_bucket_tagging", "NoSuchBucket")
    assert absent(aws, contents) == Removal(NAME, "none")


@pytest.mark.parametrize("contents", [True, False])
def test_somebody_elses_is_kept(aws: Any, contents: bool) -> None:
    aws.answer("s3", "get_bucket_tagging", {"TagSet": [{"Key": "Project", "Value": "other"}]})
    assert absent(aws, contents) == Removal(NAME, "keep", "tags")


@pytest.mark.parametrize("check", [True, False])
def test_data_is_kept(aws: Any, check: bool) -> None:
    aws.answer("s3", "get_bucket_tagging", TAGS)
    aws.answer("s3", "list_object_versions", DATA)
    assert absent(aws, check=check) == Removal(NAME, "keep", "data")


@pytest.mark.parametrize("contents", [True, False])
def test_in_check_mode_nothing_is_deleted(aws: Any, contents: bool) -> None:
    aws.answer("s3", "get_bucket_tagging", TAGS)
    if not contents:
        aws.answer("s3", "list_object_versions", FOLDERS)
    assert absent(aws, contents, check=True) == Removal(NAME, "delete", tags=IDENTITY)


def empty(aws: Any, listed: dict[str, Any]) -> None:
    """Queue what empties a bucket."""
    aws.answer("s3", "list_multipart_uploads", {})
    aws.answer("s3", "list_object_versions", listed)
    aws.answer("s3", "delete_objects", {})


def test_folders_and_what_a_run_left_untagged_go(aws: Any) -> None:
    aws.refuse("s3", "get_bucket_tagging", "NoSuchTagSet")
    aws.answer("s3", "list_object_versions", FOLDERS)
    empty(aws, FOLDERS)
    aws.answer("s3", "delete_bucket", {})
    assert absent(aws).answer == {"name": NAME, "action": "delete", "changed": True, "reason": ""}


def test_data_that_comes_meanwhile_is_kept(aws: Any) -> None:
    aws.answer("s3", "get_bucket_tagging", TAGS)
    aws.answer("s3", "list_object_versions", FOLDERS)
    empty(aws, FOLDERS)
    aws.refuse("s3", "delete_bucket", "BucketNotEmpty")
    aws.answer("s3", "list_object_versions", DATA)
    assert absent(aws) == Removal(NAME, "keep", "data")


def test_data_that_comes_meanwhile_goes_where_all_data_goes(aws: Any) -> None:
    aws.answer("s3", "get_bucket_tagging", TAGS)
    empty(aws, DATA)
    aws.refuse("s3", "delete_bucket", "BucketNotEmpty")
    empty(aws, DATA)
    aws.answer("s3", "delete_bucket", {})
    assert absent(aws, contents=True).action == "delete"


def test_a_policy_that_keeps_objects_goes_first(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    aws.answer("s3", "get_bucket_tagging", TAGS)
    aws.answer("s3", "delete_bucket_policy", {}, {"Bucket": NAME})
    aws.answer("s3", "list_multipart_uploads", {})
    aws.answer("s3", "list_object_versions", DATA)
    # Not all of S3 knows at once that it is gone.
    aws.answer("s3", "delete_objects", {"Errors": [{"Key": "raw/a", "Code": "AccessDenied"}]})
    aws.answer("s3", "delete_objects", {})
    aws.answer("s3", "delete_bucket", {})
    done = module.ensure_absent(Buckets(aws("s3")), NAME, True, IDENTITY, False, locked=True)
    assert (done.action, slept) == ("delete", [1])


@pytest.mark.parametrize("contents", [True, False])
def test_the_policy_stays_where_nothing_is_deleted(aws: Any, contents: bool) -> None:
    aws.answer("s3", "get_bucket_tagging", TAGS)
    if not contents:
        aws.answer("s3", "list_object_versions", DATA)
    module.ensure_absent(Buckets(aws("s3")), NAME, contents, IDENTITY, contents, locked=True)


def test_what_is_filled_all_the_time_is_an_error(aws: Any) -> None:
    aws.answer("s3", "get_bucket_tagging", TAGS)
    for _each in range(module.TRIES):
        empty(aws, DATA)
        aws.refuse("s3", "delete_bucket", "BucketNotEmpty")
    with pytest.raises(AnsibleAWSError, match="has to end before S3 deletes the bucket"):
        absent(aws, contents=True)
