#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: access_tokens
version_added: 0.1.0
short_description: Keep random tokens in Parameter Store
description:
  - Sees that each parameter holds a token, and returns all of them. A token that stands is never changed, unless O(replace) says so.
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
      - The KMS key that encrypts tokens that are stored, by its id, its ARN or its alias. Empty for AWS's own.
      - Parameters whose tokens are not replaced stay as they are.
    type: str
    default: ""
  replace:
    description:
      - Which tokens are replaced by new ones, by the names of the parameters. Each is a list of the SHA-256 of tokens that
        are to go, in hexadecimal digits.
      - A parameter that holds another token by now keeps that one. So a replacement that was cut short goes on with what it made.
    type: dict
    default: {}
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

- name: Replace a token that has become known
  mlinfra.aws.access_tokens:
    names: [/mlinfra/dev/jupyter-token-ada]
    replace:
      /mlinfra/dev/jupyter-token-ada: ["{{ tokens.tokens['/mlinfra/dev/jupyter-token-ada'] | hash('sha256') }}"]
  no_log: true

- name: Remove a token
  mlinfra.aws.access_tokens:
    names: [/mlinfra/dev/jupyter-token-ada]
    state: absent
"""

RETURN = r"""
tokens:
  description: The tokens by the parameters' names. Those that check mode would make or replace are left out.
  returned: always
  type: dict
  sample: {/mlinfra/dev/jupyter-token-ada: a-secret}
replaced:
  description: The names of the parameters whose token was replaced.
  returned: always
  type: list
  elements: str
  sample: [/mlinfra/dev/jupyter-token-ada]
"""

import hashlib
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


def outdated(found: Mapping[str, str], replace: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of the parameters that still hold the token that is to go, sorted.

    Args:
        found: the tokens that stand, by name.
        replace: the SHA-256 of the tokens that are to go, by name.
    """
    return sorted(name for name, token in found.items() if hashlib.sha256(token.encode()).hexdigest() in replace.get(name, []))


def ensure_replaced(client: Any, names: Sequence[str], tokens: Mapping[str, str], key: str = "") -> dict[str, str]:
    """Stores a new token in each of the parameters, and returns all tokens by name.

    Args:
        client: the client of Systems Manager.
        names: the parameters, which stand.
        tokens: those that stand.
        key: the KMS key that encrypts the new tokens; empty for AWS's own.
    """
    new = {name: secrets.token_urlsafe(BYTES) for name in names}
    for name, secret in new.items():
        api.replace_secret(client, name, secret, key)
    return {**tokens, **new}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            # The names are no secrets, what they name is.
            "names": {"type": "list", "elements": "str", "required": True, "no_log": False},
            "tags": {"type": "dict", "default": {}},
            # The id of a key is no secret.
            "kms_key_id": {"type": "str", "default": "", "no_log": False},
            # Hashes of 256 random bits tell nothing of them.
            "replace": {"type": "dict", "default": {}, "no_log": False},
        },
        supports_check_mode=True,
    )
    names, absent = module.params["names"], module.params["state"] == "absent"
    try:
        client = one_client(module, "ssm")
        found = tokens = api.secrets(client, names)
        replaced = [] if absent else outdated(found, module.params["replace"])
        missing = [] if absent else [name for name in names if name not in found]
        gone = sorted(found) if absent else []
        if absent and not module.check_mode:
            api.delete(client, gone)
        if absent:
            tokens = {}
        elif module.check_mode:
            tokens = {name: token for name, token in found.items() if name not in replaced}
        else:
            key = module.params["kms_key_id"]
            tokens = ensure_present(client, names, found, module.params["tags"], key)
            tokens = ensure_replaced(client, replaced, tokens, key)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    after = [] if absent else [f"{name} (another token)" if name in replaced else name for name in names]
    module.exit_json(
        changed=bool(missing or replaced or gone),
        tokens=tokens,
        replaced=replaced,
        diff={"before": sorted(found), "after": sorted(after)},
    )


if __name__ == "__main__":
    main()
