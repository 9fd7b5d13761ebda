# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
short_description: Say what is made, what is waited for, and how it ended
version_added: 0.1.0
author:
  - mlinfra.aws authors (@mlinfra)
description:
  - Writes one line for each thing that was made (C(+)), changed (C(~)) or removed (C(-)), with its kind, its name, its id
    where it has one, and how long it took. What did not change gets no line.
  - Shows which roles are done, which one runs and which are still to come, as far as P(mlinfra.aws.environment_diff#module)
    or the play itself tells.
  - Ends with one summary, and with the next step where something failed.
  - On a terminal the last line tells what is being waited for. Without one, with C(NO_COLOR) or with C(TERM=dumb), there are
    plain lines only, and what lasts long is named now and then.
  - With C(-v) or more it is Ansible's own callback P(ansible.builtin.default#callback), with its options.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
options:
  patience:
    description:
      - Seconds after which a line names a task that is still running, where there is no terminal; the next one follows after
        twice as many, and so on.
    type: float
    default: 15
    env:
      - name: MLINFRA_PROGRESS_PATIENCE
    ini:
      - section: callback_progress
        key: patience
"""

import atexit
import os
import time
import typing as t
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from ansible import context
from ansible.executor.stats import AggregateStats
from ansible.executor.task_result import CallbackTaskResult
from ansible.inventory.host import Host
from ansible.playbook import Playbook
from ansible.playbook.play import Play
from ansible.playbook.task import Task
from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.changes import Change, Source, changes, subject
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.kinds import kind_of
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.known import CHANGED, MADE, REMOVED, Known
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.lines import Lines
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.plays import hosts_of, role_of, roles_of, where
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.running import Running
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.screen import Screen
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.steps import Steps
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.summary import Failure, Summary
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.words import duration, message_of, plain, some

SECONDS_BETWEEN_LOOKS = 0.5
HIDDEN = "Hidden, because the task says no_log."
WOULD = {MADE: "would be made", CHANGED: "would change", REMOVED: "would go"}
DISCOVERY = ("environment_info", "environment_diff")
# They change only Ansible's own picture of the world, and who may change it.
ASIDE = ("add_host", "group_by", "environment_lock")


@dataclass(frozen=True)
class Job:
    """A module that works in the background.

    Attributes:
        action: its full name.
        since: when it began, on the monotonic clock.
    """

    action: str
    since: float


class CallbackModule(Default):
    """Turns what happens into lines."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "mlinfra.aws.progress"

    def __init__(self) -> None:
        super().__init__()
        if self._display.verbosity:
            # Whoever looks for a fault needs all that Ansible has to say.
            for event in [name for name in vars(CallbackModule) if name.startswith("v2_")]:
                setattr(self, event, getattr(super(), event))
            return
        self._screen = Screen(self._display)
        self._lines = Lines(self._screen)
        self._running = Running(self._screen.lock)
        self._steps = Steps()
        self._together = True
        self._summary = Summary()
        self._began = 0.0
        self._process = os.getpid()
        self._known: defaultdict[str, Known] = defaultdict(Known)
        self._jobs: dict[tuple[str, str], Job] = {}
        self._diffs: dict[tuple[str, str], str] = {}
        self._faults: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        atexit.register(self._break_off)

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        self._began = time.monotonic()
        self._summary = Summary()
        if context.CLIARGS["check"]:
            self._screen.say("Check mode: nothing is changed. This is what would be.")

    def v2_playbook_on_play_start(self, play: Play) -> None:
        with self._screen.lock:
            self._steps = Steps()
            self._steps.expect(roles_of(play))
        hosts = hosts_of(play)
        # Where hosts go on by themselves, each is in another role.
        self._together = len(hosts) == 1 or not play.strategy.endswith("free")
        self._lines.play(play.get_name(), hosts)
        self._screen.start(self._look, SECONDS_BETWEEN_LOOKS)

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:
        if self._together:
            with self._screen.lock:
                self._steps.begin(role_of(task))

    def v2_playbook_on_handler_task_start(self, task: Task) -> None:
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        self._running.begin(task._uuid, task.name or task.action, host.get_name())
        self._screen.refresh()

    def v2_runner_retry(self, result: CallbackTaskResult) -> None:
        self._running.again(*_key(result), result.result["attempts"], result.result["retries"])

    def v2_on_file_diff(self, result: CallbackTaskResult) -> None:
        told = result.result
        if told.get("diff") and told.get("changed") and not _is_hidden(told):
            self._diffs[_key(result)] = self._get_diff(told["diff"])

    def v2_runner_item_on_ok(self, result: CallbackTaskResult) -> None:
        self._done(result, self._running.item(*_key(result)))

    def v2_runner_item_on_failed(self, result: CallbackTaskResult) -> None:
        ignored = result.task.ignore_errors is True
        self._faults[_key(result)].append(self._fault(result, self._running.item(*_key(result)), ignored))

    def v2_runner_item_on_skipped(self, result: CallbackTaskResult) -> None:
        self._running.item(*_key(result))

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        seconds = self._running.end(*_key(result))
        self._learn(result)
        if not (result.task.loop and "results" in result.result):
            self._done(result, seconds)

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        self._running.end(*_key(result))

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        self._failed(result, "failed", ignore_errors)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        self._failed(result, "unreachable", bool(result.task.ignore_unreachable))

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        for host in sorted(stats.processed):
            counted = stats.summarize(host)
            self._summary.settle(host, counted["failures"] + counted["unreachable"])
        self._end("Failed after" if self._summary.failures else "Done in")

    def _silent(self, *arguments: t.Any, **named: t.Any) -> None:
        """What Ansible's own callback says here, other lines say."""

    v2_playbook_on_include = v2_playbook_on_notify = _silent
    v2_playbook_on_no_hosts_matched = v2_playbook_on_no_hosts_remaining = _silent
    v2_runner_on_async_poll = v2_runner_on_async_ok = v2_runner_on_async_failed = _silent

    def _look(self) -> list[str]:
        """The live line; without a terminal, what has lasted long enough for a line."""
        signs, several = self._screen.signs, self._lines.several
        if self._screen.live:
            waits, sign = [self._running.longest(several)], signs.running
        else:
            waits, sign = self._running.due(self.get_option("patience"), several), f"  {signs.waiting}"
        place = f"{self._steps.place}{signs.between}" if self._steps.place else ""
        return [f"{sign} {place}{wait}" for wait in waits if wait]

    def _learn(self, result: CallbackTaskResult) -> None:
        """Take over what discovery and the comparison say."""
        told, host = result.result, result.host.get_name()
        if _module(result) not in DISCOVERY:
            return
        self._known[host].learn(told)
        if "to_run" in told:
            with self._screen.lock:
                self._steps.expect(told["to_run"])
            number, roles = len(told["differences"]), ", ".join(told["to_run"])
            differ = f"{number} resource{' differs' if number == 1 else 's differ'}: {roles}"
            self._lines.remark(host, differ if roles else "Everything stands as declared.")

    def _done(self, result: CallbackTaskResult, seconds: float) -> None:
        """Tell what a task's result says, or an item's."""
        told, host = result.result, result.host.get_name()
        self._warn(told)
        job = self._job(result)
        if told.get("changed") and _module(result) not in ASIDE:
            source = Source(job.action if job else result.task.action, result.task_name, self._label(result))
            hidden = [Change(CHANGED, "", result.task_name)] if _is_hidden(told) else []
            found = hidden or changes(told, source, self._known[host])
            # When a job itself ended, nobody has seen; what one module did at once can't be told apart.
            took = f"within {duration(time.monotonic() - job.since)}" if job else duration(seconds)
            took += f" for {len(found)}" if len(found) > 1 else ""
            checks = context.CLIARGS["check"] or result.task.check_mode
            for change in found:
                self._summary.count(host, change.what)
                self._lines.roles(self._steps)
                self._lines.change(host, change, _would(change) if checks else took)
            diff = self._diffs.pop(_key(result), "")
            if diff:
                self._lines.diff(diff)
        elif _module(result) == "debug" and not _is_hidden(told):
            self._lines.text(host, self._said(result))

    def _job(self, result: CallbackTaskResult) -> Job | None:
        """The job in the background that a result tells the end of; one that begins is remembered."""
        told = result.result
        key = result.host.get_name(), str(told.get("ansible_job_id", ""))
        if _module(result) == "async_status":
            return self._jobs.get(key)
        if key[1] and not told.get("finished"):
            self._jobs[key] = Job(result.task.action, time.monotonic())
        return None

    def _label(self, result: CallbackTaskResult) -> str:
        """What a loop's item is called; empty outside of loops and for what is hidden."""
        label = None if _is_hidden(result.result) else self._get_item_label(result.result)
        return str((label.get("name") or "") if isinstance(label, Mapping) else label or "")

    def _said(self, result: CallbackTaskResult) -> str:
        """The text of a debug task."""
        told = result.result
        self._clean_results(told, result.task.action)
        message = told.get("msg")
        if isinstance(message, str) or (isinstance(message, list) and all(isinstance(line, str) for line in message)):
            return plain(message)
        shown = {name: value for name, value in told.items() if not name.startswith("_")}
        return self._dump_results(shown).strip("\n")

    def _warn(self, told: dict[str, t.Any]) -> None:
        """Say what a task warns of."""
        if _is_hidden(told):
            return
        for warning in told.pop("warnings", None) or []:
            self._lines.warning(plain(warning))
        self._handle_warnings(told)

    def _fault(self, result: CallbackTaskResult, seconds: float, ignored: bool) -> tuple[str, str]:
        """Write the line of what failed; return what it was about and why it failed."""
        told, host = result.result, result.host.get_name()
        self._warn(told)
        job, hidden = self._job(result), _is_hidden(told)
        source = Source(job.action if job else result.task.action, result.task_name, self._label(result))
        name = "" if hidden else subject(told, source, self._known[host])
        kind = kind_of(source.action) if name else ""
        message = HIDDEN if hidden else message_of(told)
        end = "ignored" if ignored else duration(seconds)
        self._lines.roles(self._steps)
        self._lines.fault(host, kind, name or result.task_name, end, message)
        return f"{kind.replace('_', ' ')} {name}".strip(), message

    def _failed(self, result: CallbackTaskResult, what: str, ignored: bool) -> None:
        """A task has failed on a host, or could not reach it."""
        seconds = self._running.end(*_key(result))
        faults = self._faults.pop(_key(result), None) or [self._fault(result, seconds, ignored)]
        if ignored:
            return
        names = [name for name, _why in faults if name]
        messages = [f"{name}: {why}" if name and len(faults) > 1 else why for name, why in faults]
        self._summary.fail(
            Failure(
                what=what,
                host=result.host.get_name(),
                task=result.task_name,
                action=result.task.action,
                where=where(result.task),
                resource=some(names),
                message="\n".join(messages),
            )
        )

    def _end(self, how: str) -> None:
        self._screen.stop()
        headline = f"{how} {duration(time.monotonic() - self._began)}"
        self._lines.summary(self._summary, headline, bool(context.CLIARGS["check"]))
        self._began = 0.0

    def _break_off(self) -> None:
        """The process ends, and nobody has told the end of the run."""
        if self._began and os.getpid() == self._process:
            for failure in self._summary.failures:
                self._summary.count(failure.host, failure.what)
            self._end("Broken off after")


def _key(result: CallbackTaskResult) -> tuple[str, str]:
    return result.task._uuid, result.host.get_name()


def _module(result: CallbackTaskResult) -> str:
    return result.task.action.rpartition(".")[2]


def _would(change: Change) -> str:
    return "" if " would " in change.name else WOULD[change.what]


def _is_hidden(told: Mapping[str, t.Any]) -> bool:
    return bool(told.get("_ansible_no_log")) or "censored" in told
