# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Notices that the process that everything is done for has ended, however it ended."""

from __future__ import annotations

import os
import select

# Seconds between two looks where the system has no better way.
LOOK_EVERY = 0.5


class Owner:
    """A process that isn't this one's child.

    Args:
        pid: its process id.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._descriptor = -1
        self._queue: select.kqueue | None = None
        try:
            if hasattr(os, "pidfd_open"):
                self._descriptor = os.pidfd_open(pid)
            elif hasattr(select, "kqueue"):
                self._queue = select.kqueue()
                end = select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
                self._queue.control([end], 0)
                self._descriptor = self._queue.fileno()
        except OSError:
            self._descriptor = -1

    @property
    def descriptor(self) -> int:
        """What becomes readable when the process ends; -1 where only looking helps."""
        return self._descriptor

    def lives(self) -> bool:
        """Look whether the process is there."""
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
