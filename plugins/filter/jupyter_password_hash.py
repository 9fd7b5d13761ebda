# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: jupyter_password_hash
short_description: A password's hash in the form that Jupyter Server checks
version_added: 0.1.0
description:
  - Hashes with Argon2id at the cost that Jupyter itself takes. The password stays on the controller.
  - The same password and name give the same hash, so that a second run changes nothing.
positional: _input, name
options:
  _input:
    description: The password.
    type: str
    required: true
  name:
    description: What the password opens. Other names have other hashes of the same password.
    type: str
    required: true
requirements:
  - cryptography 45 or newer, which ansible-core brings
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Hash the password of the vault
  ansible.builtin.set_fact:
    hashed: "{{ vault_jupyter_password | mlinfra.aws.jupyter_password_hash('mlinfra-dev') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The value of Jupyter's setting C(PasswordIdentityProvider.hashed_password).
  type: str
  sample: argon2:$argon2id$v=19$m=10240,t=10,p=8$c2FsdHNhbHRzYWx0c2FsdA$…
"""

import hashlib
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

# What Jupyter Server takes for passwords that are set in it.
COST = {"length": 32, "iterations": 10, "lanes": 8, "memory_cost": 10240}


def jupyter_password_hash(password: str, name: str) -> str:
    """A hash as Jupyter Server checks it: see RETURN.

    Args:
        password: in the clear.
        name: what it opens, which makes the salt.

    Raises:
        AnsibleFilterError: the controller's Python has no Argon2.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        salt = hashlib.sha256(name.encode()).digest()[:16]
        return "argon2:" + Argon2id(salt=salt, **COST).derive_phc_encoded(str(password).encode())
    except (ImportError, AttributeError, UnsupportedAlgorithm) as error:
        raise AnsibleFilterError("Hashing passwords needs Python's cryptography 45 or newer on the controller") from error


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"jupyter_password_hash": jupyter_password_hash}
