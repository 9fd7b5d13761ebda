# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The VPC and what is in it. The NAT gateway is ordered as early as it can be and waited for as late as it can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plain import firewall, flow_logs, routes
from plain.aws import Aws, ensure_ec2_tags, filters, specification
from plain.settings import Settings

STANDING_GATEWAY = ["pending", "available"]


@dataclass
class Network:
    """What the instance needs to know of the network."""

    public_subnets: list[str]
    security_group: str


def apply(aws: Aws, settings: Settings) -> Network:
    """Make the network."""
    ec2 = aws.client("ec2")
    vpc, new = ensure_vpc(ec2, settings)
    inside = filters({"vpc-id": vpc})
    public, private = ensure_subnets(ec2, settings, vpc, new)
    internet = ensure_internet_gateway(ec2, settings, vpc, new)
    nat, ready = ensure_nat_gateway(ec2, settings, inside, public[1], new)
    tables = [] if new else ec2.describe_route_tables(Filters=inside)["RouteTables"]
    way_out = {"GatewayId": internet}
    open_table = routes.ensure_table(ec2, settings, vpc, "public", public, way_out, tables)
    group = firewall.apply(ec2, settings, vpc, public + private)
    flow_logs.apply(aws, settings, vpc)
    if not ready:
        wait_for_nat_gateway(ec2, nat)
    way_out = {"NatGatewayId": nat}
    inner_table = routes.ensure_table(ec2, settings, vpc, "private", private, way_out, tables)
    routes.ensure_endpoint(ec2, settings, vpc, [open_table, inner_table], new)
    return Network(public, group)


def find_vpc(ec2: Any, settings: Settings) -> dict[str, Any] | None:
    """The VPC by its tags."""
    chosen = {f"tag:{key}": value for key, value in settings.tags.items()}
    return next(iter(ec2.describe_vpcs(Filters=filters(chosen))["Vpcs"]), None)


def ensure_vpc(ec2: Any, settings: Settings) -> tuple[str, bool]:
    """Make the VPC; returns its id and whether it is new."""
    tags = {**settings.tags, "Name": settings.name}
    vpc = find_vpc(ec2, settings)
    new = vpc is None
    if vpc is None:
        answer = ec2.create_vpc(CidrBlock=settings["network_cidr"], TagSpecifications=specification("vpc", tags))
        vpc = answer["Vpc"]
        ec2.get_waiter("vpc_available").wait(VpcIds=[vpc["VpcId"]])
    else:
        ensure_ec2_tags(ec2, vpc["VpcId"], vpc, tags)
    for attribute, default in (("enableDnsSupport", True), ("enableDnsHostnames", False)):
        member = attribute[0].upper() + attribute[1:]
        current = default
        if not new:
            answer = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
            current = answer[member]["Value"]
        if not current:
            ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], **{member: {"Value": True}})
    return vpc["VpcId"], new


def ensure_subnets(ec2: Any, settings: Settings, vpc: str, new: bool) -> tuple[list[str], list[str]]:
    """Make the subnets; returns the ids of the public and of the private ones."""
    found = [] if new else ec2.describe_subnets(Filters=filters({"vpc-id": vpc}))["Subnets"]
    standing = {subnet["CidrBlock"]: subnet for subnet in found}
    tiers: dict[str, list[str]] = {"public": [], "private": []}
    for tier, ids in tiers.items():
        for index, cidr in enumerate(settings[f"network_{tier}_subnets"]):
            tags = {
                **settings.tags,
                "Name": f"{settings.name}-{tier}-{index + 1}",
                "Tier": tier,
                "Index": str(index + 1),
            }
            subnet = standing.get(cidr)
            if subnet is None:
                zone = settings["network_availability_zones"][index]
                subnet = ec2.create_subnet(
                    VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone, TagSpecifications=specification("subnet", tags)
                )["Subnet"]
            else:
                ensure_ec2_tags(ec2, subnet["SubnetId"], subnet, tags)
            if subnet["MapPublicIpOnLaunch"] is not (tier == "public"):
                ec2.modify_subnet_attribute(
                    SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": tier == "public"}
                )
            ids.append(subnet["SubnetId"])
    return tiers["public"], tiers["private"]


def ensure_internet_gateway(ec2: Any, settings: Settings, vpc: str, new: bool) -> str:
    """Make the internet gateway; returns its id."""
    tags = {**settings.tags, "Name": settings.name}
    chosen = filters({"attachment.vpc-id": vpc})
    standing = [] if new else ec2.describe_internet_gateways(Filters=chosen)["InternetGateways"]
    if standing:
        ensure_ec2_tags(ec2, standing[0]["InternetGatewayId"], standing[0], tags)
        return standing[0]["InternetGatewayId"]
    answer = ec2.create_internet_gateway(TagSpecifications=specification("internet-gateway", tags))
    gateway = answer["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


def ensure_nat_gateway(
    ec2: Any, settings: Settings, inside: list[dict[str, Any]], subnet: str, new: bool
) -> tuple[str, bool]:
    """Order the NAT gateway; returns its id and whether it is ready."""
    tags = {**settings.tags, "Name": f"{settings.name}-nat-2"}
    chosen = inside + filters({"state": STANDING_GATEWAY, "subnet-id": subnet})
    standing = [] if new else ec2.describe_nat_gateways(Filter=chosen)["NatGateways"]
    if not standing:
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=specification("elastic-ip", tags))
        answer = ec2.create_nat_gateway(
            SubnetId=subnet,
            ConnectivityType="public",
            AllocationId=address["AllocationId"],
            TagSpecifications=specification("natgateway", tags),
        )
        return answer["NatGateway"]["NatGatewayId"], False
    gateway = standing[0]
    ensure_ec2_tags(ec2, gateway["NatGatewayId"], gateway, tags)
    addresses = [entry["AllocationId"] for entry in gateway["NatGatewayAddresses"]]
    for address in ec2.describe_addresses(AllocationIds=addresses)["Addresses"]:
        ensure_ec2_tags(ec2, address["AllocationId"], address, tags)
    return gateway["NatGatewayId"], gateway["State"] == "available"


def destroy(aws: Aws, settings: Settings) -> None:
    """Remove the network, last made first."""
    ec2 = aws.client("ec2")
    vpc = find_vpc(ec2, settings)
    if vpc:
        inside = filters({"vpc-id": vpc["VpcId"]})
        flow_logs.stop(ec2, vpc["VpcId"])
        routes.delete_endpoints(ec2, inside)
        delete_nat_gateways(ec2, inside)
        firewall.destroy(ec2, inside)
        routes.delete_tables(ec2, inside)
        delete_vpc(ec2, vpc["VpcId"])
    flow_logs.destroy(aws, settings)


def wait_for_nat_gateway(ec2: Any, gateway: str) -> None:
    """Wait until a NAT gateway can be routed to."""
    pace = {"Delay": 5, "MaxAttempts": 60}
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[gateway], WaiterConfig=pace)


def delete_vpc(ec2: Any, vpc: str) -> None:
    """Delete a VPC with its internet gateway and its subnets."""
    chosen = filters({"attachment.vpc-id": vpc})
    for gateway in ec2.describe_internet_gateways(Filters=chosen)["InternetGateways"]:
        ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
        ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
    for subnet in ec2.describe_subnets(Filters=filters({"vpc-id": vpc}))["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc)


def delete_nat_gateways(ec2: Any, inside: list[dict[str, Any]]) -> None:
    """Delete the NAT gateways of a VPC, wait until they are gone, and give back their addresses."""
    chosen = inside + filters({"state": STANDING_GATEWAY})
    for gateway in ec2.describe_nat_gateways(Filter=chosen)["NatGateways"]:
        identifier = gateway["NatGatewayId"]
        ec2.delete_nat_gateway(NatGatewayId=identifier)
        ec2.get_waiter("nat_gateway_deleted").wait(
            NatGatewayIds=[identifier], WaiterConfig={"Delay": 5, "MaxAttempts": 120}
        )
        for address in gateway["NatGatewayAddresses"]:
            ec2.release_address(AllocationId=address["AllocationId"])
