# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies in a bucket, as S3 describes it without sending it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from .. import s3
from . import work

# The metadata of each object sent from here: S3's own checksum of an object in parts is not that of the whole file.
SHA256 = "sha256"


@dataclass(frozen=True)
class Stored:
    """One version of an object.

    Attributes:
        key: its key.
        size: bytes.
        sha256: of the whole content, in hexadecimal digits; empty where whoever put it there told none.
        version_id: of the version; None in a bucket without versions.
    """

    key: str
    size: int
    sha256: str
    version_id: str | None


def look(bucket: str, key: str, version_id: str | None = None) -> Stored | None:
    """What lies there, or None.

    Args:
        bucket: the bucket.
        key: the object's key.
        version_id: of an older version.
    """
    asked = {"VersionId": version_id} if version_id else {}
    try:
        answer = s3.client().head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **asked)
    except s3.client().exceptions.ClientError as error:
        # 405 is S3's answer for a version that marks a deletion.
        if s3.code(error) in ("404", "405", "NoSuchKey", "NoSuchVersion"):
            return None
        raise
    return Stored(key, answer["ContentLength"], _sha256(answer), answer.get("VersionId"))


def _sha256(answer: dict[str, Any]) -> str:
    told = answer["Metadata"].get(SHA256, "")
    if not told and answer.get("ChecksumType") == "FULL_OBJECT" and "ChecksumSHA256" in answer:
        return base64.b64decode(answer["ChecksumSHA256"]).hex()
    return told


def glance(bucket: str, prefix: str) -> list[Stored]:
    """All objects whose keys begin so, in the order of their keys, without checksums and versions: one call for a thousand.

    Empty ones that stand for folders are left out.
    """
    pages = s3.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    entries = [entry for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/")]
    return [Stored(entry["Key"], entry["Size"], "", None) for entry in entries]


def listing(bucket: str, prefix: str) -> list[Stored]:
    """The same with checksums and versions: one more call for each object."""
    found = work.with_each(lambda _pieces, there: look(bucket, there.key), glance(bucket, prefix))
    return [stored for stored in found if stored is not None]
