#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trail
version_added: 0.1.0
short_description: Manage a trail of CloudTrail
description:
  - Creates a trail and lets it record, changes what differs of it, and deletes it.
  - M(amazon.aws.cloudtrail) says that it has changed something wherever a trail does not stand that is to be absent, and
    can't choose which events are recorded.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the trail stands. What it has recorded stays when it is deleted.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The trail's name, in this region.
    type: str
    required: true
  bucket:
    description: The bucket that it writes to, whose policy has to let it. Required with O(state=present).
    type: str
  prefix:
    description: What the keys of its objects begin with.
    type: str
    default: ""
  log_group_arn:
    description: The ARN of the log group that it writes to, too, with C(:*) at its end. Empty for none.
    type: str
    default: ""
  role_arn:
    description: The ARN of the role that it writes to the log group with.
    type: str
    default: ""
  kms_key_arn:
    description: The ARN of the key that it encrypts its objects with. Empty for S3's own encryption.
    type: str
    default: ""
  multi_region:
    description: Whether it records all regions, and the services that belong to none.
    type: bool
    default: true
  log_file_validation:
    description: Whether it writes digests, by which a changed or missing log file shows.
    type: bool
    default: true
  event_selectors:
    description: What it records, in the words of PutEventSelectors. Empty for all management events.
    type: list
    elements: dict
    default: []
  logging:
    description: Whether it records.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for a role, or the policy of a bucket, that was just made to be known to CloudTrail.
    type: int
    default: 90
  tags:
    description: All of its tags.
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
- name: Record what is done in the account
  mlinfra.aws.trail:
    name: mlinfra-dev
    bucket: mlinfra-dev-logs-0123456789
    prefix: trail
    log_group_arn: arn:aws:logs:us-east-1:123456789012:log-group:/aws/cloudtrail/mlinfra-dev:*
    role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-trail
    tags: {Project: mlinfra}

- name: Record nothing any more
  mlinfra.aws.trail:
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
  description: The attributes that differed of a trail that stood and stands, in CloudTrail's words.
  returned: success
  type: list
  elements: str
  sample: [IsLogging]
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. Empty for a trail that did not stand.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. Empty for a trail that does not stand any more.
      type: dict
      returned: always
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import attribute_changes, modified
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known
from ansible_collections.mlinfra.aws.plugins.module_utils.trail import api, transform

Entry = Mapping[str, Any]

# What CloudTrail says while it does not know a role, or the policy of a bucket, that was just made.
_NOT_KNOWN_YET = ("trust relationships", "InsufficientS3BucketPolicy", "InvalidCloudWatchLogsRoleArn")


def wanted(params: Entry) -> dict[str, Any]:
    """The trail as it shall stand, in the words of DescribeTrails."""
    return {
        "Name": params["name"],
        "S3BucketName": params["bucket"],
        "S3KeyPrefix": params["prefix"],
        "IsMultiRegionTrail": params["multi_region"],
        "IncludeGlobalServiceEvents": params["multi_region"],
        "LogFileValidationEnabled": params["log_file_validation"],
        "CloudWatchLogsLogGroupArn": params["log_group_arn"],
        "CloudWatchLogsRoleArn": params["role_arn"],
        "KmsKeyId": params["kms_key_arn"],
        "EventSelectors": params["event_selectors"],
        "IsLogging": params["logging"],
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def _is_unknown(error: AnsibleAWSError) -> bool:
    return any(words in f"{error.message} {error.exception}" for words in _NOT_KNOWN_YET)


def ensure_present(client: Any, want: Entry, standing: Entry | None, check: bool, timeout: float) -> dict[str, Any]:
    """Makes the trail as it shall be, and returns the module's result.

    Args:
        client: CloudTrail's client.
        want: the trail as it shall stand.
        standing: the trail as it was read; None where there is none.
        check: whether nothing may be changed.
        timeout: seconds to wait for what was just made.
    """
    if standing is None:
        if not check:
            once_the_role_is_known(
                lambda: api.create(client, transform.request(want), want["Tags"]), timeout, unknown=_is_unknown
            )
            if transform.selectors(want["EventSelectors"]) != transform.selectors([]):
                api.put_selectors(client, want["Name"], transform.selectors(want["EventSelectors"]))
            if want["IsLogging"]:
                api.set_logging(client, want["Name"], True)
        return {"changed": True, "action": "create", "changes": [], "diff": {"before": {}, "after": dict(want)}}
    changes = attribute_changes("trail", want, standing)
    changed = [change.attribute for change in changes]
    if changed and not check:
        _change(client, want, standing, changed, timeout)
    return modified(changes)


def _change(client: Any, want: Entry, standing: Entry, changed: list[str], timeout: float) -> None:
    """Writes those attributes that differ."""
    if transform.updates_trail(changed):
        once_the_role_is_known(lambda: api.update(client, transform.request(want)), timeout, unknown=_is_unknown)
    if "EventSelectors" in changed:
        api.put_selectors(client, want["Name"], transform.selectors(want["EventSelectors"]))
    if any(name.partition(".")[0] == "Tags" for name in changed):
        api.change_tags(client, standing["TrailARN"], *compare_aws_tags(tags_of(standing), want["Tags"]))
    if "IsLogging" in changed:
        api.set_logging(client, want["Name"], want["IsLogging"])


def ensure_absent(client: Any, standing: Entry | None, check: bool) -> dict[str, Any]:
    """Deletes the trail where it stands, and returns the module's result."""
    if standing and not check:
        api.delete(client, standing["Name"])
    before = {name: standing[name] for name in ("Name", "S3BucketName", "IsLogging")} if standing else {}
    return {
        "changed": standing is not None,
        "action": "delete" if standing else "none",
        "changes": [],
        "diff": {"before": before, "after": {}},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "bucket": {"type": "str"},
            **{name: {"type": "str", "default": ""} for name in ("prefix", "log_group_arn", "role_arn")},
            "kms_key_arn": {"type": "str", "default": "", "no_log": False},
            **{name: {"type": "bool", "default": True} for name in ("multi_region", "log_file_validation", "logging")},
            "event_selectors": {"type": "list", "elements": "dict", "default": []},
            "wait_timeout": {"type": "int", "default": 90},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["bucket"])],
        supports_check_mode=True,
    )
    params = module.params
    try:
        client = one_client(module, "cloudtrail")
        standing = api.read(client, params["name"])
        if params["state"] == "absent":
            result = ensure_absent(client, standing, module.check_mode)
        else:
            result = ensure_present(client, wanted(params), standing, module.check_mode, params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
