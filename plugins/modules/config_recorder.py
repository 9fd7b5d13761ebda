#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: config_recorder
version_added: 0.1.0
short_description: Manage the recorder of AWS Config
description:
  - Has AWS Config record how all resources of a region are configured, and deliver that to a bucket, and ends it again.
  - It records under the role of AWS's own, which is made where the account has not got it yet.
  - An account has one recorder in a region. One of somebody else's stays as it is, with O(owner_tags).
  - M(community.aws.config_recorder) and M(community.aws.config_delivery_channel) have no check mode, know no tags, and never start it.
options:
  state:
    description: Whether the recorder stands. What it has delivered stays.
    type: str
    choices: [present, absent]
    default: present
  role_arn:
    description: The ARN of the role that it records under. Required with O(state=present).
    type: str
  bucket:
    description: The bucket that it delivers to, whose policy has to let AWS Config. Required with O(state=present).
    type: str
  prefix:
    description: What the keys of its objects begin with.
    type: str
    default: ""
  frequency:
    description: Whether it records each change, or once a day what has changed.
    type: str
    choices: [CONTINUOUS, DAILY]
    default: CONTINUOUS
  global_resources:
    description: Whether it records what belongs to no region, such as roles. One recorder of an account is enough for that.
    type: bool
    default: true
  recording:
    description: Whether it records.
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
author:
  - The mlinfra.aws authors (!UNKNOWN)
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
- name: Record how everything is configured
  mlinfra.aws.config_recorder:
    role_arn: arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig
    bucket: mlinfra-dev-logs-0123456789
    prefix: config
    tags: &tags {Project: mlinfra, Environment: dev}
    owner_tags: *tags

- name: Record it no more
  mlinfra.aws.config_recorder:
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
  sample: [recording]
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
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.config_recorder.api import Recorder
from ansible_collections.mlinfra.aws.plugins.module_utils.config_recorder.transform import FREQUENCIES
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The recorder as it shall stand, in the words of DescribeConfigurationRecorders, with its channel."""
    return {
        "roleARN": params["role_arn"],
        "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": params["global_resources"]},
        "recordingMode": {"recordingFrequency": params["frequency"]},
        "recording": params["recording"],
        "deliveryChannel": {"s3BucketName": params["bucket"], "s3KeyPrefix": params["prefix"]},
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "role_arn": {"type": "str"},
            "bucket": {"type": "str"},
            "prefix": {"type": "str", "default": ""},
            "frequency": {"type": "str", "choices": list(FREQUENCIES), "default": FREQUENCIES[0]},
            **{name: {"type": "bool", "default": True} for name in ("global_resources", "recording")},
            "tags": {"type": "dict", "default": {}},
            "owner_tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["role_arn", "bucket"])],
        supports_check_mode=True,
    )

    def made() -> Recorder:
        clients = Clients(module)
        return Recorder(clients("config"), clients("iam"))

    manage(module, made, wanted)


if __name__ == "__main__":
    main()
