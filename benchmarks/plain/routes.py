# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Route tables and the S3 endpoint that stands in them."""

from __future__ import annotations

from typing import Any

from plain.aws import differs, ensure_ec2_tags, filters, specification, tags_of
from plain.settings import Settings

EVERYWHERE = "0.0.0.0/0"


def ensure_table(
    ec2: Any,
    settings: Settings,
    vpc: str,
    tier: str,
    subnets: list[str],
    way_out: dict[str, str],
    standing: list[dict[str, Any]],
) -> str:
    """Make the route table of a tier; returns its id."""
    name = f"{settings.name}-{tier}"
    tags = {**settings.tags, "Name": name, "Tier": tier, "Index": "1"}
    table = next((entry for entry in standing if tags_of(entry).get("Tier") == tier), None)
    if table is None:
        answer = ec2.create_route_table(VpcId=vpc, TagSpecifications=specification("route-table", tags))
        table = answer["RouteTable"]
    else:
        ensure_ec2_tags(ec2, table["RouteTableId"], table, tags)
    identifier = table["RouteTableId"]
    _ensure_way_out(ec2, table, way_out)
    associated = {entry["SubnetId"] for entry in table["Associations"] if "SubnetId" in entry}
    for subnet in subnets:
        if subnet not in associated:
            ec2.associate_route_table(RouteTableId=identifier, SubnetId=subnet)
    return identifier


def _ensure_way_out(ec2: Any, table: dict[str, Any], way_out: dict[str, str]) -> None:
    routes = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == EVERYWHERE]
    if not routes:
        ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=EVERYWHERE, **way_out)
    elif differs(routes[0], way_out):
        ec2.replace_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=EVERYWHERE, **way_out)


def ensure_endpoint(ec2: Any, settings: Settings, vpc: str, tables: list[str], new: bool) -> None:
    """Make the endpoint that brings S3 into both route tables."""
    tags = {**settings.tags, "Name": f"{settings.name}-s3"}
    service = f"com.amazonaws.{settings.region}.s3"
    chosen = filters({"vpc-id": vpc, "service-name": service})
    standing = [] if new else ec2.describe_vpc_endpoints(Filters=chosen)["VpcEndpoints"]
    if not standing:
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=service,
            VpcEndpointType="Gateway",
            RouteTableIds=tables,
            TagSpecifications=specification("vpc-endpoint", tags),
        )
        return
    endpoint = standing[0]
    ensure_ec2_tags(ec2, endpoint["VpcEndpointId"], endpoint, tags)
    current = endpoint["RouteTableIds"]
    if set(current) != set(tables):
        ec2.modify_vpc_endpoint(
            VpcEndpointId=endpoint["VpcEndpointId"],
            AddRouteTableIds=[table for table in tables if table not in current],
            RemoveRouteTableIds=[table for table in current if table not in tables],
        )


def delete_endpoints(ec2: Any, inside: list[dict[str, Any]]) -> None:
    """Delete the endpoints of a VPC."""
    endpoints = ec2.describe_vpc_endpoints(Filters=inside)["VpcEndpoints"]
    if endpoints:
        ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"] for endpoint in endpoints])


def delete_tables(ec2: Any, inside: list[dict[str, Any]]) -> None:
    """Delete the route tables of a VPC, but for the main one, which goes with it."""
    for table in ec2.describe_route_tables(Filters=inside)["RouteTables"]:
        if any(entry["Main"] for entry in table["Associations"]):
            continue
        for entry in table["Associations"]:
            ec2.disassociate_route_table(AssociationId=entry["RouteTableAssociationId"])
        ec2.delete_route_table(RouteTableId=table["RouteTableId"])
