# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notes what a run does on far hosts: its tasks, the modules that it runs there, and every trip that it takes."""

from __future__ import annotations

import json
import os
import time
from functools import wraps
from typing import TYPE_CHECKING, Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase
from ansible.plugins.connection import ConnectionBase

if TYPE_CHECKING:
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.inventory.host import Host
    from ansible.playbook.task import Task

DOCUMENTATION = """
name: trips
type: notification
short_description: Write a line for each trip to a far host
description:
  - Appends JSON lines. Each has C(event), which is command (a program run on the host), put or fetch (a file), module, or
    task; a task has C(host), C(name), C(status) and C(seconds) beside it.
options:
  path:
    description: The file to append to.
    type: path
    required: true
    env:
      - name: TRIPS_RECORD
"""

FAR = {"ssh", "mlinfra.aws.ssm", "amazon.aws.aws_ssm"}
TRIPS = {"exec_command": "command", "put_file": "put", "fetch_file": "fetch"}


class Log:
    """A file that this process and its forks append lines to."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def note(self, event: str, **details: Any) -> None:
        """Append one line."""
        os.write(self._file, (json.dumps({"event": event, **details}) + "\n").encode())


def count(log: Log) -> None:
    """From now on note every trip and every module run on a far host; workers are forks, so they note theirs too."""
    for method, event in TRIPS.items():
        _note_calls(log, ConnectionBase, method, event, lambda connection: connection)
    _note_calls(log, ActionBase, "_execute_module", "module", lambda action: action._connection)


def _note_calls(log: Log, of: type, method: str, event: str, connection_of: Any) -> None:
    original = getattr(of, method)

    @wraps(original)
    def noted(self: Any, *arguments: Any, **named: Any) -> Any:
        if connection_of(self).transport in FAR:
            log.note(event)
        return original(self, *arguments, **named)

    # Python refuses to make objects of a class with methods marked so, whoever overrides them.
    noted.__isabstractmethod__ = getattr(original, "__isabstractmethod__", False)
    setattr(of, method, noted)


class CallbackModule(CallbackBase):
    """Notes each host's result of each task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "trips"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._began: dict[tuple[str, str], float] = {}

    def set_options(self, *args: Any, **kwargs: Any) -> None:
        super().set_options(*args, **kwargs)
        self._log = Log(self.get_option("path"))
        count(self._log)

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        self._began[host.name, task._uuid] = time.monotonic()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        self._note(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        self._note(result, "failed")

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        self._note(result, "unreachable")

    def _note(self, result: CallbackTaskResult, status: str) -> None:
        began = self._began.get((result.host.name, result.task._uuid), time.monotonic())
        self._log.note(
            "task",
            host=result.host.name,
            name=result.task.name,
            status=status,
            seconds=round(time.monotonic() - began, 3),
        )
