# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A public address from the subnet is Amazon's and changes with a start; an Elastic IP is the account's and stays."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance

from emulator.patching import around


def _start(original: Any, self: Instance) -> Any:
    previous = original(self)
    interfaces = {nic.id: nic for nic in self.nics.values()}
    for address in self.ec2_backend.describe_addresses():
        if address.association_id and (address.instance is self or (address.eni and address.eni.id in interfaces)):
            nic = interfaces[address.eni.id] if address.eni and address.eni.id in interfaces else self.nics[0]
            nic.public_ip = address.public_ip
    return previous


def apply() -> None:
    """Correct the association of an interface, and starting."""
    original = NetworkInterface.association.fget

    def association(self: NetworkInterface) -> dict[str, Any]:
        told = original(self)
        return {**told, "ipOwnerId": "amazon"} if told and not told.get("allocationId") else told

    NetworkInterface.association = property(association)
    around(Instance, "start", _start)
