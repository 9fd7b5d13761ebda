# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lets Ansible's main process sleep until there is something to do. By itself it looks a thousand times a second.

It waits for two things: results, which one of its threads takes over from the forks, and forks that end. Both wake it here.
Whatever else it may wait for it looks for ten times a second; where it has just done something it looks again at once.
"""

from __future__ import annotations

import collections
import functools
import multiprocessing.connection
import os
import sys
import threading
import time
import types
import typing as t

import ansible.constants as C
from ansible.plugins.strategy import StrategyBase

# The modules whose pauses are known.
_ANSIBLES = "ansible.plugins.strategy"
# Seconds between two looks where nothing wakes it.
LONGEST = 0.1


class Results(collections.deque):
    """The results that wait to be looked at.

    Args:
        pauses: who is told that there is one more, and that one was taken.
    """

    def __init__(self, pauses: Pauses) -> None:
        super().__init__()
        self._pauses = pauses

    def append(self, x: t.Any) -> None:
        """Take one more, from the thread that has it from a fork."""
        super().append(x)
        self._pauses.wake()

    def popleft(self) -> t.Any:
        """Hand one to the strategy."""
        result = super().popleft()
        self._pauses.busy = True
        return result


class Pauses:
    """The pauses of this process, not of its forks.

    Attributes:
        busy: whether the strategy has done something since its last pause. There may be more to do then.
        waits: how many pauses were slept through until something happened.
    """

    def __init__(self) -> None:
        self.busy, self.waits = True, 0
        self._owner = os.getpid()
        self._workers: t.Sequence[t.Any] = ()
        self._ended: set[int] = set()
        self._reader, self._writer = os.pipe()
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)

    def install(self) -> None:
        """Have every strategy that begins from now on pause here.

        Raises:
            AttributeError: this Ansible has its strategies otherwise, and nothing was changed.
        """
        begin, queue, meta = StrategyBase.__init__, StrategyBase._queue_task, StrategyBase._execute_meta

        @functools.wraps(begin)
        def begun(strategy: StrategyBase, *args: t.Any, **kwargs: t.Any) -> None:
            begin(strategy, *args, **kwargs)
            self.watch(strategy)

        StrategyBase.__init__ = begun
        StrategyBase._queue_task = self._marking(queue)
        StrategyBase._execute_meta = self._marking(meta)

    def watch(self, strategy: t.Any) -> None:
        """Have a strategy that has just begun pause here, where it is as Ansible's own are."""
        results = getattr(strategy, "_results", None)
        if results.__class__ is not collections.deque or results or not hasattr(strategy, "_workers"):
            return
        self._workers = strategy._workers
        strategy._results = Results(self)
        for cls in type(strategy).__mro__:
            module = sys.modules.get(cls.__module__)
            if cls.__module__.startswith(_ANSIBLES) and getattr(module, "time", None) is time:
                module.time = self._clock

    def wake(self) -> None:
        """End the pause, or the next one. Any thread may."""
        try:
            os.write(self._writer, b".")
        except BlockingIOError:
            pass  # it is full of reasons to wake up

    def sleep(self, seconds: float) -> None:
        """Pause as Ansible asks for, or until something happens where that is what it waits for."""
        if seconds > self._interval or os.getpid() != self._owner or threading.current_thread() is not threading.main_thread():
            time.sleep(seconds)
        elif self.busy:
            self.busy = False
            time.sleep(seconds)
        else:
            self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        try:
            running, ended = self._forks()
            new, self._ended = ended - self._ended, ended
            if not new:
                ready = multiprocessing.connection.wait([self._reader, *running], LONGEST)
                self.waits += 1
                if set(ready) & set(running):
                    time.sleep(seconds)  # it has closed all files, and takes another moment to be gone
            os.read(self._reader, 65536)
        except BlockingIOError:
            pass  # no result has come
        except (OSError, ValueError):
            time.sleep(seconds)

    def _forks(self) -> tuple[list[int], set[int]]:
        """What tells that a fork has ended, of those that run, and the numbers of those that have."""
        forks = [worker for worker in self._workers if worker is not None]
        running = [fork for fork in forks if fork.is_alive()]
        return [fork.sentinel for fork in running], {fork.pid for fork in forks if fork not in running}

    def _marking(self, method: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        @functools.wraps(method)
        def marking(*args: t.Any, **kwargs: t.Any) -> t.Any:
            self.busy = True
            return method(*args, **kwargs)

        return marking

    @property
    def _interval(self) -> float:
        """The longest pause that Ansible makes only to look again."""
        return max(C.DEFAULT_INTERNAL_POLL_INTERVAL, 0.001)

    @functools.cached_property
    def _clock(self) -> types.ModuleType:
        """The module time, but for its pauses."""
        clock = types.ModuleType("time")
        clock.__dict__.update({**vars(time), "sleep": self.sleep})
        return clock
