#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: access_tokens
version_added: 0.1.0
short_description: Keep random tokens in Parameter Store
description:
  - Sees that each parameter holds a token, and returns all of them. A token that stands is never changed.
  - Tokens are made here, of 256 random bits, and stored as SecureStrings.
  - The result holds secrets, so that a task needs C(no_log).
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the parameters stand.
    type: str
    choices: [present, absent]
    default: present
  names:
    description: The names of the parameters.
    type: list
    elements: str
    required: true
  tags:
    description: Tags of parameters that are made. Those of parameters that stand stay as they are.
    type: dict
    default: {}
  kms_key_id:
    description:
      - The KMS key that encrypts parameters that are made, by its id, its ARN or its alias. Empty for AWS's own.
      - Parameters that stand stay as they are.
    type: str
    default: ""
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make a token for each person
  mlinfra.aws.access_tokens:
    names: [/mlinfra/dev/jupyter-token-ada, /mlinfra/dev/jupyter-token-grace]
  register: tokens
  no_log: true

- name: Remove a token
  mlinfra.aws.access_tokens:
    names: [/mlinfra/dev/jupyter-token-ada]
    state: absent
"""

RETURN = r"""
tokens:
  description: The tokens by the parameters' names. Those that check mode would make are left out.
  returned: always
  type: dict
  sample: {/mlinfra/dev/jupyter-token-ada: a-secret}
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.parameter import api

BYTES = 32


def ensure_present(
    client: Any, names: Sequence[str], found: Mapping[str, str], tags: Mapping[str, Any], key: str = ""
) -> dict[str, str]:
    """Makes what is missing, and returns all tokens by name.

    Args:
        client: the client of Systems Manager.
        names: the parameters that there should be.
        found: the tokens that stand.
        tags: those of new parameters.
        key: the KMS key that encrypts new parameters; empty for AWS's own.
    """
    tokens = dict(found)
    listed = ansible_dict_to_boto3_tag_list({key: str(value) for key, value in tags.items()})
    for name in names:
        if name in found:
            continue
        secret = secrets.token_urlsafe(BYTES)
        if not api.create_secret(client, name, secret, listed, key):
            # Somebody else was faster.
            secret = api.secrets(client, [name])[name]
        tokens[name] = secret
    return tokens


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            # The names are no secrets, what they name is.
            "names": {"type": "list", "elements": "str", "required": True, "no_log": False},
            "tags": {"type": "dict", "default": {}},
            # The id of a key is no secret.
            "kms_key_id": {"type": "str", "default": "", "no_log": False},
        },
        supports_check_mode=True,
    )
    names, absent = module.params["names"], module.params["state"] == "absent"
    try:
        client = one_client(module, "ssm")
        found = tokens = api.secrets(client, names)
        changed = sorted(found) if absent else [name for name in names if name not in found]
        if absent and not module.check_mode:
            api.delete(client, changed)
        if absent:
            tokens = {}
        elif not module.check_mode:
            tokens = ensure_present(client, names, found, module.params["tags"], module.params["kms_key_id"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    after = [] if absent else names
    module.exit_json(changed=bool(changed), tokens=tokens, diff={"before": sorted(found), "after": sorted(after)})


if __name__ == "__main__":
    main()
