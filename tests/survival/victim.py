# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program that is going to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..waiting import lives, until

MARK = "SURVIVAL_RUN"


class Victim:
    """A program in a session of its own, which may be killed with all that it started.

    Args:
        call: the arguments of subprocess.Popen.
        output: the file that it writes to.
        whole: whether the modules that it runs are killed with it. They have sessions of their own: who kills only the
            program's process group, as a terminal does, leaves them at work.
    """

    def __init__(self, call: dict[str, Any], output: Path, whole: bool) -> None:
        self._mark = f"{MARK}={uuid.uuid4().hex}"
        self._whole, self._output = whole, output
        environment = dict([*call["env"].items(), self._mark.split("=")])
        with output.open("w", encoding="utf-8") as file:
            self._process = subprocess.Popen(
                **{**call, "env": environment}, stdout=file, stderr=file, start_new_session=True
            )

    def kill(self) -> None:
        """Kill it without a warning."""
        os.killpg(self._process.pid, signal.SIGKILL)
        while self._whole and (left := list(self.processes())):
            for pid in left:
                _kill(pid)

    def wait_until_it_says(self, text: str, seconds: float = 600.0) -> None:
        """Wait until its output holds a text.

        Raises:
            TimeoutError: where it does not, or ends before.
        """
        ends = time.monotonic() + seconds
        while text not in self._output.read_text(encoding="utf-8"):
            if time.monotonic() > ends or self._process.poll() is not None:
                raise TimeoutError(f"{text} was not said: {self._output.read_text(encoding='utf-8')}")
            time.sleep(0.05)

    def end(self) -> tuple[int, str]:
        """Wait for its end; returns its status and its output."""
        status = self._process.wait()
        return status, self._output.read_text(encoding="utf-8")

    def wait_for_the_rest(self, seconds: float = 60.0) -> None:
        """Wait until everything that it started has ended.

        Raises:
            TimeoutError: where something does not end.
        """
        if not until(lambda: not any(self.processes()), seconds):
            raise TimeoutError(f"{list(self.processes())} did not end")

    def processes(self) -> Iterator[int]:
        """The ids of what it started and what still runs of it."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    marked = self._mark.encode() in (entry / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                if marked and lives(int(entry.name)):
                    yield int(entry.name)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
