# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An instance shows the security groups of its first interface, and that interface and its address go with it.

Moto shows none where the launch named them with the interface, and leaves the interface of a terminated instance in
its subnet, so that the subnet and the groups look used for ever; so does the elastic IP.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import Instance

from emulator.patching import around


def _prep_nics(original: Any, self: Instance, nic_spec: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
    for nic in nic_spec:
        # An interface that stood before stays, unless the launch says otherwise.
        nic.setdefault("DeleteOnTermination", "NetworkInterfaceId" not in nic)
    original(self, nic_spec, *args, **kwargs)
    if not nic_spec:
        self.nics[0].delete_on_termination = True
    if not self.security_groups and 0 in self.nics:
        self.security_groups = list(self.nics[0]._group_set)


def _terminate(original: Any, self: Instance) -> Any:
    interfaces = {nic.id for nic in self.nics.values()}
    for address in self.ec2_backend.describe_addresses():
        held = address.instance is self or (address.eni and address.eni.id in interfaces)
        if held and address.association_id:
            self.ec2_backend.disassociate_address(association_id=address.association_id)
    previous = original(self)
    for nic in [nic for nic in self.nics.values() if nic.id in self.ec2_backend.enis]:
        nic.instance = nic.attachment_id = nic.attach_time = None
        nic.status = "available"
    return previous


def _network_interfaces(self: Instance) -> list[Any]:
    return [] if self.state == "terminated" else list(self.nics.values())


def apply() -> None:
    """Correct launching and terminating."""
    around(Instance, "prep_nics", _prep_nics)
    around(Instance, "terminate", _terminate)
    Instance.network_interfaces = property(_network_interfaces)
