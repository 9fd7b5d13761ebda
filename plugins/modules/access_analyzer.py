#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: access_analyzer
version_added: 0.1.0
short_description: Manage the analyzer of external access
description:
  - Makes an analyzer of IAM Access Analyzer, which looks for what others outside the account may use, and deletes it.
  - An account has one of the kind in a region. One of somebody else's, or of its organization, stays as it is, with O(owner_tags).

author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the analyzer stands. Its findings go with it.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The analyzer's name. Required with O(state=present).
    type: str
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
- name: Look for what others may use
  mlinfra.aws.access_analyzer:
    name: mlinfra-dev
    tags: &tags {Project: mlinfra, Environment: dev}
    owner_tags: *tags

- name: Look for it no more
  mlinfra.aws.access_analyzer:
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
  sample: [Tags.Owner]
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
from ansible_collections.mlinfra.aws.plugins.module_utils.access_analyzer.api import Analyzer
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The analyzer as it shall stand, in the words of GetAnalyzer."""
    return {
        "name": params["name"],
        "type": "ACCOUNT",
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
            "owner_tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["name"])],
        supports_check_mode=True,
    )
    manage(module, lambda: Analyzer(one_client(module, "accessanalyzer")), wanted)


if __name__ == "__main__":
    main()
