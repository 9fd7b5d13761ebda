# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A group takes its policies with it. Moto keeps them for a group that is called the same."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import AutoScalingBackend

from emulator.patching import around


def _delete(original: Any, self: AutoScalingBackend, group_name: str) -> None:
    original(self, group_name)
    self.policies = {name: one for name, one in self.policies.items() if one.auto_scaling_group_name != group_name}


def apply() -> None:
    """Forget them."""
    around(AutoScalingBackend, "delete_auto_scaling_group", _delete)
