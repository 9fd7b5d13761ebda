# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where everything in a chart stands. Pure: from figures to coordinates; the templates draw them."""

from __future__ import annotations

import math
import typing as t
from datetime import UTC, datetime

# All charts are drawn that wide, and scaled by the browser.
WIDTH = 920
# A line of text in a chart.
_LINE = 17
# About the width of a letter, to leave room for labels; fonts differ, so it is a little much.
_LETTER = 8.0
# Steps of an axis of time, in seconds: one of them is a tick.
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIME_STEPS = (
    *(_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
    *(_DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY),
)
_MOST_TIME_TICKS = 12

Values = dict[str, t.Any]


def steps(low: float, high: float, most: int = 5) -> list[float]:
    """Round figures that cover a range, from below its low to above its high end.

    Args:
        low: the low end.
        high: the high end.
        most: about how many steps there are to be.
    """
    # What is next to nothing, of which a part may be none, has no round figures.
    span = next(size for size in (high - low, abs(high), 1.0) if size > 1e-9)
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


def moment(value: t.Any) -> float:
    """A time in seconds: a text in ISO 8601, UTC where it doesn't say; numbers are themselves.

    Raises:
        ValueError: for what is neither.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    told = datetime.fromisoformat(str(value))
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()


def time_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Times to mark on an axis, each with its words."""
    span = max(high - low, _MINUTE)
    step = next((step for step in _TIME_STEPS if span / step <= _MOST_TIME_TICKS), _TIME_STEPS[-1])
    first = math.ceil(low / step) * step
    times = [first + number * step for number in range(int((high - first) // step) + 1)]
    # Midnight has the day's name.
    return [(at, datetime.fromtimestamp(at, UTC).strftime("%H:%M" if at % _DAY else "%d %b")) for at in times]


def bars(section: Values) -> Values:
    """Horizontal bars, one below the other, from zero to the right, or to the left where they are negative."""
    items = section["items"]
    values = [float(item["value"]) for item in items]
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    words = max((len(item["words"]) for item in items), default=0) * _LETTER + 12
    left = words if low < 0 else 0.0
    room = WIDTH - left - words
    row = 44

    def place(value: float) -> float:
        return left + (value - low) / span * room

    drawn = []
    for at, (item, value) in enumerate(zip(items, values, strict=True)):
        start, end = sorted((place(0), place(value)))
        negative = value < 0
        text = {"x": start - 8, "anchor": "end"} if negative else {"x": end + 8, "anchor": "start"}
        drawn.append({**item, "y": at * row, "bar_x": start, "width": max(end - start, 1.5), "text": text})
    return {"items": drawn, "height": max(len(items), 1) * row, "zero": place(0)}


def lines(section: Values) -> Values:
    """Lines over a common pair of axes, with their names at their right ends."""
    series = section["series"]
    timed = any(isinstance(point[0], str) for line in series for point in line["points"])
    points = [[(moment(x), float(y)) for x, y in line["points"]] for line in series]
    rules = [{**rule, "at": moment(rule["x"])} for rule in section.get("rules", [])]
    xs = [x for line in points for x, _y in line] + [rule["at"] for rule in rules] or [0.0, 1.0]
    ys = [y for line in points for _x, y in line] or [0.0]
    y_ticks = steps(min([0.0, *ys]), max([0.0, *ys]))
    low_x, high_x = (min(xs), max(xs)) if timed else (min(0.0, *xs), max(xs))
    x_ticks = time_ticks(low_x, high_x) if timed else [(at, f"{at:,g}") for at in steps(low_x, high_x, 6) if at <= high_x]
    names = max((len(line["label"]) for line in series), default=0) * _LETTER + 24
    box = {"left": 64.0, "top": 26.0, "right": WIDTH - min(names, 250.0), "bottom": 330.0}

    def across(x: float) -> float:
        return box["left"] + (x - low_x) / ((high_x - low_x) or 1.0) * (box["right"] - box["left"])

    def up(y: float) -> float:
        return box["bottom"] - (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (box["bottom"] - box["top"])

    drawn = []
    for number, (line, of_line) in enumerate(zip(series, points, strict=True)):
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in of_line)
        end = up(of_line[-1][1]) if of_line else box["bottom"]
        drawn.append({**line, "path": path, "number": number % 6 + 1, "end": end, "label_y": end})
    apart([line for line in drawn if line["path"]])
    marks = [{**mark, "at_x": across(moment(mark["x"])), "at_y": up(float(mark["y"]))} for mark in section.get("marks", [])]
    return {
        "box": box,
        "lines": drawn,
        "marks": marks,
        "rules": [{**rule, "at": across(rule["at"])} for rule in rules],
        "x_ticks": [(across(at), words) for at, words in x_ticks],
        "y_ticks": [(up(at), at) for at in y_ticks],
        "height": box["bottom"] + (52 if section.get("x_title") else 28),
    }


def apart(labels: list[Values]) -> None:
    """Move labels at the same height apart, the highest first."""
    lowest = -math.inf
    for label in sorted(labels, key=lambda one: one["end"]):
        label["label_y"] = max(label["end"], lowest + _LINE)
        lowest = label["label_y"]


def timeline(section: Values) -> Values:
    """Spans of time, one row for each label, over a common axis."""
    items = [{**item, "from": moment(item["start"]), "to": moment(item["end"])} for item in section["items"]]
    times = [time for item in items for time in (item["from"], item["to"])] or [0.0, 1.0]
    low = moment(section["start"]) if "start" in section else min(times)
    high = moment(section["end"]) if "end" in section else max(times)
    labels = list(dict.fromkeys(item["label"] for item in items))
    left = min(max((len(label) for label in labels), default=0) * _LETTER + 12, 260.0)
    right, row = WIDTH - 24.0, 30

    def across(at: float) -> float:
        return left + (min(max(at, low), high) - low) / ((high - low) or 1.0) * (right - left)

    drawn = []
    for item in items:
        start, end = across(item["from"]), across(item["to"])
        drawn.append({**item, "x": start, "width": max(end - start, 3.0), "y": labels.index(item["label"]) * row})
    return {
        "items": drawn,
        "labels": [(label, number * row) for number, label in enumerate(labels)],
        "left": left,
        "right": right,
        "ticks": [(across(at), words) for at, words in time_ticks(low, high)],
        "bottom": len(labels) * row,
        "height": len(labels) * row + 30,
    }
