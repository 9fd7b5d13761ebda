#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: efs_access_points
version_added: 0.1.0
short_description: Manage the access points of a file system of EFS
description:
  - Has a file system have the access points that are named, and no others. An access point leads to one folder, as one user.
  - It is known by its tag C(Name). EFS changes none but its tags, so that one that differs is made anew before the old one goes. What
    is mounted by the old one has to be mounted again.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  file_system_id:
    description: The file system. Where it does not stand, as in check mode, it has no access point yet.
    type: str
    required: true
  access_points:
    description: All access points that it shall have.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, which becomes its tag C(Name).
        type: str
        required: true
      path:
        description: The folder that it leads to, which its clients see as their root.
        type: str
        default: /
      uid:
        description: The id of the user that all its clients work as, whoever they are.
        type: int
        required: true
      gid:
        description: The id of that user's group.
        type: int
        required: true
      secondary_gids:
        description: Ids of further groups, 16 at most.
        type: list
        elements: int
        default: []
      permissions:
        description: The mode of the folder where EFS has to make it, in octal digits. It belongs to O(access_points[].uid) then.
        type: str
        default: "0750"
      tags:
        description: All of its tags, but for its name.
        type: dict
        default: {}
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns the access points that differ by name, before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Lead to a folder that everybody shares
  mlinfra.aws.efs_access_points:
    file_system_id: fs-0123456789abcdef0
    access_points:
      - {name: shared, path: /shared, uid: 10000, gid: 10000, permissions: "0770"}

- name: Lead nowhere
  mlinfra.aws.efs_access_points:
    file_system_id: fs-0123456789abcdef0
"""

RETURN = r"""
access_points:
  description: Those of O(access_points), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id. Empty where it would be made in check mode.
      type: str
      returned: always
      sample: fsap-0123456789abcdef0
    name:
      description: Its name.
      type: str
      returned: always
      sample: shared
    path:
      description: The folder that it leads to.
      type: str
      returned: always
      sample: /shared
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: By name, as they stood.
      type: dict
      returned: always
    after:
      description: The same, as they stand then.
      type: dict
      returned: always
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system import api
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system.transform import (
    HIGHEST_ID,
    MOST_SECONDARY_GROUPS,
    PointPlan,
    point_plan,
)


def wanted(points: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The access points by name, in the words of EFS."""
    return {
        point["name"]: {
            "PosixUser": {"Uid": point["uid"], "Gid": point["gid"], "SecondaryGids": point["secondary_gids"]},
            "RootDirectory": {
                "Path": point["path"],
                "CreationInfo": {
                    "OwnerUid": point["uid"],
                    "OwnerGid": point["gid"],
                    "Permissions": point["permissions"],
                },
            },
            "Tags": {**{key: str(value) for key, value in point["tags"].items()}, "Name": point["name"]},
        }
        for point in points
    }


def problems(points: list[dict[str, Any]]) -> list[str]:
    """What EFS would refuse, one line each."""
    found, names = [], [point["name"] for point in points]
    for at, point in enumerate(points):
        where = f"access_points[{at}]"
        if point["name"] in names[:at]:
            found.append(f"{where}.name: {point['name']!r} is there twice")
        if not re.fullmatch(r"/|(/[^/\0]+){1,4}", point["path"]) or len(point["path"]) > 100:
            found.append(
                f"{where}.path: {point['path']!r} must be absolute, of four folders and 100 characters at most"
            )
        for name, number in (
            ("uid", point["uid"]),
            ("gid", point["gid"]),
            *(("secondary_gids", one) for one in point["secondary_gids"]),
        ):
            if not 0 <= number <= HIGHEST_ID:
                found.append(f"{where}.{name}: {number} must be 0 to {HIGHEST_ID}")
        if len(point["secondary_gids"]) > MOST_SECONDARY_GROUPS:
            found.append(
                f"{where}.secondary_gids: name {MOST_SECONDARY_GROUPS} at most, not {len(point['secondary_gids'])}"
            )
        if not re.fullmatch("[0-7]{3,4}", point["permissions"]):
            found.append(f"{where}.permissions: {point['permissions']!r} must be three or four octal digits")
    return found


def carry_out(client: Any, file_system_id: str, plan: PointPlan) -> dict[str, str]:
    """Does what is planned and returns the ids by name."""
    made = {name: api.create_access_point(client, file_system_id, point) for name, point in plan.create.items()}
    for identifier, (to_set, to_unset) in plan.tag.items():
        api.set_tags(client, identifier, to_set, to_unset)
    for identifier in plan.delete:
        api.delete_access_point(client, identifier)
    return {**plan.kept, **made}


def main() -> None:
    point = {
        "name": {"type": "str", "required": True},
        "path": {"type": "str", "default": "/"},
        "uid": {"type": "int", "required": True},
        "gid": {"type": "int", "required": True},
        "secondary_gids": {"type": "list", "elements": "int", "default": []},
        "permissions": {"type": "str", "default": "0750"},
        "tags": {"type": "dict", "default": {}},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "file_system_id": {"type": "str", "required": True},
            "access_points": {"type": "list", "elements": "dict", "default": [], "options": point},
        },
        supports_check_mode=True,
    )
    params = module.params
    told = problems(params["access_points"])
    if told:
        module.fail_json(msg="; ".join(told))
    try:
        client = one_client(module, "efs")
        standing = api.access_points(client, params["file_system_id"]) if params["file_system_id"] else []
        plan = point_plan(wanted(params["access_points"]), standing)
        ids = plan.kept if module.check_mode else carry_out(client, params["file_system_id"], plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(
        changed=plan.changed,
        access_points=[
            {"id": ids.get(one["name"], ""), "name": one["name"], "path": one["path"]}
            for one in params["access_points"]
        ],
        diff={"before": plan.before, "after": plan.after},
    )


if __name__ == "__main__":
    main()
