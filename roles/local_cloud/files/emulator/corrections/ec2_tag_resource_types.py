# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DescribeTags names the kinds of resources as AWS does.

Moto has other names, so a module that filters by AWS's never finds its tags and writes them on every run.
"""

from __future__ import annotations

from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE

KINDS = {
    "eipalloc": "elastic-ip",
    "fl": "vpc-flow-log",
    "h": "dedicated-host",
    "nat": "natgateway",
    "pl": "prefix-list",
    "sir": "spot-instances-request",
}


def apply() -> None:
    """Moto looks the kind up by the prefix of the id."""
    EC2_PREFIX_TO_RESOURCE.update(KINDS)
