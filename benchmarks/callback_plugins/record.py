# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps what a run of Ansible did: its tasks with their times, and how many modules and processes it started."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.inventory.host import Host
    from ansible.playbook.task import Task

DOCUMENTATION = """
name: record
type: notification
short_description: Write what a run did as one JSON object
description:
  - Writes a list of the tasks' results - name, began, ended (seconds since 1970) and status.
  - Appends letters to a second file, with C(.started) at the end of its name - p for each program that Ansible starts,
    f for each fork of itself, m for each module that an action runs.
options:
  path:
    description: The file to write.
    type: path
    required: true
    env:
      - name: BENCH_RECORD
"""

# Python's audit events, in this process and in all that are forked from it.
STARTED = {"subprocess.Popen": b"p", "os.exec": b"p", "os.posix_spawn": b"p", "os.fork": b"f", "os.forkpty": b"f"}
MODULE = b"m"


def count_starts(path: Path) -> None:
    """Append one letter to a file for each program, fork and module that is started from now on."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def note(event: str, _arguments: tuple[Any, ...]) -> None:
        letter = STARTED.get(event)
        if letter:
            os.write(log, letter)

    sys.addaudithook(note)
    execute = ActionBase._execute_module

    @wraps(execute)
    def counted(action: ActionBase, *arguments: Any, **named: Any) -> dict[str, Any]:
        os.write(log, MODULE)
        return execute(action, *arguments, **named)

    ActionBase._execute_module = counted


class CallbackModule(CallbackBase):
    """Collects while the run goes on, and writes at the end of each playbook of it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._began: dict[tuple[str, str], float] = {}
        self._tasks: list[dict[str, Any]] = []

    def set_options(self, *args: Any, **kwargs: Any) -> None:
        super().set_options(*args, **kwargs)
        count_starts(Path(f"{self.get_option('path')}.started"))

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        self._began[host.get_name(), task._uuid] = time.time()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        self._keep(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        self._keep(result, "skipped")

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        self._keep(result, "failed")

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        Path(self.get_option("path")).write_text(json.dumps(self._tasks), encoding="utf-8")

    def _keep(self, result: CallbackTaskResult, status: str) -> None:
        ended = time.time()
        began = self._began.pop((result.host.get_name(), result.task._uuid), ended)
        self._tasks.append({"name": result.task.get_name(), "began": began, "ended": ended, "status": status})
