#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket_replication
version_added: 0.1.0
short_description: Manage the replication of a bucket
description:
  - Has S3 copy what is put into a bucket to buckets elsewhere, changes what differs of that, and ends it.
  - All of the bucket's rules are written at once. What was in the bucket before its first rule is not copied.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the bucket is replicated. What was copied stays where it is.
    type: str
    choices: [present, absent]
    default: present
  bucket:
    description: The bucket that is copied from. It has to keep versions, and so have those that are copied to.
    type: str
    required: true
  account:
    description: Id of the account that the bucket has to belong to. S3 then refuses to work on anybody else's.
    type: str
    default: ""
  role_arn:
    description: The ARN of the role that S3 copies with. Required with O(state=present).
    type: str
  rules:
    description:
      - All of its rules, in the words of PutBucketReplication. Required with O(state=present).
      - What a rule does not say is what S3 does by itself.
    type: list
    elements: dict
    default: []
    suboptions:
      ID:
        description: Its name, of its own among the rules.
        type: str
        required: true
      Status:
        description: Whether it is in force.
        type: str
        choices: [Enabled, Disabled]
        default: Enabled
      Priority:
        description: Of several rules that a key meets for the same bucket the one with the highest number counts.
        type: int
        default: 0
      Filter:
        description: >-
          Which keys it is about, as a V(Prefix), a V(Tag) with V(Key) and V(Value), or V(And) with a V(Prefix) and V(Tags). All
          where it says nothing.
        type: dict
      DeleteMarkerReplication:
        description: Whether what is marked as deleted is marked there, too, as a V(Status). Not together with tags.
        type: dict
      SourceSelectionCriteria:
        description: Whether what KMS encrypts is copied, as a V(Status) in V(SseKmsEncryptedObjects), and changes made of replicas.
        type: dict
      Destination:
        description: >-
          The V(Bucket) to copy to, by its ARN, with the V(StorageClass) of the copies, the key that they are encrypted by as
          V(ReplicaKmsKeyID) in V(EncryptionConfiguration), V(ReplicationTime) to have them there within 15 minutes, and V(Metrics)
          of how far it is.
        type: dict
        required: true
  wait_timeout:
    description: Seconds to wait for a bucket that was just made, or has just begun to keep versions.
    type: int
    default: 60
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
- name: Copy all of a bucket to another region, what is deleted included
  mlinfra.aws.s3_bucket_replication:
    bucket: mlinfra-dev-datasets-0123456789
    role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-replication
    rules:
      - ID: all
        DeleteMarkerReplication: {Status: Enabled}
        Destination:
          Bucket: arn:aws:s3:::mlinfra-dev-datasets-0123456789-eu-west-1
          StorageClass: STANDARD_IA
          Metrics: {Status: Enabled}

- name: Copy no more
  mlinfra.aws.s3_bucket_replication:
    bucket: mlinfra-dev-datasets-0123456789
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: What differed of a replication that stood and stands, C(Role) or C(Rules).
  returned: success
  type: list
  elements: str
  sample: [Rules]
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: What differs, as it stood. Empty where nothing was copied.
      type: dict
      returned: always
    after:
      description: The same, as it stands then. Empty where nothing is copied any more.
      type: dict
      returned: always
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import attribute_changes, modified
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known
from ansible_collections.mlinfra.aws.plugins.module_utils.replication import api, transform

Entry = Mapping[str, Any]


def wanted(params: Entry) -> dict[str, Any]:
    """The replication as it shall stand, in the words of GetBucketReplication."""
    rules = [{name: value for name, value in rule.items() if value is not None} for rule in params["rules"]]
    return {"Bucket": params["bucket"], "Role": params["role_arn"], "Rules": rules}


def ensure_present(
    client: Any, want: Entry, standing: Entry | None, account: str, check: bool, timeout: float
) -> dict[str, Any]:
    """Makes the replication as it shall be, and returns the module's result.

    Args:
        client: S3's client.
        want: the replication as it shall stand.
        standing: as it was read; None where there is no bucket.
        account: whose the bucket has to be; empty for anybody's.
        check: whether nothing may be changed.
        timeout: seconds to wait for buckets that were just made.

    Raises:
        AnsibleAWSError: where there is no bucket, but in check mode, in which it may be one that is made before.
    """
    request = transform.request(want)
    if standing is None and not check:
        raise AnsibleAWSError(message=f"The bucket {want['Bucket']} does not stand: make it first")
    stands = bool(standing and standing["Rules"])
    changes = attribute_changes("bucket_replication", want, standing) if stands else ()
    if not check and (changes or not stands):
        once_the_role_is_known(
            lambda: api.write(client, want["Bucket"], account, request), timeout, unknown=api.is_not_ready
        )
    if not stands:
        return {"changed": True, "action": "create", "changes": [], "diff": {"before": {}, "after": request}}
    return modified(changes)


def ensure_absent(client: Any, standing: Entry | None, account: str, check: bool) -> dict[str, Any]:
    """Ends the replication where there is one, and returns the module's result."""
    stands = bool(standing and standing["Rules"])
    if stands and not check:
        api.delete(client, standing["Bucket"], account)
    return {
        "changed": stands,
        "action": "delete" if stands else "none",
        "changes": [],
        "diff": {"before": transform.request(standing) if stands else {}, "after": {}},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "bucket": {"type": "str", "required": True},
            "account": {"type": "str", "default": ""},
            "role_arn": {"type": "str"},
            "rules": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "ID": {"type": "str", "required": True},
                    "Status": {"type": "str", "choices": ["Enabled", "Disabled"], "default": "Enabled"},
                    "Priority": {"type": "int", "default": 0},
                    "Filter": {"type": "dict"},
                    "DeleteMarkerReplication": {"type": "dict"},
                    "SourceSelectionCriteria": {"type": "dict"},
                    "Destination": {"type": "dict", "required": True},
                },
            },
            "wait_timeout": {"type": "int", "default": 60},
        },
        required_if=[("state", "present", ["role_arn"])],
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    problems = transform.problems(params["rules"]) if params["state"] == "present" else []
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        client = one_client(module, "s3")
        standing = api.read(client, params["bucket"], params["account"])
        if params["state"] == "absent":
            result = ensure_absent(client, standing, params["account"], check)
        else:
            result = ensure_present(client, wanted(params), standing, params["account"], check, params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
