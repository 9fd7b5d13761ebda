# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A NAT gateway takes an address of its subnet, and gives back its interface and elastic IP when it is deleted.

Moto takes any private address, and leaves the interface and the association behind for ever. And a deleted VPC endpoint
is not listed any more.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.vpcs import VPCBackend

from emulator.patching import around


def _create(original: Any, self: NatGateway, backend: Any, subnet_id: str, *args: Any, **kwargs: Any) -> None:
    original(self, backend, subnet_id, *args, **kwargs)
    subnet = backend.get_subnet(subnet_id)
    address = subnet.get_available_subnet_ip(instance=self._eni)
    self.private_ip = self._eni.private_ip_address = address
    self._eni.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
    self._eni.description = f"Interface for NAT Gateway {self.id}"
    self._eni.interface_type = "nat_gateway"
    self._eni.requester_managed = True
    self._eni.status = "in-use"


def _delete_nat_gateway(original: Any, self: Any, nat_gateway_id: str) -> Any:
    gateway = original(self, nat_gateway_id)
    for address in self.addresses:
        if address.eni is gateway._eni:
            self.disassociate_address(association_id=address.association_id)
    if gateway._eni.id in self.enis:
        gateway._eni.delete()
    return gateway


def _delete_vpc_endpoints(original: Any, self: Any, vpce_ids: list[str] | None = None) -> None:
    original(self, vpce_ids)
    for endpoint_id in vpce_ids or []:
        self.vpc_end_points.pop(endpoint_id, None)


def apply() -> None:
    """Correct making and deleting."""
    around(NatGateway, "__init__", _create)
    around(NatGatewayBackend, "delete_nat_gateway", _delete_nat_gateway)
    around(VPCBackend, "delete_vpc_endpoints", _delete_vpc_endpoints)
