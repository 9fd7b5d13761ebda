#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_restore
version_added: 0.1.0
short_description: Bring back objects that were deleted or overwritten in a bucket that keeps versions
description:
  - Brings back one object that was deleted, makes an older version of one current, or brings all objects whose keys begin alike
    to where they were at a point in time.
  - Nothing is deleted by it. An older version comes back as a copy on top of the others, with its metadata and tags, and what
    shall not be there gets a delete marker. So it can be undone in the same way.
  - A copy names the version that it was made of in its metadata, as C(mlinfra-restored-from), by which it is known again.
  - Neither amazon.aws nor community.aws has a module for versions of objects.
options:
  bucket:
    description: The bucket's name. It has to keep versions.
    type: str
    required: true
  account:
    description: Id of the account that the bucket has to belong to. Empty for any.
    type: str
    default: ""
  what:
    description:
      - What is brought back.
      - V(object) is the object O(key), where it was deleted. One that is there is left alone.
      - V(version) is the version O(version) of the object O(key), whatever is current.
      - V(prefix) is every object whose key begins with O(prefix), as it was O(to) a point in time. What was deleted since comes back, what
        was overwritten since has its content of then, and what was written for the first time since gets a delete marker.
    type: str
    choices: [object, version, prefix]
    required: true
  key:
    description: The object's key, with O(what=object) and O(what=version).
    type: str
  version:
    description: The version's id, with O(what=version).
    type: str
  prefix:
    description: How the keys begin, with O(what=prefix). Empty for the whole bucket.
    type: str
  to:
    description:
      - The point in time, with O(what=prefix), as date, time and time zone, such as V(2026-11-29T10:00:00Z).
      - S3 tells whole seconds, so what was written in that second counts.
    type: str
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - It takes the permissions C(s3:ListBucketVersions), C(s3:GetBucketVersioning) and C(s3:GetLifecycleConfiguration) on the bucket, and
    C(s3:GetObjectVersion), C(s3:PutObject) and C(s3:DeleteObject) on its objects. Tagged objects take C(s3:GetObjectVersionTagging) and
    C(s3:PutObjectTagging) as well. It never needs C(s3:DeleteObjectVersion).
  - Content in the archive classes of Glacier has to be retrieved before, which is told before anything is written.
  - What is written while it looks at a prefix may be missed. Run it again; what is as it shall be is left alone.
attributes:
  check_mode:
    description: Tells what would become of each object and changes nothing.
    support: full
  diff_mode:
    description: Returns the current version of each object before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Bring back an object that was deleted
  mlinfra.aws.s3_restore:
    bucket: mlinfra-dev-datasets-0123456789
    what: object
    key: raw/numbers.csv

- name: Make an older version current
  mlinfra.aws.s3_restore:
    bucket: mlinfra-dev-models-0123456789
    what: version
    key: production/digits/current.json
    version: 3HL4kqtJvjVBH40Nrjfkd

- name: Bring a dataset to where it was in the morning
  mlinfra.aws.s3_restore:
    bucket: mlinfra-dev-datasets-0123456789
    what: prefix
    prefix: raw/digits/
    to: 2026-11-29T10:00:00Z
"""

RETURN = r"""
objects:
  description: What was done, or would be done, with each object that is not as it shall be, in the order of their keys.
  returned: success
  type: list
  elements: dict
  contains:
    key:
      description: The object's key.
      type: str
      returned: always
    outcome:
      description: C(create) where it was deleted, C(modify) where it has other content, C(delete) where it gets a delete marker.
      type: str
      returned: always
    replaced:
      description: Id of the version, or of the delete marker, that was current.
      type: str
      returned: always
    restored:
      description: Id of the version whose content is current now. Empty with a delete marker.
      type: str
      returned: always
looked_at:
  description: How many objects were looked at.
  returned: success
  type: int
  sample: 1200
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.restore import asked as asking
from ansible_collections.mlinfra.aws.plugins.module_utils.restore import transform
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.api import Versions
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.transform import Step, Version

# Calls that are made at once.
AT_ONCE = 16

OPTIONS: dict[str, dict[str, Any]] = {
    "what": {"type": "str", "choices": [asking.OBJECT, asking.VERSION, asking.PREFIX], "required": True},
    "bucket": {"type": "str", "required": True},
    # The key of an object is no secret.
    "key": {"type": "str", "no_log": False},
    "version": {"type": "str"},
    "prefix": {"type": "str"},
    "to": {"type": "str"},
}

Each = Callable[..., Iterable[Any]]


def refuse(message: str) -> AnsibleAWSError:
    """What is raised where nothing can be restored; nothing was written before."""
    return AnsibleAWSError(message=f"{message}. Nothing was changed")


def plan_object(versions: Versions, key: str) -> tuple[list[Step], int]:
    """What brings an object back, and how many were looked at."""
    found = _found(versions, key)
    target = transform.undeleted(found)
    if target is None:
        raise refuse(f"Of {key} only delete markers are left, and no version to bring back")
    return _one(transform.step_to(found[0], target) if found[0].is_marker else None), 1


def plan_version(versions: Versions, key: str, version_id: str) -> tuple[list[Step], int]:
    """What makes a version current, and how many objects were looked at."""
    found = _found(versions, key)
    target = next((each for each in found if each.id == version_id), None)
    if target is None:
        raise refuse(f"{key} has no version {version_id}; it has {transform.listed([str(each) for each in found])}")
    if target.is_marker:
        raise refuse(f"Version {version_id} of {key} is a delete marker, which has no content")
    step = transform.step_to(found[0], target)
    return _one(None if step and _is_copied(versions, step) else step), 1


def plan_prefix(versions: Versions, prefix: str, time: datetime, now: datetime, each: Each) -> tuple[list[Step], int]:
    """What brings objects to where they were, and how many were looked at.

    Args:
        versions: makes the calls.
        prefix: how their keys begin.
        time: the point in time.
        now: the time.
        each: calls a function with each of some values, as `map` does.
    """
    days = transform.days_kept(versions.rules(), prefix)
    if days is not None and time < now - timedelta(days=days):
        raise refuse(
            f"{transform.time_text(time)} is too long ago: the bucket deletes a version {days} days after it was replaced, so nobody knows "
            "any more what stood then"
        )
    steps, looked_at, first = [], 0, None
    for found in versions.below(prefix):
        looked_at += 1
        first = min(filter(None, (first, found[-1].modified)))
        step = transform.step_to(found[0], transform.as_of(found, time))
        steps += [step] if step else []
    if first is None:
        raise refuse(f"No key begins with {prefix or '(nothing)'}")
    if first > time:
        raise refuse(
            f"Of what begins with {prefix or '(nothing)'} nothing was there at {transform.time_text(time)}; it begins "
            f"{transform.time_text(first)}"
        )
    copied = list(each(lambda step: _is_copied(versions, step), steps))
    return [step for step, is_copied in zip(steps, copied, strict=True) if not is_copied], looked_at


def _found(versions: Versions, key: str) -> list[Version]:
    found = versions.of(key)
    if not found:
        raise refuse(f"There is no object {key}, and no version of one")
    return found


def _one(step: Step | None) -> list[Step]:
    return [step] if step else []


def _is_copied(versions: Versions, step: Step) -> bool:
    """Whether what is current is a copy of the target already, made here. The listing can't tell that of every object."""
    if step.target is None or step.current.is_marker or step.current.size != step.target.size:
        return False
    return versions.was_made_of(step.current, step.target)


def check_readable(versions: Versions, steps: Iterable[Step], each: Each) -> None:
    """Stops before anything is written where content lies in an archive."""
    targets = [step.target for step in steps if step.target]
    readable = list(each(versions.is_readable, targets))
    archived = [target.key for target, is_readable in zip(targets, readable, strict=True) if not is_readable]
    if archived:
        raise refuse(
            f"{transform.listed(archived)}: archived in Glacier; have it retrieved before (aws s3api restore-object), which takes hours"
        )


def do(versions: Versions, step: Step) -> None:
    """Makes one object what it shall be. An error names it."""
    try:
        if step.target is None:
            versions.mark_deleted(step.current)
        else:
            versions.copy(step.target)
    except AnsibleAWSError as error:
        raise AnsibleAWSError(message=f"{error.message} {step.current.key}", exception=error.exception) from error


def plan(versions: Versions, asked: dict[str, Any], now: datetime, each: Each) -> tuple[list[Step], int]:
    """What has to be done, and how many objects were looked at.

    Raises:
        AnsibleAWSError: where it can't be done, before anything is written.
    """
    if not versions.are_kept():
        raise refuse(f"The bucket {asked['bucket']} keeps no versions, so there is nothing to go back to")
    if asked["what"] == asking.OBJECT:
        steps, looked_at = plan_object(versions, asked["key"])
    elif asked["what"] == asking.VERSION:
        steps, looked_at = plan_version(versions, asked["key"], asked["version"])
    else:
        time = asking.point_in_time(asked["to"])
        steps, looked_at = plan_prefix(versions, asked["prefix"], time, now, each)
    check_readable(versions, steps, each)
    return steps, looked_at


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={**OPTIONS, "account": {"type": "str", "default": ""}},
        supports_check_mode=True,
    )
    asked, now = module.params, datetime.now(UTC)
    problems = asking.problems({name: asked[name] for name in OPTIONS}, now)
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        versions = Versions(one_client(module, "s3", connections=AT_ONCE), asked["bucket"], asked["account"])
        with ThreadPoolExecutor(AT_ONCE) as executor:
            steps, looked_at = plan(versions, asked, now, executor.map)
            if not module.check_mode:
                list(executor.map(lambda step: do(versions, step), steps))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    told = [step.told for step in steps]
    module.exit_json(changed=bool(steps), objects=told, looked_at=looked_at, diff=transform.difference(steps))


if __name__ == "__main__":
    main()
