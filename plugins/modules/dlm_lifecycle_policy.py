#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dlm_lifecycle_policy
version_added: 0.1.0
short_description: Manage a policy of Data Lifecycle Manager for EBS snapshots
description:
  - Has snapshots of volumes or instances taken on a schedule, kept for a while, moved to the archive tier and copied to other
    regions, changes what differs of that, and ends it.
  - A policy is found by its tags. Of several that carry them the oldest is kept.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the policy stands. Snapshots that it took stay when it is deleted, and nothing deletes them any more.
    type: str
    choices: [present, absent]
    default: present
  identity:
    description: The tags that it is found by, and carries.
    type: dict
    required: true
  tags:
    description: More tags of its. All others are removed.
    type: dict
    default: {}
  description:
    description: What it is for, in letters, digits, spaces, C(_) and C(-). Required with O(state=present).
    type: str
  enabled:
    description: Whether it works.
    type: bool
    default: true
  role_arn:
    description: The ARN of the role that it works under. Required with O(state=present).
    type: str
  resource_type:
    description: What snapshots are taken of.
    type: str
    choices: [volume, instance]
    default: volume
  target_tags:
    description: Whatever carries one of these tags has snapshots taken, be it only one.
    type: list
    elements: dict
    default: []
    suboptions:
      Key:
        description: The tag's key.
        type: str
        required: true
      Value:
        description: Its value.
        type: str
        required: true
  schedules:
    description:
      - When snapshots are taken and what becomes of them, in the words of CreateLifecyclePolicy, one to four.
      - What a schedule does not say is what Data Lifecycle Manager does by itself.
    type: list
    elements: dict
    default: []
    suboptions:
      Name:
        description: Its name.
        type: str
        required: true
      CreateRule:
        description: When, as an V(Interval) in hours with one of V(Times), or as a V(CronExpression).
        type: dict
        required: true
      RetainRule:
        description: How many are kept, as V(Count), or how long, as V(Interval) and V(IntervalUnit).
        type: dict
        required: true
      ArchiveRule:
        description:
          - How many, or how long, the archive tier keeps what O(schedules[].RetainRule) keeps no more.
          - It keeps for 90 days or more what is taken every 28 days or less often.
        type: dict
      CopyTags:
        description: Whether snapshots get the tags of their volumes.
        type: bool
        default: false
      TagsToAdd:
        description: Tags that they get beside, each with V(Key) and V(Value).
        type: list
        elements: dict
      VariableTags:
        description: The same with values that are known at that time.
        type: list
        elements: dict
      CrossRegionCopyRules:
        description: Where they are copied to, as V(Target), whether V(Encrypted), by which V(CmkArn), and for how long.
        type: list
        elements: dict
      FastRestoreRule:
        description: In which zones they are restored fast, and how long.
        type: dict
      ShareRules:
        description: Which accounts they are shared with.
        type: list
        elements: dict
  exclude_boot_volumes:
    description: Whether snapshots of instances leave out the volumes that these start from.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait for a role that was just made to be known to Data Lifecycle Manager.
    type: int
    default: 90
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
- name: Take a snapshot every night and keep seven
  mlinfra.aws.dlm_lifecycle_policy:
    identity: {Project: mlinfra, Environment: dev}
    description: Snapshots of mlinfra-dev
    role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-snapshots
    target_tags:
      - {Key: Name, Value: mlinfra-dev-ml-training-1}
    schedules:
      - Name: daily
        CreateRule: {Interval: 24, IntervalUnit: HOURS, Times: ["03:00"]}
        RetainRule: {Count: 7}
        CopyTags: true

- name: Take no more
  mlinfra.aws.dlm_lifecycle_policy:
    identity: {Project: mlinfra, Environment: dev}
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of a policy that stood and stands, in AWS's words.
  returned: success
  type: list
  elements: str
  sample: [State]
policy_id:
  description: Its id. Empty where there is none, and where it would be made in check mode.
  returned: success
  type: str
  sample: policy-0123456789abcdef0
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. Empty for a policy that did not stand.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. Empty for a policy that does not stand any more.
      type: dict
      returned: always
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.lifecycle_policy import api, transform
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known
from ansible_collections.mlinfra.aws.plugins.module_utils.oldest import Calls, ensure_absent, ensure_present

Entry = Mapping[str, Any]

_WRITTEN = ("Description", "State", "ExecutionRoleArn", "PolicyDetails")


def _identity(params: Entry) -> dict[str, str]:
    return {key: str(value) for key, value in params["identity"].items()}


def wanted(params: Entry) -> dict[str, Any]:
    """The policy as it shall stand, in the words of GetLifecyclePolicy."""
    told = {
        "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
        "ResourceTypes": [params["resource_type"].upper()],
        "TargetTags": params["target_tags"],
        "Schedules": params["schedules"],
        "Parameters": {"ExcludeBootVolume": params["exclude_boot_volumes"]},
    }
    return {
        "Description": params["description"],
        "State": "ENABLED" if params["enabled"] else "DISABLED",
        "ExecutionRoleArn": params["role_arn"],
        "PolicyDetails": transform.details(told),
        "Tags": {**{key: str(value) for key, value in params["tags"].items()}, **_identity(params)},
    }


def _role_is_unknown(error: AnsibleAWSError) -> bool:
    """Whether DLM says that it can't work under the role, as it may of one that was just made."""
    told = getattr(error.exception, "response", {}).get("Error", {})
    return told.get("Code") == "InvalidRequestException" and "role" in told.get("Message", "").lower()


def calls_of(client: Any, want: Entry, timeout: float) -> Calls:
    """What is done to the policy.

    Args:
        client: Data Lifecycle Manager's client.
        want: the policy as it shall stand.
        timeout: seconds to wait for a role that was just made.
    """

    def create() -> str:
        request = transform.request(want, *_WRITTEN)
        return once_the_role_is_known(lambda: api.create(client, request, want["Tags"]), timeout, unknown=_role_is_unknown)

    def change(kept: Entry, names: set[str]) -> None:
        written = [name for name in _WRITTEN if name in names]
        if written:
            request = transform.request(want, *written)
            once_the_role_is_known(lambda: api.update(client, kept["PolicyId"], request), timeout, unknown=_role_is_unknown)
        if "Tags" in names:
            api.change_tags(client, kept["PolicyArn"], *compare_aws_tags(kept.get("Tags") or {}, want["Tags"]))

    return Calls(
        kind="snapshot_policy",
        member="PolicyId",
        result="policy_id",
        create=create,
        change=change,
        delete=lambda policy: api.delete(client, policy["PolicyId"]),
        shown=("Description", "State", "ExecutionRoleArn"),
    )


def main() -> None:
    lists = {"type": "list", "elements": "dict"}
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "identity": {"type": "dict", "required": True},
            "tags": {"type": "dict", "default": {}},
            "description": {"type": "str"},
            "enabled": {"type": "bool", "default": True},
            "role_arn": {"type": "str"},
            "resource_type": {"type": "str", "choices": ["volume", "instance"], "default": "volume"},
            "target_tags": {
                **lists,
                "default": [],
                "options": {name: {"type": "str", "required": True, "no_log": False} for name in ("Key", "Value")},
            },
            "schedules": {
                **lists,
                "default": [],
                "options": {
                    "Name": {"type": "str", "required": True},
                    **{name: {"type": "dict", "required": True} for name in ("CreateRule", "RetainRule")},
                    **{name: {"type": "dict"} for name in ("ArchiveRule", "FastRestoreRule")},
                    "CopyTags": {"type": "bool", "default": False},
                    **dict.fromkeys(("TagsToAdd", "VariableTags", "CrossRegionCopyRules", "ShareRules"), lists),
                },
            },
            "exclude_boot_volumes": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 90},
        },
        required_if=[("state", "present", ["description", "role_arn"])],
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    problems = [] if params["identity"] else ["identity is empty: it would find the policies of everybody"]
    if params["state"] == "present":
        asked = {name: params[name] for name in ("description", "target_tags", "schedules")}
        told = [{name: value for name, value in one.items() if value is not None} for one in params["schedules"]]
        problems += transform.problems(**{**asked, "schedules": told}, kind=params["resource_type"].upper())
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        client = one_client(module, "dlm")
        standing = api.read(client, _identity(params))
        if params["state"] == "absent":
            result = ensure_absent(calls_of(client, {}, 0), standing, check)
        else:
            want = wanted(params)
            result = ensure_present(calls_of(client, want, params["wait_timeout"]), want, standing, check)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
