#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bucket_info
version_added: 0.1.0
short_description: Read S3 buckets side by side, and whether they hold data
description:
  - Reads the configuration of any number of buckets in one process, which of their marker objects are missing,
    and whether they hold data.
  - M(amazon.aws.s3_bucket_info) reads one bucket after the other, takes a refused call for an empty answer,
    and knows nothing of contents.
  - It only reads.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  buckets:
    description: The buckets to read.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The bucket's name.
        type: str
        required: true
      markers:
        description: Keys to look for, such as C(raw/).
        type: list
        elements: str
        default: []
  contents:
    description:
      - Whether to look for data, which lists the versions of all objects until it meets the first one that is data.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Read two buckets
  mlinfra.aws.bucket_info:
    contents: true
    buckets:
      - name: mlinfra-dev-datasets-0123456789
        markers: [raw/, processed/]
      - name: mlinfra-dev-models-0123456789
"""

RETURN = r"""
buckets:
  description: What was found, in the order of O(buckets).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The bucket's name.
      type: str
      returned: always
    exists:
      description: Whether it stands.
      type: bool
      returned: always
    attributes:
      description:
        - Its configuration in AWS's own words, what isn't configured as an empty dictionary. Empty when it doesn't stand.
      type: dict
      returned: always
      sample:
        BucketEncryption: {Rules: [{ApplyServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
        VersioningConfiguration: {Status: Enabled}
        PublicAccessBlockConfiguration: {}
        OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
        Policy: {}
        LifecycleConfiguration: {}
        BucketLoggingStatus: {}
        Tags: {Project: mlinfra}
    missing_markers:
      description: Those of the markers that have no object.
      type: list
      elements: str
      returned: always
    holds_data:
      description:
        - Whether it holds a version of anything but markers, which are empty objects whose keys end in a slash.
        - Delete markers alone are no data.
      type: bool
      returned: when O(contents=true)
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.api import Buckets, named
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.transform import DECLARABLE
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client


def read(buckets: Buckets, name: str, markers: list[str], contents: bool) -> dict[str, Any]:
    """What the module returns of one bucket.

    Args:
        buckets: the reader.
        name: the bucket's name.
        markers: keys to look for.
        contents: whether to look for data.
    """
    standing = buckets.standing(name, DECLARABLE, markers)
    found = {
        "name": name,
        "exists": standing is not None,
        "attributes": standing.attributes if standing else {},
        "missing_markers": list(standing.missing_markers if standing else markers),
    }
    if contents:
        found["holds_data"] = standing is not None and buckets.holds_data(name)
    return found


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "buckets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "markers": {"type": "list", "elements": "str", "default": []},
                },
            },
            "contents": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )

    def one(asked: dict[str, Any]) -> dict[str, Any]:
        with named(asked["name"]):
            return read(buckets, asked["name"], asked["markers"], module.params["contents"])

    try:
        buckets = Buckets(one_client(module, "s3"))
        with ThreadPoolExecutor() as executor:
            found = list(executor.map(one, module.params["buckets"]))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, buckets=found)


if __name__ == "__main__":
    main()
