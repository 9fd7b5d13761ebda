#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: efs_mount_targets
version_added: 0.1.0
short_description: Manage the mount targets of a file system of EFS
description:
  - Has a file system be reached in the subnets that are named, by the security groups that are named, and in no others.
  - Waits until the new ones can be mounted and the old ones have left their subnets.
  - EFS has one mount target in a zone. One in another subnet of a zone goes before the new one comes, and what is mounted there
    hangs meanwhile.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  file_system_id:
    description: The file system. Where it does not stand, as in check mode, it has no mount target yet.
    type: str
    required: true
  targets:
    description: All mount targets that it shall have.
    type: list
    elements: dict
    default: []
    suboptions:
      subnet_id:
        description: The subnet.
        type: str
        required: true
      security_groups:
        description: Ids of its security groups, one to five.
        type: list
        elements: str
        required: true
  wait_timeout:
    description: Seconds to wait for them at most.
    type: int
    default: 600
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns the security groups by subnet, before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Reach a file system in two zones
  mlinfra.aws.efs_mount_targets:
    file_system_id: fs-0123456789abcdef0
    targets:
      - {subnet_id: subnet-0a1b2c3d4e5f60718, security_groups: [sg-0a1b2c3d4e5f60718]}
      - {subnet_id: subnet-0b1b2c3d4e5f60718, security_groups: [sg-0a1b2c3d4e5f60718]}

- name: Have nobody reach it
  mlinfra.aws.efs_mount_targets:
    file_system_id: fs-0123456789abcdef0
"""

RETURN = r"""
mount_target_ids:
  description: Their ids in the order of O(targets), without those that check mode would make.
  returned: success
  type: list
  elements: str
  sample: [fsmt-0123456789abcdef0]
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The security groups by subnet, as they stood.
      type: dict
      returned: always
    after:
      description: The same, as they stand then.
      type: dict
      returned: always
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system import api
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system.transform import TargetPlan, target_plan

MOST_GROUPS = 5


def carry_out(client: Any, file_system_id: str, plan: TargetPlan, timeout: float) -> dict[str, str]:
    """Does what is planned, waits, and returns the ids by subnet."""
    for identifier in plan.delete:
        api.delete_mount_target(client, identifier)
    # A zone has room for the next one once the last one is gone.
    api.until_targets_settled(client, file_system_id, set(), {*plan.delete, *plan.leaving}, timeout)
    made = {request["SubnetId"]: api.create_mount_target(client, file_system_id, request) for request in plan.create}
    for identifier, groups in plan.modify.items():
        api.change_groups(client, identifier, groups)
    api.until_targets_settled(client, file_system_id, set(made.values()), set(), timeout)
    return {**plan.kept, **made}


def main() -> None:
    target = {
        "subnet_id": {"type": "str", "required": True},
        "security_groups": {"type": "list", "elements": "str", "required": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "file_system_id": {"type": "str", "required": True},
            "targets": {"type": "list", "elements": "dict", "default": [], "options": target},
            "wait_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    params = module.params
    for want in params["targets"]:
        if not 1 <= len(want["security_groups"]) <= MOST_GROUPS:
            module.fail_json(
                msg=f"security_groups of {want['subnet_id']}: name 1 to {MOST_GROUPS}, not {len(want['security_groups'])}"
            )
    try:
        client = one_client(module, "efs")
        standing = api.mount_targets(client, params["file_system_id"]) if params["file_system_id"] else []
        plan = target_plan(params["targets"], standing)
        ids = (
            plan.kept
            if module.check_mode
            else carry_out(client, params["file_system_id"], plan, params["wait_timeout"])
        )
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(
        changed=plan.changed,
        mount_target_ids=[ids[want["subnet_id"]] for want in params["targets"] if want["subnet_id"] in ids],
        diff={"before": plan.before, "after": plan.after} if plan.changed else {"before": {}, "after": {}},
    )


if __name__ == "__main__":
    main()
