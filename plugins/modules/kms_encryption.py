#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kms_encryption
version_added: 0.1.0
short_description: Encrypt a log group or a topic by a KMS key, or no more
description:
  - Sets by which KMS key a log group or an SNS topic that stands is encrypted.
  - M(amazon.aws.cloudwatchlogs_log_group) knows the key of log groups that it makes only, M(community.aws.sns_topic) knows none.
  - The key's policy has to let CloudWatch Logs, or whoever publishes to the topic, use it.
options:
  log_group:
    description: Name of the log group.
    type: str
  topic_arn:
    description: ARN of the topic.
    type: str
  kms_key_id:
    description:
      - The key. For a log group its ARN, for a topic also its id, its alias, or the ARN of its alias.
      - Empty for none. A log group is encrypted by a key of AWS then, a topic is not encrypted at rest.
    type: str
    default: ""
author:
  - The mlinfra.aws authors (!UNKNOWN)
attributes:
  check_mode:
    description: Tells what would change and changes nothing. What does not stand yet is taken for not encrypted.
    support: full
  diff_mode:
    description: Returns the key before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Encrypt a log group
  mlinfra.aws.kms_encryption:
    log_group: /aws/vpc/mlinfra-dev
    kms_key_id: arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef

- name: Leave a topic unencrypted
  mlinfra.aws.kms_encryption:
    topic_arn: arn:aws:sns:us-east-1:123456789012:mlinfra-dev-alarms
"""

RETURN = r"""
kms_key_id:
  description: The key, empty for none.
  returned: success
  type: str
  sample: arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef
"""

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.kms_encryption.api import Encrypted, LogGroup, Topic


def settle(resource: Encrypted, wanted: str, check: bool) -> str:
    """Has a resource encrypted by a key, and returns the one that it was encrypted by.

    Args:
        resource: the resource.
        wanted: the key; empty for none.
        check: whether nothing may be changed.

    Raises:
        AnsibleAWSError: where it does not stand, or AWS refuses.
    """
    before = resource.key()
    if before is None and not check:
        raise AnsibleAWSError(message="What is to be encrypted does not stand")
    if before != wanted and not check:
        resource.encrypt(wanted)
    return before or ""


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "log_group": {"type": "str"},
            "topic_arn": {"type": "str"},
            # The id of a key is no secret.
            "kms_key_id": {"type": "str", "default": "", "no_log": False},
        },
        required_one_of=[["log_group", "topic_arn"]],
        mutually_exclusive=[["log_group", "topic_arn"]],
        supports_check_mode=True,
    )
    params = module.params
    try:
        resource: Encrypted
        if params["log_group"]:
            resource = LogGroup(one_client(module, "logs"), params["log_group"])
        else:
            resource = Topic(one_client(module, "sns"), params["topic_arn"])
        before, wanted = settle(resource, params["kms_key_id"], module.check_mode), params["kms_key_id"]
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    diff = {"before": {"kms_key_id": before}, "after": {"kms_key_id": wanted}}
    module.exit_json(changed=before != wanted, kms_key_id=wanted, diff=diff)


if __name__ == "__main__":
    main()
