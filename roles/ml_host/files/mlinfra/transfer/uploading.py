# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From files to a bucket. An object is there as a whole or not at all; an upload that was interrupted goes on."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import s3
from ..errors import Invalid, Usage
from . import work
from .checksums import Summed, summed
from .pending import Pending
from .stored import SHA256, Stored, look

if TYPE_CHECKING:
    from rich.progress import Progress


def upload(files: Mapping[str, Path], bucket: str, progress: Progress | None = None) -> list[Stored]:
    """Put files into a bucket. What is there with the same checksum is not sent again.

    Args:
        files: by the key of the object, the file.
        bucket: the bucket.
        progress: where to show how far it is: see output.progress().

    Returns:
        What lies there now, in the order of the files.

    Raises:
        Usage: a file that does not exist.
        Invalid: a file that changed while it was sent, or one that did not arrive as it was sent.
        ClientError: S3 refuses.
    """
    for path in files.values():
        if not path.is_file():
            raise Usage(f"{path} is not a file.")
    uploading = _Uploading(bucket, progress, sum(path.stat().st_size for path in files.values()))
    return work.with_each(uploading.one, files.items())


class _Uploading:
    """Sends files.

    Args:
        bucket: where to.
        progress: where to show how far it is.
        total: bytes of all files.
    """

    def __init__(self, bucket: str, progress: Progress | None, total: int) -> None:
        self._bucket = bucket
        self._advance = work.shown(progress, "Uploading", total)

    def one(self, pieces: Executor, item: tuple[str, Path]) -> Stored:
        """Send one file, unless it is there."""
        key, path = item
        sums = summed(path)
        there = look(self._bucket, key)
        if there and (there.size, there.sha256) == (sums.size, sums.sha256):
            self._advance(sums.size)
            return there
        try:
            answer = self._whole(key, path, sums) if len(sums.parts) == 1 else self._parts(pieces, key, path, sums)
        except s3.client().exceptions.ClientError as error:
            if s3.code(error) != "BadDigest":
                raise
            raise Invalid(
                f"{path} did not arrive as it was read at first: it was changed in the meantime, or on the way.",
                "Nothing of it is visible. Run the same command again when nobody writes to it.",
            ) from error
        return Stored(key, sums.size, sums.sha256, answer.get("VersionId"))

    def _whole(self, key: str, path: Path, sums: Summed) -> dict[str, Any]:
        answer = s3.client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=path.read_bytes(),
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=sums.parts[0],
            Metadata={SHA256: sums.sha256},
        )
        self._advance(sums.size)
        return answer

    def _parts(self, pieces: Executor, key: str, path: Path, sums: Summed) -> dict[str, Any]:
        pending = Pending(self._bucket, key, sums)
        sent = pending.sent()
        missing = [number for number in range(1, len(sums.parts) + 1) if number not in sent]
        self._advance(sums.size - sum(self._size(sums, number) for number in missing))

        def send(number: int) -> tuple[int, str]:
            with path.open("rb") as file:
                file.seek((number - 1) * sums.part)
                return number, pending.send(number, file.read(sums.part))

        for number, etag in work.ahead(pieces, send, missing):
            sent[number] = etag
            self._advance(self._size(sums, number))
        return pending.complete(sent)

    @staticmethod
    def _size(sums: Summed, number: int) -> int:
        return min(sums.part, sums.size - (number - 1) * sums.part)
