# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main process sleeps until there is something to do: it looks a few times, and not a thousand times a second."""

from __future__ import annotations

import collections
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ansible.plugins.strategy
import pytest
from ansible.errors import AnsibleError
from ansible.plugins.strategy import StrategyBase
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm import pauses

ROOT = Path(__file__).parents[3]
# Seconds until a result comes, and that nobody has to wait out who is woken.
WORK, FOREVER = 0.4, 30


class Strategy(StrategyBase):
    """Ansible's own waiting, around results that stand for themselves. It counts how often it looks."""

    def __init__(self, workers: list[Any]) -> None:
        self._workers, self._pending_results = workers, 0
        self._results: collections.deque[Any] = collections.deque()
        self.looks, self.looks_for_dead = 0, 0
        self._tqm = types.SimpleNamespace(_terminated=False, has_dead_workers=self._look_for_dead)

    def _look_for_dead(self) -> bool:
        self.looks_for_dead += 1
        return any(worker.exitcode for worker in self._workers if worker is not None)

    def _process_pending_results(self, iterator: Any, one_pass: bool = False, max_passes: int | None = None) -> list[Any]:
        self.looks += 1
        found = []
        while self._results:
            found.append(self._results.popleft())
            self._pending_results -= 1
        return found


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes strategies that pause here, with nothing but events to wake them."""
    monkeypatch.setattr(pauses, "LONGEST", FOREVER)
    monkeypatch.setattr(ansible.plugins.strategy, "time", time)
    made = pauses.Pauses()

    def make(workers: list[Any], pending: int) -> Strategy:
        strategy = Strategy(workers)
        made.watch(strategy)
        strategy._pending_results = pending
        return strategy

    return make


def waited(strategy: Strategy) -> tuple[list[Any], float]:
    began = time.monotonic()
    return strategy._wait_on_pending_results(None), time.monotonic() - began


def test_ansible_by_itself_looks_all_the_time():
    strategy = Strategy([])
    strategy._pending_results = 1
    threading.Timer(WORK, lambda: strategy._results.append("one")).start()
    assert waited(strategy)[0] == ["one"]
    assert strategy.looks > 50, "it does not look so often any more: delete plugin_utils/warm/pauses.py"


def test_a_result_wakes_it_at_once(watched):
    strategy = watched([None], pending=2)
    for number in (1, 2):
        threading.Timer(number * WORK, strategy._results.append, [number]).start()
    results, seconds = waited(strategy)
    assert results == [1, 2]
    assert strategy.looks <= 6
    assert seconds < 2 * WORK + FOREVER / 2, "a pause was waited out"


def test_a_result_that_came_before_the_pause_is_not_missed(watched):
    strategy = watched([None], pending=1)
    strategy._results.append("early")
    results, seconds = waited(strategy)
    assert (results, strategy.looks) == (["early"], 1)
    strategy._pending_results = 1
    threading.Timer(WORK, strategy._results.append, ["late"]).start()
    results, seconds = waited(strategy)
    assert results == ["late"]
    assert strategy.looks <= 6
    assert seconds < FOREVER / 2, "a pause was waited out"


def test_a_fork_that_dies_wakes_it(watched):
    def dies() -> None:
        time.sleep(WORK)
        os._exit(1)

    fork = multiprocessing.get_context("fork").Process(target=dies)
    fork.start()
    strategy = watched([None, fork], pending=1)
    began = time.monotonic()
    with pytest.raises(AnsibleError, match="dead state"):
        strategy._wait_on_pending_results(None)
    assert time.monotonic() - began < FOREVER / 2, "a pause was waited out"
    assert strategy.looks_for_dead <= 6


def test_without_events_it_looks_ten_times_a_second(watched, monkeypatch):
    monkeypatch.setattr(pauses, "LONGEST", 0.1)
    strategy = watched([None], pending=1)

    def unseen() -> None:
        strategy._tqm._terminated = True

    threading.Timer(WORK, unseen).start()
    results, seconds = waited(strategy)
    assert results == []
    assert seconds < WORK + FOREVER / 2
    assert strategy.looks < 20


def test_whoever_has_other_results_keeps_its_own_pauses(watched):
    class Otherwise(Strategy):
        def __init__(self) -> None:
            super().__init__([])
            self._results = collections.deque(["there already"])

    strategy = Otherwise()
    pauses.Pauses().watch(strategy)
    assert strategy._results.__class__ is collections.deque
    assert ansible.plugins.strategy.time is time


def test_longer_pauses_and_those_of_other_threads_are_ansibles(watched, monkeypatch):
    slept: list[float] = []
    made = pauses.Pauses()
    made.busy = False
    monkeypatch.setattr(pauses.time, "sleep", slept.append)
    made.sleep(2)
    thread = threading.Thread(target=made.sleep, args=[0.001])
    thread.start()
    thread.join()
    assert (slept, made.waits) == ([2, 0.001], 0)


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_a_play_gives_the_same_and_waits_for_nothing(tmp_path, strategy):
    """Two hosts with tasks of different lengths, a loop, an included file, a handler, and metas: once by Ansible alone, once so."""
    (tmp_path / "more.yml").write_text("- ansible.builtin.command: sleep 0.2\n  changed_when: true\n  notify: told\n")
    play = f"""
- hosts: all
  gather_facts: false
  strategy: ansible.builtin.{strategy}
  tasks:
    - ansible.builtin.debug: {{msg: first}}
    - ansible.builtin.command: "sleep {{{{ '0.1' if inventory_hostname == 'a' else '0.4' }}}}"
      changed_when: false
    - ansible.builtin.debug: {{msg: "{{{{ item }}}}"}}
      loop: [1, 2]
      throttle: 1
    - ansible.builtin.meta: noop
    - ansible.builtin.include_tasks: more.yml
    - ansible.builtin.meta: flush_handlers
    - ansible.builtin.debug: {{msg: last}}
  handlers:
    - name: told
      ansible.builtin.debug: {{msg: told}}
"""
    (tmp_path / "play.yml").write_text(play)
    (tmp_path / "callbacks").mkdir()
    (tmp_path / "callbacks" / "counted.py").write_text(
        "from ansible.plugins.callback import CallbackBase\n"
        "from ansible.executor.task_queue_manager import TaskQueueManager\n"
        "from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.pauses import Pauses\n"
        "import os\n"
        "class CallbackModule(CallbackBase):\n"
        "    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME, looks = 2.0, 'aggregate', 'counted', 0\n"
        "    def v2_playbook_on_start(self, playbook):\n"
        "        own = TaskQueueManager.has_dead_workers\n"
        "        def counted(tqm):\n"
        "            type(self).looks += 1\n"
        "            return own(tqm)\n"
        "        TaskQueueManager.has_dead_workers = counted\n"
        "        if os.environ['PAUSES']:\n"
        "            Pauses().install()\n"
        "    def v2_playbook_on_stats(self, stats):\n"
        "        self._display.display(f'LOOKS {self.looks}')\n"
    )

    def run(installed: str) -> tuple[list[str], int]:
        environment = {
            **os.environ,
            "ANSIBLE_CALLBACK_PLUGINS": str(tmp_path / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "counted",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": "2",
            "PAUSES": installed,
        }
        hosts = ["-i", "a,b,c,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"]
        command = [Path(sys.executable).parent / "ansible-playbook", *hosts, tmp_path / "play.yml"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith(("ok", "changed", "LOOKS", "a ", "b ", "c "))]
        looks = [int(line.split()[1]) for line in lines if line.startswith("LOOKS")]
        return sorted(line for line in lines if not line.startswith("LOOKS")), looks[0]

    (alone, many), (so, few) = run(""), run("yes")
    assert alone == so
    if strategy == "linear":  # the other looks for dead forks at its end only
        assert few * 3 < many
