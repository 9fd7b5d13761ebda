# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DescribeTags names elastic IP addresses and NAT gateways as AWS does.

Moto has other names, so a module that filters by AWS's never finds its tags and writes them on every run.
"""
from __future__ import annotations

from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE


def apply() -> None:
    """AWS says `elastic-ip` and `natgateway`."""
    EC2_PREFIX_TO_RESOURCE["eipalloc"] = "elastic-ip"
    EC2_PREFIX_TO_RESOURCE["nat"] = "natgateway"
