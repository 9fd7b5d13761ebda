# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Auto Scaling's refreshes of a group's members, which moto lacks. Here one is over at once."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random


def _group(response: AutoScalingResponse) -> FakeAutoScalingGroup:
    name = response._get_param("AutoScalingGroupName")
    group = response.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise ValidationError(f"AutoScalingGroup name not found - {name}")
    return group


def _refreshes(group: FakeAutoScalingGroup) -> list[dict[str, Any]]:
    """Those of the group, the newest first."""
    if not hasattr(group, "instance_refreshes"):
        group.instance_refreshes = []
    return group.instance_refreshes


def _outdated(group: FakeAutoScalingGroup) -> list[str]:
    """The members that were launched from another version than would be now."""
    template = group.ec2_launch_template
    wanted = str(template.get_version(group.launch_template_version).number) if template else ""
    return [state.instance.id for state in group.active_instances() if getattr(state, "template_version", "") != wanted]


def apply() -> None:
    """Add both operations."""

    def start_instance_refresh(self: AutoScalingResponse) -> ActionResult:
        group = _group(self)
        members = _outdated(group)
        for member in members:
            self.autoscaling_backend.terminate_instance(member, should_decrement=False)
        made = {
            "InstanceRefreshId": str(mock_random.uuid4()),
            "AutoScalingGroupName": group.name,
            "Status": "Successful",
            "StartTime": utcnow(),
            "EndTime": utcnow(),
            "PercentageComplete": 100,
            "InstancesToUpdate": 0,
            "Preferences": self._get_param("Preferences"),
        }
        _refreshes(group).insert(0, made)
        return ActionResult({"InstanceRefreshId": made["InstanceRefreshId"]})

    def describe_instance_refreshes(self: AutoScalingResponse) -> ActionResult:
        wanted = self._get_param("InstanceRefreshIds")
        told = [one for one in _refreshes(_group(self)) if not wanted or one["InstanceRefreshId"] in wanted]
        return ActionResult({"InstanceRefreshes": told})

    AutoScalingResponse.start_instance_refresh = start_instance_refresh
    AutoScalingResponse.describe_instance_refreshes = describe_instance_refreshes
