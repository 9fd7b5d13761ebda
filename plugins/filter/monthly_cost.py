# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: monthly_cost
author:
  - The mlinfra.aws authors (!UNKNOWN)
version_added: 0.1.0
short_description: What a set of resources costs a month
description:
  - Prices quantities by AWS's list prices on demand, as the collection keeps them with their date, for 730 hours.
  - What the list has no price of is named in V(unpriced), never guessed. A region without a list leaves all unpriced.
positional: _input
options:
  _input:
    description: The quantities. What is left out is not counted.
    type: dict
    required: true
    suboptions:
      instance_type:
        description: The type of the instances.
        type: str
      instance_count:
        description: How many instances run.
        type: int
        default: 1
      volume_gb:
        description: The size of each instance's volume, in GB.
        type: float
      volume_type:
        description: The type of the volumes.
        type: str
        default: gp3
      nat_gateways:
        description: How many NAT gateways run.
        type: int
      nat_gb:
        description: What passes through them, in GB.
        type: float
      public_ipv4:
        description: How many public IPv4 addresses are in use, those of NAT gateways among them.
        type: int
      alarms:
        description: How many CloudWatch alarms stand.
        type: int
      dashboards:
        description: How many CloudWatch dashboards stand.
        type: int
      log_gb:
        description: What CloudWatch Logs takes in, in GB.
        type: float
      bucket_gb:
        description: What is kept in S3 Standard, in GB.
        type: float
      transfer_out_gb:
        description: What goes out to the internet, in GB.
        type: float
  region:
    description: The region.
    type: str
    default: us-east-1
"""

EXAMPLES = r"""
- name: Show what an environment costs
  ansible.builtin.debug:
    msg: "{{ cost.total }} {{ cost.currency }} a month"
  vars:
    cost: >-
      {{ {'instance_type': 't3.medium', 'volume_gb': 50, 'nat_gateways': 1, 'public_ipv4': 2}
         | mlinfra.aws.monthly_cost }}
"""

RETURN = r"""
_value:
  description: The lines of a month's cost.
  type: dict
  contains:
    lines:
      description: One for each kind of resource, with V(resource), V(configuration) and V(monthly).
      type: list
      elements: dict
      sample:
        - resource: EC2 t3.medium
          configuration: 1 running all hours
          monthly: 30.37
    total:
      description: The sum of the lines.
      type: float
      sample: 74.52
    currency:
      description: The currency of all amounts.
      type: str
      sample: USD
    as_of:
      description: The date of the list of prices, empty where there is none.
      type: str
      sample: "2025-01-01"
    unpriced:
      description: What the list has no price of. It is not in the total.
      type: list
      elements: str
      sample: ["EC2 x9.huge, 1 running all hours"]
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.module_utils import pricing

_LISTS = Path(pricing.__file__).with_name("prices")


@cache
def _prices(region: str) -> dict[str, Any]:
    """The list of prices of a region, empty where the collection has none."""
    lists = {path.stem: path for path in _LISTS.glob("*.yml")}
    return yaml.safe_load(lists[region].read_text(encoding="utf-8")) if region in lists else {}


def monthly_cost(settings: dict[str, Any], region: str = "us-east-1") -> dict[str, Any]:
    """What a set of resources costs a month in a region, by the prices that the collection keeps."""
    try:
        return pricing.monthly_cost(settings, _prices(region))
    except ValueError as error:
        raise AnsibleFilterError(f"monthly_cost: {error}") from error


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"monthly_cost": monthly_cost}
