# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Signs and words: how long, how many, who. Pure."""

from __future__ import annotations

import re
import textwrap
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .known import CHANGED, MADE, REMOVED


@dataclass(frozen=True)
class Signs:
    """The signs that lines begin with, and what stands between words."""

    made: str = "+"
    changed: str = "~"
    removed: str = "−"
    failed: str = "✗"
    done: str = "✓"
    running: str = "▸"
    ahead: str = "·"
    waiting: str = "…"
    between: str = " · "

    def of(self, what: str) -> str:
        """The sign of something that was made, changed or removed."""
        return {MADE: self.made, CHANGED: self.changed, REMOVED: self.removed}[what]


UNICODE = Signs()
ASCII = Signs(removed="-", failed="x", done="v", running=">", ahead=".", waiting="...", between=" - ")

_MARK = re.compile(r"(?:[-*] |\d+\. )?")
# A text gets so many columns, however narrow the terminal is.
_LEAST = 20
# Of what a program said before it failed, so many lines are shown.
_LAST_LINES = 10
_WOULD = {MADE: "make", CHANGED: "change", REMOVED: "remove"}


def duration(seconds: float, whole: bool = False) -> str:
    """How long something took, in words such as 1.2 s, 34 s, 2 min 5 s or 1 h 2 min.

    Args:
        seconds: how long.
        whole: whether to leave out parts of seconds.
    """
    if seconds < 9.95 and not whole:
        return f"{seconds:.1f} s"
    minutes, left = divmod(int(seconds) if whole else round(seconds), 60)
    if not minutes:
        return f"{left} s"
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else left, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def some(names: Sequence[str], most: int = 3) -> str:
    """The first of several names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counts(counted: Mapping[str, int], would: bool) -> str:
    """How much was made, changed and removed, or would be, and how much failed."""
    changes = [what for what in (MADE, CHANGED, REMOVED) if counted.get(what)]
    if would:
        said = ["would " + ", ".join(f"{_WOULD[what]} {counted[what]}" for what in changes)] if changes else []
    else:
        said = [f"{counted[what]} {what}" for what in changes]
    said += [f"{counted[what]} {what}" for what in ("failed", "unreachable") if counted.get(what)]
    return ", ".join(said) or ("nothing would change" if would else "nothing changed")


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """The lines of a text, none longer than it has to be; what can be copied, such as a command, is not cut.

    Args:
        text: each of its lines stays one, or becomes several with its indentation, and under the mark of a list.
        width: columns.
        indent: stands before each.
    """
    lines: list[str] = []
    for line in text.rstrip().splitlines():
        own = line[: len(line) - len(line.lstrip())]
        hanging = " " * len(_MARK.match(line.strip())[0])
        lines += textwrap.wrap(
            line.strip(),
            max(width, len(indent) + len(own) + _LEAST),
            initial_indent=indent + own,
            subsequent_indent=indent + own + hanging,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines


def plain(message: t.Any) -> str:
    """A message as text: a list's entries each on a line."""
    if isinstance(message, str):
        return message
    if isinstance(message, Iterable) and not isinstance(message, Mapping):
        return "\n".join(plain(entry) for entry in message)
    return str(message)


def message_of(result: Mapping[str, t.Any]) -> str:
    """Why a task failed: its message, and the end of what a program said."""
    message = plain(result.get("msg") or result.get("reason") or "It gave no reason.")
    outputs = [plain(result.get(name) or "") for name in ("stderr", "module_stderr", "stdout", "module_stdout")]
    said = [line for line in next(filter(None, outputs), "").splitlines() if line.strip() and line not in message]
    if message == "non-zero return code":
        message = f"It ended with {result.get('rc')}."
    return "\n".join([message, *said[-_LAST_LINES:]])
