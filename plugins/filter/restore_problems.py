# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: restore_problems
short_description: What is wrong with what playbooks/restore.yml is asked for
version_added: 0.1.0
description:
  - Says what is missing, what says nothing together with the rest, and what is no point in time, before anything is looked at.
positional: _input
options:
  _input:
    description: The variables of the playbook, by their names without C(restore_). What is none is not given.
    type: dict
    required: true
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Refuse what can't be restored
  ansible.builtin.assert:
    that: "{'what': 'object', 'bucket': 'datasets', 'key': 'raw/numbers.csv'} | mlinfra.aws.restore_problems == []"
"""

RETURN = r"""
_value:
  description: What is wrong, one line each. Empty where nothing is.
  type: list
  elements: str
  sample: ["restore_key: (empty) is missing; restore_what=object takes the key of an object"]
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.restore.asked import problems


def restore_problems(asked: dict[str, Any]) -> list[str]:
    """What is wrong with what is asked for: see RETURN."""
    return problems(asked, datetime.now(UTC), "restore_")


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"restore_problems": restore_problems}
