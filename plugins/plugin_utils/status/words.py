# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Times, sizes and figures in the words that people read at a glance. Pure."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_BLOCKS = "▁▂▃▄▅▆▇█"
_BLANK = " "


def span(seconds: float) -> str:
    """A length of time in its two largest units."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    large, size, small, step = (whole // _HOUR, _HOUR, "min", _MINUTE) if whole < _DAY else (whole // _DAY, _DAY, "h", _HOUR)
    rest = whole % size // step
    words = f"{large} {'h' if size == _HOUR else 'd'}"
    return f"{words} {rest} {small}" if rest else words


def ago(moment: str, now: datetime) -> str:
    """How long a time in ISO 8601 is ago, as `span` says it; empty for an empty time."""
    return span((now - datetime.fromisoformat(moment)).total_seconds()) if moment else ""


def clock(moment: str, now: datetime) -> str:
    """A time in ISO 8601 as the clock shows it, with the day where it is another."""
    if not moment:
        return ""
    told = datetime.fromisoformat(moment)
    return told.strftime("%H:%M" if told.date() == now.date() else "%d %b %H:%M")


def size(amount: float | None) -> str:
    """Bytes in the unit that fits."""
    if amount is None:
        return "?"
    for unit in _UNITS:
        if amount < 1000 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"


def spark(points: t.Sequence[t.Sequence[t.Any]], start: datetime, end: datetime, columns: int, top: float | None = None) -> str:
    """A line of blocks, one for each part of a span of time, as high as the greatest value in it; blank without values.

    Args:
        points: pairs of a time in ISO 8601 and a value.
        start, end: of the span.
        columns: of how many parts.
        top: the value of the highest block; without it, the greatest value.
    """
    step = (end - start) / columns
    parts: list[list[float]] = [[] for _column in range(columns)]
    for moment, value in points:
        at = (datetime.fromisoformat(moment) - start) / step if step > timedelta(0) else -1
        if 0 <= at <= columns:
            parts[min(int(at), columns - 1)].append(float(value))
    highest = top or max((max(part) for part in parts if part), default=0) or 1.0
    return "".join(_block(max(part) / highest) if part else _BLANK for part in parts)


def _block(share: float) -> str:
    return _BLOCKS[min(max(int(share * len(_BLOCKS)), 0), len(_BLOCKS) - 1)]
