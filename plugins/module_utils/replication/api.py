# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3's calls on the replication of a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

MISSING = "ReplicationConfigurationNotFoundError"
# Said for a while of a bucket that was just made, or has just begun to keep versions.
_NOT_YET = ("versioning", "Destination bucket must exist")
# S3 is at work on another change of the same bucket.
_patiently = AWSRetry.jittered_backoff(retries=8, delay=1, max_delay=20, catch_extra_error_codes=["OperationAborted"])


def _owner(account: str) -> dict[str, str]:
    return {"ExpectedBucketOwner": account} if account else {}


def is_not_ready(error: AnsibleAWSError) -> bool:
    """Whether S3 says that one of the buckets does not stand, or keep versions, as it may of one that was just made."""
    return any(words in f"{error.message} {error.exception}" for words in _NOT_YET)


@AWSErrorHandler.common_error_handler("read the replication of the bucket")
def read(client: Any, bucket: str, account: str) -> dict[str, Any] | None:
    """The replication in AWS's words with the bucket's name; without rules where it has none, None where there is no bucket."""
    try:
        answer = client.get_bucket_replication(Bucket=bucket, **_owner(account))
    except is_boto3_error_code(MISSING):
        return {"Bucket": bucket, "Role": "", "Rules": []}
    except is_boto3_error_code("NoSuchBucket"):
        return None
    return {"Bucket": bucket, **answer["ReplicationConfiguration"]}


@AWSErrorHandler.common_error_handler("write the replication of the bucket")
def write(client: Any, bucket: str, account: str, configuration: Mapping[str, Any]) -> None:
    """Puts a configuration in the place of the one that there is."""
    asked = {"Bucket": bucket, "ReplicationConfiguration": dict(configuration), **_owner(account)}
    _patiently(client.put_bucket_replication)(**asked)


@AWSErrorHandler.common_error_handler("end the replication of the bucket")
def delete(client: Any, bucket: str, account: str) -> None:
    """Deletes the configuration; what was replicated stays."""
    _patiently(client.delete_bucket_replication)(Bucket=bucket, **_owner(account))


@AWSErrorHandler.common_error_handler("read how far the version of the object is replicated")
def status(client: Any, bucket: str, account: str, key: str, version: str) -> str:
    """PENDING, COMPLETED, FAILED or REPLICA; empty of what no rule is about."""
    return client.head_object(Bucket=bucket, Key=key, VersionId=version, **_owner(account)).get("ReplicationStatus", "")


@AWSErrorHandler.common_error_handler("read the checksum of the version of the object")
def checksums(client: Any, bucket: str, account: str, key: str, version: str) -> dict[str, str]:
    """The checksums that S3 keeps of a version, by its words for them."""
    told = client.head_object(Bucket=bucket, Key=key, VersionId=version, ChecksumMode="ENABLED", **_owner(account))
    kept = {name: str(value) for name, value in told.items() if name.startswith("Checksum") and name != "ChecksumType"}
    # That of a whole object and one made of its parts' are not the same thing.
    return {f"{name}/{told.get('ChecksumType', '')}": value for name, value in kept.items()}
