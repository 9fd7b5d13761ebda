# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3's calls on the lock of an environment, and on the bucket that it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ..discovery.api import Reader
from .transform import KEY, Lock, Standing, from_bytes, to_bytes, told

# S3 did not write: somebody else has, was at it in the same moment, or has deleted the object.
_NOT_WRITTEN = ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"]
# Somebody else of this account is making the bucket in this moment, or deleting one of its name.
_MADE_BY_OTHERS = ("BucketAlreadyOwnedByYou", "OperationAborted")
_PRIVATE = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def look(reader: Reader, names: Mapping[str, str]) -> dict[str, Any]:
    """The lock of an environment, as modules that discover return it.

    To be asked before all else: only then does a lock that still stands so later prove that nothing has changed since.

    Args:
        reader: makes the call, and keeps it where AWS refuses it.
        names: the environment's names by their purpose.
    """
    bucket = names.get("operations_bucket")
    answer = reader.ask("s3", "get_object", "NoSuchKey", "NoSuchBucket", Bucket=bucket, Key=KEY) if bucket else None
    return told(standing(answer))


def standing(answer: Mapping[str, Any] | None) -> Standing:
    """The lock in an answer of GetObject, or that there is none."""
    if answer is None:
        return Standing()
    written, now = answer["LastModified"], _time(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", ""))
    age = (now - written).total_seconds() if now else 0.0
    return Standing(answer["ETag"], from_bytes(answer["Body"].read()), written, age)


def _time(header: str) -> datetime | None:
    """The time in a header of HTTP, which is in UTC whatever it says; None where it is none."""
    try:
        return parsedate_to_datetime(header).replace(tzinfo=UTC)
    except ValueError:
        return None


class NoBucketError(Exception):
    """There is no bucket for the lock to lie in."""


class Place:
    """Where the lock of an environment lies.

    Args:
        client: S3's client.
        bucket: name of the bucket.
        account: id of the account that the bucket has to belong to; empty where that is not known.
    """

    def __init__(self, client: Any, bucket: str, account: str) -> None:
        self._client = client
        self._bucket = bucket
        self._owner = {"ExpectedBucketOwner": account} if account else {}

    @AWSErrorHandler.common_error_handler("read the lock of the environment")
    def read(self) -> Standing:
        """The lock as it stands."""
        try:
            return standing(self._client.get_object(Bucket=self._bucket, Key=KEY, **self._owner))
        except is_boto3_error_code(["NoSuchKey", "NoSuchBucket"]):
            return Standing()

    @AWSErrorHandler.common_error_handler("write the lock of the environment")
    def write(self, lock: Lock, etag: str) -> str:
        """Writes the lock, if it still stands as it was read.

        Args:
            lock: what to write.
            etag: of the lock that was read; empty where there was none.

        Returns:
            The new ETag; empty where it was not written, because it does not stand so any more.

        Raises:
            NoBucketError: there is no bucket.
            AnsibleAWSError: where AWS refuses.
        """
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        asked = {"Bucket": self._bucket, "Key": KEY, "ContentType": "application/json", **self._owner, **condition}
        try:
            return self._client.put_object(Body=to_bytes(lock), **asked)["ETag"]
        except is_boto3_error_code(_NOT_WRITTEN):
            return ""
        except is_boto3_error_code("NoSuchBucket") as error:
            raise NoBucketError from error

    def make_bucket(self, tags: Mapping[str, str]) -> None:
        """Makes the bucket, closed to the public and with its tags, unless somebody else is just making it.

        Role storage completes it.

        Args:
            tags: its tags.

        Raises:
            AnsibleAWSError: where AWS refuses, or the bucket is another account's.
        """
        try:
            self._create()
            self._complete(tags)
        except AnsibleAWSError as error:
            code = getattr(error.exception, "response", {}).get("Error", {}).get("Code")
            if code == "BucketAlreadyExists":
                message = f"The bucket {self._bucket} is another account's: set storage_operations_bucket to another name"
                raise AnsibleAWSError(message=message, exception=error.exception) from error
            if code not in _MADE_BY_OTHERS:
                raise

    @AWSErrorHandler.common_error_handler("make the bucket of the lock")
    def _create(self) -> None:
        region = self._client.meta.region_name
        # The first of all regions is not called by its name.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self._client.create_bucket(Bucket=self._bucket, ObjectOwnership="BucketOwnerEnforced", **place)

    @AWSErrorHandler.common_error_handler("close the bucket of the lock to the public")
    def _complete(self, tags: Mapping[str, str]) -> None:
        tag_set = {"TagSet": ansible_dict_to_boto3_tag_list(dict(tags))}
        self._client.put_bucket_tagging(Bucket=self._bucket, Tagging=tag_set, **self._owner)
        self._client.put_public_access_block(Bucket=self._bucket, PublicAccessBlockConfiguration=_PRIVATE, **self._owner)
