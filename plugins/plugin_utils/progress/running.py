# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is being waited for, on which hosts, and for how long."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from .words import duration, some


@dataclass
class Wait:
    """One task on one host.

    Attributes:
        task: its id.
        name: what it is called.
        host: the host.
        since: when it began, on the monotonic clock.
        item_since: when the item of a loop began that it is at.
        attempt: which attempt of an until loop it is at; 0 outside of such loops.
        attempts: how many there may be.
    """

    task: str
    name: str
    host: str
    since: float
    item_since: float
    attempt: int = 0
    attempts: int = 0


class Running:
    """All tasks that run.

    Args:
        lock: who asks while others tell needs it.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._waits: dict[tuple[str, str], Wait] = {}
        self._patience: dict[str, float] = {}

    def begin(self, task: str, name: str, host: str) -> None:
        """A task begins on a host."""
        now = time.monotonic()
        with self._lock:
            self._waits[task, host] = Wait(task, name, host, now, now)

    def again(self, task: str, host: str, attempt: int, attempts: int) -> None:
        """An attempt has failed, and the next one follows."""
        with self._lock:
            if wait := self._waits.get((task, host)):
                wait.attempt, wait.attempts = attempt + 1, attempts

    def item(self, task: str, host: str) -> float:
        """An item of a loop is done; return the seconds it took."""
        with self._lock:
            now, wait = time.monotonic(), self._waits.get((task, host))
            if not wait:
                return 0.0
            seconds, wait.item_since, wait.attempt = now - wait.item_since, now, 0
            return seconds

    def end(self, task: str, host: str) -> float:
        """A task is done on a host; return the seconds it took."""
        with self._lock:
            wait = self._waits.pop((task, host), None)
            if not any(other.task == task for other in self._waits.values()):
                self._patience.pop(task, None)
            # Of a task that never began Ansible tells only that it failed, such as one with a file that is not there.
            return time.monotonic() - wait.since if wait else 0.0

    def longest(self, several: bool) -> str:
        """What has run the longest, in words; empty where nothing runs.

        Args:
            several: whether to name the hosts.
        """
        with self._lock:
            first = min(self._waits.values(), key=lambda wait: wait.since, default=None)
            return self._words(first, several) if first else ""

    def due(self, patience: float, several: bool) -> list[str]:
        """What it is time to speak of, in words.

        Args:
            patience: seconds after which a task is spoken of; the next time it is twice as many, and so on.
            several: whether to name the hosts.
        """
        now, words = time.monotonic(), []
        with self._lock:
            for wait in sorted(self._waits.values(), key=lambda wait: wait.since):
                limit = self._patience.get(wait.task, patience)
                if now - wait.since < limit:
                    continue
                while limit <= now - wait.since:
                    limit *= 2
                self._patience[wait.task] = limit
                words.append(self._words(wait, several))
        return words

    def _words(self, wait: Wait, several: bool) -> str:
        on = [other.host for other in self._waits.values() if other.task == wait.task]
        hosts = f" on {some(on)}" if several else ""
        attempt = f", attempt {wait.attempt} of {wait.attempts}" if wait.attempt else ""
        seconds = time.monotonic() - wait.since
        lasted = f": {duration(seconds, whole=True)}" if seconds >= 1 else ""
        return f"{wait.name}{hosts}{lasted}{attempt}"
