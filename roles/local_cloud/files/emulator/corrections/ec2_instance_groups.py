# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New security groups of an instance are those of its first interface. Moto leaves the interface as it is."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import Instance, InstanceBackend

from emulator.patching import around


def _of_interface(original: Any, self: InstanceBackend, instance_id: str, new_group_id_list: list[str]) -> Instance:
    instance = original(self, instance_id, new_group_id_list)
    if 0 in instance.nics:
        instance.nics[0]._group_set = list(instance.security_groups)
    return instance


def apply() -> None:
    """Give it the same groups."""
    around(InstanceBackend, "modify_instance_security_groups", _of_interface)
