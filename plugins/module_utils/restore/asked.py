# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What may be asked to be brought back, and what is wrong with that before anything is looked at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..preflight.problems import problem
from .transform import time_text

OBJECT, VERSION, PREFIX, VOLUME, INSTANCE = "object", "version", "prefix", "volume", "instance"
# What each takes, each with what it is.
_NEEDED = {
    OBJECT: {"bucket": "a bucket", "key": "the key of an object"},
    VERSION: {"bucket": "a bucket", "key": "the key of an object", "version": "the id of a version"},
    PREFIX: {"bucket": "a bucket", "prefix": "how the keys begin", "to": "a point in time"},
    VOLUME: {"instance": "the name of an instance"},
    INSTANCE: {"instance": "the name of an instance"},
}
# What may be given besides.
_ALSO = {VOLUME: ("device", "snapshot", "replace"), INSTANCE: ("backup", "replace")}
# What may be empty: all keys begin with nothing.
_MAY_BE_EMPTY = ("prefix",)
_A_TIME = "write a date, a time and a time zone, such as 2026-11-29T10:00:00Z"


def point_in_time(text: Any) -> datetime:
    """The point in time that a text names.

    Raises:
        ValueError: where it names none, or leaves open in which time zone; in words.
    """
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError("is no point in time")
    return time


def problems(asked: Mapping[str, Any], now: datetime, start: str = "") -> list[str]:
    """What is wrong with what is asked for; one line each.

    Args:
        asked: what is given, by its name. What is not there, or None, is not given.
        now: the time.
        start: how the names begin where they are asked for.
    """
    what, given = asked["what"], {name: value for name, value in asked.items() if name != "what" and value is not None}
    needed = _NEEDED[what]
    found = [
        problem(f"{start}{name}", None, "is missing", f"{start}what={what} takes {meaning}")
        for name, meaning in needed.items()
        if name not in given or (given[name] == "" and name not in _MAY_BE_EMPTY)
    ]
    for name in sorted(given.keys() - needed - set(_ALSO.get(what, ()))):
        takers = [f"{start}what={taker}" for taker, names in _NEEDED.items() if name in {*names, *_ALSO.get(taker, ())}]
        if given[name] not in ("", False):
            found.append(problem(f"{start}{name}", given[name], f"says nothing with {start}what={what}", f"it is for {' and '.join(takers)}"))
    if what == PREFIX and given.get("to"):
        found += _time_problems(f"{start}to", given["to"], now)
    return found


def _time_problems(name: str, text: Any, now: datetime) -> list[str]:
    try:
        time = point_in_time(text)
    except ValueError as error:
        return [problem(name, text, str(error), _A_TIME)]
    return [problem(name, text, "is still to come", f"choose a time before {time_text(now)}")] if time > now else []
