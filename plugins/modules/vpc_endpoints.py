#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_endpoints
version_added: 0.1.0
short_description: Manage the endpoints of a VPC
description:
  - Creates, changes in place and deletes endpoints of a VPC, all of them side by side, and waits once for all.
  - M(amazon.aws.ec2_vpc_endpoint) changes nothing of an endpoint that stands but its tags; this module changes route
    tables, subnets, security groups, private names, the policy and tags where the endpoint stands.
  - An endpoint is known by its service and type. Of several, the one is meant that shares most tags with what is asked
    for. Endpoints that AWS services made themselves are left alone.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  vpc_id:
    description: The VPC.
    type: str
    required: true
  endpoints:
    description: The endpoints that shall stand.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description: The name of the service, as C(com.amazonaws.us-east-1.s3).
        type: str
        required: true
      type:
        description: How the service is reached, through routes or through network interfaces.
        type: str
        choices: [Gateway, Interface]
        default: Gateway
      route_table_ids:
        description: The route tables that lead to it, of a V(Gateway). All others are taken off.
        type: list
        elements: str
      subnet_ids:
        description: The subnets with a network interface of it, of an V(Interface). All others lose theirs.
        type: list
        elements: str
      security_group_ids:
        description: The security groups of these network interfaces.
        type: list
        elements: str
      private_dns:
        description: Whether the service's usual names lead to an V(Interface) inside the VPC.
        type: bool
        default: true
      policy:
        description: What may be done through it. Without one, everything.
        type: dict
      tags:
        description: Its tags. Others are removed. Without this option, tags are left as they are.
        type: dict
  absent:
    description:
      - Ids of endpoints that shall not stand. One that answers to O(endpoints) stays, one that is gone already is passed over.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Seconds to wait until endpoints are available, and until deleted ones are gone with their interfaces.
    type: int
    default: 600
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Reach S3 by a route, and Session Manager by interfaces in two subnets
  mlinfra.aws.vpc_endpoints:
    vpc_id: vpc-0a1b2c3d4e5f60718
    endpoints:
      - service: com.amazonaws.us-east-1.s3
        route_table_ids: [rtb-0a1b2c3d4e5f60718]
      - service: com.amazonaws.us-east-1.ssm
        type: Interface
        subnet_ids: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
        security_group_ids: [sg-0a1b2c3d4e5f60718]

- name: Remove one
  mlinfra.aws.vpc_endpoints:
    vpc_id: vpc-0a1b2c3d4e5f60718
    absent: [vpce-0a1b2c3d4e5f60718]
"""

RETURN = r"""
vpc_endpoints:
  description: What became of O(endpoints), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    vpc_endpoint_id:
      description: Its id, empty in check mode where it does not stand.
      type: str
      returned: always
      sample: vpce-0a1b2c3d4e5f60718
    service:
      description: The name of the service.
      type: str
      returned: always
      sample: com.amazonaws.us-east-1.s3
    type:
      description: Its type.
      type: str
      returned: always
      sample: Gateway
    action:
      description: What was done, V(create), V(modify) or V(none).
      type: str
      returned: always
      sample: modify
    changes:
      description: What was modified, in the words of EC2's ModifyVpcEndpoint.
      type: list
      elements: str
      returned: always
      sample: [AddRouteTableIds, Tags]
deleted:
  description: The ids of the endpoints that were deleted.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.vpc_endpoint import api, transform, waiters


def carry_out(client: Any, vpc_id: str, plan: transform.Plan, timeout: float) -> dict[int, dict[str, Any]]:
    """Does what is planned and returns the new endpoints by the place of what was wanted.

    Args:
        client: EC2's client.
        vpc_id: the VPC.
        plan: what to do.
        timeout: seconds to wait for each of the two: what goes first, and all else.
    """

    def listed() -> list[dict[str, Any]]:
        return api.list_endpoints(client, "vpc-id", [vpc_id])

    if plan.replace:
        api.delete_endpoints(client, plan.replace)
    waiters.until_settled(listed, set(), {*plan.replace, *plan.awaited}, timeout)
    created = {at: api.create_endpoint(client, request) for at, request in plan.create.items()}
    for change in plan.modify.values():
        if change.request:
            api.modify_endpoint(client, change.endpoint_id, change.request)
        api.change_tags(client, change.endpoint_id, change.tags, change.untag)
    if plan.delete:
        api.delete_endpoints(client, plan.delete)
    awaited = {one["VpcEndpointId"] for one in created.values() if one["State"].lower() != "available"}
    awaited |= {change.endpoint_id for change in plan.modify.values() if change.request}
    waiters.until_settled(listed, awaited, set(plan.delete), timeout)
    return created


def report(wanted: list[dict[str, Any]], plan: transform.Plan, created: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The module's result."""
    answers = []
    for at, want in enumerate(wanted):
        change = plan.modify.get(at)
        if at in plan.create:
            answers.append(transform.answer(want, created.get(at), "create"))
        elif change:
            tagged = ["Tags"] if change.tags or change.untag else []
            answers.append(transform.answer(want, plan.answers[at], "modify", [*change.request, *tagged]))
        else:
            answers.append(transform.answer(want, plan.answers[at], "none"))
    return {"changed": plan.changed, "vpc_endpoints": answers, "deleted": [*plan.replace, *plan.delete]}


def main() -> None:
    ids = {"type": "list", "elements": "str"}
    endpoint = {
        "service": {"type": "str", "required": True},
        "type": {"type": "str", "choices": ["Gateway", "Interface"], "default": "Gateway"},
        "route_table_ids": ids,
        "subnet_ids": ids,
        "security_group_ids": ids,
        "private_dns": {"type": "bool", "default": True},
        "policy": {"type": "dict"},
        "tags": {"type": "dict"},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "endpoints": {"type": "list", "elements": "dict", "default": [], "options": endpoint},
            "absent": {**ids, "default": []},
            "wait_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        client = one_client(module, "ec2")
        standing = api.list_endpoints(client, "vpc-id", [params["vpc_id"]])
        plan = transform.plan(params["vpc_id"], params["endpoints"], standing, params["absent"])
        created: dict[int, dict[str, Any]] = {}
        if not module.check_mode:
            created = carry_out(client, params["vpc_id"], plan, params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**report(params["endpoints"], plan, created))


if __name__ == "__main__":
    main()
