# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A root volume goes with its instance, also where the launch does not say so.

Moto keeps a volume whose block device mapping leaves DeleteOnTermination out.
"""
from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import InstanceBackend

from emulator.patching import around


def _run_instances(original: Any, self: Any, image_id: str, *args: Any, **kwargs: Any) -> Any:
    image = self.amis.get(image_id)
    for mapping in kwargs.get("block_device_mappings") or []:
        if image and mapping.get("DeviceName") == image.root_device_name and "Ebs" in mapping:
            mapping["Ebs"].setdefault("DeleteOnTermination", True)
    return original(self, image_id, *args, **kwargs)


def apply() -> None:
    """Take over what the image says of its root device."""
    around(InstanceBackend, "run_instances", _run_instances)
