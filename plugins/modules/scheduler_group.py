#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: scheduler_group
version_added: 0.1.0
short_description: Manage a schedule group of EventBridge Scheduler
description:
  - Makes, tags and deletes a group of schedules. Only groups carry tags, schedules don't.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description:
      - Whether the group stands. V(absent) deletes it with all its schedules, which AWS does in its own time; the
        module does not wait for that.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The name of the group.
    type: str
    required: true
  wait_timeout:
    description: Seconds to wait for a group of the same name that is being deleted.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make a group
  mlinfra.aws.scheduler_group:
    name: mlinfra-dev
    tags:
      Project: mlinfra

- name: Remove the group and its schedules
  mlinfra.aws.scheduler_group:
    name: mlinfra-dev
    state: absent
"""

RETURN = r"""
group:
  description: The group as it stands afterwards. Empty with O(state=absent).
  returned: always
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: when it stands
      sample: mlinfra-dev
    arn:
      description: Its ARN.
      type: str
      returned: when it stands, except in check mode when it is new
      sample: arn:aws:scheduler:us-east-1:123456789012:schedule-group/mlinfra-dev
    tags:
      description: Its tags.
      type: dict
      returned: when it stands
      sample: {Project: mlinfra}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.scheduler import api, waiters


def standing(client: Any, name: str) -> dict[str, Any]:
    """The group, or nothing where it does not stand or is being deleted."""
    found = api.get_group(client, name)
    if not found or waiters.is_going(found):
        return {}
    return {"name": name, "arn": found["Arn"], "tags": boto3_tag_list_to_ansible_dict(api.group_tags(client, found["Arn"]))}


def ensure_present(client: Any, params: Mapping[str, Any], current: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Makes the group as asked for, and returns the module's result.

    Args:
        client: the client of EventBridge Scheduler.
        params: the module's arguments.
        current: the group that stands, or nothing.
        check: whether nothing may be changed.
    """
    name, there = params["name"], current.get("tags", {})
    tags = {key: str(value) for key, value in (params["tags"] or {}).items()}
    to_set, to_unset = compare_aws_tags(there, tags, params["purge_tags"] and params["tags"] is not None)
    after = {**current, "name": name, "tags": {key: there[key] for key in there if key not in to_unset} | to_set}
    if after == current or check:
        return {"changed": after != current, "group": after}
    if current:
        api.change_tags(client, current["arn"], to_set, to_unset)
    else:
        waiters.until_gone(lambda: api.get_group(client, name), params["wait_timeout"])
        api.create_group(client, name, to_set)
    return {"changed": True, "group": standing(client, name)}


def ensure_absent(client: Any, name: str, current: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Deletes the group where it stands, and returns the module's result."""
    if current and not check:
        api.delete_group(client, name)
    return {"changed": bool(current), "group": {}}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "wait_timeout": {"type": "int", "default": 300},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    try:
        client = one_client(module, "scheduler")
        current = standing(client, name)
        if module.params["state"] == "absent":
            result = ensure_absent(client, name, current, module.check_mode)
        else:
            result = ensure_present(client, module.params, current, module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(diff={"before": current, "after": result["group"]}, **result)


if __name__ == "__main__":
    main()
