#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_attributes
version_added: 0.1.0
short_description: Set attributes of EC2 instances that stand
description:
  - Sets what M(amazon.aws.ec2_instance) knows only of instances that it launches, or not at all, of any number of
    instances.
  - An attribute that is omitted is left as it is.
options:
  instance_ids:
    description: Ids of the instances. With none, nothing happens.
    type: list
    elements: str
    required: true
  termination_protection:
    description: Whether EC2 refuses to terminate the instances.
    type: bool
  stop_protection:
    description: Whether EC2 refuses to stop the instances.
    type: bool
  source_dest_check:
    description: Whether the instances take only packets that are sent to them, and send only their own.
    type: bool
  detailed_monitoring:
    description: Whether CloudWatch gets their metrics every minute, at a price, rather than every five minutes.
    type: bool
  delete_on_termination:
    description: Whether the root volumes go with their instances.
    type: bool
author:
  - The mlinfra.aws authors (!UNKNOWN)
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns the attributes before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Lift every protection
  mlinfra.aws.instance_attributes:
    instance_ids: [i-0123456789abcdef0]
    termination_protection: false
    stop_protection: false

- name: Have the root volume go with its instance
  mlinfra.aws.instance_attributes:
    instance_ids: [i-0123456789abcdef0]
    delete_on_termination: true
"""

RETURN = r"""
instances:
  description: For each instance's id those of its attributes that were given, as they are now.
  returned: success
  type: dict
  sample:
    i-0123456789abcdef0:
      stop_protection: false
      termination_protection: true
"""

from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

# The module's argument, and EC2's name of the attribute when it is read alone and when it is written.
PROTECTIONS = {
    "termination_protection": ("disableApiTermination", "DisableApiTermination"),
    "stop_protection": ("disableApiStop", "DisableApiStop"),
}
ATTRIBUTES = (*PROTECTIONS, "source_dest_check", "detailed_monitoring", "delete_on_termination")


def describe(client: Any, instance_ids: list[str]) -> list[dict[str, Any]]:
    """The instances, in one call."""
    answer = client.describe_instances(InstanceIds=instance_ids, aws_retry=True) if instance_ids else {"Reservations": []}
    return [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]


def protection(client: Any, instance_id: str, name: str) -> bool:
    """One protection of one instance, which no list tells."""
    attribute, key = PROTECTIONS[name]
    answer = client.describe_instance_attribute(InstanceId=instance_id, Attribute=attribute, aws_retry=True)
    return answer[key]["Value"]


def listed(instance: dict[str, Any]) -> dict[str, bool]:
    """The attributes that a described instance tells itself."""
    root = [
        mapping["Ebs"]["DeleteOnTermination"]
        for mapping in instance.get("BlockDeviceMappings", [])
        if mapping["DeviceName"] == instance.get("RootDeviceName") and "Ebs" in mapping
    ]
    return {
        "source_dest_check": instance.get("SourceDestCheck", True),
        "detailed_monitoring": instance["Monitoring"]["State"] in ("enabled", "pending"),
        # An instance without a root volume has none that could stay.
        "delete_on_termination": root[0] if root else True,
    }


def write(client: Any, instance: dict[str, Any], changes: dict[str, bool]) -> None:
    """Set attributes of one instance; EC2 takes one a call."""
    instance_id = instance["InstanceId"]
    for name, value in changes.items():
        if name == "detailed_monitoring":
            switch = client.monitor_instances if value else client.unmonitor_instances
            switch(InstanceIds=[instance_id], aws_retry=True)
            continue
        argument: dict[str, Any]
        if name == "delete_on_termination":
            mapping = {"DeviceName": instance["RootDeviceName"], "Ebs": {"DeleteOnTermination": value}}
            argument = {"BlockDeviceMappings": [mapping]}
        elif name == "source_dest_check":
            argument = {"SourceDestCheck": {"Value": value}}
        else:
            argument = {PROTECTIONS[name][1]: {"Value": value}}
        client.modify_instance_attribute(InstanceId=instance_id, aws_retry=True, **argument)


def settle(client: Any, instance: dict[str, Any], wanted: dict[str, bool], check_mode: bool) -> dict[str, bool]:
    """Set what differs of one instance; returns the attributes as they were."""
    told = listed(instance)
    before = {
        name: protection(client, instance["InstanceId"], name) if name in PROTECTIONS else told[name] for name in wanted
    }
    if not check_mode:
        write(client, instance, {name: value for name, value in wanted.items() if before[name] != value})
    return before


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "instance_ids": {"type": "list", "elements": "str", "required": True},
            **{name: {"type": "bool"} for name in ATTRIBUTES},
        },
        required_one_of=[ATTRIBUTES],
        supports_check_mode=True,
    )
    client = module.client("ec2", retry_decorator=AWSRetry.jittered_backoff())
    wanted = {name: module.params[name] for name in ATTRIBUTES if module.params[name] is not None}
    before: dict[str, dict[str, bool]] = {}
    try:
        for instance in describe(client, module.params["instance_ids"]):
            before[instance["InstanceId"]] = settle(client, instance, wanted, module.check_mode)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg="Could not set the attributes of the instances")
    after = dict.fromkeys(before, wanted)
    module.exit_json(changed=before != after, instances=after, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
