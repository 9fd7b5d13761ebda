#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_baseline
version_added: 0.1.0
short_description: Manage a patch baseline of Systems Manager's Patch Manager, and the patch groups that use it
description:
  - Says which patches Patch Manager installs on the instances of some patch groups, and which it never does.
  - A baseline is found by its name and its system. Of several the first is kept.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the baseline stands. Groups that used it use AWS's own again when it is deleted.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Its name, 3 to 128 letters, digits, C(_), C(-) and C(.).
    type: str
    required: true
  operating_system:
    description: Which system's patches it is about.
    type: str
    choices: [AMAZON_LINUX_2, AMAZON_LINUX_2023, DEBIAN, UBUNTU]
    default: AMAZON_LINUX_2023
  description:
    description: What it is for.
    type: str
    default: ""
  approval_rules:
    description: Which patches are approved, and when, in the words of CreatePatchBaseline's C(PatchRules), ten at most.
    type: list
    elements: dict
    default: []
    suboptions:
      PatchFilterGroup:
        description: The V(PatchFilters) that a patch has to pass, each with V(Key) and V(Values).
        type: dict
        required: true
      ComplianceLevel:
        description: How bad it is where such a patch lacks.
        type: str
        choices: [CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED]
        default: UNSPECIFIED
      ApproveAfterDays:
        description: So many days after its release, 0 to 360.
        type: int
      ApproveUntilDate:
        description: If it was released by that day, such as V(2026-12-31).
        type: str
      EnableNonSecurity:
        description: Whether patches that have nothing to do with security are approved, too.
        type: bool
        default: false
  approved_patches:
    description: Patches that are approved whatever the rules say, 50 at most.
    type: list
    elements: str
    default: []
  rejected_patches:
    description: Patches that are never installed, such as V(kernel*), 50 at most.
    type: list
    elements: str
    default: []
  rejected_patches_action:
    description: Whether a rejected patch may still come as what another one depends on.
    type: str
    choices: [ALLOW_AS_DEPENDENCY, BLOCK]
    default: ALLOW_AS_DEPENDENCY
  patch_groups:
    description: The values of the instances' tag C(PatchGroup) that use it. All others use it no more.
    type: list
    elements: str
    default: []
  tags:
    description: Its tags. All others are removed.
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
- name: Approve what closes a hole, a week after its release
  mlinfra.aws.ssm_patch_baseline:
    name: mlinfra-dev
    approval_rules:
      - PatchFilterGroup:
          PatchFilters:
            - {Key: CLASSIFICATION, Values: [Security]}
        ApproveAfterDays: 7
    patch_groups: [mlinfra-dev]

- name: Have the instances use AWS's own baseline again
  mlinfra.aws.ssm_patch_baseline:
    name: mlinfra-dev
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of a baseline that stood and stands, in AWS's words.
  returned: success
  type: list
  elements: str
  sample: [RejectedPatches]
baseline_id:
  description: Its id. Empty where there is none, and where it would be made in check mode.
  returned: success
  type: str
  sample: pb-0123456789abcdef0
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. Empty for a baseline that did not stand.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. Empty for a baseline that does not stand any more.
      type: dict
      returned: always
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.oldest import Calls, ensure_absent, ensure_present
from ansible_collections.mlinfra.aws.plugins.module_utils.systems_manager import api, transform

Entry = Mapping[str, Any]


def wanted(params: Entry) -> dict[str, Any]:
    """The baseline as it shall stand, in the words of GetPatchBaseline."""
    rules = transform.rules({"PatchRules": params["approval_rules"]})
    return {
        "Name": params["name"],
        "OperatingSystem": params["operating_system"],
        "Description": params["description"],
        "ApprovalRules": {"PatchRules": rules} if rules else {},
        "ApprovedPatches": sorted(params["approved_patches"]),
        "RejectedPatches": sorted(params["rejected_patches"]),
        "RejectedPatchesAction": params["rejected_patches_action"],
        "PatchGroups": sorted(params["patch_groups"]),
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def calls_of(client: Any, want: Entry) -> Calls:
    """What is done to the baseline: client is Systems Manager's, want the baseline as it shall stand."""

    def request() -> dict[str, Any]:
        return {"Name": want["Name"], **transform.request(want, transform.BASELINE)}

    def create() -> str:
        identifier = api.create_baseline(client, {"OperatingSystem": want["OperatingSystem"], **request()}, want["Tags"])
        api.change_groups(client, identifier, want["PatchGroups"], [])
        return identifier

    def change(kept: Entry, names: set[str]) -> None:
        identifier = kept["BaselineId"]
        if names - {"PatchGroups", "Tags"}:
            api.update_baseline(client, identifier, request())
        if "PatchGroups" in names:
            had, has = set(kept.get("PatchGroups", [])), set(want["PatchGroups"])
            api.change_groups(client, identifier, sorted(has - had), sorted(had - has))
        if "Tags" in names:
            api.change_tags(client, "PatchBaseline", identifier, *compare_aws_tags(kept["Tags"], want["Tags"]))

    def delete(baseline: Entry) -> None:
        api.change_groups(client, baseline["BaselineId"], [], baseline.get("PatchGroups", []))
        api.delete_baseline(client, baseline["BaselineId"])

    return Calls(
        kind="patch_baseline",
        member="BaselineId",
        result="baseline_id",
        create=create,
        change=change,
        delete=delete,
        shown=("Name", "OperatingSystem", "PatchGroups"),
    )


def main() -> None:
    texts = {"type": "list", "elements": "str", "default": []}
    levels = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED"]
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "operating_system": {
                "type": "str",
                "choices": ["AMAZON_LINUX_2", "AMAZON_LINUX_2023", "DEBIAN", "UBUNTU"],
                "default": "AMAZON_LINUX_2023",
            },
            "description": {"type": "str", "default": ""},
            "approval_rules": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "PatchFilterGroup": {"type": "dict", "required": True},
                    "ComplianceLevel": {"type": "str", "choices": levels, "default": "UNSPECIFIED"},
                    "ApproveAfterDays": {"type": "int"},
                    "ApproveUntilDate": {"type": "str"},
                    "EnableNonSecurity": {"type": "bool", "default": False},
                },
                "required_one_of": [["ApproveAfterDays", "ApproveUntilDate"]],
                "mutually_exclusive": [["ApproveAfterDays", "ApproveUntilDate"]],
            },
            **dict.fromkeys(("approved_patches", "rejected_patches", "patch_groups"), texts),
            "rejected_patches_action": {
                "type": "str",
                "choices": ["ALLOW_AS_DEPENDENCY", "BLOCK"],
                "default": "ALLOW_AS_DEPENDENCY",
            },
            "tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    want = wanted(params) if params["state"] == "present" else {}
    problems = transform.baseline_problems(params["name"], want) if want else []
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        client = one_client(module, "ssm")
        standing = api.baselines(client, params["name"], params["operating_system"])
        calls = calls_of(client, want)
        result = ensure_present(calls, want, standing, check) if want else ensure_absent(calls, standing, check)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
