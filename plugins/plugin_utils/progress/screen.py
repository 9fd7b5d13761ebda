# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lines for people, and on a terminal one that lives at the bottom.

A thread keeps that line. Ansible forks its workers meanwhile, but never without its display's lock; so whoever writes here
holds that lock, and no worker inherits half a line. While somebody is asked something, Ansible holds it too.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import typing as t
from collections.abc import Callable

from ansible import constants as C
from ansible.utils.color import stringc
from ansible.utils.display import Display, get_text_width
from ansible_collections.mlinfra.aws.plugins.module_utils.visible import visible

from .words import ASCII, UNICODE, Signs

# A text, or a text and its colour.
Piece = str | tuple[str, str]

_WIDEST, _NARROWEST = 100, 30
_START_OF_LINE = "\r\x1b[K"


def is_terminal() -> bool:
    """Whether lines can be taken back, and somebody wants that."""
    return sys.stdout.isatty() and not C.ANSIBLE_NOCOLOR and os.environ.get("TERM", "dumb") not in ("", "dumb")


def signs() -> Signs:
    """The signs that whoever reads can see."""
    return UNICODE if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8" else ASCII


class Screen:
    """Where lines are written to.

    Args:
        display: Ansible's.
    """

    def __init__(self, display: Display) -> None:
        self.lock: threading.RLock = display._lock
        self.live = is_terminal()
        self.signs = signs()
        self._display = display
        self._drawn = False
        self._look: Callable[[], list[str]] = list
        self._stopped: threading.Event | None = None

    @property
    def width(self) -> int:
        """Columns that a line may have."""
        return max(_NARROWEST, min(self._columns(), _WIDEST))

    def say(self, *pieces: Piece, colored: bool = False) -> None:
        """Write one line, to the log without its colours.

        Args:
            pieces: what stands in it. Nothing of it may steer the terminal.
            colored: whether the texts have colors of their own.
        """
        given = [(piece, "") if isinstance(piece, str) else piece for piece in pieces]
        texts = [(visible(text, colored), colour) for text, colour in given]
        with self.lock:
            self._erase()
            coloured = "".join(stringc(text, colour) if colour and text else text for text, colour in texts)
            self._display.display(coloured, screen_only=True)
            self._display.display("".join(text for text, _colour in texts), log_only=True)
            self._flush()
            self.refresh()

    def start(self, look: Callable[[], list[str]], seconds: float) -> None:
        """From now on ask every so many seconds for the live line or, without a terminal, for lines that are due."""
        if self._stopped:
            return
        self._look, self._stopped = look, threading.Event()
        self._make_room()
        threading.Thread(target=self._keep, args=(self._stopped, seconds), daemon=True).start()

    def stop(self) -> None:
        """Leave the terminal to others."""
        with self.lock:
            if self._stopped:
                self._stopped.set()
                self._stopped = None
                self._erase()
                del self._display.display

    def refresh(self) -> None:
        """Bring the live line up to date."""
        with self.lock:
            if self.live and self._stopped:
                self._draw(visible(" ".join(self._look())))

    def _keep(self, stopped: threading.Event, seconds: float) -> None:
        while not stopped.wait(seconds):
            with self.lock:
                if stopped.is_set():
                    return
                if self.live:
                    self.refresh()
                else:
                    for line in self._look():
                        self.say(line)

    def _make_room(self) -> None:
        """Have the live line make room for what Ansible itself writes, such as warnings and questions."""
        write, process = self._display.display, os.getpid()

        def display(*arguments: t.Any, **named: t.Any) -> None:
            if os.getpid() != process:
                write(*arguments, **named)
                return
            with self.lock:
                self._erase()
                write(*arguments, **named)
                self._flush()

        self._display.display = display

    def _draw(self, text: str) -> None:
        room = self._columns()
        while get_text_width(text) > room:
            text = text[: -1 - len(self.signs.waiting)] + self.signs.waiting
        if text or self._drawn:
            self._write(_START_OF_LINE + stringc(text, "cyan"))
            self._drawn = bool(text)

    def _erase(self) -> None:
        if self._drawn:
            self._write(_START_OF_LINE)
            self._drawn = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stdout.write(text)
        self._flush()

    def _flush(self) -> None:
        # Nobody may be reading any more, which is no reason to stop.
        with contextlib.suppress(OSError):
            sys.stdout.flush()

    def _columns(self) -> int:
        # The last one stays free: where a text reaches it, terminals differ.
        with contextlib.suppress(OSError):
            return os.get_terminal_size(sys.stdout.fileno()).columns - 1
        return _WIDEST
