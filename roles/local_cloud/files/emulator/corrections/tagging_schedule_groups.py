# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tagging service lists the schedule groups of EventBridge Scheduler, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.scheduler.models import scheduler_backends

from emulator.patching import around

TYPE = "scheduler:schedule-group"


def _resources(
    original: Any,
    self: ResourceGroupsTaggingAPIBackend,
    tag_filters: Any = None,
    resource_type_filters: Any = None,
    resource_arn_list: Any = None,
) -> Iterator[TaggedResource]:
    yield from original(self, tag_filters, resource_type_filters, resource_arn_list)
    if not match_resource_type(TYPE, resource_type_filters):
        return
    matches = make_tag_matcher(tag_filters)
    scheduler = scheduler_backends[self.account_id][self.region_name]
    for group in scheduler.schedule_groups.values():
        tags = scheduler.tagger.get_tag_dict_for_resource(group.arn)
        if tags and matches(tags) and (not resource_arn_list or group.arn in resource_arn_list):
            yield TaggedResource(arn=group.arn, tags=tags, resource_type=TYPE)


def apply() -> None:
    """Let it list them."""
    around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", _resources)
