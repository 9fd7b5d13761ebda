# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: member_bundle
short_description: The checksum of what members of a group configure themselves with
version_added: 0.1.0
description:
  - Says what M(mlinfra.aws.member_bundle) would call the bundle, without a call.
positional: _input
options:
  _input:
    description: The settings of the bundle.
    type: dict
    required: true
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Say what it would be
  ansible.builtin.debug:
    msg: "{{ {'ml_host_user': 'ml'} | mlinfra.aws.member_bundle }}"
"""

RETURN = r"""
_value:
  description: Its SHA-256, in hexadecimal digits.
  type: str
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.module_utils.member_bundle import files, transform

COLLECTION = Path(__file__).parent.parent.parent


def member_bundle(settings: Mapping[str, Any]) -> str:
    """The SHA-256 of the bundle with these settings.

    Raises:
        AnsibleFilterError: the bundle can't be made.
    """
    try:
        return transform.digest(transform.bundle(files.sources(COLLECTION), settings))
    except (OSError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"The bundle of the members can't be made: {error}") from error


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"member_bundle": member_bundle}
