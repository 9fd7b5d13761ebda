# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Data Lifecycle Manager's calls on policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

Entry = dict[str, Any]


@AWSErrorHandler.common_error_handler("read the lifecycle policies")
def read(client: Any, identity: Mapping[str, str]) -> list[Entry]:
    """Those policies that carry these tags, in AWS's words, the oldest first. DLM lists all of them at once."""
    listed = client.get_lifecycle_policies()["Policies"]
    own = [one["PolicyId"] for one in listed if identity.items() <= (one.get("Tags") or {}).items()]
    found = [_policy(client, identifier) for identifier in own]
    return sorted((policy for policy in found if policy), key=lambda one: (str(one.get("DateCreated", "")), one["PolicyId"]))


def _policy(client: Any, identifier: str) -> Entry | None:
    try:
        return client.get_lifecycle_policy(PolicyId=identifier)["Policy"]
    except is_boto3_error_code("ResourceNotFoundException"):
        return None


@AWSErrorHandler.common_error_handler("create the lifecycle policy")
def create(client: Any, request: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    """Creates a policy and returns its id."""
    return client.create_lifecycle_policy(**request, **({"Tags": dict(tags)} if tags else {}))["PolicyId"]


@AWSErrorHandler.common_error_handler("update the lifecycle policy")
def update(client: Any, identifier: str, request: Mapping[str, Any]) -> None:
    """Writes some attributes of a policy."""
    client.update_lifecycle_policy(PolicyId=identifier, **request)


@AWSErrorHandler.common_error_handler("tag the lifecycle policy")
def change_tags(client: Any, arn: str, to_set: Mapping[str, str], to_unset: Iterable[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do."""
    gone = list(to_unset)
    if gone:
        client.untag_resource(ResourceArn=arn, TagKeys=gone)
    if to_set:
        client.tag_resource(ResourceArn=arn, Tags=dict(to_set))


@AWSErrorHandler.common_error_handler("delete the lifecycle policy")
def delete(client: Any, identifier: str) -> None:
    """Deletes a policy; the snapshots that it took stay, and are deleted by nobody any more."""
    try:
        client.delete_lifecycle_policy(PolicyId=identifier)
    except is_boto3_error_code("ResourceNotFoundException"):
        pass
