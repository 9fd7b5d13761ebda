# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images that exist are Amazon Linux's, as the public SSM parameters name them; their snapshots are not the account's.

Moto's own catalogue adds more than a thousand images to each region, and lists a snapshot of the account for each,
which audits then report.
"""

from __future__ import annotations

from typing import Any

from moto.core.parse import default_timestamp_parser
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.utilities.utils import load_resource

from emulator.patching import around

# Gibibytes of Amazon Linux's root volume.
ROOT_SIZE = 8


def _load_amis(_original: Any, self: Any) -> None:
    try:
        images = load_resource(f"ec2/resources/latest_amis/{self.region_name}.json")
    except FileNotFoundError:
        return
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
    """Load the region's Amazon Linux images only, and filter snapshots by owner."""
    around(AmiBackend, "_load_amis", _load_amis)
    around(ElasticBlockStore, "describe_snapshots", _describe_snapshots)
    Ami.block_device_mappings = property(_block_device_mappings)


def _block_device_mappings(self: Ami) -> list[dict[str, Any]]:
    """What a launch takes over where it says nothing itself."""
    disk = {
        "SnapshotId": self.ebs_snapshot.id,
        "VolumeSize": ROOT_SIZE,
        "VolumeType": "gp3",
        "DeleteOnTermination": True,
    }
    return [{"DeviceName": self.root_device_name, "Ebs": disk}]
