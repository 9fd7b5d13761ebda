# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: environment_plan
author:
  - The mlinfra.aws authors (!UNKNOWN)
version_added: 0.1.0
short_description: What a run would do to an environment, and what that costs a month
description:
  - Takes what M(mlinfra.aws.environment_diff) found to differ, and says of each difference what a run of the roles makes
    of it and what the resource costs before and after.
positional: _input
options:
  _input:
    description: What M(mlinfra.aws.environment_diff) returned.
    type: dict
    required: true
  region:
    description: The region whose prices to use.
    type: str
    default: us-east-1
  public_instances:
    description: Whether the instances of role compute get a public address from their subnet.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Compare
  mlinfra.aws.environment_diff:
  register: compared

- name: Show what a run would cost
  ansible.builtin.debug:
    msg: "{{ (compared | mlinfra.aws.environment_plan).cost }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    changes:
      description:
        - What a run would settle, as C(differences) of M(mlinfra.aws.environment_diff), with C(action) V(replace) where a
          resource is made anew, and C(monthly), a dictionary of C(before) and C(after).
        - An amount is null where a price is missing.
      type: list
      elements: dict
    left:
      description: What a run would leave as it is, in the same form.
      type: list
      elements: dict
    counts:
      description: How many of the changes there are, by their action.
      type: dict
      sample: {create: 2, modify: 1, replace: 0, delete: 0}
    refused:
      description: The variables without which the run would stop before it changes anything.
      type: list
      elements: str
      sample: [compute_allow_replacement]
    critical_path:
      description:
        - The longest chain of what a run waits for on AWS, C(seconds) in all and C(steps), each with C(name) and C(seconds).
        - C(later) is what it orders and does not wait for.
        - The seconds are those that AWS usually takes. Everything else is done meanwhile.
      type: dict
      sample: {seconds: 60, steps: [{name: instance runs, seconds: 20}, {name: instance answers, seconds: 40}], later: []}
    cost:
      description: >-
        What all of it costs a month, C(before), C(after) and their C(difference), with C(currency), C(as_of) and
        C(unpriced).
      type: dict
      sample: {before: 42.07, after: 74.92, difference: 32.85, currency: USD, as_of: "2025-01-01", unpriced: []}
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.bill import bill, declared_resources
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load
from ansible_collections.mlinfra.aws.plugins.plugin_utils.critical_path import critical_path

_ACTIONS = ("create", "modify", "replace", "delete")


def environment_plan(
    compared: Mapping[str, Any], region: str = "us-east-1", public_instances: bool = False
) -> dict[str, Any]:
    """What a run would do to an environment, and what that costs a month: see RETURN."""
    try:
        differences, resources, declared = (compared[name] for name in ("differences", "resources", "declared"))
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"environment_plan: this is no result of environment_diff: {error!r}") from error
    before = bill(resources, load(region))
    staying = {difference["id"] for difference in differences if difference["left"]}
    kept = [resource for resource in resources if resource["id"] in staying]
    after = bill([*declared_resources(declared, public_instances), *kept], load(region))
    now = {entry["id"]: entry["monthly"] for entry in before["resources"]}
    then = {(entry["role"], entry["kind"], entry["name"]): entry["monthly"] for entry in after["resources"]}
    listed = [
        {
            **difference,
            "action": "replace" if difference["replaced"] else difference["action"],
            "monthly": {
                "before": now.get(difference["id"], 0.0),
                "after": then.get((difference["role"], difference["kind"], difference["name"]), 0.0),
            },
        }
        for difference in differences
    ]
    changes = [entry for entry in listed if not entry["left"]]
    return {
        "changes": changes,
        "left": [entry for entry in listed if entry["left"]],
        "counts": {action: sum(entry["action"] == action for entry in changes) for action in _ACTIONS},
        "refused": sorted({entry["refused"] for entry in changes if entry["refused"]}),
        "critical_path": critical_path(changes, private=not public_instances),
        "cost": {
            "before": before["total"],
            "after": after["total"],
            "difference": round(after["total"] - before["total"], 2),
            "unpriced": sorted({*before["unpriced"], *after["unpriced"]}),
            **{name: after[name] for name in ("currency", "as_of")},
        },
    }


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"environment_plan": environment_plan}
