# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Data Lifecycle Manager, which moto lacks: its policies are kept, and found by their tags."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from moto import backend_index
from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from emulator import dlm
from emulator.dlm.urls import url_bases
from emulator.patching import around

TYPE = "dlm:policy"


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
    for policy in dlm.dlm_backends[self.account_id][self.region_name].policies.values():
        arn, tags = policy["PolicyArn"], policy["Tags"]
        if tags and matches(tags) and (not resource_arn_list or arn in resource_arn_list):
            yield TaggedResource(arn=arn, tags=tags, resource_type=TYPE)


def apply() -> None:
    """Let moto find the service as one of its own."""
    sys.modules["moto.dlm"] = dlm
    backend_index.backend_url_patterns += [("dlm", re.compile(base)) for base in url_bases]
    around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", _resources)
