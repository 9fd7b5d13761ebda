# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A new bucket is encrypted, closed to the public and has no ACLs, as since 2023 on AWS; its name must be valid."""

from __future__ import annotations

import re
from typing import Any

from moto.s3.exceptions import InvalidBucketName
from moto.s3.models import FakeBucket, FakeKey, PublicAccessBlock, S3Backend

from emulator.patching import around

NAME = re.compile(r"(?!.*\.\.)(?!(\d+\.){3}\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ENCRYPTION = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


def _create_bucket(original: Any, self: S3Backend, bucket_name: str, *args: Any, **kwargs: Any) -> FakeBucket:
    if not NAME.fullmatch(bucket_name):
        raise InvalidBucketName()
    bucket = original(self, bucket_name, *args, **kwargs)
    bucket.encryption = ENCRYPTION
    bucket.ownership_rule = "BucketOwnerEnforced"
    bucket.public_access_block = PublicAccessBlock(True, True, True, True)
    return bucket


def _delete_bucket_encryption(_original: Any, self: S3Backend, bucket_name: str) -> None:
    self.get_bucket(bucket_name).encryption = ENCRYPTION


def _put_object(original: Any, self: S3Backend, *args: Any, **kwargs: Any) -> FakeKey:
    key = original(self, *args, **kwargs)
    key.encryption = key.encryption or "AES256"
    return key


def apply() -> None:
    """Start every bucket as AWS does; objects are encrypted in any case."""
    around(S3Backend, "create_bucket", _create_bucket)
    around(S3Backend, "delete_bucket_encryption", _delete_bucket_encryption)
    around(S3Backend, "put_object", _put_object)
