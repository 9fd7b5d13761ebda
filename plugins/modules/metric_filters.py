#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: metric_filters
version_added: 0.1.0
short_description: Manage several metric filters of a log group
description:
  - Puts those of many metric filters of one log group of CloudWatch Logs that differ, and deletes others, in one process and
    with one reading call.
  - A filter makes a metric of the records that match its pattern, as M(mlinfra.aws.metric_alarms) can watch it.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  log_group_name:
    description: The log group.
    type: str
    required: true
  filters:
    description: The filters that shall stand.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, which is unique in the log group.
        type: str
        required: true
      pattern:
        description: Which records match, in the filter pattern syntax of CloudWatch Logs. Empty for all.
        type: str
        required: true
      metric:
        description: The name of the metric.
        type: str
        required: true
      namespace:
        description: The namespace of the metric.
        type: str
        required: true
      value:
        description: What a matching record counts for, a number, or a field of the pattern such as V($bytes).
        type: str
        default: "1"
      default:
        description:
          - The value of a minute in which records come and none of them matches. Without it that minute has no value.
          - Can't be given with O(filters[].dimensions).
        type: float
      unit:
        description: The unit of the metric.
        type: str
        default: None
      dimensions:
        description: Its dimensions, each with the field of the pattern that has its value. Each value is billed as a metric.
        type: dict
        default: {}
  absent:
    description: The names of filters that shall not stand. One that is in O(filters) stays.
    type: list
    elements: str
    default: []
  purge:
    description: Whether no other filters shall stand in the log group.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Count what a VPC rejects, from its flow logs
  mlinfra.aws.metric_filters:
    log_group_name: /aws/vpc/mlinfra-dev
    filters:
      - name: mlinfra-dev-rejected
        pattern: >-
          [version, account, interface, source, destination, sourceport, destinationport, protocol, packets, bytes, start,
          end, action = REJECT, status]
        metric: RejectedFlows
        namespace: mlinfra/mlinfra-dev
        default: 0

- name: Count them no more
  mlinfra.aws.metric_filters:
    log_group_name: /aws/vpc/mlinfra-dev
    absent: [mlinfra-dev-rejected]
"""

RETURN = r"""
created:
  description: The names of new filters.
  returned: success
  type: list
  elements: str
  sample: [mlinfra-dev-rejected]
modified:
  description: For the name of each filter that was changed, what differed, in the words of CloudWatch Logs.
  returned: success
  type: dict
  sample: {mlinfra-dev-rejected: [filterPattern]}
deleted:
  description: The names of filters that were deleted.
  returned: success
  type: list
  elements: str
  sample: []
"""

from collections import Counter
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.metric_filter import api, transform


def check(module: AnsibleAWSModule) -> None:
    """Fails where the arguments can't be meant."""
    filters = module.params["filters"]
    twice = [name for name, times in Counter(one["name"] for one in filters).items() if times > 1]
    if twice:
        module.fail_json(msg=f"filters: {', '.join(twice)} is there more than once")
    for one in filters:
        if one["dimensions"] and one["default"] is not None:
            module.fail_json(msg=f"filters: {one['name']} has dimensions and a default value; CloudWatch Logs takes one of them")


def carry_out(client: Any, log_group: str, plan: transform.Plan) -> None:
    """Does what is planned.

    Args:
        client: the client of CloudWatch Logs.
        log_group: the name of the log group.
        plan: what to do.
    """
    for request in plan.put:
        api.put_filter(client, log_group, request)
    for name in plan.delete:
        api.delete_filter(client, log_group, name)


def main() -> None:
    text = {"type": "str", "required": True}
    options = {
        "name": text,
        "pattern": text,
        "metric": text,
        "namespace": text,
        "value": {"type": "str", "default": "1"},
        "default": {"type": "float"},
        "unit": {"type": "str", "default": "None"},
        "dimensions": {"type": "dict", "default": {}},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "log_group_name": text,
            "filters": {"type": "list", "elements": "dict", "default": [], "options": options},
            "absent": {"type": "list", "elements": "str", "default": []},
            "purge": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    check(module)
    params = module.params
    try:
        client = one_client(module, "logs")
        standing = api.list_filters(client, params["log_group_name"])
        unwanted = [one["filterName"] for one in standing] if params["purge"] else params["absent"]
        plan = transform.plan(params["filters"], standing, unwanted)
        if not module.check_mode:
            carry_out(client, params["log_group_name"], plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(
        changed=plan.changed,
        created=plan.create,
        modified=plan.modify,
        deleted=plan.delete,
        diff={"before": plan.before, "after": plan.after},
    )


if __name__ == "__main__":
    main()
