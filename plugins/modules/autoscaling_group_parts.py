#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: autoscaling_group_parts
version_added: 0.1.0
short_description: Manage the schedule, the lifecycle hooks and the warm pool of an Auto Scaling group
description:
  - Has the scheduled actions, the lifecycle hooks and the warm pool of a group stand as they are named, and no others of them that
    are named after the group. Those whose names do not begin with the group's name and a hyphen are somebody else's, and stay.
  - What is not said stays as it is.
  - M(community.aws.autoscaling_scheduled_action) and M(community.aws.autoscaling_lifecycle_hook) each manage one of them, and know
    no check mode or no differences. There is no other module for warm pools.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  group:
    description: Name of the group. It has to stand.
    type: str
    required: true
  schedule:
    description: Its scheduled actions.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the action. It begins with the group's name and a hyphen.
        type: str
        required: true
      recurrence:
        description: When it takes place, as five fields of cron, such as V(0 8 * * MON-FRI).
        type: str
        required: true
      time_zone:
        description: The time zone that this is in, such as V(Europe/Zurich).
        type: str
        default: UTC
      min_size:
        description: How many instances there are at least from then on.
        type: int
      max_size:
        description: How many there are at most.
        type: int
      desired_capacity:
        description: How many there are at first.
        type: int
  hooks:
    description: Its lifecycle hooks.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the hook. It begins with the group's name and a hyphen.
        type: str
        required: true
      transition:
        description: What an instance waits before.
        type: str
        required: true
        choices: [launching, terminating]
      timeout:
        description: How long it waits at most, unless somebody lets it go on. Seconds.
        type: int
        default: 3600
      default_result:
        description: What becomes of it then.
        type: str
        choices: [CONTINUE, ABANDON]
        default: ABANDON
  warm_pool:
    description: Its warm pool. V({}) for none, whose instances are terminated and waited for.
    type: dict
    suboptions:
      state:
        description: What the instances in it do.
        type: str
        choices: [Stopped, Running, Hibernated]
      min_size:
        description: How many instances it has at least.
        type: int
      reuse:
        description: Whether instances that the group has too many return to it.
        type: bool
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Have no members at night, and let jobs finish
  mlinfra.aws.autoscaling_group_parts:
    group: mlinfra-dev-ml-member
    schedule:
      - {name: mlinfra-dev-ml-member-morning, recurrence: 0 8 * * MON-FRI, time_zone: Europe/Zurich, min_size: 2}
      - {name: mlinfra-dev-ml-member-evening, recurrence: 0 20 * * *, time_zone: Europe/Zurich, min_size: 0, desired_capacity: 0}
    hooks:
      - {name: mlinfra-dev-ml-member-drain, transition: terminating, timeout: 600, default_result: CONTINUE}

- name: Keep two members at hand, stopped
  mlinfra.aws.autoscaling_group_parts:
    group: mlinfra-dev-ml-member
    warm_pool: {state: Stopped, min_size: 2}

- name: Take all of it away
  mlinfra.aws.autoscaling_group_parts:
    group: mlinfra-dev-ml-member
    schedule: []
    hooks: []
    warm_pool: {}
"""

RETURN = r"""
action:
  description: C(modify) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The parts that differed, in AWS's words.
  returned: success
  type: list
  elements: str
  sample: [ScheduledActions]
diff:
  description: The parts that differ.
  returned: success
  type: dict
  contains:
    before:
      description: As they stood.
      type: dict
      returned: always
    after:
      description: As they stand then.
      type: dict
      returned: always
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.group_parts import api, transform

TRANSITIONS = {"launching": "autoscaling:EC2_INSTANCE_LAUNCHING", "terminating": "autoscaling:EC2_INSTANCE_TERMINATING"}
# The module's words, and AWS's.
ACTION = {
    "name": "ScheduledActionName",
    "recurrence": "Recurrence",
    "time_zone": "TimeZone",
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "desired_capacity": "DesiredCapacity",
}
POOL = {"state": "PoolState", "min_size": "MinSize", "reuse": "ReuseOnScaleIn"}


def wanted(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that the options name, in the forms of `transform`."""
    parts: dict[str, Any] = {}
    if params["schedule"] is not None:
        told = [{word: one[name] for name, word in ACTION.items()} for one in params["schedule"]]
        parts["ScheduledActions"] = transform.actions(told)
    if params["hooks"] is not None:
        parts["LifecycleHooks"] = transform.hooks(
            {
                "LifecycleHookName": one["name"],
                "LifecycleTransition": TRANSITIONS[one["transition"]],
                "HeartbeatTimeout": one["timeout"],
                "DefaultResult": one["default_result"],
            }
            for one in params["hooks"]
        )
    if params["warm_pool"] is not None:
        told = {word: params["warm_pool"].get(name) for name, word in POOL.items()}
        parts["WarmPool"] = transform.pool(told if any(member is not None for member in told.values()) else None)
    return parts


def standing(group: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that stand and are named after the group, in the same forms."""
    return {
        "ScheduledActions": transform.actions(transform.own(group, found["ScheduledActions"], transform.ACTION)),
        "LifecycleHooks": transform.hooks(transform.own(group, found["LifecycleHooks"], transform.HOOK)),
        "WarmPool": transform.pool(found["WarmPool"]),
    }


def foreign_names(group: str, params: Mapping[str, Any]) -> list[str]:
    """The names that are not after the group's, which the next run would not know again."""
    named = [one["name"] for option in ("schedule", "hooks") for one in params[option] or []]
    return [name for name in named if not name.startswith(f"{group}-")]


def main() -> None:
    sizes = {"type": "int"}
    module = AnsibleAWSModule(
        argument_spec={
            "group": {"type": "str", "required": True},
            "schedule": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "name": {"type": "str", "required": True},
                    "recurrence": {"type": "str", "required": True},
                    "time_zone": {"type": "str", "default": "UTC"},
                    **dict.fromkeys(("min_size", "max_size", "desired_capacity"), sizes),
                },
                "required_one_of": [("min_size", "max_size", "desired_capacity")],
            },
            "hooks": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "name": {"type": "str", "required": True},
                    "transition": {"type": "str", "required": True, "choices": list(TRANSITIONS)},
                    "timeout": {"type": "int", "default": 3600},
                    "default_result": {"type": "str", "choices": ["CONTINUE", "ABANDON"], "default": "ABANDON"},
                },
            },
            "warm_pool": {
                "type": "dict",
                "options": {
                    "state": {"type": "str", "choices": ["Stopped", "Running", "Hibernated"]},
                    "min_size": {"type": "int"},
                    "reuse": {"type": "bool"},
                },
            },
        },
        supports_check_mode=True,
    )
    group, after = module.params["group"], wanted(module.params)
    foreign = foreign_names(group, module.params)
    if foreign:
        module.fail_json(msg=f"{', '.join(foreign)}: begin names with {group}- , by which they are known again.")
    try:
        client = one_client(module, "autoscaling")
        found = api.read(client, group)
        if found is None:
            module.fail_json(msg=f"There is no Auto Scaling group {group}.")
        before = standing(group, found)
        changed = [part for part in after if before[part] != after[part]]
        if not module.check_mode:
            api.carry_out(client, group, transform.calls(changed, before, after))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(
        changed=bool(changed),
        action="modify" if changed else "none",
        changes=changed,
        diff={"before": {part: before[part] for part in changed}, "after": {part: after[part] for part in changed}},
    )


if __name__ == "__main__":
    main()
