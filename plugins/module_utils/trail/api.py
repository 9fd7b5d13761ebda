# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudTrail's calls on one trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from .transform import told_selectors

Entry = dict[str, Any]


@AWSErrorHandler.common_error_handler("read the trail")
def read(client: Any, name: str) -> Entry | None:
    """A trail of this region with its state, event selectors and tags, in AWS's words; None where there is none."""
    try:
        trail = client.get_trail(Name=name)["Trail"]
    except is_boto3_error_code("TrailNotFoundException"):
        return None
    arn = trail["TrailARN"]
    listed = client.get_paginator("list_tags").paginate(ResourceIdList=[arn]).build_full_result()["ResourceTagList"]
    return {
        **trail,
        "IsLogging": client.get_trail_status(Name=arn)["IsLogging"],
        "EventSelectors": told_selectors(client.get_event_selectors(TrailName=arn)),
        "Tags": [tag for resource in listed for tag in resource["TagsList"]],
    }


@AWSErrorHandler.common_error_handler("create the trail")
def create(client: Any, request: Mapping[str, Any], tags: Mapping[str, str]) -> None:
    """Creates a trail, which records nothing yet."""
    told = {name: value for name, value in request.items() if value != ""}
    client.create_trail(**told, **({"TagsList": ansible_dict_to_boto3_tag_list(tags)} if tags else {}))


@AWSErrorHandler.common_error_handler("update the trail")
def update(client: Any, request: Mapping[str, Any]) -> None:
    """Writes what a trail is like. What is empty is removed."""
    client.update_trail(**request)


@AWSErrorHandler.common_error_handler("choose what the trail records")
def put_selectors(client: Any, name: str, selectors: Iterable[Mapping[str, Any]]) -> None:
    """Puts event selectors in the place of those that it has, of whatever sort."""
    client.put_event_selectors(TrailName=name, EventSelectors=list(selectors))


@AWSErrorHandler.common_error_handler("start or stop the trail")
def set_logging(client: Any, name: str, logging: bool) -> None:
    """Lets a trail record, or not."""
    (client.start_logging if logging else client.stop_logging)(Name=name)


@AWSErrorHandler.common_error_handler("tag the trail")
def change_tags(client: Any, arn: str, to_set: Mapping[str, str], to_unset: Iterable[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do."""
    gone = [{"Key": key} for key in to_unset]
    if gone:
        client.remove_tags(ResourceId=arn, TagsList=gone)
    if to_set:
        client.add_tags(ResourceId=arn, TagsList=ansible_dict_to_boto3_tag_list(to_set))


@AWSErrorHandler.common_error_handler("delete the trail")
def delete(client: Any, name: str) -> None:
    """Deletes a trail; what it has recorded stays."""
    try:
        client.delete_trail(Name=name)
    except is_boto3_error_code("TrailNotFoundException"):
        pass
