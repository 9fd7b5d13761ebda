# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Systems Manager's calls on associations, on patch baselines, and on the tags of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

Entry = dict[str, Any]


class ErrorHandler(AWSErrorHandler):
    """Knows how Systems Manager says that something is not there."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code(["AssociationDoesNotExist", "DoesNotExistException"])


def _paged(client: Any, operation: str, result: str, **arguments: Any) -> list[Entry]:
    return client.get_paginator(operation).paginate(**arguments).build_full_result()[result]


def _tags(client: Any, kind: str, identifier: str) -> dict[str, str]:
    listed = client.list_tags_for_resource(ResourceType=kind, ResourceId=identifier)
    return boto3_tag_list_to_ansible_dict(listed.get("TagList", []))


@ErrorHandler.common_error_handler("tag with Systems Manager")
def change_tags(client: Any, kind: str, identifier: str, to_set: Mapping[str, str], to_unset: Iterable[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do.

    Args:
        client: Systems Manager's client.
        kind: Association or PatchBaseline.
        identifier: the id of one.
        to_set: the tags to set.
        to_unset: the keys of those to remove.
    """
    gone = list(to_unset)
    if gone:
        client.remove_tags_from_resource(ResourceType=kind, ResourceId=identifier, TagKeys=gone)
    if to_set:
        told = ansible_dict_to_boto3_tag_list(dict(to_set))
        client.add_tags_to_resource(ResourceType=kind, ResourceId=identifier, Tags=told)


@ErrorHandler.common_error_handler("read the associations")
def associations(client: Any, name: str) -> list[Entry]:
    """The associations with a name, each with its tags, the oldest first: a name is not theirs alone."""
    asked = [{"key": "AssociationName", "value": name}]
    listed = _paged(client, "list_associations", "Associations", AssociationFilterList=asked)
    found = [_association(client, one["AssociationId"]) for one in listed]
    return sorted((one for one in found if one), key=lambda one: (str(one.get("Date", "")), one["AssociationId"]))


def _association(client: Any, identifier: str) -> Entry | None:
    try:
        told = client.describe_association(AssociationId=identifier)["AssociationDescription"]
    except is_boto3_error_code("AssociationDoesNotExist"):
        return None
    return {**told, "Tags": _tags(client, "Association", identifier)}


@ErrorHandler.common_error_handler("create the association")
def create_association(client: Any, request: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    """Creates an association and returns its id."""
    told = {"Tags": ansible_dict_to_boto3_tag_list(dict(tags))} if tags else {}
    return client.create_association(**request, **told)["AssociationDescription"]["AssociationId"]


@ErrorHandler.common_error_handler("update the association")
def update_association(client: Any, identifier: str, request: Mapping[str, Any]) -> None:
    """Makes a new version of it, which is run at once. What the request leaves out, it has no more."""
    client.update_association(AssociationId=identifier, **request)


@ErrorHandler.deletion_error_handler("delete the association")
def delete_association(client: Any, identifier: str) -> None:
    """Deletes an association; one that is gone already counts as deleted."""
    client.delete_association(AssociationId=identifier)


@ErrorHandler.common_error_handler("read the patch baselines")
def baselines(client: Any, name: str, system: str) -> list[Entry]:
    """The account's own patch baselines with a name and for a system, each with its groups and tags, in the order of their ids."""
    asked = [{"Key": "NAME_PREFIX", "Values": [name]}, {"Key": "OWNER", "Values": ["Self"]}]
    listed = _paged(client, "describe_patch_baselines", "BaselineIdentities", Filters=asked)
    own = [one["BaselineId"] for one in listed if (one["BaselineName"], one["OperatingSystem"]) == (name, system)]
    return [one for one in (_baseline(client, identifier) for identifier in sorted(own)) if one]


def _baseline(client: Any, identifier: str) -> Entry | None:
    try:
        told = client.get_patch_baseline(BaselineId=identifier)
    except is_boto3_error_code("DoesNotExistException"):
        return None
    members = {name: value for name, value in told.items() if name != "ResponseMetadata"}
    return {**members, "Tags": _tags(client, "PatchBaseline", identifier)}


@ErrorHandler.common_error_handler("create the patch baseline")
def create_baseline(client: Any, request: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    """Creates a patch baseline and returns its id."""
    told = {"Tags": ansible_dict_to_boto3_tag_list(dict(tags))} if tags else {}
    return client.create_patch_baseline(**request, **told)["BaselineId"]


@ErrorHandler.common_error_handler("update the patch baseline")
def update_baseline(client: Any, identifier: str, request: Mapping[str, Any]) -> None:
    """Writes all of a patch baseline but its system, its groups and its tags."""
    client.update_patch_baseline(BaselineId=identifier, Replace=True, **request)


@ErrorHandler.common_error_handler("change the patch groups")
def change_groups(client: Any, identifier: str, to_add: Iterable[str], to_remove: Iterable[str]) -> None:
    """Has patch groups use a baseline, and others use AWS's own again."""
    for group in to_remove:
        client.deregister_patch_baseline_for_patch_group(BaselineId=identifier, PatchGroup=group)
    for group in to_add:
        client.register_patch_baseline_for_patch_group(BaselineId=identifier, PatchGroup=group)


@ErrorHandler.deletion_error_handler("delete the patch baseline")
def delete_baseline(client: Any, identifier: str) -> None:
    """Deletes a patch baseline that no group uses; one that is gone already counts as deleted."""
    client.delete_patch_baseline(BaselineId=identifier)
