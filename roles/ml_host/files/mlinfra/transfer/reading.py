# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The content of objects, piece by piece."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from .. import s3
from . import work
from .checksums import part_size
from .stored import Stored

if TYPE_CHECKING:
    from rich.progress import Progress

TRIES = 5


def read(pieces: Executor, bucket: str, stored: Stored, begin: int = 0) -> Iterator[bytes]:
    """The content in its order, while the next few pieces are on their way.

    Args:
        pieces: the threads that get them.
        bucket: the bucket.
        stored: the object.
        begin: the first byte.
    """
    size = part_size(stored.size)
    starts = range(begin, stored.size, size)
    return work.ahead(pieces, lambda start: _get(bucket, stored, start, min(start + size, stored.size)), starts)


def _get(bucket: str, stored: Stored, begin: int, end: int) -> bytes:
    from botocore.exceptions import ConnectionError, HTTPClientError, IncompleteReadError

    version = {"VersionId": stored.version_id} if stored.version_id else {}
    asked = {"Bucket": bucket, "Key": stored.key, "Range": f"bytes={begin}-{end - 1}", **version}
    for attempt in range(1, TRIES + 1):
        try:
            # boto3 repeats calls, but not the reading of their answers.
            return s3.client().get_object(**asked)["Body"].read()
        except (ConnectionError, HTTPClientError, IncompleteReadError):
            if attempt == TRIES:
                raise
    raise AssertionError


def read_through(objects: Sequence[Stored], bucket: str, progress: Progress | None = None) -> list[Stored]:
    """Read objects to their ends, and return those that do not have their checksum or do not exist.

    Args:
        objects: what to read.
        bucket: the bucket.
        progress: where to show how far it is.
    """
    advance = work.shown(progress, "Verifying", sum(stored.size for stored in objects))

    def is_right(pieces: Executor, stored: Stored) -> bool:
        digest, size = hashlib.sha256(), 0
        try:
            for content in read(pieces, bucket, stored):
                digest.update(content)
                size += len(content)
                advance(len(content))
        except s3.client().exceptions.ClientError as error:
            if s3.code(error) in ("NoSuchKey", "NoSuchVersion", "InvalidRange"):
                return False
            raise
        return (size, digest.hexdigest()) == (stored.size, stored.sha256)

    right = work.with_each(is_right, objects)
    return [stored for stored, is_so in zip(objects, right, strict=True) if not is_so]
