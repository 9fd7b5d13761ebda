# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deleting a bucket's metrics, analytics, inventory or tiering configuration leaves the bucket alone.

Moto takes such a request for DeleteBucket.
"""

from __future__ import annotations

from typing import Any

from moto.s3.responses import S3Response

from emulator.patching import around

CONFIGURATIONS = ("analytics", "intelligent-tiering", "inventory", "metrics")


def _bucket_response_delete(original: Any, self: S3Response, bucket_name: str, querystring: dict[str, Any]) -> Any:
    if not any(name in querystring for name in CONFIGURATIONS):
        return original(self, bucket_name, querystring)
    bucket = self.backend.get_bucket(bucket_name)
    if "inventory" in querystring:
        bucket.inventory_configs.pop(querystring["id"][0], None)
    return 204, {}, ""


def apply() -> None:
    """Answer these requests before moto sees them; of these configurations it stores inventories only."""
    around(S3Response, "_bucket_response_delete", _bucket_response_delete)
