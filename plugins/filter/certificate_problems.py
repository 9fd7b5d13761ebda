# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_problems
short_description: What keeps a TLS certificate and its key from being used
version_added: 0.1.0
description:
  - Reads a certificate, or a chain that begins with it, and a private key, and looks whether they fit each other, the key
    is not encrypted, and the certificate has not expired.
  - Never tells anything of the key itself.
positional: _input, key
options:
  _input:
    description: The certificate in PEM form, its chain behind it where it has one.
    type: str
    required: true
  key:
    description: Its private key in PEM form.
    type: str
    required: true
requirements:
  - cryptography 42 or newer, which ansible-core brings
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Refuse a certificate that nobody could use
  ansible.builtin.assert:
    that: certificate | mlinfra.aws.certificate_problems(key) == []
"""

RETURN = r"""
_value:
  description: What is wrong, each in a sentence's end. Empty where nothing is.
  type: list
  elements: str
  sample: [the certificate expired on 2026-01-31]
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any


def certificate_problems(certificate: str, key: str) -> list[str]:
    """What is wrong with a certificate and its key: see RETURN.

    Args:
        certificate: PEM text.
        key: PEM text.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    problems: list[str] = []
    found = private = None
    try:
        found = x509.load_pem_x509_certificates(str(certificate).encode())[0]
    except ValueError:
        problems.append("the certificate is no PEM text of a certificate")
    try:
        private = load_pem_private_key(str(key).encode(), password=None)
    except TypeError:
        problems.append("the key is encrypted, and nobody is there to enter its passphrase when the service starts")
    except (ValueError, UnsupportedAlgorithm):
        problems.append("the key is no PEM text of a private key")
    if found and found.not_valid_after_utc < datetime.now(UTC):
        problems.append(f"the certificate expired on {found.not_valid_after_utc:%Y-%m-%d}")
    if found and private and found.public_key() != private.public_key():
        problems.append("the key is not the certificate's")
    return problems


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"certificate_problems": certificate_problems}
