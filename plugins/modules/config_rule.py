#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: config_rule
version_added: 0.1.0
short_description: Manage a rule of AWS Config
description:
  - Has AWS Config judge what it records by one of AWS's managed rules, changes what differs of it, and deletes it.
  - It needs a recorder in the account and region, such as M(mlinfra.aws.config_recorder) makes.
  - M(community.aws.config_rule) has no check mode and knows no tags.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the rule stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The rule's name.
    type: str
    required: true
  description:
    description: What people read of it.
    type: str
    default: ""
  identifier:
    description: Identifier of the managed rule. Required with O(state=present).
    type: str
  parameters:
    description: What the managed rule is given, by its parameters' names.
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
- name: Have buckets that anybody may read found
  mlinfra.aws.config_rule:
    name: mlinfra-dev-s3-bucket-public-read-prohibited
    identifier: S3_BUCKET_PUBLIC_READ_PROHIBITED

- name: Look for them no more
  mlinfra.aws.config_rule:
    name: mlinfra-dev-s3-bucket-public-read-prohibited
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
  sample: [InputParameters.maxAccessKeyAge]
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
from ansible_collections.mlinfra.aws.plugins.module_utils.config_rule.api import ConfigRule
from ansible_collections.mlinfra.aws.plugins.module_utils.config_rule.transform import parameters
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The rule as it shall stand, in the words of DescribeConfigRules."""
    return {
        "ConfigRuleName": params["name"],
        "Description": params["description"],
        "Source": {"Owner": "AWS", "SourceIdentifier": params["identifier"]},
        "InputParameters": parameters(params["parameters"]),
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "description": {"type": "str", "default": ""},
            "identifier": {"type": "str"},
            **{name: {"type": "dict", "default": {}} for name in ("parameters", "tags")},
        },
        required_if=[("state", "present", ["identifier"])],
        supports_check_mode=True,
    )
    manage(module, lambda: ConfigRule(one_client(module, "config"), module.params["name"]), wanted)


if __name__ == "__main__":
    main()
