# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3's calls on bundles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .transform import PREFIX

# As many objects as one call deletes.
_DELETED_AT_ONCE = 1000


class Bundles:
    """The bundles in a bucket.

    Args:
        client: S3's client.
        bucket: the bucket's name.
        account: id of the account that it has to belong to; empty where that is not known.
    """

    def __init__(self, client: Any, bucket: str, account: str = "") -> None:
        self._client = client
        self._asked = {"Bucket": bucket, **({"ExpectedBucketOwner": account} if account else {})}

    @AWSErrorHandler.common_error_handler("read the bundles")
    def versions(self, allow_missing: bool) -> list[dict[str, Any]]:
        """Return each version and each delete marker below the prefix: Key, VersionId, IsLatest and whether it is a Marker.

        Args:
            allow_missing: whether there are none where there is no bucket.
        """
        pages = self._client.get_paginator("list_object_versions").paginate(Prefix=PREFIX, **self._asked)
        try:
            return [
                {**{name: one[name] for name in ("Key", "VersionId", "IsLatest")}, "Marker": marker}
                for page in pages
                for member, marker in (("Versions", False), ("DeleteMarkers", True))
                for one in page.get(member, [])
            ]
        except is_boto3_error_code("NoSuchBucket") as error:
            if allow_missing:
                return []
            raise AnsibleAWSError(message=f"There is no bucket {self._asked['Bucket']}", exception=error) from error

    @AWSErrorHandler.common_error_handler("read the checksum of the bundle")
    def checksum(self, key: str) -> str:
        """Return the SHA-256 of what a key holds, as S3 has it; empty where S3 was given none."""
        return self._client.head_object(Key=key, ChecksumMode="ENABLED", **self._asked).get("ChecksumSHA256", "")

    @AWSErrorHandler.common_error_handler("write the bundle")
    def write(self, key: str, content: bytes, checksum: str) -> None:
        """Write a bundle. S3 refuses it where it does not have its checksum: a SHA-256, as S3 has it."""
        told = {"ContentType": "application/x-tar", "ChecksumAlgorithm": "SHA256", "ChecksumSHA256": checksum}
        self._client.put_object(Key=key, Body=content, **told, **self._asked)

    @AWSErrorHandler.common_error_handler("remove the bundles")
    def remove(self, versions: Iterable[dict[str, Any]]) -> None:
        """Remove versions for good."""
        told = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
        for at in range(0, len(told), _DELETED_AT_ONCE):
            part = {"Objects": told[at : at + _DELETED_AT_ONCE], "Quiet": True}
            failed = self._client.delete_objects(Delete=part, **self._asked).get("Errors", [])
            if failed:
                raise AnsibleAWSError(message=f"{failed[0]['Key']} can't be deleted: {failed[0].get('Message', failed[0]['Code'])}")
