#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: security_hub
version_added: 0.1.0
short_description: Manage Security Hub of a region
description:
  - Turns Security Hub on in a region, chooses the standards that it judges the account by, and turns it off again.
  - It judges by what AWS Config records. Without a recorder most controls have no verdict.
  - An account has one hub in a region. One of somebody else's stays as it is, with O(owner_tags).

author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether Security Hub is on. Its findings go with it.
    type: str
    choices: [present, absent]
    default: present
  standards:
    description:
      - The standards that it judges by, each as name and version such as V(aws-foundational-security-best-practices/v/1.0.0).
        All others are turned off.
      - AWS charges for each check.
    type: list
    elements: str
    default: []
  auto_enable_controls:
    description: Whether controls that AWS adds to these standards are on at once.
    type: bool
    default: true
  tags:
    description: All of its tags.
    type: dict
    default: {}
  owner_tags:
    description:
      - What stands is changed or deleted only where it carries these tags. Where it does not, somebody else made it, and
        RV(foreign) is true.
      - Empty for whoever made it.
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
- name: Judge the account by what AWS advises
  mlinfra.aws.security_hub:
    standards: [aws-foundational-security-best-practices/v/1.0.0]
    tags: &tags {Project: mlinfra, Environment: dev}
    owner_tags: *tags

- name: Judge it no more
  mlinfra.aws.security_hub:
    owner_tags: {Project: mlinfra, Environment: dev}
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
  sample: [Standards]
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
foreign:
  description: Whether it stands and is somebody else's, so that it was left alone.
  returned: success
  type: bool
  sample: false
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage
from ansible_collections.mlinfra.aws.plugins.module_utils.security_hub.api import Hub


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The hub as it shall stand, in the words of DescribeHub. A control that is part of several standards has one finding."""
    return {
        "AutoEnableControls": params["auto_enable_controls"],
        "ControlFindingGenerator": "SECURITY_CONTROL",
        "Standards": params["standards"],
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "standards": {"type": "list", "elements": "str", "default": []},
            "auto_enable_controls": {"type": "bool", "default": True},
            "tags": {"type": "dict", "default": {}},
            "owner_tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    manage(module, lambda: Hub(one_client(module, "securityhub")), wanted)


if __name__ == "__main__":
    main()
