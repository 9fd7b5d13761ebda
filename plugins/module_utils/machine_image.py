# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Machine images: from EC2's words to those of the roles. No API calls."""

from __future__ import annotations

from typing import Any


def summarise_image(image: dict[str, Any]) -> dict[str, Any]:
    """What a role needs to know of an image.

    Args:
        image: one of DescribeImages' Images.

    Returns:
        id, name, architecture, root_device_name, and root_volume_size in GiB (0 where the root isn't on EBS).
    """
    root = image.get("RootDeviceName", "")
    sizes = {
        mapping.get("DeviceName"): mapping.get("Ebs", {}).get("VolumeSize", 0)
        for mapping in image.get("BlockDeviceMappings", [])
    }
    return {
        "id": image["ImageId"],
        "name": image.get("Name", ""),
        "architecture": image.get("Architecture", ""),
        "root_device_name": root,
        "root_volume_size": sizes.get(root, 0),
    }
