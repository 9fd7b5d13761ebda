# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fills in on the controller what the module of the same name needs, says who is waited for, and saves needless calls."""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.mlinfra.aws.plugins.module_utils.lock.transform import is_due, sentence
from ansible_collections.mlinfra.aws.plugins.plugin_utils.advice import advised
from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings, Values

# The fact that says when this run took the lock or renewed it, in seconds since 1970; 0 where it does not hold it.
FACT = "mlinfra_lock_written"
# What the module needs, by where it comes from.
OPTIONS = {
    "bucket": "storage_operations_bucket",
    "account": "mlinfra_account_id",
    "tags": "storage_tags",
    "minutes": "mlinfra_lock_minutes",
}

# What it depends on besides.
ITS = ("ansible_facts", "mlinfra_name", "mlinfra_names", "mlinfra_tags", "mlinfra_lock", "mlinfra_lock_timeout")

display = Display()


class ActionModule(ActionBase):
    """The action of mlinfra.aws.environment_lock."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Take the lock, renew it or give it back, where there is something to do."""
        result = super().run(tmp, task_vars)
        variables = self._variables(task_vars or {})
        reader = RoleSettings(["storage"], self._templar, self._loader, variables)
        state = self._task.args.get("state", "held")
        if reader.get("mlinfra_lock") == "none" or not self._has_to(state, reader, variables):
            return {**result, "changed": False, **({"stale": False, "waited": 0.0} if state == "held" else {})}
        request = self._request(reader)

        def execute(**options: t.Any) -> Values:
            asked = {**request, **self._task.args, **options}
            return advised(
                self._execute_module(module_name="mlinfra.aws.environment_lock", module_args=asked, task_vars=task_vars)
            )

        if state == "free":
            return {**result, **self._give_back(execute)}
        return {**result, **(self._take(execute, reader) if state == "held" else _with_fact(execute(), time.time()))}

    def _variables(self, task_vars: Values) -> Values:
        """Return the variables in scope and, where the task is delegated to an environment, that one's own."""
        if not self._task.delegate_to:
            return task_vars
        its = task_vars["hostvars"][self._task.delegate_to]
        return {**task_vars, **{name: its[name] for name in (*ITS, *OPTIONS.values()) if name in its}}

    @staticmethod
    def _has_to(state: str, reader: RoleSettings, variables: Values) -> bool:
        """Say whether there is anything to do."""
        written = variables.get("ansible_facts", {}).get(FACT, 0)
        if state == "renewed":
            return bool(written) and is_due(written, time.time(), int(reader.get("mlinfra_lock_minutes")))
        return bool(written) is (state == "free")

    def _request(self, reader: RoleSettings) -> Values:
        """Return the module's options that need no decision, and that the task does not give."""
        missing = {option: variable for option, variable in OPTIONS.items() if option not in self._task.args}
        request: Values = {option: reader.get(variable) for option, variable in missing.items()}
        if reader.unreadable:
            raise AnsibleActionFail("; ".join(f"{name}: {reason}" for name, reason in reader.unreadable.items()))
        if "tags" in request and "bucket" in request:
            request["tags"] = {**request["tags"], "Name": request["bucket"]}
        # Tasks work in processes of the run's own.
        return {**request, "command": command(), "pid": os.getppid()}

    def _take(self, execute: t.Callable[..., Values], reader: RoleSettings) -> Values:
        """Take the lock, and say so where somebody else has to be waited for."""
        timeout = int(self._task.args.get("timeout", reader.get("mlinfra_lock_timeout")))
        answer = execute(timeout=0, force=self._task.args.get("force", reader.get("mlinfra_lock") == "break"))
        if answer.get("failed") and "lock" in answer and timeout > 0:
            display.display(f"{reader.get('mlinfra_name')}: {sentence(answer['lock'])}. Waiting, at most {timeout} s.")
            answer = execute(timeout=timeout, seen=answer["lock"])
        return _with_fact(answer, time.time())

    def _give_back(self, execute: t.Callable[..., Values]) -> Values:
        """Give the lock back. What the run has made stands, whether that works or not."""
        freed: Values = {"changed": True, "ansible_facts": {FACT: 0}}
        if self._task.check_mode:
            return freed
        answer = execute()
        if answer.get("failed"):
            text = f"The lock was not given back. It expires by itself, and the next run from here takes it at once. {answer.get('msg')}"
            return {**freed, "changed": False, "warnings": [text]}
        return {**answer, **freed}


def command() -> str:
    """Return what was started: the names of the playbooks."""
    return " ".join(Path(argument).name for argument in context.CLIARGS.get("args", ()))


def _with_fact(answer: Values, written: float) -> Values:
    """Return the answer with the fact whether this run holds the lock."""
    return answer if answer.get("failed") else {**answer, "ansible_facts": {FACT: written}}
