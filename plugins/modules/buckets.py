#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: buckets
version_added: 0.1.0
short_description: Manage S3 buckets with all of their configuration, side by side
description:
  - Makes any number of buckets exactly as they are declared, in one process, or deletes them with what they hold.
  - A new bucket is closed to the public and gets its policy and its tags before all else.
  - M(amazon.aws.s3_bucket) and M(community.aws.s3_lifecycle) know no check mode, take a process for each bucket and each
    lifecycle rule, and leave lifecycle rules that nobody declares where they are.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the buckets stand.
    type: str
    choices: [present, absent]
    default: present
  buckets:
    description: The buckets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The bucket's name.
        type: str
        required: true
      attributes:
        description:
          - Its configuration, in the words of S3's API.
          - An attribute that is V({}) is removed. One that is left out is left as it is.
        type: dict
        default: {}
        suboptions:
          BucketEncryption:
            description: How objects are encrypted. V({}) is what S3 does by itself, which is V(AES256).
            type: dict
          VersioningConfiguration:
            description: Whether versions of objects are kept. V({}) keeps no more of them where they were kept.
            type: dict
          PublicAccessBlockConfiguration:
            description: How the public is kept out.
            type: dict
          OwnershipControls:
            description: Who owns the objects.
            type: dict
          Policy:
            description:
              - The bucket's policy.
              - With O(state=absent) and O(buckets[].contents=true), one that keeps everybody from deleting objects is
                removed first.
            type: dict
          LifecycleConfiguration:
            description: All of its lifecycle rules, each with an ID.
            type: dict
          BucketLoggingStatus:
            description:
              - Which of the buckets access is logged to, and under which prefix. V({}) logs none.
              - A bucket that others log into is made before them and removed after them.
            type: dict
          Tags:
            description: All of its tags, by their keys.
            type: dict
      markers:
        description:
          - Keys of its folders, each ending in a slash. They are empty objects, which make a prefix appear as a folder.
          - Folders that are not named are left as they are.
        type: list
        elements: str
        default: []
      contents:
        description:
          - Whether, with O(state=absent), all that the bucket holds goes with it, old versions and unfinished uploads too.
            There is no way back.
          - Otherwise a bucket is kept that holds anything but folders. Delete markers alone are nothing.
        type: bool
        default: false
      setting:
        description: What chooses the bucket's name, such as a variable. Errors say that it has to be another one.
        type: str
        default: ""
  purge:
    description:
      - Whether what can't be declared is removed, namely the bucket's website, CORS rules, replication and notifications.
        To look for them takes four calls for each bucket that stands.
    type: bool
    default: false
  unpurged:
    description: What O(purge) leaves as it is.
    type: list
    elements: str
    choices: [WebsiteConfiguration, CORSConfiguration, ReplicationConfiguration, NotificationConfiguration]
    default: []
  account:
    description: Id of the account that the buckets have to belong to. S3 then refuses to work on anybody else's.
    type: str
    default: ""
  owner_tags:
    description:
      - With O(state=absent), a bucket is kept that has tags, and not all of these among them.
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
- name: Make two buckets
  mlinfra.aws.buckets:
    purge: true
    buckets:
      - name: mlinfra-dev-datasets-0123456789
        markers: [raw/, processed/]
        attributes: &attributes
          BucketEncryption: {Rules: [{ApplyServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
          VersioningConfiguration: {Status: Enabled}
          OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
          PublicAccessBlockConfiguration:
            BlockPublicAcls: true
            IgnorePublicAcls: true
            BlockPublicPolicy: true
            RestrictPublicBuckets: true
          LifecycleConfiguration: {}
          Tags: {Project: mlinfra}
      - name: mlinfra-dev-models-0123456789
        attributes: *attributes

- name: Delete one with all that is in it, and one only if it holds no data
  mlinfra.aws.buckets:
    state: absent
    owner_tags: {Project: mlinfra}
    buckets:
      - name: mlinfra-dev-datasets-0123456789
        contents: true
      - name: mlinfra-dev-models-0123456789
"""

RETURN = r"""
buckets:
  description: What was done, or would be done, with each bucket, in the order of O(buckets).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    action:
      description: C(create), C(modify), C(delete), C(keep) where it was to be deleted and was not, or C(none).
      type: str
      returned: always
    changed:
      description: Whether it was changed.
      type: bool
      returned: always
    changes:
      description: The attributes that were written or removed, and C(Markers) where folders were made.
      type: list
      elements: str
      returned: when O(state=present)
      sample: [Policy, LifecycleConfiguration, Markers]
    reason:
      description:
        - Why it was kept. C(data) is because it holds some, and C(tags) because it does not carry O(owner_tags).
        - Empty where it was not kept.
      type: str
      returned: when O(state=absent)
diff:
  description: What differs, by the buckets' names.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. A bucket that did not stand is not among them.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. A bucket that does not stand any more is not among them.
      type: dict
      returned: always
"""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import transform
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.api import Buckets, named
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.configurations import ADDED
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.transform import Plan, Removal, Wanted
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client

# Buckets worked on at once, and calls that read at once.
AT_ONCE = 8
CALLS_AT_ONCE = 16
# How often a bucket is emptied that is filled again meanwhile.
TRIES = 3


def wanted(asked: Mapping[str, Any]) -> Wanted:
    """A bucket as it shall stand, from the module's option."""
    attributes = {name: value for name, value in asked["attributes"].items() if value is not None}
    if "Tags" in attributes:
        attributes["Tags"] = {key: str(value) for key, value in attributes["Tags"].items()}
    return Wanted(asked["name"], attributes, tuple(dict.fromkeys(asked["markers"])))


def ensure_present(buckets: Buckets, bucket: Wanted, purged: Collection[str], check: bool) -> Plan:
    """Makes a bucket as it shall be, and returns what was done.

    Args:
        buckets: makes the calls.
        bucket: the bucket.
        purged: what can't be declared and is removed.
        check: whether nothing may be changed.
    """
    reads = transform.to_read(bucket.attributes, purged)

    def plan() -> Plan:
        return transform.plan(bucket, buckets.standing(bucket.name, reads, bucket.markers), purged)

    made = plan()
    if check:
        return made
    if made.action == "create" and not buckets.create(bucket.name, made.ownership):
        made = plan()
    for attribute, value in made.writes.items():
        buckets.write(bucket.name, attribute, value)
    buckets.make_markers(bucket.name, made.markers)
    return made


def ensure_absent(
    buckets: Buckets, name: str, contents: bool, owner: Mapping[str, str], check: bool, locked: bool = False
) -> Removal:
    """Deletes a bucket, and returns what was done.

    Args:
        buckets: makes the calls.
        name: its name.
        contents: whether data goes with it.
        owner: tags that it has to have, if it has any.
        check: whether nothing may be changed.
        locked: whether its policy keeps objects from being deleted.

    Raises:
        AnsibleAWSError: where it can't be deleted.
    """
    tags = buckets.tags(name)
    if tags is None:
        return Removal(name, "none")
    if owner and not transform.is_owned(tags, owner):
        return Removal(name, "keep", "tags")
    if contents and locked and not check:
        buckets.lift_policy(name)
    for _each in range(TRIES):
        if not contents and buckets.holds_data(name):
            return Removal(name, "keep", "data")
        if check:
            return Removal(name, "delete", tags=tags)
        buckets.empty(name, contents)
        if buckets.delete(name):
            return Removal(name, "delete", tags=tags)
    raise AnsibleAWSError(message="What puts objects in all the time has to end before S3 deletes the bucket")


def fail_on_problems(module: AnsibleAWSModule, buckets: Buckets, asked: list[Wanted]) -> None:
    """Fails where something can be told to be wrong before the first call."""
    problems = [line for bucket in asked for line in buckets.refusals(bucket.name, bucket.attributes)]
    problems = problems or transform.problems(asked)
    if problems:
        module.fail_json(msg="; ".join(problems))


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "buckets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "attributes": {
                        "type": "dict",
                        "default": {},
                        "options": {name: {"type": "dict"} for name in transform.DECLARABLE},
                    },
                    "markers": {"type": "list", "elements": "str", "default": []},
                    "contents": {"type": "bool", "default": False},
                    "setting": {"type": "str", "default": ""},
                },
            },
            "purge": {"type": "bool", "default": False},
            "unpurged": {"type": "list", "elements": "str", "choices": list(ADDED), "default": []},
            "account": {"type": "str", "default": ""},
            "owner_tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    owner = {key: str(value) for key, value in params["owner_tags"].items()}

    declared = list(map(wanted, params["buckets"]))
    purged = [name for name in ADDED if params["purge"] and name not in params["unpurged"]]

    def one(asked: Mapping[str, Any], bucket: Wanted) -> Plan | Removal:
        with named(bucket.name, asked["setting"]):
            if params["state"] == "present":
                return ensure_present(buckets, bucket, purged, check)
            locked = transform.denies_deletion(bucket.attributes.get("Policy", {}))
            return ensure_absent(buckets, bucket.name, asked["contents"], owner, check, locked)

    try:
        client = one_client(module, "s3", connections=AT_ONCE + CALLS_AT_ONCE)
        with ThreadPoolExecutor(AT_ONCE) as executor, ThreadPoolExecutor(CALLS_AT_ONCE) as calls:
            buckets = Buckets(client, params["account"], calls.map)
            fail_on_problems(module, buckets, declared)
            # To remove them is the other way round: what is deleted elsewhere is logged, too.
            waves = transform.in_order(declared)[:: 1 if params["state"] == "present" else -1]
            done: dict[int, Plan | Removal] = {}
            for wave in waves:
                outcomes = executor.map(lambda at: one(params["buckets"][at], declared[at]), wave)
                done.update(zip(wave, outcomes, strict=True))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**transform.result(done[at] for at in sorted(done)))


if __name__ == "__main__":
    main()
