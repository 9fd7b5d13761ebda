#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_flow_log
version_added: 0.1.0
short_description: Manage a flow log of a VPC, a subnet or a network interface
description:
  - Creates, tags, replaces and deletes one flow log.
  - AWS changes nothing of a flow log but its tags. Where anything else differs, the module deletes it and creates
    another, and says so in RV(replaced) and RV(reason). Traffic between the two is not recorded.
  - The flow log meant is the one with O(flow_log_id), else the resource's with this O(name), else the resource's that
    writes to the same place. Other flow logs of the resource are left alone.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the flow log stands.
    type: str
    choices: [present, absent]
    default: present
  resource_id:
    description:
      - The id of the VPC, subnet or network interface.
      - Required with O(state=present), and without O(flow_log_id).
    type: str
  flow_log_id:
    description: The id of the flow log, where neither name nor destination tells which one is meant.
    type: str
  name:
    description:
      - The tag Name, by which the flow log is found again, even when it is to write somewhere else.
      - Of several with this name, the one is meant that is most as asked for.
    type: str
  traffic_type:
    description: Which traffic is recorded.
    type: str
    choices: [ACCEPT, REJECT, ALL]
    default: ALL
  log_destination_type:
    description: Where the records go.
    type: str
    choices: [cloud-watch-logs, s3]
    default: cloud-watch-logs
  log_group_name:
    description:
      - The log group. EC2 takes one that doesn't exist, and delivers nothing.
      - Required with O(state=present) and O(log_destination_type=cloud-watch-logs).
    type: str
  log_destination:
    description:
      - The ARN of the bucket, with a prefix where one is wanted.
      - Required with O(state=present) and O(log_destination_type=s3).
    type: str
  deliver_logs_permission_arn:
    description:
      - The ARN of the role that EC2 writes to the log group with.
      - Required with O(state=present) and O(log_destination_type=cloud-watch-logs).
    type: str
  max_aggregation_interval:
    description:
      - Seconds over which packets of one flow are gathered into one record.
      - AWS takes 600 where a new flow log asks for none. One that stands keeps its own.
    type: int
    choices: [60, 600]
  log_format:
    description:
      - The fields of a record, as C(${version} ${srcaddr} …).
      - AWS takes its default format where a new flow log asks for none. One that stands keeps its own.
    type: str
  wait_timeout:
    description:
      - Seconds to wait for a role that was just made to be known to EC2, and for the new flow log to be listed.
    type: int
    default: 90
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Record all traffic of a VPC in a log group
  mlinfra.aws.vpc_flow_log:
    resource_id: vpc-0a1b2c3d4e5f60718
    name: mlinfra-dev
    log_group_name: /aws/vpc/mlinfra-dev
    deliver_logs_permission_arn: arn:aws:iam::123456789012:role/mlinfra-dev-flow-log
    tags:
      Project: mlinfra

- name: Record what is refused in a bucket, every minute
  mlinfra.aws.vpc_flow_log:
    resource_id: subnet-0a1b2c3d4e5f60718
    name: refused
    traffic_type: REJECT
    log_destination_type: s3
    log_destination: arn:aws:s3:::flow-logs/refused/
    max_aggregation_interval: 60

- name: Record nothing any more
  mlinfra.aws.vpc_flow_log:
    state: absent
    resource_id: vpc-0a1b2c3d4e5f60718
    name: mlinfra-dev
"""

RETURN = r"""
flow_log:
  description:
    - The flow log as it stands afterwards, empty with O(state=absent).
    - In check mode what is asked for, without an id where it is new.
  returned: always
  type: dict
  contains:
    flow_log_id:
      description: Its id.
      type: str
      returned: when it stands
      sample: fl-0a1b2c3d4e5f60718
    resource_id:
      description: What it records.
      type: str
      returned: when it stands
      sample: vpc-0a1b2c3d4e5f60718
    traffic_type:
      description: Which traffic it records.
      type: str
      returned: when it stands
      sample: ALL
    log_destination_type:
      description: Where it writes.
      type: str
      returned: when it stands
      sample: cloud-watch-logs
    log_group_name:
      description: The log group it writes to.
      type: str
      returned: when it writes to a log group
      sample: /aws/vpc/mlinfra-dev
    log_destination:
      description: The ARN of what it writes to.
      type: str
      returned: when AWS says it
      sample: arn:aws:s3:::flow-logs
    deliver_logs_permission_arn:
      description: The role it writes with.
      type: str
      returned: when it writes to a log group
      sample: arn:aws:iam::123456789012:role/mlinfra-dev-flow-log
    deliver_logs_status:
      description: Whether the last delivery succeeded.
      type: str
      returned: when AWS says it
      sample: SUCCESS
    flow_log_status:
      description: Its state.
      type: str
      returned: when it stands
      sample: ACTIVE
    max_aggregation_interval:
      description: Seconds over which a record gathers packets.
      type: int
      returned: when it stands
      sample: 600
    log_format:
      description: The fields of a record.
      type: str
      returned: when it stands
      sample: ${version} ${account-id} ${action} ${log-status}
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {"Name": "mlinfra-dev"}
replaced:
  description: Whether one flow log was deleted and another created in its place.
  returned: always
  type: bool
reason:
  description: What could not be changed in place, one sentence for each attribute.
  returned: always
  type: list
  elements: str
  sample: ["traffic_type is ALL, asked for is REJECT"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.flow_log import api, transform, waiters

FlowLog = Mapping[str, Any]


def _listed(client: Any, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    if params["flow_log_id"]:
        return api.list_flow_logs(client, "flow-log-id", params["flow_log_id"])
    return api.list_flow_logs(client, "resource-id", params["resource_id"])


def _create(
    client: Any, params: Mapping[str, Any], attributes: Mapping[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    timeout = params["wait_timeout"]
    request = transform.request(attributes, tags)
    created = waiters.create_with_new_role(lambda: api.create_flow_log(client, **request), timeout)
    return waiters.until_listed(lambda: api.list_flow_logs(client, "flow-log-id", created), timeout)


def ensure_present(client: Any, params: Mapping[str, Any], current: FlowLog | None, check: bool) -> dict[str, Any]:
    """Creates, replaces or tags the flow log, and returns the module's result.

    Args:
        client: EC2's client.
        params: the module's arguments.
        current: the flow log meant, where one stands.
        check: whether nothing may be changed.
    """
    wanted = transform.wanted_attributes(params)
    reason = transform.differences(current, wanted) if current else []
    asked_tags = transform.wanted_tags(params)
    purge = params["purge_tags"] and params["tags"] is not None
    standing_tags = current["tags"] if current else {}
    tags = transform.tags_after(standing_tags, asked_tags, purge)
    changed = current is None or bool(reason) or tags != standing_tags
    if not changed:
        after = dict(current)
    elif current is None or reason:
        attributes = transform.replacement(current or {}, wanted)
        transform.resource_type(attributes["resource_id"])
        if check:
            after = {**attributes, "tags": tags}
        else:
            if current:
                api.delete_flow_log(client, current["flow_log_id"])
            after = _create(client, params, attributes, tags)
    else:
        if not check:
            to_set, to_unset = compare_aws_tags(standing_tags, tags)
            api.change_tags(client, current["flow_log_id"], to_set, to_unset)
        after = {**current, "tags": tags}
    return {"changed": changed, "replaced": bool(reason), "reason": reason, "flow_log": after}


def ensure_absent(client: Any, current: FlowLog | None, check: bool) -> dict[str, Any]:
    """Deletes the flow log where it stands, and returns the module's result."""
    if current and not check:
        api.delete_flow_log(client, current["flow_log_id"])
    return {"changed": current is not None, "replaced": False, "reason": [], "flow_log": {}}


def _diff(before: FlowLog, after: FlowLog) -> dict[str, Any]:
    def shown(flow_log: FlowLog) -> dict[str, Any]:
        return {key: flow_log[key] for key in (*transform.IMMUTABLE, "tags") if key in flow_log}

    return {"before": shown(before), "after": shown(after)}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "resource_id": {"type": "str"},
            "flow_log_id": {"type": "str"},
            "name": {"type": "str"},
            "traffic_type": {"type": "str", "choices": ["ACCEPT", "REJECT", "ALL"], "default": "ALL"},
            "log_destination_type": {
                "type": "str",
                "choices": ["cloud-watch-logs", "s3"],
                "default": "cloud-watch-logs",
            },
            "log_group_name": {"type": "str"},
            "log_destination": {"type": "str"},
            "deliver_logs_permission_arn": {"type": "str"},
            "max_aggregation_interval": {"type": "int", "choices": [60, 600]},
            "log_format": {"type": "str"},
            "wait_timeout": {"type": "int", "default": 90},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
        },
        required_if=[("state", "present", ["resource_id"])],
        required_one_of=[("resource_id", "flow_log_id")],
        mutually_exclusive=[("log_group_name", "log_destination")],
        supports_check_mode=True,
    )
    params = module.params
    needed = {"cloud-watch-logs": ("log_group_name", "deliver_logs_permission_arn"), "s3": ("log_destination",)}
    missing = [key for key in needed[params["log_destination_type"]] if not params[key]]
    if params["state"] == "present" and missing:
        module.fail_json(msg=f"log_destination_type {params['log_destination_type']} needs {' and '.join(missing)}")
    try:
        client = one_client(module, "ec2")
        current = transform.find(_listed(client, params), params, transform.wanted_attributes(params))
        if params["state"] == "absent":
            result = ensure_absent(client, current, module.check_mode)
        elif params["flow_log_id"] and current is None:
            module.fail_json(msg=f"There is no flow log {params['flow_log_id']}")
        else:
            result = ensure_present(client, params, current, module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    except ValueError as error:
        module.fail_json(msg=str(error))
    module.exit_json(diff=_diff(current or {}, result["flow_log"]), **result)


if __name__ == "__main__":
    main()
