#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_protection
version_added: 0.1.0
short_description: Switch the termination and stop protection of EC2 instances
description:
  - Switches the protection against termination and against stopping, both by API calls, of any number of instances.
  - M(amazon.aws.ec2_instance) knows no stop protection.
options:
  instance_ids:
    description: Ids of the instances. With none, nothing happens.
    type: list
    elements: str
    required: true
  termination:
    description: Whether the instances are protected against termination. Left as it is when omitted.
    type: bool
  stop:
    description: Whether the instances are protected against stopping. Left as it is when omitted.
    type: bool
author:
  - The mlinfra.aws authors (!UNKNOWN)
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns the protection before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Lift every protection
  mlinfra.aws.instance_protection:
    instance_ids: [i-0123456789abcdef0]
    termination: false
    stop: false
"""

RETURN = r"""
instances:
  description: For each instance's id its protection as it is now; C(termination) and C(stop), where these were given.
  returned: success
  type: dict
  sample:
    i-0123456789abcdef0:
      stop: false
      termination: true
"""

from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

# The module's argument, and EC2's name of the attribute when it is read and when it is written.
ATTRIBUTES = {
    "termination": ("disableApiTermination", "DisableApiTermination"),
    "stop": ("disableApiStop", "DisableApiStop"),
}


def read(client: Any, instance_id: str, wanted: dict[str, bool]) -> dict[str, bool]:
    """The protections of one instance, of those that are asked for."""
    found = {}
    for protection in wanted:
        attribute, key = ATTRIBUTES[protection]
        answer = client.describe_instance_attribute(InstanceId=instance_id, Attribute=attribute, aws_retry=True)
        found[protection] = answer[key]["Value"]
    return found


def write(client: Any, instance_id: str, changes: dict[str, bool]) -> None:
    """Switches protections of one instance; EC2 takes one attribute a call."""
    for protection, value in changes.items():
        _attribute, key = ATTRIBUTES[protection]
        client.modify_instance_attribute(InstanceId=instance_id, aws_retry=True, **{key: {"Value": value}})


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "instance_ids": {"type": "list", "elements": "str", "required": True},
            "termination": {"type": "bool"},
            "stop": {"type": "bool"},
        },
        required_one_of=[("termination", "stop")],
        supports_check_mode=True,
    )
    client = module.client("ec2", retry_decorator=AWSRetry.jittered_backoff())
    wanted = {name: module.params[name] for name in ATTRIBUTES if module.params[name] is not None}
    before: dict[str, dict[str, bool]] = {}
    for instance_id in module.params["instance_ids"]:
        try:
            before[instance_id] = read(client, instance_id, wanted)
            changes = {name: value for name, value in wanted.items() if before[instance_id][name] != value}
            if not module.check_mode:
                write(client, instance_id, changes)
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"Could not switch the protection of {instance_id}")
    after = dict.fromkeys(before, wanted)
    module.exit_json(changed=before != after, instances=after, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
