# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log groups."""

from __future__ import annotations

from typing import Any

from plain.aws import Aws, found
from plain.settings import Settings


def ensure_log_group(aws: Aws, settings: Settings, name: str) -> None:
    """Make a log group as it should be."""
    logs, days = aws.client("logs"), settings["mlinfra_log_retention_days"]
    group = _group(logs, name)
    if group is None:
        logs.create_log_group(logGroupName=name, tags=settings.tags)
    if group is None or group.get("retentionInDays") != days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    if group is None:
        return
    arn = group["arn"].removesuffix(":*")
    tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
    if settings.tags.items() - tags.items():
        logs.tag_resource(resourceArn=arn, tags=settings.tags)
    if surplus := tags.keys() - settings.tags.keys():
        logs.untag_resource(resourceArn=arn, tagKeys=list(surplus))


def _group(logs: Any, name: str) -> dict[str, Any] | None:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next((group for group in groups if group["logGroupName"] == name), None)


def delete_log_group(aws: Aws, name: str) -> None:
    """Delete a log group, if it is there."""
    found(aws.client("logs").delete_log_group, "ResourceNotFoundException", logGroupName=name)
