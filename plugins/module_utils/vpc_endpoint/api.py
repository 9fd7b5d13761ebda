# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's calls on VPC endpoints. A refusal that comes inside a successful answer is raised like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

Endpoint = dict[str, Any]
_GONE = "InvalidVpcEndpointId.NotFound"


@AWSErrorHandler.common_error_handler("list VPC endpoints")
def list_endpoints(client: Any, filter_name: str, values: list[str]) -> list[Endpoint]:
    """The endpoints that a filter of EC2's chooses, those that are being deleted among them."""
    paginator = client.get_paginator("describe_vpc_endpoints")
    answer = paginator.paginate(Filters=[{"Name": filter_name, "Values": values}]).build_full_result()
    return answer["VpcEndpoints"]


@AWSErrorHandler.common_error_handler("create a VPC endpoint")
def create_endpoint(client: Any, request: Mapping[str, Any]) -> Endpoint:
    """Creates one endpoint and returns it as EC2 describes it.

    By the token AWS knows the call again where its answer got lost.
    """
    return client.create_vpc_endpoint(ClientToken=uuid4().hex, **request)["VpcEndpoint"]


@AWSErrorHandler.common_error_handler("modify a VPC endpoint")
def modify_endpoint(client: Any, endpoint_id: str, request: Mapping[str, Any]) -> None:
    """Modifies one endpoint."""
    client.modify_vpc_endpoint(VpcEndpointId=endpoint_id, **request)


@AWSErrorHandler.common_error_handler("tag a VPC endpoint")
def change_tags(client: Any, endpoint_id: str, to_set: Mapping[str, str], to_unset: list[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do."""
    if to_unset:
        client.delete_tags(Resources=[endpoint_id], Tags=[{"Key": key} for key in to_unset])
    if to_set:
        client.create_tags(Resources=[endpoint_id], Tags=ansible_dict_to_boto3_tag_list(to_set))


@AWSErrorHandler.common_error_handler("delete VPC endpoints")
def delete_endpoints(client: Any, endpoint_ids: list[str]) -> None:
    """Deletes endpoints; one that is gone already counts as deleted."""
    for item in client.delete_vpc_endpoints(VpcEndpointIds=endpoint_ids).get("Unsuccessful") or []:
        error = item["Error"]
        if error["Code"] != _GONE:
            said = f"{error['Code']}: {error['Message']}"
            raise AnsibleAWSError(message=f"Failed to delete the VPC endpoint {item['ResourceId']}: {said}")
