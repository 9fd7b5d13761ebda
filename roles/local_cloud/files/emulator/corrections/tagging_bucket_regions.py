# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tagging service tells of buckets in their own region only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.s3.models import s3_backends

from emulator.patching import around


def _here(original: Any, self: ResourceGroupsTaggingAPIBackend, *args: Any, **kwargs: Any) -> Iterator[TaggedResource]:
    buckets = s3_backends[self.account_id][self.partition].buckets
    for resource in original(self, *args, **kwargs):
        _scheme, _partition, service, _region, _account, name = resource.arn.split(":", 5)
        if service != "s3" or name not in buckets or buckets[name].region_name == self.region_name:
            yield resource


def apply() -> None:
    """Leave out the others."""
    around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", _here)
