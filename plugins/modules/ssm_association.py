#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_association
version_added: 0.1.0
short_description: Manage an association of Systems Manager's State Manager
description:
  - Has State Manager run a document on instances, at once and on a schedule, changes what differs of that, and ends it.
  - An association is found by its name. Of several that have it the oldest is kept.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the association stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Its name, 3 to 128 letters, digits, C(_), C(-) and C(.).
    type: str
    required: true
  document:
    description: Name or ARN of the document that is run. Required with O(state=present).
    type: str
  document_version:
    description: Which version of it.
    type: str
    default: $DEFAULT
  parameters:
    description: What the document is told, by the names of its parameters. Each is a value or a list of values.
    type: dict
    default: {}
  targets:
    description: What it is run on, one to five. Required with O(state=present).
    type: list
    elements: dict
    default: []
    suboptions:
      Key:
        description: Such as V(tag:PatchGroup) or V(InstanceIds).
        type: str
        required: true
      Values:
        description: The values that it may have.
        type: list
        elements: str
        required: true
  schedule_expression:
    description: When, as a cron or rate expression. Empty for once, when it is made and when it is changed.
    type: str
    default: ""
  apply_only_at_cron_interval:
    description: Whether it is not run at once when it is made or changed.
    type: bool
    default: false
  max_concurrency:
    description: On how many instances at a time, as a number or a percentage. Empty for all.
    type: str
    default: ""
  max_errors:
    description: After how many that failed it is run on no more, as a number or a percentage. Empty for never.
    type: str
    default: ""
  compliance_severity:
    description: How bad it is where it can't be run.
    type: str
    choices: [CRITICAL, HIGH, MEDIUM, LOW, UNSPECIFIED]
    default: UNSPECIFIED
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
- name: Look every night for patches that lack
  mlinfra.aws.ssm_association:
    name: mlinfra-dev-patching
    document: AWS-RunPatchBaseline
    parameters: {Operation: Scan}
    targets:
      - {Key: "tag:PatchGroup", Values: [mlinfra-dev]}
    schedule_expression: cron(0 3 * * ? *)

- name: Look no more
  mlinfra.aws.ssm_association:
    name: mlinfra-dev-patching
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of an association that stood and stands, in AWS's words.
  returned: success
  type: list
  elements: str
  sample: [ScheduleExpression]
association_id:
  description: Its id. Empty where there is none, and where it would be made in check mode.
  returned: success
  type: str
  sample: 01234567-89ab-cdef-0123-456789abcdef
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. Empty for an association that did not stand.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. Empty for an association that does not stand any more.
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
    """The association as it shall stand, in the words of DescribeAssociation."""
    return {
        "AssociationName": params["name"],
        "Name": params["document"],
        "DocumentVersion": params["document_version"],
        "Parameters": transform.parameters(params["parameters"]),
        "Targets": transform.targets(params["targets"]),
        "ScheduleExpression": params["schedule_expression"],
        "ApplyOnlyAtCronInterval": params["apply_only_at_cron_interval"],
        "MaxConcurrency": params["max_concurrency"],
        "MaxErrors": params["max_errors"],
        "ComplianceSeverity": params["compliance_severity"],
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def calls_of(client: Any, want: Entry) -> Calls:
    """What is done to the association: client is Systems Manager's, want the association as it shall stand."""

    def request() -> dict[str, Any]:
        return {"AssociationName": want["AssociationName"], **transform.request(want, transform.ASSOCIATION)}

    def change(kept: Entry, names: set[str]) -> None:
        if names != {"Tags"}:
            api.update_association(client, kept["AssociationId"], request())
        if "Tags" in names:
            tags = compare_aws_tags(kept["Tags"], want["Tags"])
            api.change_tags(client, "Association", kept["AssociationId"], *tags)

    return Calls(
        kind="ssm_association",
        member="AssociationId",
        result="association_id",
        create=lambda: api.create_association(client, request(), want["Tags"]),
        change=change,
        delete=lambda association: api.delete_association(client, association["AssociationId"]),
        shown=("AssociationName", "Name", "ScheduleExpression"),
    )


def main() -> None:
    texts = {"type": "str", "default": ""}
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "document": {"type": "str"},
            "document_version": {"type": "str", "default": "$DEFAULT"},
            "parameters": {"type": "dict", "default": {}},
            "targets": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "Key": {"type": "str", "required": True, "no_log": False},
                    "Values": {"type": "list", "elements": "str", "required": True},
                },
            },
            **dict.fromkeys(("schedule_expression", "max_concurrency", "max_errors"), texts),
            "apply_only_at_cron_interval": {"type": "bool", "default": False},
            "compliance_severity": {
                "type": "str",
                "choices": ["CRITICAL", "HIGH", "MEDIUM", "LOW", "UNSPECIFIED"],
                "default": "UNSPECIFIED",
            },
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["document", "targets"])],
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    want = wanted(params) if params["state"] == "present" else {}
    problems = transform.association_problems(params["name"], want) if want else []
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        client = one_client(module, "ssm")
        standing = api.associations(client, params["name"])
        calls = calls_of(client, want)
        result = ensure_present(calls, want, standing, check) if want else ensure_absent(calls, standing, check)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
