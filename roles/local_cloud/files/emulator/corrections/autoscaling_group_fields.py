# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An update of a group changes everything that it names, and a group of mixed instances tells no launch template beside them."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse

from emulator.patching import around


def _update(original: Any, self: AutoScalingResponse) -> Any:
    answer = original(self)
    group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
    told = {
        "default_cooldown": self._get_int_param("DefaultCooldown"),
        "termination_policies": self._get_param("TerminationPolicies"),
    }
    for member, value in told.items():
        if value is not None:
            setattr(group, member, value)
    return answer


def _keep_policy(original: Any, self: FakeAutoScalingGroup, **told: Any) -> None:
    """Where nothing is said of what to launch it stays. Moto takes a template by its id or its name, not by both as it tells it."""
    kept = self.mixed_instances_policy
    if kept and not any(told.get(name) for name in ("mixed_instances_policy", "launch_template", "launch_config_name")):
        template = dict(kept["LaunchTemplate"]["LaunchTemplateSpecification"])
        template.pop("LaunchTemplateName", None)
        told["mixed_instances_policy"] = {
            **kept,
            "LaunchTemplate": {**kept["LaunchTemplate"], "LaunchTemplateSpecification": template},
        }
    original(self, **told)


def apply() -> None:
    """Take over what moto leaves out."""
    around(FakeAutoScalingGroup, "update", _keep_policy)
    around(AutoScalingResponse, "update_auto_scaling_group", _update)
    told = FakeAutoScalingGroup.launch_template.fget
    FakeAutoScalingGroup.launch_template = property(lambda self: None if self.mixed_instances_policy else told(self))
