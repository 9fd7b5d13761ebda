#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: subnets
version_added: 0.1.0
short_description: Manage the subnets of a VPC
description:
  - Creates, changes and deletes subnets of a VPC in one go, where M(amazon.aws.ec2_vpc_subnet) takes a process and half a
    dozen reading calls for each.
  - A subnet is known by its range of addresses, and keeps it. Subnets have no IPv6 addresses.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  vpc_id:
    description: The VPC.
    type: str
    required: true
  subnets:
    description: The subnets that shall stand.
    type: list
    elements: dict
    default: []
    suboptions:
      cidr_block:
        description: Its range of IPv4 addresses.
        type: str
        required: true
      availability_zone:
        description: Its zone. A subnet that stands in another one is an error. Without this option, any zone will do.
        type: str
      map_public_ip_on_launch:
        description: Whether instances in it get a public address.
        type: bool
        default: false
      tags:
        description: Its tags. Others are removed. Without this option, tags are left as they are.
        type: dict
  absent:
    description:
      - Ids of subnets that shall not stand. One that answers to O(subnets) stays, one that is gone already is passed over.
      - It is an error where something is still in one of them.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Seconds to wait until new subnets are available.
    type: int
    default: 120
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: A public and a private subnet
  mlinfra.aws.subnets:
    vpc_id: vpc-0a1b2c3d4e5f60718
    subnets:
      - cidr_block: 10.0.1.0/24
        availability_zone: us-east-1a
        map_public_ip_on_launch: true
        tags: {Name: public}
      - cidr_block: 10.0.11.0/24
        availability_zone: us-east-1a
        tags: {Name: private}

- name: Remove one
  mlinfra.aws.subnets:
    vpc_id: vpc-0a1b2c3d4e5f60718
    absent: [subnet-0a1b2c3d4e5f60718]
"""

RETURN = r"""
subnets:
  description: What became of O(subnets), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    subnet_id:
      description: Its id, empty in check mode where it does not stand.
      type: str
      returned: always
      sample: subnet-0a1b2c3d4e5f60718
    cidr_block:
      description: Its range of addresses.
      type: str
      returned: always
      sample: 10.0.1.0/24
    availability_zone:
      description: Its zone.
      type: str
      returned: always
      sample: us-east-1a
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
      sample: [MapPublicIpOnLaunch, Tags]
deleted:
  description: The ids of the subnets that were deleted.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.subnet import api, transform, waiters


def carry_out(client: Any, vpc_id: str, plan: transform.Plan, timeout: float) -> dict[int, dict[str, Any]]:
    """Does what is planned and returns the new subnets by the place of what was wanted."""
    for subnet_id in plan.delete:
        api.delete_subnet(client, subnet_id)
    created = {at: api.create_subnet(client, request) for at, request in plan.create.items()}
    for at, change in plan.modify.items():
        subnet_id = created[at]["SubnetId"] if at in created else change.subnet_id
        for association_id in change.disassociate:
            api.disassociate(client, association_id)
        for attribute, value in change.attributes.items():
            api.modify_subnet(client, subnet_id, attribute, value)
        api.change_tags(client, subnet_id, change.tags, change.untag)
    pending = {one["SubnetId"] for one in created.values() if one["State"] != "available"}
    waiters.until_available(lambda: api.list_subnets(client, vpc_id), pending, timeout)
    return created


def report(wanted: list[dict[str, Any]], plan: transform.Plan, created: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The module's result."""
    answers = []
    for at, want in enumerate(wanted):
        if at in plan.create:
            answers.append(transform.answer(want, created.get(at), "create"))
        elif at in plan.modify:
            answers.append(transform.answer(want, plan.answers[at], "modify", plan.modify[at].changes))
        else:
            answers.append(transform.answer(want, plan.answers[at], "none"))
    return {"changed": plan.changed, "subnets": answers, "deleted": plan.delete}


def main() -> None:
    subnet = {
        "cidr_block": {"type": "str", "required": True},
        "availability_zone": {"type": "str"},
        "map_public_ip_on_launch": {"type": "bool", "default": False},
        "tags": {"type": "dict"},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "subnets": {"type": "list", "elements": "dict", "default": [], "options": subnet},
            "absent": {"type": "list", "elements": "str", "default": []},
            "wait_timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        client = one_client(module, "ec2")
        standing = api.list_subnets(client, params["vpc_id"])
        plan = transform.plan(params["vpc_id"], params["subnets"], standing, params["absent"])
        if plan.impossible:
            module.fail_json(msg="; ".join(plan.impossible))
        created: dict[int, dict[str, Any]] = {}
        if not module.check_mode:
            created = carry_out(client, params["vpc_id"], plan, params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**report(params["subnets"], plan, created))


if __name__ == "__main__":
    main()
