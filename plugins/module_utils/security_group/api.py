# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's calls on security groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.mlinfra.aws.plugins.module_utils import ec2

Group = dict[str, Any]
Permissions = list[dict[str, Any]]
_GONE = "InvalidGroup.NotFound"


@ec2.ErrorHandler.common_error_handler("list security groups")
def list_groups(client: Any, vpc_id: str) -> list[Group]:
    """The security groups of a VPC."""
    paginator = client.get_paginator("describe_security_groups")
    answer = paginator.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]).build_full_result()
    return answer["SecurityGroups"]


@ec2.ErrorHandler.common_error_handler("create a security group")
@ec2.patiently("InvalidVpcID.NotFound")
def create_group(client: Any, request: Mapping[str, Any]) -> str:
    """Creates one group and returns its id. One that a lost answer has left there is that one."""
    try:
        return client.create_security_group(**request)["GroupId"]
    except is_boto3_error_code("InvalidGroup.Duplicate"):
        for group in list_groups(client, request["VpcId"]):
            if group["GroupName"] == request["GroupName"]:
                return group["GroupId"]
        raise


@ec2.ErrorHandler.common_error_handler("change the rules of a security group")
@ec2.patiently(_GONE)
def call_rules(client: Any, call: str, group_id: str, permissions: Permissions) -> None:
    """Calls one of the operations that take a group and permissions. What is so already is passed over.

    Args:
        client: EC2's client.
        call: its name in boto3, such as `authorize_security_group_ingress`.
        group_id: the group.
        permissions: the permissions, in EC2's words.
    """
    try:
        getattr(client, call)(GroupId=group_id, IpPermissions=permissions)
    except is_boto3_error_code(["InvalidPermission.Duplicate", "InvalidPermission.NotFound"]):
        # An answer that got lost: the call was made before. One by one, those that it left out are made.
        if len(permissions) > 1:
            for permission in permissions:
                call_rules(client, call, group_id, [permission])


@ec2.ErrorHandler.common_error_handler("tag a security group")
@ec2.patiently(_GONE)
def change_tags(client: Any, group_id: str, to_set: Mapping[str, str], to_unset: list[str]) -> None:
    """Sets and removes tags."""
    ec2.change_tags(client, group_id, to_set, to_unset)


@ec2.ErrorHandler.deletion_error_handler("delete a security group")
@ec2.patiently("DependencyViolation")
def delete_group(client: Any, group_id: str) -> None:
    """Deletes a group; one that is gone already counts as deleted."""
    client.delete_security_group(GroupId=group_id)
