# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How corrections have the tagging service list what moto's own does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from emulator.patching import around


def list_also(resource_type: str, tagged: Callable[[str, str], Iterable[tuple[str, dict[str, str]]]]) -> None:
    """Have it list the resources of a type.

    Args:
        resource_type: as GetResources names it, such as dlm:policy.
        tagged: gets account and region, and gives the ARN and the tags of each.
    """

    def resources(
        original: Any,
        self: ResourceGroupsTaggingAPIBackend,
        tag_filters: Any = None,
        resource_type_filters: Any = None,
        resource_arn_list: Any = None,
    ) -> Iterator[TaggedResource]:
        yield from original(self, tag_filters, resource_type_filters, resource_arn_list)
        if not match_resource_type(resource_type, resource_type_filters):
            return
        matches = make_tag_matcher(tag_filters)
        for arn, tags in tagged(self.account_id, self.region_name):
            if tags and matches(tags) and (not resource_arn_list or arn in resource_arn_list):
                yield TaggedResource(arn=arn, tags=tags, resource_type=resource_type)

    around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", resources)
