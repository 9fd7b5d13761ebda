# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bucket's replication is told as it was written, goes to buckets only that stand and keep versions, and copies at once.

Replicas keep the ids of their versions, and are not replicated again. Versions tell whether they were replicated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.responses import ActionResult
from moto.core.routing import get_service_router
from moto.s3.exceptions import MissingBucket, ReplicationConfigurationNotFoundError, S3ClientError
from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend
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


def _places(backend: S3Backend, bucket: str, key: str, tags: dict[str, str] | None) -> Iterator[tuple[str, str | None]]:
    """The buckets that a key is copied to, each with the storage class of copies. Without tags it is about its delete marker."""
    for rule in (backend.get_bucket_replication(bucket) or {}).get(TOLD, {}).get("Rules", []):
        chosen = rule.get("Filter") or {}
        both = chosen.get("And") or {}
        prefix = rule.get("Prefix") or chosen.get("Prefix") or both.get("Prefix") or ""
        asked = [(tag["Key"], tag["Value"]) for tag in both.get("Tags", []) + ([chosen["Tag"]] if "Tag" in chosen else [])]
        if tags is None:
            # A rule about tags copies no delete markers.
            wanted = not asked and rule.get("DeleteMarkerReplication", {}).get("Status") == "Enabled"
        else:
            wanted = set(asked) <= tags.items()
        name = rule["Destination"]["Bucket"].rpartition(":")[2]
        if rule["Status"] == "Enabled" and key.startswith(prefix) and wanted and name in backend.buckets:
            yield name, rule["Destination"].get("StorageClass")


def _copy(backend: S3Backend, written: Any) -> None:
    if isinstance(written, FakeKey):
        tags = backend.tagger.get_tag_dict_for_resource(written.arn)
        for name, storage_class in _places(backend, written.bucket_name, written.name, tags):
            backend.copy_object(written, name, written.name, storage=storage_class)
            replica = backend.get_bucket(name).keys[written.name]
            replica._version_id, replica.replication_status = written.version_id, "REPLICA"
            written.replication_status = "COMPLETED"


def _then_copy(original: Any, self: S3Response) -> Any:
    """What AWS does within minutes of the answer."""
    answer = original(self)
    _copy(self.backend, self.backend.get_bucket(self.bucket_name).keys.get(self.parse_key_name()))
    return answer


def _then_copy_parts(original: Any, self: S3Backend, *args: Any) -> FakeKey | None:
    written = original(self, *args)
    _copy(self, written)
    return written


def _then_mark(original: Any, self: S3Backend, bucket_name: str, key_name: str) -> FakeDeleteMarker:
    marker = original(self, bucket_name, key_name)
    for name, _storage_class in _places(self, bucket_name, key_name, None):
        if key_name in self.get_bucket(name).keys:
            original(self, name, key_name)._version_id = marker.version_id
    return marker


def _response_dict(original: Any, self: FakeKey) -> dict[str, Any]:
    status = getattr(self, "replication_status", None)
    return original(self) | ({"x-amz-replication-status": status} if status else {})


def apply() -> None:
    """Keep all of it, and copy."""
    S3Response._check_destination = _check_destination
    around(S3Response, "_replication_config_from_xml", _read)
    around(S3Response, "get_bucket_replication", _get)
    told = FakeKey.response_dict.fget
    FakeKey.response_dict = property(lambda self: _response_dict(told, self))
    around(S3Response, "put_object", _then_copy)
    around(S3Response, "copy_object", _then_copy)
    around(S3Backend, "complete_multipart_upload", _then_copy_parts)
    around(S3Backend, "_set_delete_marker", _then_mark)
