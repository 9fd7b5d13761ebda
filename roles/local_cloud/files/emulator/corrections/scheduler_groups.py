# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is not there in EventBridge Scheduler is refused as such; moto answers that it broke down, or makes it twice."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import EventBridgeSchedulerBackend

from emulator.patching import around


class GroupExists(JsonRESTError):
    """AWS's answer where a group of that name stands."""

    code = 409

    def __init__(self, name: str) -> None:
        super().__init__("ConflictException", f"Schedule group {name} already exists.")


def _in_group(original: Any, self: EventBridgeSchedulerBackend, *args: Any, **kwargs: Any) -> Any:
    self.get_schedule_group(kwargs.get("group_name"))
    return original(self, *args, **kwargs)


def _create_group(original: Any, self: EventBridgeSchedulerBackend, name: str, tags: Any) -> Any:
    if name in self.schedule_groups:
        raise GroupExists(name)
    return original(self, name, tags or [])


def _delete_group(original: Any, self: EventBridgeSchedulerBackend, name: str | None) -> None:
    if (name or "default") not in self.schedule_groups:
        raise ScheduleGroupNotFound(name or "default")
    original(self, name)


def apply() -> None:
    """Refuse both."""
    around(EventBridgeSchedulerBackend, "create_schedule", _in_group)
    around(EventBridgeSchedulerBackend, "create_schedule_group", _create_group)
    around(EventBridgeSchedulerBackend, "delete_schedule_group", _delete_group)
