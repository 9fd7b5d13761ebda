# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps what each playbook run of a scenario changed, so that runs can be compared with each other."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import context
from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.playbook import Playbook

DOCUMENTATION = """
name: runs
type: notification
short_description: Write one JSON line for each playbook run
description:
  - Appends to runs.jsonl one line for each run - playbook, check, started and finished (seconds since 1970),
    and changed, the list of changed tasks in the order of the run, each loop item on its own.
options:
  directory:
    description: Folder of runs.jsonl.
    type: path
    required: true
    env:
      - name: MOLECULE_EPHEMERAL_DIRECTORY
"""


class CallbackModule(CallbackBase):
    """Collects the changed tasks of one run and appends them to the file when the run ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "runs"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._playbook = ""
        self._started = time.time()
        self._changed: list[str] = []

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        self._playbook = Path(playbook._file_name).name

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        # Of a loop this is the summary; its items have been told one by one.
        if not result.task.loop:
            self._keep(result)

    def v2_runner_item_on_ok(self, result: CallbackTaskResult) -> None:
        self._keep(result, self._get_item_label(result.result))

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        run = {
            "playbook": self._playbook,
            "check": bool(context.CLIARGS["check"]),
            "started": self._started,
            "finished": time.time(),
            "changed": self._changed,
        }
        with Path(self.get_option("directory"), "runs.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(run) + "\n")

    def _keep(self, result: CallbackTaskResult, item: Any = None) -> None:
        if result.is_changed():
            name = result.task.get_name()
            self._changed.append(name if item is None else f"{name} ({item})")
