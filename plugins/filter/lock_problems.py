# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: lock_problems
short_description: What keeps a file of requirements from being the lock of a kernel's environment
version_added: 0.1.0
description:
  - A lock pins each package by C(==), has a hash for each, and holds ipykernel, without which an environment is no kernel.
    C(uv pip compile --generate-hashes) writes such files.
positional: _input
options:
  _input:
    description: The text of the file.
    type: str
    required: true
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Refuse what is no lock
  ansible.builtin.assert:
    that: lookup('ansible.builtin.file', 'vision.txt') | mlinfra.aws.lock_problems == []
"""

RETURN = r"""
_value:
  description: What is wrong, each in a sentence's end. Empty where nothing is.
  type: list
  elements: str
  sample: [numpy has no hash, it does not hold ipykernel]
"""

import re
from collections.abc import Callable
from typing import Any

REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(==)?")
SHOWN = 3


def _some(names: list[str]) -> str:
    """The first of several names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def lock_problems(text: str) -> list[str]:
    """What keeps a text from being a lock: see RETURN.

    Args:
        text: in the form of pip's requirements files.
    """
    # A line that ends with a backslash goes on in the next.
    lines = [line.strip() for line in re.sub(r"\\\r?\n", " ", str(text)).splitlines()]
    found = {line: match for line in lines if (match := REQUIREMENT.match(line))}
    pinless = [match[1] for match in found.values() if not match[2]]
    hashless = [match[1] for line, match in found.items() if "--hash=" not in line]
    problems = []
    if pinless:
        problems.append(f"{_some(pinless)} must be pinned by ==")
    if hashless:
        problems.append(f"{_some(hashless)} must have a --hash")
    if "ipykernel" not in {match[1].lower() for match in found.values()}:
        problems.append("it does not hold ipykernel")
    return problems


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"lock_problems": lock_problems}
