# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CreateImage takes snapshots of the instance's own volumes, tags what it is told to tag, and refuses a name twice.

Moto's image has a disk of its own, never encrypted, whatever the instance has, another root device, and no tags on
snapshots.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.amis import Ami, AmiBackend

from emulator.patching import around


def _create_image(
    original: Any,
    self: Any,
    instance_id: str,
    name: str,
    description: str,
    tag_specifications: list[dict[str, Any]],
) -> Ami:
    twin = next((ami for ami in self.amis.values() if ami.name == name and ami.owner_id == self.account_id), None)
    if twin:
        raise EC2ClientError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {twin.id}")
    tags = {one["ResourceType"]: one["Tags"] for one in tag_specifications}
    ami = original(self, instance_id, name, description, [{"ResourceType": "image", "Tags": tags.get("image", [])}])
    instance = self.get_instance(instance_id)
    del self.snapshots[ami.ebs_snapshot.id]
    ami.root_device_name, ami.root_device_type = instance.root_device_name, "ebs"
    ami.disks = {}
    for device, mapping in instance.get_block_device_mapping:
        snapshot = self.create_snapshot(mapping.volume_id, f"Created by CreateImage({instance_id}) for {ami.id}")
        for tag in tags.get("snapshot", []):
            snapshot.add_tag(tag["Key"], tag["Value"])
        ami.disks[device] = (snapshot, self.get_volume(mapping.volume_id))
        if device == ami.root_device_name:
            ami.ebs_snapshot = snapshot
    return ami


def _block_device_mappings(original: Any, self: Ami) -> list[dict[str, Any]]:
    disks = getattr(self, "disks", None)
    if disks is None:
        return original(self)
    return [
        {
            "DeviceName": device,
            "Ebs": {
                "SnapshotId": snapshot.id,
                "VolumeSize": volume.size,
                "VolumeType": volume.volume_type,
                "Encrypted": snapshot.encrypted,
                "DeleteOnTermination": True,
            },
        }
        for device, (snapshot, volume) in disks.items()
    ]


def apply() -> None:
    """Make the image from what the instance has."""
    around(AmiBackend, "create_image", _create_image)
    mappings = Ami.block_device_mappings.fget
    Ami.block_device_mappings = property(lambda self: _block_device_mappings(mappings, self))
