# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DescribeVolumes always carries SnapshotId (empty without a snapshot), MultiAttachEnabled, and a gp3 volume's Throughput."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_block_store import Volume

from emulator.patching import around

# MiB/s of a gp3 volume whose creator names none.
GP3_THROUGHPUT = 125


def _create(original: Any, self: Volume, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    self.snapshot_id = self.snapshot_id or ""
    self.multi_attach_enabled = bool(self.multi_attach_enabled)
    if self.volume_type == "gp3":
        self.throughput = self.throughput or GP3_THROUGHPUT


def apply() -> None:
    """Give these attributes a value where moto has None, which it leaves out of the answer."""
    around(Volume, "__init__", _create)
