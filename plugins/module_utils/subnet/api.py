# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's calls on subnets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.mlinfra.aws.plugins.module_utils import ec2

Subnet = dict[str, Any]
_GONE = "InvalidSubnetID.NotFound"


@ec2.ErrorHandler.common_error_handler("list subnets")
def list_subnets(client: Any, vpc_id: str) -> list[Subnet]:
    """The subnets of a VPC."""
    paginator = client.get_paginator("describe_subnets")
    return paginator.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]).build_full_result()["Subnets"]


@ec2.ErrorHandler.common_error_handler("create a subnet")
@ec2.patiently("InvalidVpcID.NotFound")
def create_subnet(client: Any, request: Mapping[str, Any]) -> Subnet:
    """Creates one subnet and returns it as EC2 describes it. One that a lost answer has left there is that one."""
    try:
        return client.create_subnet(**request)["Subnet"]
    except is_boto3_error_code("InvalidSubnet.Conflict"):
        for subnet in list_subnets(client, request["VpcId"]):
            if subnet["CidrBlock"] == request["CidrBlock"]:
                return subnet
        raise


@ec2.ErrorHandler.common_error_handler("modify a subnet")
@ec2.patiently(_GONE)
def modify_subnet(client: Any, subnet_id: str, attribute: str, value: bool) -> None:
    """Sets one attribute: EC2 takes no more in a call."""
    client.modify_subnet_attribute(SubnetId=subnet_id, **{attribute: {"Value": value}})


@ec2.ErrorHandler.common_error_handler("take an IPv6 range off a subnet")
def disassociate(client: Any, association_id: str) -> None:
    """Takes a range off the subnet that has it."""
    client.disassociate_subnet_cidr_block(AssociationId=association_id)


@ec2.ErrorHandler.common_error_handler("tag a subnet")
@ec2.patiently(_GONE)
def change_tags(client: Any, subnet_id: str, to_set: Mapping[str, str], to_unset: list[str]) -> None:
    """Sets and removes tags."""
    ec2.change_tags(client, subnet_id, to_set, to_unset)


@ec2.ErrorHandler.deletion_error_handler("delete a subnet")
@ec2.patiently("DependencyViolation")
def delete_subnet(client: Any, subnet_id: str) -> None:
    """Deletes a subnet; one that is gone already counts as deleted."""
    client.delete_subnet(SubnetId=subnet_id)
