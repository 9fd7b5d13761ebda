# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of the set that alchemy makes too.

VPC, subnets, internet and NAT gateway, route tables, the security group of the instances, buckets with nothing but
their tags, and the role of the instances.
"""

from __future__ import annotations

from typing import Any

from plain import documents, firewall, iam, network, routes, storage
from plain.aws import Aws, filters
from plain.settings import Settings

BUCKETS = ("datasets", "models")


def apply(aws: Aws, settings: Settings) -> None:
    """Make the part."""
    ec2 = aws.client("ec2")
    vpc, new = network.ensure_vpc(ec2, settings)
    inside = filters({"vpc-id": vpc})
    public, private = network.ensure_subnets(ec2, settings, vpc, new)
    internet = network.ensure_internet_gateway(ec2, settings, vpc, new)
    nat, ready = network.ensure_nat_gateway(ec2, settings, inside, public[1], new)
    tables = [] if new else ec2.describe_route_tables(Filters=inside)["RouteTables"]
    routes.ensure_table(ec2, settings, vpc, "public", public, {"GatewayId": internet}, tables)
    named = inside + filters({"group-name": settings.instance_role})
    groups = [] if new else ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    firewall.ensure_group(ec2, settings, vpc, groups[0] if groups else None)
    s3 = aws.client("s3")
    for purpose in BUCKETS:
        name = settings.bucket(purpose)
        storage.ensure_tags(s3, settings, name, storage.ensure_exists(s3, settings, name))
    iam.ensure_instance_role(aws.client("iam"), settings)
    if not ready:
        network.wait_for_nat_gateway(ec2, nat)
    routes.ensure_table(ec2, settings, vpc, "private", private, {"NatGatewayId": nat}, tables)


def destroy(aws: Aws, settings: Settings) -> None:
    """Remove the part, last made first."""
    ec2, s3 = aws.client("ec2"), aws.client("s3")
    iam.delete_role(aws.client("iam"), settings.instance_role)
    for purpose in BUCKETS:
        s3.delete_bucket(Bucket=settings.bucket(purpose))
    vpc = network.find_vpc(ec2, settings)
    if vpc is None:
        return
    inside = filters({"vpc-id": vpc["VpcId"]})
    network.delete_nat_gateways(ec2, inside)
    firewall.delete_groups(ec2, inside)
    routes.delete_tables(ec2, inside)
    network.delete_vpc(ec2, vpc["VpcId"])


def description(settings: Settings) -> dict[str, Any]:
    """The part in words that a program in another language can take."""
    return {
        "name": settings.name,
        "tags": settings.tags,
        "cidr": settings["network_cidr"],
        "zones": settings["network_availability_zones"],
        "public": settings["network_public_subnets"],
        "private": settings["network_private_subnets"],
        "group": settings.instance_role,
        "ports": firewall.PORTS,
        "allowed": settings["network_allowed_cidrs"],
        "buckets": [settings.bucket(purpose) for purpose in BUCKETS],
        "role": {
            "roleName": settings.instance_role,
            "description": iam.description(settings),
            "assumeRolePolicy": documents.instance_trust(),
            "managedPolicyArns": [iam.MANAGED],
            "policies": [
                {"policyName": "permissions", "policyDocument": documents.instance_permissions(settings)},
            ],
        },
    }
