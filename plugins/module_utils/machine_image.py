# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Machine images: from EC2's words to those of the roles. No API calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def own_images(tags: Mapping[str, str], architecture: str = "") -> dict[str, Any]:
    """The arguments of DescribeImages that find the account's own images by their tags, and by architecture if one is given."""
    filters = {"state": "available", **{f"tag:{key}": value for key, value in tags.items()}}
    if architecture:
        filters["architecture"] = architecture
    return {"Owners": ["self"], "Filters": [{"Name": name, "Values": [value]} for name, value in filters.items()]}


def newest_image(images: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The one of DescribeImages' Images that was made last; None where there is none."""
    return max(images, key=lambda image: (str(image.get("CreationDate", "")), image["ImageId"]), default=None)


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
