# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What calls of S3 need: its actions have other names than its operations. Pure."""

from __future__ import annotations

from urllib.parse import unquote

from emulator.permissions.needs import Need, Parameters, Where, pass_role

ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# Of some things a bucket may have several: GetBucketMetricsConfiguration and ListBucketMetricsConfigurations.
SEVERAL = ("Analytics", "IntelligentTiering", "Inventory", "Metrics")


def action_of(operation: str) -> str:
    """IAM's name of an operation, without the service."""
    for thing in SEVERAL:
        if f"Bucket{thing}Configuration" in operation:
            verb = "Get" if operation.startswith(("Get", "List")) else "Put"
            return f"{verb}{thing}Configuration"
    return ACTIONS.get(operation, operation)


def needs(operation: str, parameters: Parameters, where: Where) -> list[Need]:
    """Return what a call needs: see ec2.needs."""
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    start = f"arn:{where.partition}:s3:::"
    if not bucket:
        return [Need(f"s3:{action_of(operation)}")]
    if operation == "DeleteObjects":
        return [
            Need(f"s3:DeleteObject{'Version' if each.get('VersionId') else ''}", f"{start}{bucket}/{each['Key']}")
            for each in parameters["Delete"]["Objects"]
        ]
    action = action_of(operation)
    if parameters.get("VersionId") and action in ("GetObject", "DeleteObject"):
        action += "Version"
    found = [Need(f"s3:{action}", f"{start}{bucket}/{key}" if key else f"{start}{bucket}")]
    if operation == "CreateBucket" and parameters.get("ObjectOwnership"):
        found.append(Need("s3:PutBucketOwnershipControls", f"{start}{bucket}"))
    if operation == "PutBucketReplication":
        found.append(pass_role(parameters["ReplicationConfiguration"]["Role"], "s3.amazonaws.com"))
    source = parameters.get("CopySource")
    if source:
        path, _mark, version = unquote(source).lstrip("/").partition("?versionId=")
        found.append(Need(f"s3:GetObject{'Version' if version else ''}", start + path))
    return found
