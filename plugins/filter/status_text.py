# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: status_text
author:
  - The mlinfra.aws authors (!UNKNOWN)
version_added: 0.1.0
short_description: How an environment is, as text for a terminal
description:
  - Says on one screen what to look after, how the instances are, which alarms ring, who is connected, what runs and what the
    month has cost so far. Details follow.
positional: _input, name, region
options:
  _input:
    description: What P(mlinfra.aws.environment_status#filter) returned.
    type: dict
    required: true
  name:
    description: Name of the environment.
    type: str
    required: true
  region:
    description: Its region.
    type: str
    required: true
  columns:
    description: How wide a line may be, in characters.
    type: int
    default: 80
"""

EXAMPLES = r"""
- name: Say how the environment is
  ansible.builtin.debug:
    msg: "{{ asked | mlinfra.aws.environment_status | mlinfra.aws.status_text(mlinfra_name, mlinfra_region) }}"
"""

RETURN = r"""
_value:
  description: The text, in lines.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.plugin_utils.status.text import Text


def status_text(status: dict[str, Any], name: str, region: str, columns: int = 80) -> str:
    """How an environment is, as text: see RETURN."""
    try:
        return "\n".join(Text(status, name, region, columns).lines())
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"status_text: this is no result of environment_status: {error!r}") from error


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"status_text": status_text}
