# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A call that describes rules of a security group otherwise answers that it did. Moto's answer is empty."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.security_groups import SecurityGroups

from emulator.patching import around


def _told(original: Any, self: SecurityGroups) -> ActionResult:
    original(self)
    return ActionResult({"Return": True})


def apply() -> None:
    """Let both operations say so."""
    for direction in ("ingress", "egress"):
        around(SecurityGroups, f"update_security_group_rule_descriptions_{direction}", _told)
