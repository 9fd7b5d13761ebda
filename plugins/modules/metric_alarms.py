#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: metric_alarms
version_added: 0.1.0
short_description: Manage several CloudWatch metric alarms
description:
  - Puts those of many alarms that differ, and deletes those that are too many, in one process and with one reading call.
    M(amazon.aws.cloudwatch_metric_alarm) takes a process for each.
  - What is not given has CloudWatch's default. So actions that somebody added to an alarm go again.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  alarms:
    description:
      - The alarms that shall stand, each in the words of CloudWatch's PutMetricAlarm, C(AlarmName) first of all.
      - C(Tags) are given to a new alarm only.
    type: list
    elements: dict
    default: []
  name_prefix:
    description: Where the names of alarms begin with it, they are looked at. Without it only O(alarms) are.
    type: str
    default: ""
  absent_pattern:
    description:
      - A regular expression. Alarms that are looked at and whose whole name matches it are deleted, but for O(alarms).
      - Needs O(name_prefix).
    type: str
    default: ""
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Watch the processor of a host
  mlinfra.aws.metric_alarms:
    alarms:
      - AlarmName: training-1-cpu
        Namespace: AWS/EC2
        MetricName: CPUUtilization
        Dimensions: [{Name: InstanceId, Value: i-0123456789abcdef0}]
        Statistic: Average
        Period: 300
        EvaluationPeriods: 2
        Threshold: 80.0
        ComparisonOperator: GreaterThanThreshold
        AlarmActions: ["arn:aws:sns:us-east-1:123456789012:alarms"]
    name_prefix: training-
    absent_pattern: training-[0-9]+-cpu

- name: Delete all of them
  mlinfra.aws.metric_alarms:
    name_prefix: training-
    absent_pattern: training-.*
"""

RETURN = r"""
created:
  description: The names of new alarms.
  returned: success
  type: list
  elements: str
  sample: [training-1-cpu]
modified:
  description: For the name of each alarm that was changed, what differed, in CloudWatch's words.
  returned: success
  type: dict
  sample: {training-1-cpu: [Threshold]}
deleted:
  description: The names of alarms that were deleted.
  returned: success
  type: list
  elements: str
  sample: []
"""

import re

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.metric_alarm import api, transform


def check(module: AnsibleAWSModule) -> None:
    """Fails where the arguments can't be meant."""
    params = module.params
    if any(not alarm.get("AlarmName") for alarm in params["alarms"]):
        module.fail_json(msg="alarms: each needs an AlarmName")
    if params["absent_pattern"] and not params["name_prefix"]:
        module.fail_json(msg="absent_pattern: give name_prefix too, which says what alarms are looked at")
    try:
        re.compile(params["absent_pattern"])
    except re.error as error:
        module.fail_json(msg=f"absent_pattern: {params['absent_pattern']} is no regular expression, {error}")


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "alarms": {"type": "list", "elements": "dict", "default": []},
            "name_prefix": {"type": "str", "default": ""},
            "absent_pattern": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    check(module)
    params = module.params
    try:
        client = one_client(module, "cloudwatch")
        names = [alarm["AlarmName"] for alarm in params["alarms"]]
        standing = api.list_alarms(client, params["name_prefix"], names)
        plan = transform.plan(params["alarms"], standing, params["absent_pattern"])
        if not module.check_mode:
            for request in plan.put:
                api.put_alarm(client, request)
            if plan.delete:
                api.delete_alarms(client, plan.delete)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=plan.changed, created=plan.create, modified=plan.modify, deleted=plan.delete)


if __name__ == "__main__":
    main()
