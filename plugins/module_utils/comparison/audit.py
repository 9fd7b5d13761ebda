# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role audit makes besides a log group, a role and alarms: the trail. Pure."""

from __future__ import annotations

from ansible_collections.mlinfra.aws.plugins.module_utils.trail.transform import selectors

from .model import Kind
from .parts import TAGS, by_member, entries_of, identified_by, implied, labelled_by, owned_by, plain

TRAIL = Kind(
    attributes={
        "Name": plain("Name"),
        "S3BucketName": plain("S3BucketName"),
        "S3KeyPrefix": plain("S3KeyPrefix", default=""),
        "SnsTopicName": implied("SnsTopicName", ""),
        "IsMultiRegionTrail": plain("IsMultiRegionTrail"),
        "IncludeGlobalServiceEvents": plain("IncludeGlobalServiceEvents"),
        "LogFileValidationEnabled": plain("LogFileValidationEnabled"),
        "CloudWatchLogsLogGroupArn": plain("CloudWatchLogsLogGroupArn", default=""),
        "CloudWatchLogsRoleArn": plain("CloudWatchLogsRoleArn", default=""),
        "KmsKeyId": plain("KmsKeyId", default=""),
        "EventSelectors": plain("EventSelectors", selectors, default=[]),
        "IsLogging": plain("IsLogging"),
        "Tags": TAGS,
    },
    keys=(by_member("Name"),),
    entries=entries_of("trail"),
    owner=owned_by("audit"),
    identifier=identified_by("TrailARN"),
    label=labelled_by("Name"),
)

KINDS = {"trail": TRAIL}
