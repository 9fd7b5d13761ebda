#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticache_auth_token
version_added: 0.1.0
short_description: Replace the token of a replication group of ElastiCache
description:
  - Has the group take a new token beside the old one, has the secret tell the new one, and then has the group take that one alone.
    At every moment the group takes the token that the secret tells.
  - A replacement that was cut short anywhere is gone on with, and no other is begun before it is through. How far it has come the labels
    of the secret's versions say.
  - Tokens are made here, of 256 random bits. No result has one.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: V(replaced) replaces the token, V(finished) only goes on with a replacement that was cut short.
    type: str
    choices: [replaced, finished]
    default: replaced
  name:
    description: The id of the group.
    type: str
    required: true
  auth_secret:
    description: Name of the secret with its token.
    type: str
    required: true
  wait_timeout:
    description: Seconds to wait for each change.
    type: int
    default: 3600
attributes:
  check_mode:
    description: Tells what would be done and changes nothing.
    support: full
  diff_mode:
    description: Returns which version of the secret is in use, before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Replace the token
  mlinfra.aws.elasticache_auth_token:
    name: mlinfra-dev
    auth_secret: mlinfra/dev/cache-token
"""

RETURN = r"""
steps:
  description:
    - What was done, in order. C(rotate), the group takes both; C(note), that is noted; C(promote), the secret tells the new one; C(set), the
      group takes it alone; C(tidy), what was noted is removed.
    - In check mode what would be done.
  returned: success
  type: list
  elements: str
  sample: [rotate, note, promote, set, tidy]
version:
  description: The id of the version of the secret that clients read.
  returned: success
  type: str
  sample: 01234567-89ab-cdef-0123-456789abcdef
diff:
  description: The version of the secret in use, before and after. In check mode a new one has no id.
  returned: success
  type: dict
  contains:
    before:
      description: What was in use.
      type: dict
      returned: always
    after:
      description: What is in use.
      type: dict
      returned: always
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache import api, transform
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache.rotation import Rotation

STEPS = ["rotate", "note", "promote", "set", "tidy"]


def ensure(rotation: Rotation, replaces: bool, check: bool) -> dict[str, Any]:
    """Replaces the token, or goes on with that, and returns the module's result.

    Args:
        rotation: the group and its secret.
        replaces: whether a replacement is begun where none was cut short.
        check: whether nothing may be changed.
    """
    group, secret = api.group(rotation.cache, rotation.group), api.secret(rotation.manager, rotation.secret)
    missing = [what for what, found in (("group " + rotation.group, group), ("secret " + rotation.secret, secret)) if not found]
    if missing:
        raise AnsibleAWSError(message=f"There is no {' and no '.join(missing)}, so no token can be replaced")
    before = transform.current(secret)
    if check:
        steps = transform.steps(secret, group) or (STEPS if replaces else [])
        after = "" if "rotate" in steps or "promote" in steps else before
    else:
        steps = rotation.replace() if replaces else rotation.finish()
        after = transform.current(api.secret(rotation.manager, rotation.secret) or {})
    diff = {"before": {"version": before}, "after": {"version": after}}
    return {"changed": bool(steps), "steps": list(steps), "version": after or before, "diff": diff}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["replaced", "finished"], "default": "replaced"},
            "name": {"type": "str", "required": True},
            # The name of a secret is none.
            "auth_secret": {"type": "str", "required": True, "no_log": False},
            "wait_timeout": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        clients = Clients(module)
        rotation = Rotation(
            clients("elasticache"), clients("secretsmanager"), params["name"], params["auth_secret"], params["wait_timeout"]
        )
        result = ensure(rotation, params["state"] == "replaced", module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
