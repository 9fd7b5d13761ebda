# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that are copied or registered have the disks that they are told to have, and a launch makes volumes of an image's snapshots.

Moto gives each image a new disk that is never encrypted, takes no tags for copies, launches from no snapshot, and finds no image by one.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.instances import InstanceResponse

from emulator.patching import around


def _own(ami: Ami, root: str, disks: dict[str, Any]) -> None:
    """Have an image own these disks, each a snapshot and a volume like it, and not that which moto made."""
    del ami.ec2_backend.snapshots[ami.ebs_snapshot.id]
    ami.root_device_name, ami.root_device_type, ami.disks = root, "ebs", disks
    ami.ebs_snapshot = disks[root][0]


def _tag(self: AmisResponse, ami: Ami) -> None:
    for specified in self._get_param("TagSpecifications", []):
        tagged = (
            [ami] if specified["ResourceType"] == "image" else [snapshot for snapshot, _volume in ami.disks.values()]
        )
        for one in tagged:
            one.add_tags({tag["Key"]: tag["Value"] for tag in specified["Tags"]})


def _copy_image(original: Any, self: AmisResponse) -> Any:
    source_region, source_id = self._get_param("SourceRegion"), self._get_param("SourceImageId")
    known = set(self.ec2_backend.amis)
    answer = original(self)
    [made] = set(self.ec2_backend.amis) - known
    copy, source = self.ec2_backend.amis[made], ec2_backends[self.current_account][source_region].amis[source_id]
    if getattr(source, "disks", None) is None:
        return answer
    encrypted = str(self._get_param("Encrypted")).lower() == "true"
    disks = {}
    for device, (snapshot, volume) in source.disks.items():
        copied = self.ec2_backend.copy_snapshot(
            snapshot.id, source_region, f"Copied for {made}", self._get_param("KmsKeyId")
        )
        copied.encrypted = encrypted or copied.encrypted
        disks[device] = (copied, volume)
    _own(copy, source.root_device_name, disks)
    _tag(self, copy)
    return answer


def _register_image(original: Any, self: AmisResponse) -> Any:
    known = set(self.ec2_backend.amis)
    answer = original(self)
    [made] = set(self.ec2_backend.amis) - known
    ami = self.ec2_backend.amis[made]
    ami.architecture = self._get_param("Architecture") or ami.architecture
    ami.virtualization_type = self._get_param("VirtualizationType") or ami.virtualization_type
    given = {
        one["DeviceName"]: one["Ebs"]["SnapshotId"]
        for one in self._get_param("BlockDeviceMappings", [])
        if "Ebs" in one
    }
    snapshots = {device: self.ec2_backend.get_snapshot(snapshot) for device, snapshot in given.items()}
    if snapshots:
        _own(ami, self._get_param("RootDeviceName"), {device: (one, one.volume) for device, one in snapshots.items()})
        _tag(self, ami)
    return answer


def _parse_block_device_mapping(original: Any, self: InstanceResponse) -> list[dict[str, Any]]:
    parsed = original(self)
    image = self.ec2_backend.amis.get(self._get_param("ImageId"))
    asked = {mapping["DeviceName"]: mapping["Ebs"] for mapping in parsed}
    for device, (snapshot, volume) in (getattr(image, "disks", None) or {}).items():
        ebs = asked.get(device)
        if ebs is None:
            ebs = {
                "VolumeSize": volume.size,
                "VolumeType": volume.volume_type,
                "DeleteOnTermination": True,
                "Encrypted": snapshot.encrypted,
            }
            parsed.append({"DeviceName": device, "Ebs": ebs})
        ebs["SnapshotId"] = ebs.get("SnapshotId") or snapshot.id
    return parsed


def _get_filter_value(original: Any, self: Ami, filter_name: str, method_name: str | None = None) -> Any:
    if filter_name == "block-device-mapping.snapshot-id":
        return [mapping["Ebs"]["SnapshotId"] for mapping in self.block_device_mappings]
    return original(self, filter_name, method_name)


def apply() -> None:
    """Take the disks from the call, or from the image that is copied."""
    around(AmisResponse, "copy_image", _copy_image)
    around(AmisResponse, "register_image", _register_image)
    around(Ami, "get_filter_value", _get_filter_value)
    around(InstanceResponse, "_parse_block_device_mapping", _parse_block_device_mapping)
