# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bucket policies are judged by whether the request came over TLS (the condition aws:SecureTransport), and by how it encrypts.

Moto ignores a statement's Condition, so that a policy that refuses plain HTTP refuses everything; and it judges
calls on objects only, not those on the bucket. Other conditions stay as moto has them.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.core.routing import get_service_router
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import BucketAccessDeniedError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from werkzeug.exceptions import HTTPException

from emulator.conditions import heeded
from emulator.patching import around

CONDITION_KEY = "aws:securetransport"
OPERATORS = ("Bool", "BoolIfExists")
# Operations whose permission has another name; every other one is `s3:` and the operation.
PERMISSIONS = {
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}

_request = threading.local()


def judge(policy: dict[str, Any], secure: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Sort a policy's statements by what they say about TLS.

    Args:
        policy: the policy document.
        secure: whether the request came over TLS.

    Returns:
        The statements that say nothing about TLS, and those whose condition on it holds, without that condition.
        Statements whose condition does not hold are in neither.
    """
    statements = policy.get("Statement", [])
    plain, holding = [], []
    for statement in statements if isinstance(statements, list) else [statements]:
        wanted, others = _split_condition(statement.get("Condition", {}))
        if not wanted:
            plain.append(statement)
        elif all(str(secure).lower() in values for values in wanted):
            rest = {key: value for key, value in statement.items() if key != "Condition"}
            holding.append({**rest, "Condition": others} if others else rest)
    return plain, holding


def _split_condition(condition: dict[str, Any]) -> tuple[list[list[str]], dict[str, Any]]:
    wanted, others = [], {}
    for operator, keys in condition.items():
        kept = dict(keys)
        if operator in OPERATORS:
            for key in keys:
                if key.lower() == CONDITION_KEY:
                    value = kept.pop(key)
                    wanted.append([str(one).lower() for one in (value if isinstance(value, list) else [value])])
        if kept:
            others[operator] = kept
    return wanted, others


def _permitted(statements: list[dict[str, Any]], action: str, resource: str) -> PermissionResult:
    if not statements:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps({"Statement": statements})).is_action_permitted(action, resource)


def _refuse_by_transport(response: S3Response, request: Any, full_url: str) -> None:
    """Refuse what a statement about TLS denies, whatever the operation."""
    name = response.parse_bucket_name_from_url(request, full_url)
    bucket = response.backend.buckets.get(name)
    if bucket is None or bucket.policy is None:
        return
    try:
        operation = get_service_router("s3").match(response.normalized_request)[0].name
    except HTTPException:
        return
    key = response.parse_key_name()
    resource = f"{bucket.arn}/{key}" if key else bucket.arn
    action = f"s3:{PERMISSIONS.get(operation, operation)}"
    statements = judge(json.loads(bucket.policy), _request.secure)[1]
    if _permitted(statements, action, resource) == PermissionResult.DENIED:
        raise BucketAccessDeniedError(bucket=name)


def _get_permission(_original: Any, self: FakeBucket, action: str, resource: str) -> PermissionResult:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    plain, holding = judge(json.loads(self.policy), getattr(_request, "secure", True))
    headers = getattr(_request, "headers", {})
    statements = [one for one in (heeded(statement, headers) for statement in plain + holding) if one]
    return _permitted(statements, action, resource)


def _respond(original: Any, self: S3Response, request: Any, full_url: str) -> Any:
    _request.secure = request.scheme == "https"
    _request.headers = {name.lower(): value for name, value in request.headers.items()}
    _refuse_by_transport(self, request, full_url)
    return original(self, request, full_url)


def apply() -> None:
    """Judge by the scheme of the request that the thread is answering."""
    around(FakeBucket, "get_permission", _get_permission)
    around(S3Response, "_bucket_response", _respond)
    around(S3Response, "_key_response", _respond)
