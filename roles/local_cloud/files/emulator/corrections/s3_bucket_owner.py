# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A call that says whose the bucket has to be (ExpectedBucketOwner) is refused where it is somebody else's.

Moto ignores the header.
"""

from __future__ import annotations

from typing import Any

from moto.s3.exceptions import BucketAccessDeniedError
from moto.s3.responses import S3Response

from emulator.patching import around

HEADER = "x-amz-expected-bucket-owner"


def _respond(original: Any, self: S3Response, request: Any, full_url: str) -> Any:
    name = self.parse_bucket_name_from_url(request, full_url)
    bucket, expected = self.backend.buckets.get(name), request.headers.get(HEADER)
    if bucket is not None and expected and expected != bucket.account_id:
        raise BucketAccessDeniedError(bucket=name)
    return original(self, request, full_url)


def apply() -> None:
    """Look at the header of each call on a bucket or an object."""
    around(S3Response, "_bucket_response", _respond)
    around(S3Response, "_key_response", _respond)
