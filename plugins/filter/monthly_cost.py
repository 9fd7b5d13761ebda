# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: monthly_cost
author:
  - The mlinfra.aws authors (!UNKNOWN)
version_added: 0.1.0
short_description: What resources cost a month
description:
  - Prices resources by AWS's list prices on demand, as the collection keeps them with their date, for 730 hours.
  - What is free costs 0. What the list has no price of is named in V(unpriced), never guessed. A region without a list
    leaves unpriced whatever costs anything.
positional: _input
options:
  _input:
    description:
      - The resources, each with C(kind), C(name) and C(attributes) in AWS's own words, as M(mlinfra.aws.environment_info)
        and M(mlinfra.aws.environment_diff) return them in C(resources).
      - Or lists of them by role, as M(mlinfra.aws.environment_diff) returns them in C(declared).
    type: raw
    required: true
  region:
    description: The region whose prices are taken.
    type: str
    default: us-east-1
  usage:
    description:
      - What passes through a resource or is kept in it a month, in GB, by the resource's id or name. C(data_gb) of NAT
        gateways and interface endpoints, C(standard_gb) and C(glacier_gb) of buckets, C(ingested_gb) of log groups.
    type: dict
    default: {}
  public_instances:
    description: Whether declared instances of role compute get a public address from their subnet.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what stands costs
  ansible.builtin.debug:
    msg: "{{ cost.total }} {{ cost.currency }} a month"
  vars:
    cost: "{{ found.resources | mlinfra.aws.monthly_cost(region=mlinfra_region) }}"

- name: Show what is declared would cost
  ansible.builtin.debug:
    msg: "{{ cost.total }} {{ cost.currency }} a month"
  vars:
    cost: "{{ compared.declared | mlinfra.aws.monthly_cost(public_instances=compute_subnet_tier == 'public') }}"
"""

RETURN = r"""
_value:
  description: A month's cost.
  type: dict
  contains:
    resources:
      description:
        - The resources in their order, each with C(role), C(kind), C(name), C(id), C(area), C(configuration), C(monthly)
          and C(rates).
        - C(monthly) is null where a price is missing. C(rates) is what use costs on top where V(usage) does not say how
          much of it there is, each with C(what), C(unit) and C(price).
      type: list
      elements: dict
    lines:
      description: What is charged, equal lines taken together, the dearest first.
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
      description: The resources that the list has no price of. They are not in the total.
      type: list
      elements: str
      sample: ["instance mlinfra-dev-ml-training-1: EC2 x9.huge, running all hours"]
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.bill import bill, declared_resources
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load


def monthly_cost(
    resources: Any, region: str = "us-east-1", usage: Mapping[str, Any] | None = None, public_instances: bool = False
) -> dict[str, Any]:
    """What resources cost a month in a region, by the prices that the collection keeps."""
    try:
        listed = declared_resources(resources, public_instances) if isinstance(resources, Mapping) else resources
        return bill(listed, load(region), usage)
    except (ArithmeticError, AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(f"monthly_cost: these are no resources with kind, name and attributes: {error!r}") from error


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"monthly_cost": monthly_cost}
