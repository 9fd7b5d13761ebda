#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: scheduler_schedule_info
version_added: 0.1.0
short_description: Read schedules of EventBridge Scheduler
description:
  - Reads the schedules of one group.
  - It only reads.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  group:
    description: The group.
    type: str
    default: default
  name:
    description: The name of the one schedule to read. Without it all of the group are read.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Read the schedules of a group
  mlinfra.aws.scheduler_schedule_info:
    group: mlinfra-dev
  register: found

- name: Say when they call
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.expression }} in {{ item.timezone }}"
  loop: "{{ found.schedules }}"
"""

RETURN = r"""
schedules:
  description: The schedules, by their names. None where the group does not stand.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: stop
    group:
      description: Its group.
      type: str
      returned: always
      sample: mlinfra-dev
    arn:
      description: Its ARN.
      type: str
      returned: always
      sample: arn:aws:scheduler:us-east-1:123456789012:schedule/mlinfra-dev/stop
    description:
      description: What it is for.
      type: str
      returned: always
      sample: ""
    expression:
      description: When it calls.
      type: str
      returned: always
      sample: cron(0 20 ? * MON-FRI *)
    timezone:
      description: The time zone of that.
      type: str
      returned: always
      sample: Europe/Zurich
    enabled:
      description: Whether it calls at all.
      type: bool
      returned: always
    flexible_minutes:
      description: Within how many minutes after its time it may call.
      type: int
      returned: always
      sample: 0
    target_arn:
      description: What it calls.
      type: str
      returned: always
      sample: arn:aws:scheduler:::aws-sdk:ec2:stopInstances
    role_arn:
      description: The role that it calls under.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:role/mlinfra-dev-scheduler
    input:
      description: What it calls with.
      type: raw
      returned: always
      sample: {InstanceIds: [i-0a1b2c3d4e5f60718]}
    retry_seconds:
      description: For how many seconds it tries again where the call fails.
      type: int
      returned: always
      sample: 86400
    retries:
      description: How often it tries again.
      type: int
      returned: always
      sample: 185
"""

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.scheduler import api, transform


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={"group": {"type": "str", "default": "default"}, "name": {"type": "str"}},
        supports_check_mode=True,
    )
    group, name = module.params["group"], module.params["name"]
    try:
        client = one_client(module, "scheduler")
        names = [name] if name else sorted(api.schedule_names(client, group))
        found = [api.get_schedule(client, group, one) for one in names]
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, schedules=[transform.normalize(schedule) for schedule in found if schedule])


if __name__ == "__main__":
    main()
