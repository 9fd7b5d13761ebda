#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: guardduty_detector
version_added: 0.1.0
short_description: Manage the detector of GuardDuty
description:
  - Turns GuardDuty on in a region, chooses what its detector looks at, and turns it off again.
  - An account has one detector in a region. One of somebody else's stays as it is, with O(owner_tags).

author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the detector stands. Its findings go with it.
    type: str
    choices: [present, absent]
    default: present
  enabled:
    description: Whether it looks for threats. V(false) suspends it, and keeps its findings.
    type: bool
    default: true
  frequency:
    description: How often a finding that was told of already is told of again.
    type: str
    choices: [FIFTEEN_MINUTES, ONE_HOUR, SIX_HOURS]
    default: SIX_HOURS
  features:
    description:
      - What it looks at beyond the events of CloudTrail, flow logs and DNS. All others are turned off.
      - AWS charges for each by what it reads.
    type: list
    elements: str
    choices: [EBS_MALWARE_PROTECTION, EKS_AUDIT_LOGS, LAMBDA_NETWORK_LOGS, RDS_LOGIN_EVENTS, S3_DATA_EVENTS]
    default: []
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
- name: Look for threats, in what is done with objects too
  mlinfra.aws.guardduty_detector:
    frequency: FIFTEEN_MINUTES
    features: [S3_DATA_EVENTS]
    tags: &tags {Project: mlinfra, Environment: dev}
    owner_tags: *tags

- name: Look for threats no more
  mlinfra.aws.guardduty_detector:
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
  sample: [Status]
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
from ansible_collections.mlinfra.aws.plugins.module_utils.guardduty.api import Detector
from ansible_collections.mlinfra.aws.plugins.module_utils.guardduty.transform import FEATURES, FREQUENCIES, features
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The detector as it shall stand, in the words of GetDetector."""
    return {
        "Status": "ENABLED" if params["enabled"] else "DISABLED",
        "FindingPublishingFrequency": params["frequency"],
        "Features": features(params["features"]),
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "enabled": {"type": "bool", "default": True},
            "frequency": {"type": "str", "choices": list(FREQUENCIES), "default": "SIX_HOURS"},
            "features": {"type": "list", "elements": "str", "choices": list(FEATURES), "default": []},
            "tags": {"type": "dict", "default": {}},
            "owner_tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    manage(module, lambda: Detector(one_client(module, "guardduty")), wanted)


if __name__ == "__main__":
    main()
