#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route_table_associations
version_added: 0.1.0
short_description: Move subnets to other route tables
description:
  - Moves each subnet in one step, so that it is never without a route table of its own.
  - M(amazon.aws.ec2_vpc_route_table) takes a subnet off another table and puts it on its own with the next run only.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  associations:
    description: Which route table each subnet shall have. Other subnets are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      subnet_id:
        description: The subnet.
        type: str
        required: true
      route_table_id:
        description: Its route table.
        type: str
        required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Move a subnet
  mlinfra.aws.route_table_associations:
    associations:
      - subnet_id: subnet-0a1b2c3d4e5f60718
        route_table_id: rtb-0a1b2c3d4e5f60718
"""

RETURN = r"""
moved:
  description: The subnets that were moved, or got their first route table.
  returned: success
  type: list
  elements: str
  sample: [subnet-0a1b2c3d4e5f60718]
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client


@AWSErrorHandler.list_error_handler("list the route tables of subnets", [])
def standing(client: Any, subnet_ids: list[str]) -> dict[str, tuple[str, str]]:
    """By the subnet's id, its route table and the id of the association; nothing of those without one of their own."""
    paginator = client.get_paginator("describe_route_tables")
    chosen = [{"Name": "association.subnet-id", "Values": subnet_ids}]
    tables = paginator.paginate(Filters=chosen).build_full_result()["RouteTables"]
    return places(tables, subnet_ids)


def places(tables: Iterable[Mapping[str, Any]], subnet_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The same, of route tables as EC2 describes them. Pure."""
    wanted = set(subnet_ids)
    return {
        place["SubnetId"]: (table["RouteTableId"], place["RouteTableAssociationId"])
        for table in tables
        for place in table["Associations"]
        if place.get("SubnetId") in wanted
    }


@AWSErrorHandler.common_error_handler("move a subnet to another route table")
def move(client: Any, subnet_id: str, table_id: str, association_id: str) -> None:
    """Moves a subnet, or gives it its first route table where there is no association."""
    if association_id:
        client.replace_route_table_association(AssociationId=association_id, RouteTableId=table_id)
    else:
        client.associate_route_table(SubnetId=subnet_id, RouteTableId=table_id)


def main() -> None:
    text = {"type": "str", "required": True}
    association = {"subnet_id": text, "route_table_id": text}
    module = AnsibleAWSModule(
        argument_spec={"associations": {"type": "list", "elements": "dict", "required": True, "options": association}},
        supports_check_mode=True,
    )
    wanted = {one["subnet_id"]: one["route_table_id"] for one in module.params["associations"]}
    moved: list[str] = []
    try:
        client = one_client(module, "ec2")
        there = standing(client, list(wanted)) if wanted else {}
        for subnet_id, table_id in wanted.items():
            table, association_id = there.get(subnet_id, ("", ""))
            if table != table_id:
                moved.append(subnet_id)
                if not module.check_mode:
                    move(client, subnet_id, table_id, association_id)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=bool(moved), moved=moved)


if __name__ == "__main__":
    main()
