#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: efs_file_system
version_added: 0.1.0
short_description: Manage a file system of EFS
description:
  - Makes a file system, changes what differs of its throughput, its lifecycle, its backup, its policy and its tags, and deletes it.
  - It is found by the name that it was made with, which an account has once in a region.
  - M(community.aws.efs) has neither check mode nor access to policy and backup, hence this module.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description:
      - Whether it stands. V(absent) deletes all files with it, and there is no way back.
      - Its mount targets have to be gone before, see M(mlinfra.aws.efs_mount_targets).
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Its name, 1 to 64 characters. It is its creation token, and its tag C(Name) too where O(tags) has no other.
    type: str
    required: true
  encrypted:
    description: Whether it is encrypted at rest. This can only be chosen when it is made.
    type: bool
    default: true
  kms_key_id:
    description:
      - The ARN of the key that encrypts it. This can only be chosen when it is made.
      - Empty for AWS's own key for EFS; of a file system that stands, it is not compared then.
    type: str
    default: ""
  performance_mode:
    description: This can only be chosen when it is made. V(maxIO) does not go with O(throughput_mode=elastic).
    type: str
    choices: [generalPurpose, maxIO]
    default: generalPurpose
  throughput_mode:
    description:
      - How much can be read and written. V(elastic) follows what is asked for, and costs what passes.
      - V(bursting) follows the size, V(provisioned) is O(provisioned_throughput).
      - Between two of them, and for less throughput, AWS wants a day to pass.
    type: str
    choices: [elastic, bursting, provisioned]
    default: elastic
  provisioned_throughput:
    description: MiB a second, 1 to 3414. Required with O(throughput_mode=provisioned), and goes with nothing else.
    type: float
  lifecycle:
    description:
      - When files go from one storage class to another. All others stay where they are.
    type: dict
    default: {}
    suboptions:
      infrequent_access_days:
        description: After so many days without a use they go to Infrequent Access. 0 for never.
        type: int
        choices: [0, 1, 7, 14, 30, 60, 90, 180, 270, 365]
        default: 0
      archive_days:
        description: After so many days they go to Archive, which only O(throughput_mode=elastic) has. 0 for never.
        type: int
        choices: [0, 1, 7, 14, 30, 60, 90, 180, 270, 365]
        default: 0
      back_on_use:
        description: Whether a file that is used comes back to Standard.
        type: bool
        default: false
  backup:
    description: Whether AWS Backup backs it up every day, and keeps that for 35 days.
    type: bool
    default: true
  policy:
    description: Who may mount it, as a policy of EFS. Empty for none, which lets in everybody who reaches a mount target.
    type: dict
    default: {}
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
  wait_timeout:
    description: Seconds to wait for EFS to be done with it.
    type: int
    default: 600
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
- name: Make a file system whose cold files cost less
  mlinfra.aws.efs_file_system:
    name: mlinfra-dev-shared
    lifecycle: {infrequent_access_days: 30, archive_days: 90, back_on_use: true}
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Deny
          Principal: {AWS: "*"}
          Action: elasticfilesystem:ClientMount
          Condition: {Bool: {"aws:SecureTransport": "false"}}
    tags: {Project: mlinfra, Environment: dev}

- name: Delete it with all files
  mlinfra.aws.efs_file_system:
    name: mlinfra-dev-shared
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of what stood and stands, in the words of EFS.
  returned: success
  type: list
  elements: str
  sample: [ThroughputMode]
file_system_id:
  description: Its id. Empty where there is none, and where it would be made in check mode.
  returned: success
  type: str
  sample: fs-0123456789abcdef0
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

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system.api import FileSystem
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system.transform import (
    DAYS,
    THROUGHPUT_MODES,
    after,
    fixed_problem,
)
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import settle

LONGEST_NAME = 64
MOST_THROUGHPUT = 3414


def wanted(params: Mapping[str, Any]) -> dict[str, Any]:
    """The file system as it shall stand, in the words of EFS."""
    moves = params["lifecycle"]
    days = {"TransitionToIA": moves["infrequent_access_days"], "TransitionToArchive": moves["archive_days"]}
    rules = [{name: after(number)} for name, number in days.items() if number]
    back = [{"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}] if moves["back_on_use"] else []
    return {
        "CreationToken": params["name"],
        "Encrypted": params["encrypted"],
        **({"KmsKeyId": params["kms_key_id"]} if params["kms_key_id"] else {}),
        "PerformanceMode": params["performance_mode"],
        "ThroughputMode": params["throughput_mode"],
        "ProvisionedThroughputInMibps": params["provisioned_throughput"] or 0.0,
        "LifecyclePolicies": rules + back,
        "BackupPolicy": {"Status": "ENABLED" if params["backup"] else "DISABLED"},
        "FileSystemPolicy": params["policy"],
        "Tags": {"Name": params["name"], **{key: str(value) for key, value in params["tags"].items()}},
    }


def problems(params: Mapping[str, Any]) -> list[str]:
    """What EFS would refuse, one line each."""
    found = []
    if not 1 <= len(params["name"]) <= LONGEST_NAME:
        found.append(f"name: {params['name']!r} must have 1 to {LONGEST_NAME} characters")
    ordered, mode = params["provisioned_throughput"], params["throughput_mode"]
    if mode == "provisioned" and not (ordered and 1 <= ordered <= MOST_THROUGHPUT):
        found.append(
            f"provisioned_throughput: {ordered} must be 1 to {MOST_THROUGHPUT} with throughput_mode: provisioned"
        )
    if mode != "provisioned" and ordered:
        found.append(f"provisioned_throughput: {ordered:g} goes with throughput_mode: provisioned, and not with {mode}")
    if mode == "elastic" and params["performance_mode"] == "maxIO":
        found.append("performance_mode: maxIO does not go with throughput_mode: elastic")
    moves = params["lifecycle"]
    if moves["archive_days"] and mode != "elastic":
        found.append(
            f"lifecycle.archive_days: {moves['archive_days']} goes with throughput_mode: elastic, and not with {mode}"
        )
    if 0 < moves["archive_days"] <= moves["infrequent_access_days"]:
        found.append("lifecycle.archive_days: it must be more than infrequent_access_days")
    if params["kms_key_id"] and not params["encrypted"]:
        found.append("kms_key_id: a key goes with encrypted: true")
    return found


def main() -> None:
    days = {"type": "int", "choices": [0, *DAYS], "default": 0}
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "encrypted": {"type": "bool", "default": True},
            "kms_key_id": {"type": "str", "default": ""},
            "performance_mode": {"type": "str", "choices": ["generalPurpose", "maxIO"], "default": "generalPurpose"},
            "throughput_mode": {"type": "str", "choices": list(THROUGHPUT_MODES), "default": "elastic"},
            "provisioned_throughput": {"type": "float"},
            "lifecycle": {
                "type": "dict",
                "default": {},
                "options": {
                    "infrequent_access_days": days,
                    "archive_days": days,
                    "back_on_use": {"type": "bool", "default": False},
                },
            },
            "backup": {"type": "bool", "default": True},
            "policy": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
            "owner_tags": {"type": "dict", "default": {}},
            "wait_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    params, stays = module.params, module.params["state"] == "present"
    told = problems(params) if stays else []
    if told:
        module.fail_json(msg="; ".join(told))
    try:
        system = FileSystem(one_client(module, "efs"), params["name"], params["wait_timeout"])
        result = settle(system, wanted(params) if stays else None, params["owner_tags"], module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    problem = fixed_problem(result["changes"])
    if problem:
        module.fail_json(msg=problem)
    module.exit_json(file_system_id=system.identifier if stays or module.check_mode else "", **result)


if __name__ == "__main__":
    main()
