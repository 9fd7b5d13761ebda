#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: autoscaling_capacity_info
version_added: 0.1.0
short_description: Tell which machines AWS had none of for an Auto Scaling group
description:
  - Reads the activities of the group, and says in one line which type and zone had no capacity and what comes next.
  - Reads only.
options:
  group:
    description: Name of the group. Where there is none, nothing lacked.
    type: str
    required: true
  since:
    description: What began before does not count. A time in ISO 8601 with a time zone. Empty for all that AWS remembers.
    type: str
    default: ""
  instance_types:
    description: The types of the group, the one to have first before the others.
    type: list
    elements: str
    required: true
  zones:
    description: The zones that the group stands in.
    type: list
    elements: str
    required: true
author:
  - The mlinfra.aws authors (!UNKNOWN)
attributes:
  check_mode:
    description: Reads only, with check mode or without.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Look whether AWS had all machines
  mlinfra.aws.autoscaling_capacity_info:
    group: mlinfra-dev-ml-member
    instance_types: [t3.medium, t3a.medium]
    zones: [us-east-1a, us-east-1b]
  register: looked
"""

RETURN = r"""
message:
  description: What lacked, and what comes next. Empty where nothing lacked.
  returned: success
  type: str
  sample: AWS had no t3.medium in us-east-1a. Next the group tries t3.medium in us-east-1b.
lacked:
  description: Each type and zone that AWS had none of.
  returned: success
  type: list
  elements: dict
  contains:
    instance_type:
      description: The type, or C(spot instance) where it went for spot, whose answer names none.
      type: str
      returned: always
    zone:
      description: The zone, empty where none was told.
      type: str
      returned: always
"""

from datetime import datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils import capacity
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client


@AWSErrorHandler.common_error_handler("read the activities of the Auto Scaling group")
def activities(client: Any, group: str) -> list[dict[str, Any]]:
    """The activities of a group; none where there is no such group."""
    try:
        return client.get_paginator("describe_scaling_activities").paginate(AutoScalingGroupName=group).build_full_result()["Activities"]
    except is_boto3_error_code("ValidationError"):
        return []


def main() -> None:
    names = {"type": "list", "elements": "str", "required": True}
    module = AnsibleAWSModule(
        argument_spec={
            "group": {"type": "str", "required": True},
            "since": {"type": "str", "default": ""},
            "instance_types": names,
            "zones": names,
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        since = datetime.fromisoformat(params["since"]) if params["since"] else None
    except ValueError:
        module.fail_json(msg=f"since: {params['since']} is no time in ISO 8601")
    if since and since.tzinfo is None:
        module.fail_json(msg=f"since: {params['since']} has no time zone")
    try:
        lacked = capacity.lacking(activities(one_client(module, "autoscaling"), params["group"]), since)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(
        changed=False,
        message=capacity.line(lacked, params["instance_types"], params["zones"]),
        lacked=[{"instance_type": kind, "zone": zone} for kind, zone in lacked],
    )


if __name__ == "__main__":
    main()
