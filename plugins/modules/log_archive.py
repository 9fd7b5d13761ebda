#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive
version_added: 0.1.0
short_description: Manage an archive of log groups in a bucket
description:
  - Has log groups of CloudWatch Logs deliver their events to a bucket as they come, by a stream of Firehose and a subscription filter
    on each group, and ends it again.
  - Events that a group had before stay where they are. What was delivered stays in the bucket.
  - A log group takes two subscription filters.
options:
  state:
    description: Whether the archive stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The stream's name, and that of the subscription filters.
    type: str
    required: true
  bucket_arn:
    description: ARN of the bucket. Required with O(state=present).
    type: str
  prefix:
    description: What the keys of objects begin with. Firehose adds year, month, day and hour to it.
    type: str
    default: ""
  error_prefix:
    description: The same, of what could not be delivered as it is.
    type: str
    default: ""
  role_arn:
    description: ARN of the role by which Firehose writes to the bucket. Required with O(state=present).
    type: str
  log_role_arn:
    description: ARN of the role by which CloudWatch Logs writes to the stream. Required with O(state=present).
    type: str
  kms_key_arn:
    description: >-
      ARN of the key that encrypts what the stream holds and what it delivers. Empty for a key of AWS's own for the one, and the
      bucket's key for the other.
    type: str
    default: ""
  buffer_seconds:
    description: How long Firehose collects events for an object, 60 to 900 seconds.
    type: int
    default: 300
  buffer_mib:
    description: At how much of them it does not wait any longer, 1 to 128 MiB.
    type: int
    default: 5
  log_groups:
    description: Names of the log groups that deliver to it.
    type: list
    elements: str
    default: []
  other_log_groups:
    description: Names of log groups that may deliver to it from before, and shall no more.
    type: list
    elements: str
    default: []
  tags:
    description: All tags of the stream.
    type: dict
    default: {}
  wait_timeout:
    description: Seconds to wait for the stream to stand, and for IAM to spread roles that were just made.
    type: int
    default: 300
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
- name: Keep what instances log in the bucket of logs
  mlinfra.aws.log_archive:
    name: mlinfra-dev-logs
    bucket_arn: arn:aws:s3:::mlinfra-dev-logs-0123456789
    prefix: logs/
    error_prefix: logs-failed/
    role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-archive
    log_role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-log-delivery
    log_groups: [/aws/ec2/mlinfra-dev-ml-training]

- name: Archive no more
  mlinfra.aws.log_archive:
    name: mlinfra-dev-logs
    other_log_groups: [/aws/ec2/mlinfra-dev-ml-training]
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of what stood and stands, in the words of the services.
  returned: success
  type: list
  elements: str
  sample: [Destination.Prefix]
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
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.log_archive.api import Archive
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The archive as it shall stand, in the words of DescribeDeliveryStream and DescribeSubscriptionFilters."""
    key = params["kms_key_arn"]
    return {
        "DeliveryStreamName": params["name"],
        "DeliveryStreamEncryptionConfiguration": (
            {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key} if key else {"KeyType": "AWS_OWNED_CMK"}
        ),
        "Destination": {
            "RoleARN": params["role_arn"],
            "BucketARN": params["bucket_arn"],
            "Prefix": params["prefix"],
            "ErrorOutputPrefix": params["error_prefix"],
            "BufferingHints": {"SizeInMBs": params["buffer_mib"], "IntervalInSeconds": params["buffer_seconds"]},
            # CloudWatch Logs sends each batch of events packed: one after the other they are a file of gzip again.
            "CompressionFormat": "UNCOMPRESSED",
            "FileExtension": ".gz",
            "EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}
            if key
            else {"NoEncryptionConfig": "NoEncryption"},
        },
        "Subscriptions": [
            {"logGroupName": group, "filterPattern": "", "roleArn": params["log_role_arn"]}
            for group in params["log_groups"]
        ],
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            **{name: {"type": "str"} for name in ("bucket_arn", "role_arn", "log_role_arn")},
            **{name: {"type": "str", "default": ""} for name in ("prefix", "error_prefix")},
            "kms_key_arn": {"type": "str", "default": "", "no_log": False},
            "buffer_seconds": {"type": "int", "default": 300},
            "buffer_mib": {"type": "int", "default": 5},
            **{name: {"type": "list", "elements": "str", "default": []} for name in ("log_groups", "other_log_groups")},
            "tags": {"type": "dict", "default": {}},
            "wait_timeout": {"type": "int", "default": 300},
        },
        required_if=[("state", "present", ["bucket_arn", "role_arn", "log_role_arn"])],
        supports_check_mode=True,
    )
    params = module.params

    def made() -> Archive:
        clients = Clients(module)
        groups = params["log_groups"] + params["other_log_groups"]
        return Archive(clients("firehose"), clients("logs"), params["name"], groups, params["wait_timeout"])

    manage(module, made, wanted)


if __name__ == "__main__":
    main()
