# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs as they lie in the models bucket when they have ended."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mlinfra import s3
from mlinfra.transfer.stored import SHA256

DATA = [{"bucket": "datasets", "key": "processed/digits/digits.npz", "version_id": "v1", "sha256": "ab"}]


def train(
    bucket: str, run: str, accuracy: float = 0.95, checksums: bool = True, model: bytes = b"{}", **more: Any
) -> dict[str, bytes]:
    """Put a run there, and return the files of its model.

    Args:
        bucket: the models bucket.
        run: its name.
        accuracy: its one metric.
        checksums: whether its files tell theirs.
        model: its model.json.
        more: in its run.json.
    """
    client, prefix = s3.client(), f"experiments/{run}/"
    record = {"run": run, "state": "succeeded", "code": "c0ffee", "data": DATA, **more}
    client.put_object(Bucket=bucket, Key=f"{prefix}run.json", Body=json.dumps(record))
    client.put_object(Bucket=bucket, Key=f"{prefix}metrics.json", Body=json.dumps({"accuracy": accuracy}))
    files = {"model.json": model, "model.pt2": f"weights of {run}".encode(), "assets/words": b"a b"}
    for path, content in files.items():
        metadata = {SHA256: hashlib.sha256(content).hexdigest()} if checksums else {}
        client.put_object(Bucket=bucket, Key=f"{prefix}model/{path}", Body=content, Metadata=metadata)
    return files
