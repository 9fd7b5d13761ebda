#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_dashboard
version_added: 0.1.0
short_description: Manage a CloudWatch dashboard
description:
  - Writes and deletes one dashboard.
  - The body is compared by what it means, so that neither spaces nor the order of members cause a change.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the dashboard stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The name of the dashboard.
    type: str
    required: true
  body:
    description:
      - The dashboard, as a dictionary or as JSON.
      - U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html)
        describes it.
      - Required with O(state=present).
    type: json
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Show the processor of an instance
  mlinfra.aws.cloudwatch_dashboard:
    name: mlinfra-dev
    body:
      widgets:
        - type: metric
          width: 12
          height: 6
          properties:
            title: CPU
            region: us-east-1
            metrics:
              - [AWS/EC2, CPUUtilization, InstanceId, i-0a1b2c3d4e5f60718]

- name: Take the dashboard from a file
  mlinfra.aws.cloudwatch_dashboard:
    name: mlinfra-dev
    body: "{{ lookup('ansible.builtin.file', 'dashboard.json') }}"

- name: Remove the dashboard
  mlinfra.aws.cloudwatch_dashboard:
    name: mlinfra-dev
    state: absent
"""

RETURN = r"""
dashboard:
  description: The dashboard as it stands afterwards, empty with O(state=absent).
  returned: always
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: when it stands
      sample: mlinfra-dev
    arn:
      description: Its ARN.
      type: str
      returned: when it stands, except in check mode when it is new
      sample: arn:aws:cloudwatch::123456789012:dashboard/mlinfra-dev
    body:
      description: Its body.
      type: dict
      returned: when it stands
      sample: {"widgets": []}
validation_messages:
  description: CloudWatch's remarks on the body that was written. They are shown as warnings, too.
  returned: always
  type: list
  elements: str
  sample: ["/widgets/0/properties: Property region is missing"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.dashboard import api, transform


def _standing(client: Any, name: str) -> dict[str, Any]:
    found = api.get_dashboard(client, name)
    return {"name": name, "arn": found["arn"], "body": transform.parse_body(found["body"])} if found else {}


def ensure_present(
    client: Any, name: str, body: Mapping[str, Any], current: Mapping[str, Any], check: bool
) -> dict[str, Any]:
    """Writes the dashboard where its body differs, and returns the module's result.

    Args:
        client: CloudWatch's client.
        name: the dashboard's name.
        body: the body asked for.
        current: the dashboard that stands, or nothing.
        check: whether nothing may be changed.
    """
    if current and transform.same_json(current["body"], body):
        return {"changed": False, "validation_messages": [], "dashboard": dict(current)}
    if check:
        return {"changed": True, "validation_messages": [], "dashboard": {**current, "name": name, "body": body}}
    remarks = api.put_dashboard(client, name, transform.render_body(body))
    return {"changed": True, "validation_messages": remarks, "dashboard": _standing(client, name)}


def ensure_absent(client: Any, name: str, current: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Deletes the dashboard where it stands, and returns the module's result."""
    if current and not check:
        api.delete_dashboard(client, name)
    return {"changed": bool(current), "validation_messages": [], "dashboard": {}}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "body": {"type": "json"},
        },
        required_if=[("state", "present", ["body"])],
        supports_check_mode=True,
    )
    name = module.params["name"]
    try:
        client = one_client(module, "cloudwatch")
        current = _standing(client, name)
        if module.params["state"] == "absent":
            result = ensure_absent(client, name, current, module.check_mode)
        else:
            body = transform.parse_body(module.params["body"])
            result = ensure_present(client, name, body, current, module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    except ValueError as error:
        module.fail_json(msg=str(error))
    for remark in result["validation_messages"]:
        module.warn(f"Dashboard {name}: {remark}")
    diff = {"before": current.get("body", {}), "after": result["dashboard"].get("body", {})}
    module.exit_json(diff=diff, **result)


if __name__ == "__main__":
    main()
