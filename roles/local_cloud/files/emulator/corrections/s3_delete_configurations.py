# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deleting a bucket's metrics, analytics, inventory or tiering configuration leaves the bucket alone.

Moto takes such a request for DeleteBucket.
"""
from __future__ import annotations

from typing import Any

from moto.s3.responses import S3Response

CONFIGURATIONS = ("analytics", "intelligent-tiering", "inventory", "metrics")


def apply() -> None:
    """Answer these requests before moto sees them; moto stores no such configuration, but inventories."""
    original = S3Response._bucket_response_delete

    def _bucket_response_delete(self: S3Response, bucket_name: str, querystring: dict[str, Any]) -> Any:
        if any(name in querystring for name in CONFIGURATIONS):
            bucket = self.backend.get_bucket(bucket_name)
            if "inventory" in querystring:
                bucket.inventory_configs.pop(querystring["id"][0], None)
            return 204, {}, ""
        return original(self, bucket_name, querystring)

    S3Response._bucket_response_delete = _bucket_response_delete  # type: ignore[method-assign]
