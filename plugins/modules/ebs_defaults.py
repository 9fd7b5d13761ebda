#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ebs_defaults
version_added: 0.1.0
short_description: Manage what an account has EBS do by default in a region
description:
  - Sets whether EC2 encrypts every new volume and snapshot, by which key, and whether snapshots may be shared with everyone.
  - These are settings of the account in a region, and of no environment by itself. One that is omitted is left as it is.
options:
  encrypted:
    description: Whether EC2 encrypts every new volume, and every copy of a snapshot.
    type: bool
  kms_key_id:
    description:
      - The ARN of the key that encrypts where nobody names another. V(alias/aws/ebs) is AWS's own.
    type: str
  only_from:
    description: Change the key only where this is it now. Empty for any.
    type: str
    default: ""
  snapshot_block_public_access:
    description:
      - V(block-all-sharing) has nobody see snapshots that are shared with everyone, V(block-new-sharing) lets those be that are
        shared already.
    type: str
    choices: [block-all-sharing, block-new-sharing, unblocked]
author:
  - The mlinfra.aws authors (!UNKNOWN)
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns the settings before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Encrypt every new volume by a key of one's own, and keep snapshots private
  mlinfra.aws.ebs_defaults:
    encrypted: true
    kms_key_id: arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef
    snapshot_block_public_access: block-all-sharing

- name: Go back to AWS's key
  mlinfra.aws.ebs_defaults:
    kms_key_id: alias/aws/ebs
"""

RETURN = r"""
ebs_defaults:
  description: Those of the settings that were given, as they are now, in EC2's words.
  returned: success
  type: dict
  sample:
    EbsEncryptionByDefault: true
    KmsKeyId: alias/aws/ebs
    SnapshotBlockPublicAccess: block-all-sharing
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.ebs_defaults import api

# The module's option by EC2's name of the setting. The key is written before it is used by default.
OPTIONS = {
    "KmsKeyId": "kms_key_id",
    "EbsEncryptionByDefault": "encrypted",
    "SnapshotBlockPublicAccess": "snapshot_block_public_access",
}


def settle(client: Any, wanted: Mapping[str, Any], only_from: str, check: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sets what differs, and returns the settings as they were and as they are then.

    Args:
        client: the client of EC2.
        wanted: the settings by EC2's names.
        only_from: the key that another takes the place of; empty for any.
        check: whether nothing may be changed.
    """
    before = api.read(client, wanted)
    if "KmsKeyId" in before:
        before["KmsKeyId"] = api.key_form(before["KmsKeyId"])
    after = dict(wanted)
    if only_from and "KmsKeyId" in after and before["KmsKeyId"] != only_from:
        after["KmsKeyId"] = before["KmsKeyId"]
    for name in OPTIONS:
        if name in after and after[name] != before[name] and not check:
            api.write(client, name, after[name])
    return before, after


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "encrypted": {"type": "bool"},
            # The id of a key is no secret.
            "kms_key_id": {"type": "str", "no_log": False},
            "only_from": {"type": "str", "default": ""},
            "snapshot_block_public_access": {
                "type": "str",
                "choices": ["block-all-sharing", "block-new-sharing", "unblocked"],
            },
        },
        required_one_of=[list(OPTIONS.values())],
        supports_check_mode=True,
    )
    given = {name: module.params[option] for name, option in OPTIONS.items() if module.params[option] is not None}
    wanted = {**given, "KmsKeyId": api.key_form(given["KmsKeyId"])} if "KmsKeyId" in given else given
    try:
        client = one_client(module, "ec2")
        before, after = settle(client, wanted, module.params["only_from"], module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=before != after, ebs_defaults=after, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
