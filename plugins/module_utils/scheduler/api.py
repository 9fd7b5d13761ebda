# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EventBridge Scheduler's calls on schedules and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

Entry = dict[str, Any]


class SchedulerErrorHandler(AWSErrorHandler):
    """Takes a missing schedule or group for an answer."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code("ResourceNotFoundException")


def _plain(answer: Mapping[str, Any]) -> Entry:
    """An answer without what botocore adds and without members that hold nothing."""
    return {key: value for key, value in answer.items() if key != "ResponseMetadata" and value is not None}


@SchedulerErrorHandler.list_error_handler("read the schedule group")
def get_group(client: Any, name: str) -> Entry | None:
    """The group, or None where there is none."""
    return _plain(client.get_schedule_group(Name=name))


@SchedulerErrorHandler.list_error_handler("read the tags of the schedule group", [])
def group_tags(client: Any, arn: str) -> list[dict[str, str]]:
    """The tags of a group."""
    return client.list_tags_for_resource(ResourceArn=arn).get("Tags", [])


@AWSErrorHandler.common_error_handler("create the schedule group")
def create_group(client: Any, name: str, tags: Mapping[str, str]) -> None:
    """Creates a group."""
    client.create_schedule_group(Name=name, Tags=ansible_dict_to_boto3_tag_list(dict(tags)))


@SchedulerErrorHandler.deletion_error_handler("delete the schedule group")
def delete_group(client: Any, name: str) -> None:
    """Begins to delete a group with all its schedules; one that is gone already is no error."""
    client.delete_schedule_group(Name=name)


@AWSErrorHandler.common_error_handler("tag the schedule group")
def change_tags(client: Any, arn: str, to_set: Mapping[str, str], to_unset: list[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do."""
    if to_unset:
        client.untag_resource(ResourceArn=arn, TagKeys=to_unset)
    if to_set:
        client.tag_resource(ResourceArn=arn, Tags=ansible_dict_to_boto3_tag_list(dict(to_set)))


@SchedulerErrorHandler.list_error_handler("list the schedules", [])
def schedule_names(client: Any, group: str) -> list[str]:
    """The names of a group's schedules."""
    pages = client.get_paginator("list_schedules").paginate(GroupName=group)
    return [entry["Name"] for entry in pages.build_full_result().get("Schedules", [])]


@SchedulerErrorHandler.list_error_handler("read the schedule")
def get_schedule(client: Any, group: str, name: str) -> Entry | None:
    """The schedule, or None where there is none."""
    return _plain(client.get_schedule(GroupName=group, Name=name))


@AWSErrorHandler.common_error_handler("create the schedule")
def create_schedule(client: Any, request: Mapping[str, Any]) -> None:
    """Creates a schedule."""
    client.create_schedule(**request)


@AWSErrorHandler.common_error_handler("change the schedule")
def update_schedule(client: Any, request: Mapping[str, Any]) -> None:
    """Gives a schedule all its values anew: what the request leaves out gets AWS's default."""
    client.update_schedule(**request)


@SchedulerErrorHandler.deletion_error_handler("delete the schedule")
def delete_schedule(client: Any, group: str, name: str) -> None:
    """Deletes a schedule; one that is gone already is no error."""
    client.delete_schedule(GroupName=group, Name=name)
