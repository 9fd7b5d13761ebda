# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images that exist are Amazon Linux's and the Deep Learning base images, as the public SSM parameters name them.

Moto's own catalogue adds more than a thousand images to each region, and lists a snapshot of the account for each,
which audits then report. It has no Deep Learning images.
"""

from __future__ import annotations

from typing import Any

from moto.core.parse import default_timestamp_parser
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.utilities.utils import load_resource

from emulator.deep_learning import IMAGES, ROOT_SIZE, image_id
from emulator.patching import around

# Gibibytes of Amazon Linux's root volume.
AMAZON_ROOT_SIZE = 8


def _load_amis(_original: Any, self: Any) -> None:
    try:
        images = load_resource(f"ec2/resources/latest_amis/{self.region_name}.json")
    except FileNotFoundError:
        return
    for architecture, name in IMAGES.items():
        number = image_id(self.region_name, architecture)
        self.amis[number] = Ami(
            self,
            number,
            name=name,
            owner_id="898082745236",
            owner_alias="amazon",
            public=True,
            architecture=architecture,
            root_device_type="ebs",
            root_device_name="/dev/xvda",
            virtualization_type="hvm",
            hypervisor="xen",
        )
    for image in images:
        created = default_timestamp_parser(image.pop("creation_date")) if image.get("creation_date") else None
        self.amis[image["ami_id"]] = Ami(self, owner_alias="amazon", creation_date=created, **image)


def _describe_snapshots(original: Any, self: Any) -> Any:
    result = original(self)
    owners = self._get_param("OwnerIds", [])
    if owners:
        wanted = {self.current_account if owner == "self" else owner for owner in owners}
        result.result["Snapshots"] = [one for one in result.result["Snapshots"] if one.owner_id in wanted]
    return result


def apply() -> None:
    """Load the region's images only, and filter snapshots by owner."""
    around(AmiBackend, "_load_amis", _load_amis)
    around(ElasticBlockStore, "describe_snapshots", _describe_snapshots)
    others = Ami.block_device_mappings.fget
    Ami.block_device_mappings = property(
        lambda self: _block_device_mappings(self) if self.owner_alias == "amazon" else others(self)
    )


def _block_device_mappings(self: Ami) -> list[dict[str, Any]]:
    """What a launch takes over where it says nothing itself, of an image of Amazon's."""
    deep_learning = self.name in IMAGES.values()
    disk = {
        "SnapshotId": self.ebs_snapshot.id,
        "VolumeSize": ROOT_SIZE if deep_learning else AMAZON_ROOT_SIZE,
        "VolumeType": "gp3",
        "DeleteOnTermination": True,
    }
    return [{"DeviceName": self.root_device_name, "Ebs": disk}]
