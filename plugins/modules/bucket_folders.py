#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bucket_folders
version_added: 0.1.0
short_description: Manage the folders of an S3 bucket
description:
  - Makes and removes the empty objects that make a prefix appear as a folder, all of them in one process.
  - What lies in a folder is never touched.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the folders are there.
    type: str
    choices: [present, absent]
    default: present
  bucket:
    description: The name of the bucket.
    type: str
    required: true
  folders:
    description: Keys of the folders, each ending in a slash.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make two folders
  mlinfra.aws.bucket_folders:
    bucket: mlinfra-dev-datasets-0123456789
    folders: [raw/, processed/]

- name: Remove one, and leave what lies in it
  mlinfra.aws.bucket_folders:
    bucket: mlinfra-dev-datasets-0123456789
    folders: [raw/]
    state: absent
"""

RETURN = r"""
folders:
  description: Those of the folders that are there now.
  returned: always
  type: list
  elements: str
  sample: [raw/, processed/]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import Buckets
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client


def to_write(standing: list[str], folders: list[str], state: str) -> tuple[list[str], list[str]]:
    """The folders to make and those to remove.

    Args:
        standing: those of the folders that are there.
        folders: the folders asked for.
        state: present or absent.
    """
    if state == "present":
        return [folder for folder in folders if folder not in standing], []
    return [], standing


def ensure(buckets: Buckets, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Makes and removes what differs, and returns the module's result.

    Raises:
        AnsibleAWSError: where AWS refuses, or there is no such bucket, but for check mode.
    """
    bucket, folders = params["bucket"], list(dict.fromkeys(params["folders"]))
    missing = folders if check and not buckets.exists(bucket) else buckets.missing_keys(bucket, folders)
    standing = [folder for folder in folders if folder not in missing]
    make, remove = to_write(standing, folders, params["state"])
    if not check:
        for folder in make:
            buckets.make_marker(bucket, folder)
        for folder in remove:
            buckets.delete_marker(bucket, folder)
    after = [folder for folder in folders if folder in make or (folder in standing and folder not in remove)]
    return {
        "changed": bool(make or remove),
        "folders": after,
        "diff": {"before": {"folders": standing}, "after": {"folders": after}},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "bucket": {"type": "str", "required": True},
            "folders": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    wrong = [folder for folder in module.params["folders"] if len(folder) < 2 or not folder.endswith("/")]
    if wrong:
        module.fail_json(msg=f"folders: {', '.join(map(repr, wrong))} must be a key that ends in a slash, such as 'raw/'")
    try:
        result = ensure(Buckets(one_client(module, "s3")), module.params, module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
