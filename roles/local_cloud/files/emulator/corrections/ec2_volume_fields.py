# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DescribeVolumes always carries SnapshotId (empty without a snapshot) and MultiAttachEnabled."""
from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_block_store import Volume


def apply() -> None:
    """Give the two attributes a value where moto has None, which it leaves out of the answer."""
    original = Volume.__init__

    def __init__(self: Volume, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.snapshot_id = self.snapshot_id or ""
        self.multi_attach_enabled = bool(self.multi_attach_enabled)

    Volume.__init__ = __init__  # type: ignore[method-assign]
