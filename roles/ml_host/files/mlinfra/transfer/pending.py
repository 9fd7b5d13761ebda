# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An upload in parts, which S3 keeps until it is completed, and which another process goes on with."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from .. import s3
from ..errors import Invalid
from .checksums import Summed, composite
from .stored import SHA256


def _remembered() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "mlinfra" / "uploads"


class Pending:
    """The upload of one content to one key.

    S3 does not tell what a pending upload is to become, so its id is remembered here, by bucket, key and content. One that is
    forgotten costs nothing but time: another begins, and the bucket's lifecycle aborts the first.

    Args:
        bucket: where to.
        key: the object's key.
        sums: what is sent.

    Attributes:
        id: which S3 has given it.
    """

    def __init__(self, bucket: str, key: str, sums: Summed) -> None:
        self._where = {"Bucket": bucket, "Key": key}
        self._sums = sums
        name = hashlib.sha256(f"{bucket}/{key}/{sums.sha256}".encode()).hexdigest()
        self._memory = _remembered() / name
        self.id = ""

    def sent(self) -> dict[int, str]:
        """The ETags of the parts that S3 has, by their numbers; begins an upload where there is none."""
        try:
            self.id = self._memory.read_text(encoding="ascii")
            return self._listed()
        except (FileNotFoundError, s3.client().exceptions.NoSuchUpload):
            self._begin()
            return {}

    def _listed(self) -> dict[int, str]:
        pages = s3.client().get_paginator("list_parts").paginate(**self._where, UploadId=self.id)
        parts = [part for page in pages for part in page.get("Parts", [])]
        return {
            part["PartNumber"]: part["ETag"]
            for part in parts
            if part.get("ChecksumSHA256") == self._sums.parts[part["PartNumber"] - 1]
        }

    def _begin(self) -> None:
        answer = s3.client().create_multipart_upload(
            **self._where, ChecksumAlgorithm="SHA256", ChecksumType="COMPOSITE", Metadata={SHA256: self._sums.sha256}
        )
        self.id = answer["UploadId"]
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        self._memory.write_text(self.id, encoding="ascii")

    def send(self, number: int, content: bytes) -> str:
        """Send a part and return its ETag. S3 refuses it where it is not what was read when the checksums were made."""
        answer = s3.client().upload_part(
            **self._where,
            UploadId=self.id,
            PartNumber=number,
            Body=content,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=self._sums.parts[number - 1],
        )
        return answer["ETag"]

    def complete(self, etags: dict[int, str]) -> dict[str, Any]:
        """Make the object of the parts, and return S3's answer.

        Raises:
            Invalid: S3 has made another object of them.
        """
        parts = [
            {"PartNumber": number, "ETag": etags[number], "ChecksumSHA256": checksum}
            for number, checksum in enumerate(self._sums.parts, 1)
        ]
        answer = s3.client().complete_multipart_upload(
            **self._where, UploadId=self.id, MultipartUpload={"Parts": parts}, ChecksumType="COMPOSITE"
        )
        self._memory.unlink(missing_ok=True)
        if answer.get("ChecksumSHA256") != composite(self._sums.parts):
            raise Invalid(f"{self._where['Key']} is not in S3 what was sent.", "Run the same command again.")
        return answer
