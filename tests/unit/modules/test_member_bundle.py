# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What member_bundle makes and calls: botocore checks each request against S3's model."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.filter import member_bundle as told
from ansible_collections.mlinfra.aws.plugins.module_utils.member_bundle import api, files, transform
from ansible_collections.mlinfra.aws.plugins.modules import member_bundle

ROOT = Path(__file__).parents[3]
BUCKET = {"Bucket": "mlinfra-models", "ExpectedBucketOwner": "123456789012"}
CONTENT = transform.bundle({"member.yml": b"---\n"}, {"ml_host_user": "ml"})
CHECKSUM = transform.as_s3(transform.digest(CONTENT))
KEY = transform.key_of(transform.digest(CONTENT))


def version(key: str, identifier: str, latest: bool = True) -> dict[str, Any]:
    return {"Key": key, "VersionId": identifier, "IsLatest": latest}


def ensured(aws: Any, content: bytes, check: bool = False) -> dict[str, Any]:
    return member_bundle.ensure(api.Bundles(aws("s3"), "mlinfra-models", "123456789012"), content, check)


def stands(aws: Any, versions: list, markers: list | None = None) -> None:
    listed = {"Versions": versions, "DeleteMarkers": markers or []}
    aws.answer("s3", "list_object_versions", listed, {"Prefix": "members/", **BUCKET})


def removed(aws: Any, *versions: tuple[str, str]) -> None:
    objects = [{"Key": key, "VersionId": identifier} for key, identifier in versions]
    aws.answer("s3", "delete_objects", {}, {"Delete": {"Objects": objects, "Quiet": True}, **BUCKET})


@pytest.mark.parametrize("check", [True, False])
def test_a_bundle_is_written_and_older_ones_go_for_good(aws, check):
    stands(aws, [version("members/old.tar", "1")], [version("members/older.tar", "2")])
    if not check:
        checked = {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": CHECKSUM}
        aws.answer("s3", "put_object", {}, {"Key": KEY, "Body": CONTENT, "ContentType": "application/x-tar", **checked, **BUCKET})
        removed(aws, ("members/old.tar", "1"), ("members/older.tar", "2"))
    result = ensured(aws, CONTENT, check)
    assert (result["action"], result["key"]) == ("modify", KEY)
    assert result["diff"] == {"before": {"Keys": ["members/old.tar"]}, "after": {"Keys": [KEY]}}


def test_one_that_stands_is_left_alone(aws):
    stands(aws, [version(KEY, "1")])
    aws.answer("s3", "head_object", {"ChecksumSHA256": CHECKSUM}, {"Key": KEY, "ChecksumMode": "ENABLED", **BUCKET})
    assert not ensured(aws, CONTENT)["changed"]


def test_one_that_somebody_wrote_over_is_written_again(aws):
    stands(aws, [version(KEY, "2"), version(KEY, "1", latest=False)])
    aws.answer("s3", "head_object", {"ChecksumSHA256": transform.as_s3("00" * 32)})
    aws.answer("s3", "put_object", {})
    removed(aws, (KEY, "2"), (KEY, "1"))
    assert ensured(aws, CONTENT)["action"] == "modify"


def test_what_can_not_be_deleted_is_told(aws):
    stands(aws, [version("members/old.tar", "1")])
    aws.answer("s3", "delete_objects", {"Errors": [{"Key": "members/old.tar", "Code": "AccessDenied", "Message": "Access Denied"}]})
    with pytest.raises(AnsibleAWSError, match=r"members/old\.tar can't be deleted: Access Denied"):
        ensured(aws, b"")


@pytest.mark.parametrize("check", [True, False])
def test_no_bucket(aws, check):
    """In check mode it may be one that the run would make."""
    aws.refuse("s3", "list_object_versions", "NoSuchBucket")
    if check:
        assert ensured(aws, CONTENT, check)["action"] == "create"
    else:
        with pytest.raises(AnsibleAWSError, match="There is no bucket mlinfra-models"):
            ensured(aws, CONTENT)


def test_it_holds_the_role_its_modules_and_how_to_begin():
    packed = transform.bundle(files.sources(ROOT), {"ml_host_user": "ml"})
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        entries = {entry.name: entry for entry in archive}
        assert json.load(archive.extractfile("settings.json")) == {"ml_host_user": "ml"}
    collection = "ansible_collections/mlinfra/aws"
    wanted = [f"{collection}/roles/ml_host/tasks/main.yml", f"{collection}/plugins/modules/host_files.py", "ansible.txt"]
    assert entries.keys() > {*wanted, "member.sh", "member.yml"}
    assert not [name for name in entries if "__pycache__" in name or name.endswith(".pyc")]
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.mode) for entry in entries.values()} == {(0, 0, 0, "", 0o600)}
    assert list(entries) == sorted(entries)
    assert told.member_bundle({"ml_host_user": "ml"}) == transform.digest(packed)


def test_secrets_are_told_by_their_names():
    settings = {
        "ml_host_jupyter_password": "x",
        "ml_host_environment": {"AWS_SECRET_ACCESS_KEY": "x", "HF_TOKEN": "x", "AWS_ENDPOINT_URL": "x"},
        "ml_host_token_store": "ssm",
        "ml_host_token_parameter": "/p",
        "mlinfra_names": {"cache_secret": "a name"},
    }
    found = ["ml_host_environment.AWS_SECRET_ACCESS_KEY", "ml_host_environment.HF_TOKEN", "ml_host_jupyter_password"]
    assert transform.secrets(settings) == found
    assert transform.secrets({**settings, "ml_host_jupyter_password": "", "ml_host_environment": {}}) == []
