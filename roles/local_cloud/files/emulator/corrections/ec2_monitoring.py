# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MonitorInstances and UnmonitorInstances, which moto lacks: detailed monitoring of instances that stand."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses.monitoring import Monitoring


def apply() -> None:
    """Add both operations."""

    def switch(self: Monitoring, state: str) -> ActionResult:
        told = []
        for instance in self.ec2_backend.get_multi_instances_by_id(self._get_param("InstanceIds", [])):
            instance.monitoring_state = state
            told.append({"InstanceId": instance.id, "Monitoring": {"State": state}})
        return ActionResult({"InstanceMonitorings": told})

    Monitoring.monitor_instances = lambda self: switch(self, "enabled")
    Monitoring.unmonitor_instances = lambda self: switch(self, "disabled")
