#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: scheduler_schedule
version_added: 0.1.0
short_description: Manage a schedule of EventBridge Scheduler
description:
  - Makes, changes and deletes one schedule, which calls an API of AWS, or something that runs there, at set times.
  - M(mlinfra.aws.scheduler_group) makes the group that it stands in.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the schedule stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The name of the schedule, which is unique in its group.
    type: str
    required: true
  group:
    description: The group that it stands in.
    type: str
    default: default
  description:
    description: What it is for.
    type: str
    default: ""
  expression:
    description:
      - When it calls, as C(cron(minute hour day month weekday year\)), C(rate(number unit\)) or C(at(time\)).
      - Required with O(state=present).
    type: str
  timezone:
    description: The time zone of O(expression), by its name in the tz database. Daylight saving time is heeded.
    type: str
    default: UTC
  enabled:
    description: Whether it calls at all.
    type: bool
    default: true
  flexible_minutes:
    description: Within how many minutes after its time it may call. 0 for at its time.
    type: int
    default: 0
  target_arn:
    description:
      - What it calls, such as C(arn:aws:scheduler:::aws-sdk:ec2:stopInstances) for a call of EC2's API.
      - Required with O(state=present).
    type: str
  role_arn:
    description:
      - The role that it calls under, which C(scheduler.amazonaws.com) must be allowed to assume.
      - Required with O(state=present).
    type: str
  input:
    description: What it calls with, as a dictionary or as JSON.
    type: json
  retry_seconds:
    description: For how many seconds it tries again where the call fails.
    type: int
    default: 86400
  retries:
    description: How often it tries again.
    type: int
    default: 185
  wait_timeout:
    description: Seconds to wait until EventBridge Scheduler knows a role that was just made.
    type: int
    default: 60
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Stop an instance each evening
  mlinfra.aws.scheduler_schedule:
    name: stop
    group: mlinfra-dev
    expression: cron(0 20 ? * MON-FRI *)
    timezone: Europe/Zurich
    target_arn: arn:aws:scheduler:::aws-sdk:ec2:stopInstances
    role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-scheduler
    input:
      InstanceIds: [i-0a1b2c3d4e5f60718]

- name: Remove the schedule
  mlinfra.aws.scheduler_schedule:
    name: stop
    group: mlinfra-dev
    state: absent
"""

RETURN = r"""
schedule:
  description:
    - The schedule as it stands afterwards, as M(mlinfra.aws.scheduler_schedule_info) returns it.
    - Empty with O(state=absent). In check mode a new one has no C(arn).
  returned: always
  type: dict
  sample:
    name: stop
    group: mlinfra-dev
    expression: cron(0 20 ? * MON-FRI *)
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known
from ansible_collections.mlinfra.aws.plugins.module_utils.scheduler import api, transform


def _standing(client: Any, group: str, name: str) -> dict[str, Any]:
    found = api.get_schedule(client, group, name)
    return transform.normalize(found) if found else {}


def ensure_present(
    client: Any, asked: Mapping[str, Any], current: Mapping[str, Any], timeout: float, check: bool
) -> dict[str, Any]:
    """Makes the schedule as asked for, and returns the module's result.

    Args:
        client: the client of EventBridge Scheduler.
        asked: the schedule asked for.
        current: the schedule that stands, or nothing.
        timeout: seconds to wait for a role that was just made.
        check: whether nothing may be changed.
    """
    after = {**current, **asked}
    if after == current or check:
        return {"changed": after != current, "schedule": after}
    write = api.update_schedule if current else api.create_schedule
    once_the_role_is_known(lambda: write(client, transform.request(asked)), timeout)
    return {"changed": True, "schedule": _standing(client, asked["group"], asked["name"])}


def ensure_absent(client: Any, group: str, name: str, current: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Deletes the schedule where it stands, and returns the module's result."""
    if current and not check:
        api.delete_schedule(client, group, name)
    return {"changed": bool(current), "schedule": {}}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "group": {"type": "str", "default": "default"},
            "description": {"type": "str", "default": ""},
            "expression": {"type": "str"},
            "timezone": {"type": "str", "default": "UTC"},
            "enabled": {"type": "bool", "default": True},
            "flexible_minutes": {"type": "int", "default": 0},
            "target_arn": {"type": "str"},
            "role_arn": {"type": "str"},
            "input": {"type": "json"},
            "retry_seconds": {"type": "int", "default": transform.RETRY_SECONDS},
            "retries": {"type": "int", "default": transform.RETRIES},
            "wait_timeout": {"type": "int", "default": 60},
        },
        required_if=[("state", "present", ["expression", "target_arn", "role_arn"])],
        supports_check_mode=True,
    )
    params = module.params
    group, name = params["group"], params["name"]
    try:
        client = one_client(module, "scheduler")
        current = _standing(client, group, name)
        if params["state"] == "absent":
            result = ensure_absent(client, group, name, current, module.check_mode)
        else:
            asked = transform.wanted(params)
            result = ensure_present(client, asked, current, params["wait_timeout"], module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(diff={"before": current, "after": result["schedule"]}, **result)


if __name__ == "__main__":
    main()
