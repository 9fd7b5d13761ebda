# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role needs to know of a machine image."""

from __future__ import annotations

from ansible_collections.mlinfra.aws.plugins.module_utils.machine_image import (
    newest_image,
    own_images,
    summarise_image,
)


def test_the_root_volume_is_found_among_all():
    image = {
        "ImageId": "ami-1",
        "Name": "al2023",
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}},
        ],
    }
    assert summarise_image(image) == {
        "id": "ami-1",
        "name": "al2023",
        "architecture": "x86_64",
        "root_device_name": "/dev/xvda",
        "root_volume_size": 8,
    }


def test_an_image_without_an_ebs_root_has_no_size():
    assert summarise_image({"ImageId": "ami-1"})["root_volume_size"] == 0


def test_own_images_are_found_by_every_tag():
    assert own_images({"Role": "ml-image"}, "arm64") == {
        "Owners": ["self"],
        "Filters": [
            {"Name": "state", "Values": ["available"]},
            {"Name": "tag:Role", "Values": ["ml-image"]},
            {"Name": "architecture", "Values": ["arm64"]},
        ],
    }


def test_the_image_that_was_made_last_is_the_newest():
    images = [{"ImageId": f"ami-{day}", "CreationDate": f"2026-11-{day}T00:00:00.000Z"} for day in (10, 12, 11)]
    assert newest_image(images)["ImageId"] == "ami-12"
    assert newest_image([]) is None
