#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: member_bundle
version_added: 0.1.0
short_description: Manage what members of a group configure themselves with
description:
  - Packs the role ml_host with its settings into one archive, whose SHA-256 is its name in a bucket, below C(members/).
  - The archive is the same to the byte wherever and whenever it is made of the same. All older ones are removed for good.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the bundle is there. V(absent) removes all bundles.
    type: str
    choices: [present, absent]
    default: present
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  account:
    description: Id of the account that the bucket has to belong to. Empty for any.
    type: str
    default: ""
  source:
    description: Folder of this collection on the controller. Required with O(state=present).
    type: path
  settings:
    description: The variables of the play. A secret among them is refused.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns which bundles there are, before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let members configure themselves
  mlinfra.aws.member_bundle:
    bucket: mlinfra-dev-models-123456789012-us-east-1
    source: "{{ role_path }}/../.."
    settings: {ml_host_user: ml}

- name: Remove what they did it with
  mlinfra.aws.member_bundle:
    bucket: mlinfra-dev-models-123456789012-us-east-1
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
key:
  description: Key of the bundle. Empty where there is to be none.
  returned: success
  type: str
  sample: members/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.tar
sha256:
  description: Its SHA-256. Empty where there is to be none.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
diff:
  description: The keys of the bundles that can be read.
  returned: success
  type: dict
  contains:
    before:
      description: Those that were there.
      type: dict
      returned: always
    after:
      description: Those that are there then.
      type: dict
      returned: always
"""

from pathlib import Path
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.member_bundle import api, files, transform


def ensure(bundles: api.Bundles, content: bytes, check: bool) -> dict[str, Any]:
    """Has one bundle there and no other, and returns the module's result.

    Args:
        bundles: those in the bucket.
        content: the archive; empty where there is to be none.
        check: whether nothing may be changed.
    """
    checksum = transform.digest(content) if content else ""
    key = transform.key_of(checksum) if content else ""
    versions = bundles.versions(allow_missing=check or not content)
    readable = sorted(one["Key"] for one in versions if one["IsLatest"] and not one["Marker"])
    stands = key in readable and bundles.checksum(key) == transform.as_s3(checksum)
    # Of the key itself, too, where somebody wrote something else over it.
    surplus = [one for one in versions if not (stands and one["Key"] == key and one["IsLatest"])]
    changed = bool(surplus) or bool(key and not stands)
    if key and not stands and not check:
        bundles.write(key, content, transform.as_s3(checksum))
    if surplus and not check:
        bundles.remove(surplus)
    return {
        "changed": changed,
        "action": "none" if not changed else "modify" if key and versions else "create" if key else "delete",
        "key": key,
        "sha256": checksum,
        "diff": {"before": {"Keys": readable}, "after": {"Keys": [key] if key else []}},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "bucket": {"type": "str", "required": True},
            "account": {"type": "str", "default": ""},
            "source": {"type": "path"},
            "settings": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["source"])],
        supports_check_mode=True,
    )
    params = module.params
    content = b""
    if params["state"] == "present":
        found = transform.secrets(params["settings"])
        if found:
            module.fail_json(msg=f"settings: {', '.join(found)} must not lie in a bucket: leave it out, and let hosts read it themselves")
        try:
            content = transform.bundle(files.sources(Path(params["source"])), params["settings"])
        except (OSError, TypeError, ValueError) as error:
            module.fail_json(msg=f"The bundle can't be made: {error}")
    try:
        bundles = api.Bundles(one_client(module, "s3"), params["bucket"], params["account"])
        result = ensure(bundles, content, module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
