# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in use is not deleted: security groups, subnets, internet gateways, addresses, VPCs.

Moto deletes most of them, so that a wrong order of deletion would not show. It also keeps the associations
of a deleted subnet with its route table and network ACL, and attaches several internet gateways to one VPC.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend

from emulator.patching import around


def _delete_security_group(original: Any, self: Any, vpc_id: str | None, group_id: str) -> Any:
    group = self.get_security_group_from_id(group_id)
    used = any(group in eni.group_set for eni in self.enis.values())
    others = [other for other in self.groups.get(vpc_id, {}).values() if other is not group]
    named = any(
        rule.source_group.get("GroupId") == group_id
        for other in others
        for rule in [*other.ingress_rules, *other.egress_rules]
    )
    if used or named:
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    return original(self, vpc_id, group_id)


def _delete_subnet(original: Any, self: Any, subnet_id: str) -> Any:
    if any(eni.subnet.id == subnet_id for eni in self.enis.values()):
        raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    deleted = original(self, subnet_id)
    for table in self.route_tables.values():
        table._associations = {key: target for key, target in table._associations.items() if target != subnet_id}
    for acl in self.network_acls.values():
        acl._associations = {key: one for key, one in acl._associations.items() if one.subnet_id != subnet_id}
    return deleted


def _detach_internet_gateway(original: Any, self: Any, internet_gateway_id: str, vpc_id: str) -> Any:
    if any(eni.public_ip and eni.subnet.vpc_id == vpc_id for eni in self.enis.values()):
        raise DependencyViolationError(
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        )
    return original(self, internet_gateway_id, vpc_id)


def _attach_internet_gateway(original: Any, self: Any, internet_gateway_id: str, vpc_id: str) -> Any:
    if any(
        other.vpc and other.vpc.id == vpc_id and other.id != internet_gateway_id
        for other in self.internet_gateways.values()
    ):
        raise EC2ClientError("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")
    return original(self, internet_gateway_id, vpc_id)


def _release_address(original: Any, self: Any, address: str | None = None, allocation_id: str | None = None) -> Any:
    found = self.address_by_ip([address]) if address else self.address_by_allocation([allocation_id])
    if found[0].association_id:
        raise EC2ClientError("InvalidIPAddress.InUse", f"Address {found[0].public_ip} is in use.")
    return original(self, address=address, allocation_id=allocation_id)


def _delete_vpc(original: Any, self: Any, vpc_id: str) -> Any:
    gateways = any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in self.internet_gateways.values())
    groups = any(group.name != "default" for group in self.groups.get(vpc_id, {}).values())
    endpoints = any(one.vpc_id == vpc_id and one.state != "deleted" for one in self.vpc_end_points.values())
    if gateways or groups or endpoints:
        raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    deleted = original(self, vpc_id)
    self.network_acls = {key: acl for key, acl in self.network_acls.items() if acl.vpc_id != vpc_id}
    return deleted


def apply() -> None:
    """Refuse as AWS does."""
    around(SecurityGroupBackend, "_delete_security_group", _delete_security_group)
    around(SubnetBackend, "delete_subnet", _delete_subnet)
    around(InternetGatewayBackend, "detach_internet_gateway", _detach_internet_gateway)
    around(InternetGatewayBackend, "attach_internet_gateway", _attach_internet_gateway)
    around(ElasticAddressBackend, "release_address", _release_address)
    around(VPCBackend, "delete_vpc", _delete_vpc)
