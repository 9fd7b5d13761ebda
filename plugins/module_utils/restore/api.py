# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3's calls on the versions of objects. None of them deletes a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

try:
    from boto3.s3.transfer import TransferConfig
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .transform import ARCHIVES, Version, by_key

# The metadata of a copy that names the version it was made of. The ETag tells it only where S3's own keys encrypt, and the
# object was written in one piece.
RESTORED_FROM = "mlinfra-restored-from"
# What a copy takes over, beside metadata and tags.
_KEPT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")
# Bytes that one CopyObject takes.
_IN_ONE_PIECE = 5 * 1024**3


class Versions:
    """The versions of a bucket's objects.

    Args:
        client: S3's client.
        bucket: the bucket's name.
        account: id of the account that it has to belong to; empty where that is not known.
        in_one_piece: bytes up to which an object is copied by one call.
    """

    def __init__(self, client: Any, bucket: str, account: str = "", in_one_piece: int = _IN_ONE_PIECE) -> None:
        self._client = client
        self._bucket = bucket
        self._owner = {"ExpectedBucketOwner": account} if account else {}
        self._source_owner = {"ExpectedSourceBucketOwner": account} if account else {}
        self._in_one_piece = in_one_piece

    @AWSErrorHandler.common_error_handler("look whether the bucket keeps versions")
    def are_kept(self) -> bool:
        """Whether the bucket keeps versions. Where it does not, what is written destroys what is there."""
        try:
            answer = self._client.get_bucket_versioning(Bucket=self._bucket, **self._owner)
        except is_boto3_error_code("NoSuchBucket") as error:
            raise AnsibleAWSError(message=f"There is no bucket {self._bucket}", exception=error) from error
        return answer.get("Status") == "Enabled"

    @AWSErrorHandler.common_error_handler("read the lifecycle rules of the bucket")
    def rules(self) -> list[dict[str, Any]]:
        """The lifecycle rules of the bucket."""
        try:
            return self._client.get_bucket_lifecycle_configuration(Bucket=self._bucket, **self._owner)["Rules"]
        except is_boto3_error_code("NoSuchLifecycleConfiguration"):
            return []

    def below(self, prefix: str) -> Iterator[list[Version]]:
        """The versions of each object whose key begins so, the current one first."""
        return by_key(self._pages(prefix))

    def of(self, key: str) -> list[Version]:
        """The versions of one object, the current one first. Other keys that begin so come after it."""
        return next((versions for versions in self.below(key) if versions[0].key == key), [])

    def _pages(self, prefix: str) -> Iterable[dict[str, Any]]:
        paginator = self._client.get_paginator("list_object_versions")
        return _reported(iter(paginator.paginate(Bucket=self._bucket, Prefix=prefix, **self._owner)))

    @AWSErrorHandler.common_error_handler("read the version of the object")
    def head(self, version: Version) -> dict[str, Any]:
        """What S3 tells of a version without its content."""
        return self._client.head_object(Bucket=self._bucket, Key=version.key, VersionId=version.id, **self._owner)

    def was_made_of(self, version: Version, source: Version) -> bool:
        """Whether a version is a copy of another one, made here."""
        return self.head(version).get("Metadata", {}).get(RESTORED_FROM) == source.id

    def is_readable(self, version: Version) -> bool:
        """Whether a version's content can be read: it is not archived, or was retrieved."""
        if version.storage_class not in ARCHIVES:
            return True
        return 'ongoing-request="false"' in self.head(version).get("Restore", "")

    @AWSErrorHandler.common_error_handler("copy the version of the object")
    def copy(self, version: Version) -> None:
        """Makes a copy of a version, with its metadata and tags, the current one."""
        told = self.head(version)
        arguments = {name: told[name] for name in _KEPT if name in told}
        arguments |= {"Metadata": {**told.get("Metadata", {}), RESTORED_FROM: version.id}, "MetadataDirective": "REPLACE"}
        if version.storage_class not in (*ARCHIVES, "STANDARD"):
            arguments["StorageClass"] = version.storage_class
        source = {"Bucket": self._bucket, "Key": version.key, "VersionId": version.id}
        place: dict[str, Any] = {"Bucket": self._bucket, "Key": version.key}
        if version.size <= self._in_one_piece:
            self._client.copy_object(CopySource=source, **place, **arguments, **self._owner, **self._source_owner)
        else:
            # In this thread: as many objects are copied at once as there are threads.
            config = TransferConfig(multipart_threshold=self._in_one_piece, use_threads=False)
            more = {"TaggingDirective": "COPY", **self._owner}
            self._client.copy(source, **place, ExtraArgs={**arguments, **more}, Config=config)

    @AWSErrorHandler.common_error_handler("put a delete marker on the object")
    def mark_deleted(self, version: Version) -> None:
        """Puts a delete marker on an object, whose versions all stay."""
        self._client.delete_object(Bucket=self._bucket, Key=version.key, **self._owner)


@AWSErrorHandler.common_error_handler("list the versions of objects in the bucket")
def _next(pages: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
    return next(pages, None)


def _reported(pages: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same pages. What AWS refuses while they are read is told as an error of the call."""
    while (page := _next(pages)) is not None:
        yield page
