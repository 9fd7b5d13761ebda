# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DescribeNetworkAcls filters by network-acl-id, which moto does not know."""

from __future__ import annotations

from moto.ec2.models.network_acls import NetworkAcl


def _network_acl_id(self: NetworkAcl) -> str:
    return self.id


def apply() -> None:
    """Moto filters by any attribute of that name."""
    NetworkAcl.network_acl_id = property(_network_acl_id)
