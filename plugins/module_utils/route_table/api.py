# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's calls on route tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.mlinfra.aws.plugins.module_utils import ec2

Table = dict[str, Any]
Route = Mapping[str, Any]
_GONE = "InvalidRouteTableID.NotFound"
# A target that was made a moment ago.
_TARGETS = ("InvalidGatewayID.NotFound", "InvalidNatGatewayID.NotFound", "InvalidNetworkInterfaceID.NotFound")


@ec2.ErrorHandler.common_error_handler("list route tables")
def list_tables(client: Any, vpc_id: str) -> list[Table]:
    """The route tables of a VPC."""
    paginator = client.get_paginator("describe_route_tables")
    answer = paginator.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]).build_full_result()
    return answer["RouteTables"]


@ec2.ErrorHandler.common_error_handler("create a route table")
@ec2.patiently("InvalidVpcID.NotFound")
def create_table(client: Any, request: Mapping[str, Any]) -> str:
    """Creates one table and returns its id."""
    return client.create_route_table(**request)["RouteTable"]["RouteTableId"]


@ec2.ErrorHandler.common_error_handler("create a route")
@ec2.patiently(_GONE, *_TARGETS)
def create_route(client: Any, table_id: str, route: Route) -> None:
    """Creates one route. One that stands, where an answer got lost, gets the target that is asked for."""
    try:
        client.create_route(RouteTableId=table_id, **route)
    except is_boto3_error_code("RouteAlreadyExists"):
        replace_route(client, table_id, route)


@ec2.ErrorHandler.common_error_handler("replace a route")
@ec2.patiently(_GONE, *_TARGETS)
def replace_route(client: Any, table_id: str, route: Route) -> None:
    """Gives a route another target in one step."""
    client.replace_route(RouteTableId=table_id, **route)


@ec2.ErrorHandler.common_error_handler("delete a route")
def delete_route(client: Any, table_id: str, destination: Mapping[str, str]) -> None:
    """Deletes one route; one that is gone already counts as deleted."""
    try:
        client.delete_route(RouteTableId=table_id, **destination)
    except is_boto3_error_code("InvalidRoute.NotFound"):
        pass


@ec2.ErrorHandler.common_error_handler("end the propagation of routes")
def disable_propagation(client: Any, table_id: str, gateway_id: str) -> None:
    """Lets a virtual private gateway put no more routes into a table."""
    client.disable_vgw_route_propagation(RouteTableId=table_id, GatewayId=gateway_id)


@ec2.ErrorHandler.common_error_handler("associate a subnet with its route table")
@ec2.patiently(_GONE, "InvalidSubnetID.NotFound")
def associate(client: Any, table_id: str, subnet_id: str, association_id: str) -> None:
    """Gives a subnet its table; one that has another is moved in one step, so that it is never without.

    Args:
        client: EC2's client.
        table_id: the table.
        subnet_id: the subnet.
        association_id: its association with another table, empty where it has none.
    """
    if association_id:
        client.replace_route_table_association(AssociationId=association_id, RouteTableId=table_id)
        return
    try:
        client.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)
    except is_boto3_error_code("Resource.AlreadyAssociated"):
        pass  # The answer to the first call got lost.


@ec2.ErrorHandler.deletion_error_handler("take a subnet off a route table")
def disassociate(client: Any, association_id: str) -> None:
    """Ends an association; the subnet has the main table then."""
    client.disassociate_route_table(AssociationId=association_id)


@ec2.ErrorHandler.common_error_handler("tag a route table")
@ec2.patiently(_GONE)
def change_tags(client: Any, table_id: str, to_set: Mapping[str, str], to_unset: list[str]) -> None:
    """Sets and removes tags."""
    ec2.change_tags(client, table_id, to_set, to_unset)


@ec2.ErrorHandler.deletion_error_handler("delete a route table")
@ec2.patiently("DependencyViolation")
def delete_table(client: Any, table_id: str) -> None:
    """Deletes a table; one that is gone already counts as deleted."""
    client.delete_route_table(RouteTableId=table_id)
