# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules for resources of EC2 have in common: tags, and patience with what was made a moment ago."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)

_GONE = ["InvalidSubnetID.NotFound", "InvalidGroup.NotFound", "InvalidRouteTableID.NotFound", "InvalidAssociationID.NotFound"]


class ErrorHandler(AWSErrorHandler):
    """Handlers of errors that know by which ones EC2 says that something is gone."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code(_GONE)


def tags_of(entry: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a resource, as EC2 describes it."""
    return boto3_tag_list_to_ansible_dict(entry.get("Tags") or [])


def tag_changes(entry: Mapping[str, Any], wanted: Mapping[str, str] | None) -> tuple[dict[str, str], list[str]]:
    """The tags to set on a resource and to remove from it; none where no tags are wanted, not even none."""
    if wanted is None:
        return {}, []
    to_set, to_unset = compare_aws_tags(tags_of(entry), wanted)
    return to_set, to_unset


def tag_specifications(resource_type: str, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """The argument that tags a resource as it is created; nothing without tags.

    Args:
        resource_type: EC2's word for it, such as `vpc-endpoint`.
        tags: its tags.
    """
    if not tags:
        return {}
    return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": ansible_dict_to_boto3_tag_list(tags)}]}


def change_tags(client: Any, resource_id: str, to_set: Mapping[str, str], to_unset: list[str]) -> None:
    """Sets and removes tags of a resource; calls nothing where there is nothing to do."""
    if to_unset:
        client.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in to_unset])
    if to_set:
        client.create_tags(Resources=[resource_id], Tags=ansible_dict_to_boto3_tag_list(to_set))


def patiently(*codes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that repeats calls for some twenty seconds, while EC2 does not know yet what it made or ended just now.

    Args:
        codes: the errors by which it says so.
    """
    return AWSRetry.jittered_backoff(retries=7, delay=1, max_delay=10, catch_extra_error_codes=list(codes))
