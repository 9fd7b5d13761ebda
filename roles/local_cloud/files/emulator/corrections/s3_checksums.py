# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects and parts with another checksum than the one sent with them are refused, and checksums of parts are told.

Moto believes what it is told, keeps no checksums of parts, and fails at an upload that it does not know.
"""

from __future__ import annotations

from typing import Any

from moto.s3.exceptions import NoSuchUpload, S3ClientError
from moto.s3.models import FakeKey, FakeMultipart, S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import compute_checksum

from emulator.patching import around

ALGORITHM = "x-amz-checksum-algorithm"
ACTIONS = ("ListParts", "UploadPartCopy", "CompleteMultipartUpload")


def _verified(original: Any, self: S3Response) -> Any:
    value = self.headers.get("x-amz-checksum-sha256")
    if value and value != compute_checksum(self.body or b"", "SHA256").decode():
        raise S3ClientError("BadDigest", "The SHA256 you specified did not match the calculated checksum.")
    return original(self)


def _known(original: Any, self: S3Backend, bucket_name: str, multipart_id: str, *args: Any, **kwargs: Any) -> Any:
    if multipart_id not in self.get_bucket(bucket_name).multiparts:
        raise NoSuchUpload(upload_id=multipart_id)
    return original(self, bucket_name, multipart_id, *args, **kwargs)


def _of_part(upload: FakeMultipart, number: int) -> dict[str, str]:
    algorithm = upload.metadata.get(ALGORITHM)
    return {f"Checksum{algorithm}": compute_checksum(upload.parts[number].value, algorithm).decode()} if algorithm else {}


def _of_object(key: FakeKey) -> dict[str, str]:
    if not (key.checksum_algorithm and key.checksum_type):
        return {}
    number = f"-{key.checksum_parts}" if key.checksum_type == "COMPOSITE" else ""
    return {f"Checksum{key.checksum_algorithm}": key.checksum_value + number, "ChecksumType": key.checksum_type}


def _serialized(original: Any, self: S3Response, answer: Any) -> Any:
    action, result = self.data.get("Action"), answer.result
    bucket = self.backend.get_bucket(self.bucket_name) if action in ACTIONS else None
    if action == "ListParts":
        for part in result["Parts"]:
            part.update(_of_part(bucket.multiparts[result["UploadId"]], part["PartNumber"]))
    elif action == "UploadPartCopy":
        number = self._get_int_param("partNumber")
        result["CopyPartResult"].update(_of_part(bucket.multiparts[self._get_param("uploadId")], number))
    elif action == "CompleteMultipartUpload":
        result.update(_of_object(self.backend.get_object(self.bucket_name, result["Key"])))
    return original(self, answer)


def _head_object(original: Any, self: S3Response, bucket_name: str, query: Any, key_name: str, headers: Any) -> Any:
    status, answered, body = original(self, bucket_name, query, key_name, headers)
    key = self.backend.head_object(bucket_name, key_name, query.get("versionId", [None])[0]) if status == 200 else None
    name = f"x-amz-checksum-{key.checksum_algorithm.lower()}" if key and key.checksum_algorithm else ""
    if name in answered and key.checksum_type:
        answered[name] = _of_object(key)[f"Checksum{key.checksum_algorithm}"]
    elif name in answered:
        answered["x-amz-checksum-type"] = "FULL_OBJECT"
    return status, answered, body


def apply() -> None:
    """Compute what was believed, and add it to the answers."""
    around(S3Response, "put_object", _verified)
    around(S3Response, "upload_part", _verified)
    around(S3Response, "serialized", _serialized)
    around(S3Response, "head_object", _head_object)
    around(S3Backend, "upload_part", _known)
    around(S3Backend, "complete_multipart_upload", _known)
