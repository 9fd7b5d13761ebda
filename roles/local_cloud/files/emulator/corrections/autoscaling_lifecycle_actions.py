# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Auto Scaling's CompleteLifecycleAction, which moto lacks."""

from __future__ import annotations

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult


def apply() -> None:
    """Add the operation. Moto's members wait for nobody, so that there is none to let go."""

    def complete_lifecycle_action(self: AutoScalingResponse) -> ActionResult:
        told = {name: self._get_param(name) for name in ("AutoScalingGroupName", "LifecycleHookName", "InstanceId")}
        backend = self.autoscaling_backend
        group = backend.autoscaling_groups.get(told["AutoScalingGroupName"])
        hooks = backend.describe_lifecycle_hooks(told["AutoScalingGroupName"], None) if group else []
        members = [state.instance.id for state in group.instance_states] if group else []
        if told["LifecycleHookName"] not in [hook.name for hook in hooks] or told["InstanceId"] not in members:
            raise ValidationError(f"No active Lifecycle Action found with instance ID {told['InstanceId']}")
        return EmptyResult()

    AutoScalingResponse.complete_lifecycle_action = complete_lifecycle_action
