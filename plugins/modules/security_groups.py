#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: security_groups
version_added: 0.1.0
short_description: Manage the security groups of a VPC
description:
  - Creates, changes and deletes security groups of a VPC in one go, and none of them by waiting.
    M(amazon.aws.ec2_security_group) sleeps for three seconds over each new group.
  - Rules are in the words of EC2's permissions, those that shall not be are revoked after the others are authorized, so that
    nothing that goes on being allowed is interrupted.
  - A group is known by its name. The group V(default) of the VPC can be emptied like any other.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  vpc_id:
    description: The VPC.
    type: str
    required: true
  groups:
    description: The groups that shall stand.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      description:
        description: Its description. EC2 can't change that of a group that stands, and there is a warning where it differs.
        type: str
        required: true
      ingress:
        description:
          - What may come in, as a list of permissions with C(IpProtocol), C(FromPort), C(ToPort), and C(IpRanges),
            C(Ipv6Ranges), C(PrefixListIds) or C(UserIdGroupPairs). Nothing else may.
          - As C(GroupId) of a pair, O(groups[].name) stands for the group itself.
        type: list
        elements: dict
        default: []
      egress:
        description: What may go out, in the same form. Nothing else may.
        type: list
        elements: dict
        default: []
      tags:
        description: Its tags. Others are removed. Without this option, tags are left as they are.
        type: dict
  absent:
    description:
      - Ids of groups that shall not stand. One that answers to O(groups) stays, one that is gone already is passed over.
      - It is an error where something still uses one of them.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let SSH in from the office, and let nothing through the default group
  mlinfra.aws.security_groups:
    vpc_id: vpc-0a1b2c3d4e5f60718
    groups:
      - name: hosts
        description: Training hosts
        ingress:
          - IpProtocol: tcp
            FromPort: 22
            ToPort: 22
            IpRanges: [{CidrIp: 192.0.2.0/24, Description: Office}]
        egress:
          - IpProtocol: "-1"
            IpRanges: [{CidrIp: 0.0.0.0/0}]
      - name: default
        description: default VPC security group

- name: Remove one
  mlinfra.aws.security_groups:
    vpc_id: vpc-0a1b2c3d4e5f60718
    absent: [sg-0a1b2c3d4e5f60718]
"""

RETURN = r"""
groups:
  description: What became of O(groups), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    group_id:
      description: Its id, empty in check mode where it does not stand.
      type: str
      returned: always
      sample: sg-0a1b2c3d4e5f60718
    group_name:
      description: Its name.
      type: str
      returned: always
      sample: hosts
    action:
      description: What was done, V(create), V(modify) or V(none).
      type: str
      returned: always
      sample: modify
    changes:
      description: What was modified, in EC2's words.
      type: list
      elements: str
      returned: always
      sample: [IpPermissions, Tags]
deleted:
  description: The ids of the groups that were deleted.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.security_group import api, transform


def carry_out(client: Any, plan: transform.Plan) -> dict[int, str]:
    """Does what is planned and returns the ids of new groups by the place of what was wanted."""
    created = {at: api.create_group(client, request) for at, request in plan.create.items()}
    for at, change in plan.modify.items():
        group_id = created.get(at, change.group_id)
        name = plan.create.get(at, {}).get("GroupName", "")
        for call in change.calls:
            api.call_rules(client, call.name, group_id, transform.own(call.permissions, name, group_id))
        api.change_tags(client, group_id, change.tags, change.untag)
    for group_id in plan.delete:
        api.delete_group(client, group_id)
    return created


def report(wanted: list[dict[str, Any]], plan: transform.Plan, created: dict[int, str]) -> dict[str, Any]:
    """The module's result."""
    answers = []
    for at, want in enumerate(wanted):
        if at in plan.create:
            answers.append(transform.answer(want, created.get(at, ""), "create"))
        elif at in plan.modify:
            change = plan.modify[at]
            answers.append(transform.answer(want, change.group_id, "modify", change.changes))
        else:
            answers.append(transform.answer(want, plan.answers[at]["GroupId"], "none"))
    return {"changed": plan.changed, "groups": answers, "deleted": plan.delete}


def main() -> None:
    permissions = {"type": "list", "elements": "dict", "default": []}
    group = {
        "name": {"type": "str", "required": True},
        "description": {"type": "str", "required": True},
        "ingress": permissions,
        "egress": permissions,
        "tags": {"type": "dict"},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "groups": {"type": "list", "elements": "dict", "default": [], "options": group},
            "absent": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        client = one_client(module, "ec2")
        standing = api.list_groups(client, params["vpc_id"])
        plan = transform.plan(params["vpc_id"], params["groups"], standing, params["absent"])
        created = {} if module.check_mode else carry_out(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    for name in plan.fixed:
        module.warn(f"The description of the security group {name} differs. It can only be another group's.")
    module.exit_json(**report(params["groups"], plan, created))


if __name__ == "__main__":
    main()
