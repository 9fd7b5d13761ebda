# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A root volume goes with its instance, also where the launch does not say so.

Moto keeps a volume whose block device mapping leaves DeleteOnTermination out.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.responses.instances import InstanceResponse

from emulator.patching import around


def _parse_block_device_mapping(original: Any, self: InstanceResponse) -> list[dict[str, Any]]:
    image = self.ec2_backend.amis.get(self._get_param("ImageId"))
    parsed = original(self)
    for asked, mapping in zip(self._get_param("BlockDeviceMappings", []), parsed, strict=True):
        root = image and mapping["DeviceName"] == image.root_device_name
        if root and "DeleteOnTermination" not in asked.get("Ebs", {}):
            mapping["Ebs"]["DeleteOnTermination"] = True
    return parsed


def apply() -> None:
    """Take over what the image says of its root device."""
    around(InstanceResponse, "_parse_block_device_mapping", _parse_block_device_mapping)
