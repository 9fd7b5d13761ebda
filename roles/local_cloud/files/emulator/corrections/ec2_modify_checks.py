# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The type of an instance is changed only while it is stopped, and only to one that exists; a volume never shrinks."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.models.instances import InstanceBackend

from emulator.corrections.ec2_launch_checks import require_type
from emulator.patching import around


def _modify_instance_attribute(original: Any, self: Any, instance_id: str, key: str, value: Any) -> Any:
    instance = self.get_instance(instance_id)
    if key == "instance_type":
        if instance.state != "stopped":
            message = f"The instance '{instance_id}' is not in the 'stopped' state."
            raise EC2ClientError("IncorrectInstanceState", message)
        require_type(self.region_name, value, instance.availability_zone)
    return original(self, instance_id, key, value)


def _modify_volume(
    original: Any, self: Any, volume_id: str, target_size: int | None = None, *args: Any, **kwargs: Any
) -> Any:
    if target_size and target_size < self.get_volume(volume_id).size:
        raise EC2ClientError("InvalidParameterValue", "New size cannot be smaller than existing size")
    return original(self, volume_id, target_size, *args, **kwargs)


def apply() -> None:
    """Check before moto changes anything."""
    around(InstanceBackend, "modify_instance_attribute", _modify_instance_attribute)
    around(EBSBackend, "modify_volume", _modify_volume)
