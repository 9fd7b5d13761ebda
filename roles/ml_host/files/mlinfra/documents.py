# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small JSON objects that are replaced only by whoever has read them: of two at once one wins."""

from __future__ import annotations

import getpass
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import s3
from .errors import Conflict


@dataclass(frozen=True)
class Document:
    """A document as it stands in a bucket.

    Attributes:
        content: what it says.
        etag: of what was read; S3 compares it when it is replaced.
        version_id: of this version; None in a bucket without versions.
    """

    content: dict[str, Any]
    etag: str
    version_id: str | None


def signature() -> dict[str, str]:
    """Who does it, when and where. MLINFRA_BY names somebody for whom a playbook works here."""
    by = os.environ.get("MLINFRA_BY") or os.environ.get("SUDO_USER") or getpass.getuser()
    return {"by": by, "at": datetime.now(UTC).isoformat(), "host": socket.gethostname()}


def read(bucket: str, key: str) -> Document | None:
    """The document, or None where there is none."""
    try:
        answer = s3.client().get_object(Bucket=bucket, Key=key)
    except s3.client().exceptions.NoSuchKey:
        return None
    return Document(json.loads(answer["Body"].read()), answer["ETag"], answer.get("VersionId"))


def write(bucket: str, key: str, content: dict[str, Any], replaces: Document | None) -> Document:
    """Write a document on condition that it still stands as it was read.

    Args:
        bucket: the bucket.
        key: its key.
        content: what it is to say. No two are to be alike: sign them.
        replaces: as it was read; None where there was none.

    Raises:
        Conflict: somebody else has written it since.
        ClientError: S3 refuses.
    """
    condition = {"IfMatch": replaces.etag} if replaces else {"IfNoneMatch": "*"}
    body = json.dumps(content, indent=2).encode()
    try:
        answer = s3.client().put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", **condition)
    except s3.client().exceptions.ClientError as error:
        if s3.code(error) not in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"):
            raise
        stands = read(bucket, key)
        # The answer to a first try may have got lost, and boto3 has tried again.
        if stands and stands.content == content:
            return stands
        who = f"{stands.content.get('by', 'somebody else')} has written it" if stands else "somebody else has removed it"
        raise Conflict(f"{key} is not as it was read: {who} in the meantime.") from error
    return Document(content, answer["ETag"], answer.get("VersionId"))
