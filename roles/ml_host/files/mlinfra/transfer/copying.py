# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies of objects from one place of a bucket to another, made by S3, which also works out their checksums."""

from __future__ import annotations

import base64
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Any

from .. import s3
from ..errors import Invalid
from . import work
from .checksums import MIB, composite, part_size
from .stored import SHA256, Stored

# S3 copies no larger objects in one call.
LARGEST = 5 * 1024 * MIB


def copy(objects: dict[str, Stored], bucket: str) -> list[Stored]:
    """Copy objects inside a bucket, in parallel.

    Args:
        objects: by the new key, the object.
        bucket: the bucket.

    Returns:
        The copies, in the order of the objects.

    Raises:
        Invalid: a copy does not have the checksum of its object.
        ClientError: S3 refuses.
    """
    return work.with_each(partial(_copied, bucket), objects.items())


def _copied(bucket: str, pieces: Executor, item: tuple[str, Stored]) -> Stored:
    key, stored = item
    source = {"Bucket": bucket, "Key": stored.key}
    if stored.version_id:
        source["VersionId"] = stored.version_id
    target = {"Bucket": bucket, "Key": key}
    make = _whole if stored.size <= LARGEST else partial(_in_parts, pieces)
    version_id, right = make(source, target, stored)
    if not right:
        raise Invalid(f"The copy of {stored.key} does not have its checksum: it is corrupt.", "Run the training once more.")
    return Stored(key, stored.size, stored.sha256, version_id)


def _whole(source: dict[str, str], target: dict[str, str], stored: Stored) -> tuple[str | None, bool]:
    # Tags would take a right of their own to be read.
    answer = s3.client().copy_object(**target, CopySource=source, ChecksumAlgorithm="SHA256", TaggingDirective="REPLACE")
    told = answer["CopyObjectResult"].get("ChecksumSHA256", "")
    return answer.get("VersionId"), base64.b64decode(told).hex() == stored.sha256


def _in_parts(
    pieces: Executor, source: dict[str, str], target: dict[str, str], stored: Stored
) -> tuple[str | None, bool]:
    """In the parts that it was sent in: then the checksums of the parts tell whether it is the same."""
    client, size = s3.client(), part_size(stored.size)
    there = client.head_object(**source, ChecksumMode="ENABLED")
    upload = client.create_multipart_upload(**target, ChecksumAlgorithm="SHA256", Metadata={SHA256: stored.sha256})
    where = {**target, "UploadId": upload["UploadId"]}

    def piece(start: int) -> dict[str, Any]:
        span = f"bytes={start}-{min(start + size, stored.size) - 1}"
        number = start // size + 1
        answer = client.upload_part_copy(**where, PartNumber=number, CopySource=source, CopySourceRange=span)
        told = answer["CopyPartResult"]
        return {"PartNumber": number, "ETag": told["ETag"], "ChecksumSHA256": told["ChecksumSHA256"]}

    completed = False
    try:
        parts = list(work.ahead(pieces, piece, range(0, stored.size, size)))
        if composite([part["ChecksumSHA256"] for part in parts]) != there.get("ChecksumSHA256"):
            return None, False
        answer = client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
        completed = True
        return answer.get("VersionId"), True
    finally:
        if not completed:
            with suppress(client.exceptions.ClientError):
                client.abort_multipart_upload(**where)
