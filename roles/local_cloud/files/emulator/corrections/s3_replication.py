# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bucket's replication is told as it was written, and goes to buckets only that stand and keep versions."""

from __future__ import annotations

from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.responses import ActionResult
from moto.core.routing import get_service_router
from moto.s3.exceptions import MissingBucket, ReplicationConfigurationNotFoundError, S3ClientError
from moto.s3.responses import S3Response

from emulator.patching import around

TOLD = "Told"


class DestinationInvalid(S3ClientError):
    """AWS's answer to a destination that can't take replicas."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("InvalidRequest", message)


def _read(original: Any, self: S3Response, xml: str) -> dict[str, Any]:
    """Keep the configuration in the words of the model beside moto's own reading of it."""
    request = self.normalized_request
    operation, in_path = get_service_router("s3").match(request)
    parsed = PROTOCOL_PARSERS["rest-xml"](operation).parse({
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.data,
        "url_path": request.path,
        "url_params": in_path,
    })  # fmt: skip
    told = parsed["ReplicationConfiguration"]
    for rule in told["Rules"]:
        self._check_destination(rule["Destination"]["Bucket"].rpartition(":")[2])
    return {**original(self, xml), TOLD: told}


def _check_destination(self: S3Response, name: str) -> None:
    try:
        bucket = self.backend.get_bucket(name)
    except MissingBucket:
        raise DestinationInvalid("Destination bucket must exist.") from None
    if not bucket.is_versioned:
        raise DestinationInvalid("Destination bucket must have versioning enabled.")


def _get(original: Any, self: S3Response) -> Any:
    replication = self.backend.get_bucket_replication(self.bucket_name)
    if not replication:
        raise ReplicationConfigurationNotFoundError(bucket_name=self.bucket_name)
    self.data["Action"] = "GetBucketReplication"
    return self.serialized(ActionResult({"ReplicationConfiguration": replication[TOLD]}))


def apply() -> None:
    """Keep all of it."""
    S3Response._check_destination = _check_destination
    around(S3Response, "_replication_config_from_xml", _read)
    around(S3Response, "get_bucket_replication", _get)
