# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: destroy_certificate
author:
  - The mlinfra.aws authors (!UNKNOWN)
version_added: 0.1.0
short_description: What a destroyed environment left, and what that still costs
description:
  - Sorts what stands after a destroy into what is kept on purpose and what should be gone, and prices both.
  - Buckets, file systems, log groups, snapshots and images of backups are kept on purpose, because they hold data, unless
    O(destroy_data=true). So is the key that they can't be read without.
positional: _input, before
options:
  _input:
    description: The resources that stand after the destroy, as M(mlinfra.aws.environment_info) lists them.
    type: list
    elements: dict
    required: true
  before:
    description: Those that stood before it.
    type: list
    elements: dict
    required: true
  region:
    description: The region whose prices to use.
    type: str
    default: us-east-1
  destroy_data:
    description: Whether what holds data was to go too.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what is left
  ansible.builtin.debug:
    msg: "{{ after.resources | mlinfra.aws.destroy_certificate(before.resources) }}"
"""

RETURN = r"""
_value:
  description: The certificate.
  type: dict
  contains:
    removed:
      description: How many resources are gone, by their kind.
      type: dict
      sample: {subnet: 4, vpc: 1}
    kept:
      description: What is kept on purpose, each with C(kind), C(name), C(id), C(monthly) and C(rates).
      type: list
      elements: dict
    left:
      description: What should be gone, in the same form.
      type: list
      elements: dict
    residual:
      description: >-
        What all of it costs a month by itself. Data costs what C(rates) say on top, and C(unpriced) names what has no
        price.
      type: float
      sample: 0.0
    unpriced:
      description: What the list has no price of.
      type: list
      elements: str
    currency:
      description: The currency of all amounts.
      type: str
      sample: USD
    as_of:
      description: The date of the list of prices.
      type: str
      sample: "2025-01-01"
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.bill import bill
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load

_HOLD_DATA = ("bucket", "file_system", "log_group", "snapshot", "db_snapshot", "elasticache:snapshot", "kms_key")
_SHOWN = ("kind", "name", "id", "monthly", "rates")

Resource = dict[str, Any]


def _holds_data(resource: Resource) -> bool:
    """Whether it is kept. An image that was baked is no backup, and can be baked again."""
    return resource["kind"] in _HOLD_DATA or (resource["kind"] == "image" and "Backup" in resource.get("tags", {}))


def _key(resource: Resource) -> tuple[str, str]:
    return resource["kind"], resource["id"]


def destroy_certificate(
    after: Iterable[Resource], before: Iterable[Resource], region: str = "us-east-1", destroy_data: bool = False
) -> dict[str, Any]:
    """What a destroyed environment left, and what that still costs: see RETURN."""
    standing = list(after)
    there = {_key(resource) for resource in standing}
    gone = Counter(resource["kind"] for resource in before if _key(resource) not in there)
    priced = bill(standing, load(region))
    entries = [{name: entry[name] for name in _SHOWN} for entry in priced["resources"]]
    kept_keys = set() if destroy_data else {_key(resource) for resource in standing if _holds_data(resource)}
    kept = [entry for entry in entries if _key(entry) in kept_keys]
    return {
        "removed": dict(sorted(gone.items())),
        "kept": kept,
        "left": [entry for entry in entries if entry not in kept],
        "residual": priced["total"],
        **{name: priced[name] for name in ("unpriced", "currency", "as_of")},
    }


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"destroy_certificate": destroy_certificate}
