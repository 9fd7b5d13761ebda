#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route_tables
version_added: 0.1.0
short_description: Manage the route tables of a VPC
description:
  - Creates, changes and deletes route tables of a VPC in one go, and none of them by waiting.
    M(amazon.aws.ec2_vpc_route_table) sleeps for five seconds over each table that it changed.
  - A subnet that has another table is moved in one step, so that it is never without one, and a route gets another target in
    one step. M(amazon.aws.ec2_vpc_route_table) takes the subnet off, and puts it on with the next run only.
  - Routes that EC2 made itself, with the table or with a gateway endpoint, are left alone.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  vpc_id:
    description: The VPC.
    type: str
    required: true
  tables:
    description: The tables that shall stand.
    type: list
    elements: dict
    default: []
    suboptions:
      subnet_ids:
        description: The subnets that have it. All others are taken off.
        type: list
        elements: str
        default: []
      routes:
        description: Its routes, each with one destination and one target. All others are deleted.
        type: list
        elements: dict
        default: []
        suboptions:
          destination_cidr_block:
            description: A range of IPv4 addresses.
            type: str
          destination_ipv6_cidr_block:
            description: A range of IPv6 addresses.
            type: str
          destination_prefix_list_id:
            description: A prefix list.
            type: str
          gateway_id:
            description: An internet gateway or a virtual private gateway.
            type: str
          nat_gateway_id:
            description: A NAT gateway.
            type: str
          network_interface_id:
            description: A network interface, such as that of a NAT instance.
            type: str
          transit_gateway_id:
            description: A transit gateway.
            type: str
          vpc_peering_connection_id:
            description: A peering connection.
            type: str
      tags:
        description: Its tags. Others are removed. Without this option, tags are left as they are.
        type: dict
  known_by:
    description:
      - Lists of tags that together tell which table is meant, tried one after the other. Of several tables the one is meant
        that shares most tags with what is asked for.
      - A table without the tags of the first list is known by a subnet that it serves.
    type: list
    elements: list
    default: [[Name]]
  absent:
    description: Ids of tables that shall not stand. One that answers to O(tables) stays, one that is gone is passed over.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Lead public subnets to the internet, and private ones to a NAT gateway
  mlinfra.aws.route_tables:
    vpc_id: vpc-0a1b2c3d4e5f60718
    tables:
      - subnet_ids: [subnet-0a1b2c3d4e5f60718]
        routes:
          - destination_cidr_block: 0.0.0.0/0
            gateway_id: igw-0a1b2c3d4e5f60718
        tags: {Name: public}
      - subnet_ids: [subnet-0a1b2c3d4e5f60719]
        routes:
          - destination_cidr_block: 0.0.0.0/0
            nat_gateway_id: nat-0a1b2c3d4e5f60718
        tags: {Name: private}

- name: Remove one
  mlinfra.aws.route_tables:
    vpc_id: vpc-0a1b2c3d4e5f60718
    absent: [rtb-0a1b2c3d4e5f60718]
"""

RETURN = r"""
tables:
  description: What became of O(tables), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    route_table_id:
      description: Its id, empty in check mode where it does not stand.
      type: str
      returned: always
      sample: rtb-0a1b2c3d4e5f60718
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
      sample: [Associations, Routes]
deleted:
  description: The ids of the tables that were deleted.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.route_table import api, transform


def carry_out(client: Any, plan: transform.Plan) -> dict[int, str]:
    """Does what is planned and returns the ids of new tables by the place of what was wanted."""
    created = {at: api.create_table(client, request) for at, request in plan.create.items()}
    for at, change in plan.modify.items():
        change_table(client, created.get(at, change.table_id), change)
    for table_id, associations in plan.delete.items():
        for association_id in associations:
            api.disassociate(client, association_id)
        api.delete_table(client, table_id)
    return created


def change_table(client: Any, table_id: str, change: transform.Modification) -> None:
    """Makes one table as wanted: its routes before the subnets that take them."""
    for route in change.create:
        api.create_route(client, table_id, route)
    for route in change.replace:
        api.replace_route(client, table_id, route)
    for destination in change.delete:
        api.delete_route(client, table_id, destination)
    for gateway_id in change.unpropagate:
        api.disable_propagation(client, table_id, gateway_id)
    for subnet_id, association_id in change.associate.items():
        api.associate(client, table_id, subnet_id, association_id)
    for association_id in change.disassociate:
        api.disassociate(client, association_id)
    api.change_tags(client, table_id, change.tags, change.untag)


def report(wanted: list[dict[str, Any]], plan: transform.Plan, created: dict[int, str]) -> dict[str, Any]:
    """The module's result."""
    answers = []
    for at, _want in enumerate(wanted):
        if at in plan.create:
            answers.append(transform.answer(created.get(at, ""), "create"))
        elif at in plan.modify:
            change = plan.modify[at]
            answers.append(transform.answer(change.table_id, "modify", change.changes))
        else:
            answers.append(transform.answer(plan.answers[at]["RouteTableId"], "none"))
    return {"changed": plan.changed, "tables": answers, "deleted": list(plan.delete)}


def main() -> None:
    text = {"type": "str"}
    routes = {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": dict.fromkeys((*transform.DESTINATIONS, *transform.TARGETS), text),
        "required_one_of": [list(transform.DESTINATIONS), list(transform.TARGETS)],
        "mutually_exclusive": [list(transform.DESTINATIONS), list(transform.TARGETS)],
    }
    ids = {"type": "list", "elements": "str", "default": []}
    table = {"subnet_ids": ids, "routes": routes, "tags": {"type": "dict"}}
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "tables": {"type": "list", "elements": "dict", "default": [], "options": table},
            "known_by": {"type": "list", "elements": "list", "default": [["Name"]]},
            "absent": ids,
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        client = one_client(module, "ec2")
        standing = api.list_tables(client, params["vpc_id"])
        plan = transform.plan(params["vpc_id"], params["tables"], standing, params["absent"], params["known_by"])
        created = {} if module.check_mode else carry_out(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**report(params["tables"], plan, created))


if __name__ == "__main__":
    main()
