#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: event_rule
version_added: 0.1.0
short_description: Manage a rule of EventBridge
description:
  - Creates a rule that sends events of a pattern to targets, changes what differs of it, and deletes it.
  - M(amazon.aws.cloudwatchevent_rule) has no check mode and knows no tags.

author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the rule stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The rule's name, on the default bus.
    type: str
    required: true
  description:
    description: What people read of it.
    type: str
    default: ""
  pattern:
    description: Which events it sends. Required with O(state=present).
    type: dict
  enabled:
    description: Whether it sends them.
    type: bool
    default: true
  targets:
    description: The ARNs of those that it sends them to, each by an id. All others are removed.
    type: dict
    default: {}
  tags:
    description: All of its tags.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns what differs, before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Have a topic told of serious findings
  mlinfra.aws.event_rule:
    name: mlinfra-dev-guardduty
    pattern:
      source: [aws.guardduty]
      detail: {severity: [{numeric: [">=", 7]}]}
    targets:
      alarms: arn:aws:sns:us-east-1:123456789012:mlinfra-dev-alarms

- name: Have it told no more
  mlinfra.aws.event_rule:
    name: mlinfra-dev-guardduty
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of what stood and stands, in the words of the service.
  returned: success
  type: list
  elements: str
  sample: [EventPattern]
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. Empty where nothing stood.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. Empty where nothing stands any more.
      type: dict
      returned: always
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.event_rule.api import Rule
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The rule as it shall stand, in the words of DescribeRule."""
    return {
        "Name": params["name"],
        "Description": params["description"],
        "EventPattern": params["pattern"],
        "State": "ENABLED" if params["enabled"] else "DISABLED",
        "Targets": [{"Id": identifier, "Arn": arn} for identifier, arn in params["targets"].items()],
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "description": {"type": "str", "default": ""},
            "pattern": {"type": "dict"},
            "enabled": {"type": "bool", "default": True},
            "targets": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["pattern"])],
        supports_check_mode=True,
    )
    manage(module, lambda: Rule(one_client(module, "events"), module.params["name"]), wanted)


if __name__ == "__main__":
    main()
