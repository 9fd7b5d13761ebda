# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An interface endpoint has its security groups on an interface in each of its subnets, and routes follow a gateway one.

Moto gives the interfaces addresses outside their subnets and no groups, leaves interfaces and routes as they are when
subnets, groups and route tables change, and changes nothing of private names.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.vpcs import VPCs

from emulator.patching import around


def _is_interface(endpoint: Any) -> bool:
    return (endpoint.vpc_endpoint_type or "").lower() == "interface"


def _settle(self: Any, endpoint: Any) -> None:
    """One interface in each subnet, each with the endpoint's groups."""
    standing = {self.enis[one].subnet.id: one for one in endpoint.network_interface_ids if one in self.enis}
    for subnet_id in standing.keys() - set(endpoint.subnet_ids):
        self.enis.pop(standing.pop(subnet_id))
    for subnet_id in endpoint.subnet_ids:
        if subnet_id not in standing:
            standing[subnet_id] = self.create_network_interface(subnet_id, None).id
        interface = self.enis[standing[subnet_id]]
        if interface.interface_type != "vpc_endpoint":
            address = interface.subnet.get_available_subnet_ip(instance=interface)
            interface.private_ip_address = address
            interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
            interface.description = f"VPC Endpoint Interface {endpoint.id}"
            interface.interface_type = "vpc_endpoint"
            interface.requester_managed = True
            interface.status = "in-use"
        interface._group_set = [self.get_security_group_from_id(group) for group in endpoint.security_group_ids]
    endpoint.network_interface_ids = list(standing.values())


def _create_vpc_endpoint(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    endpoint = original(self, *args, **kwargs)
    if _is_interface(endpoint):
        default = self.get_default_security_group(endpoint.vpc_id)
        endpoint.security_group_ids = endpoint.security_group_ids or [default.id]
        _settle(self, endpoint)
    else:
        endpoint.private_dns_enabled = False
    return endpoint


def _modify_vpc_endpoint(original: Any, self: Any, vpc_id: str, **changes: Any) -> None:
    endpoint = self.describe_vpc_endpoints(vpc_end_point_ids=[vpc_id])[0]
    before = set(endpoint.route_table_ids)
    original(self, vpc_id, **changes)
    if _is_interface(endpoint):
        _settle(self, endpoint)
        return
    prefix_list = endpoint.destination_prefix_list_id
    for table in before - set(endpoint.route_table_ids) if prefix_list else ():
        self.delete_route(table, None, destination_prefix_list_id=prefix_list)
    for table in set(endpoint.route_table_ids) - before if prefix_list else ():
        self.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)


def _answer_modify_vpc_endpoint(original: Any, self: VPCs) -> ActionResult:
    answer = original(self)
    private_names = self._get_bool_param("PrivateDnsEnabled")
    if private_names is not None:
        identifier = self._get_param("VpcEndpointId")
        self.ec2_backend.describe_vpc_endpoints(vpc_end_point_ids=[identifier])[0].private_dns_enabled = private_names
    return answer


def apply() -> None:
    """Correct making and modifying."""
    around(VPCBackend, "create_vpc_endpoint", _create_vpc_endpoint)
    around(VPCBackend, "modify_vpc_endpoint", _modify_vpc_endpoint)
    around(VPCs, "modify_vpc_endpoint", _answer_modify_vpc_endpoint)
