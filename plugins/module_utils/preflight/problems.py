# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one form that every problem is worded in."""

from __future__ import annotations

import typing as t

from ..visible import visible

LONGEST_SHOWN = 100


def shown(value: t.Any) -> str:
    """Return a value as a problem names it: short, on one line, never nothing."""
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return str(value).lower()
    text = visible(" ".join(str(value).split())) or repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def problem(variable: str, held: t.Any, fault: str, remedy: str) -> str:
    """Word one problem.

    Args:
        variable: the setting's name, with an index or a key where it is a list or a dictionary.
        held: the value that is wrong.
        fault: what is wrong with it, as the words that follow the value.
        remedy: what is allowed, or what to do.
    """
    line = f"{shown(variable)}: {f'{shown(held)} {fault}'.rstrip()}; {remedy}"
    # The remedy may name other settings, which may be as wrong.
    return visible(" ".join(line.split()))


def distinct(lines: t.Iterable[str]) -> list[str]:
    """Return the lines in their order, each once."""
    return list(dict.fromkeys(lines))


def wanted(settings: t.Mapping[str, t.Any], role: str) -> bool:
    """Say whether the role is to make its resources, and not to remove them."""
    return settings.get(f"{role}_state", "present") != "absent"


def number_problems(
    settings: t.Mapping[str, t.Any],
    variable: str,
    lowest: int,
    highest: int | None = None,
    unit: str = "",
) -> list[str]:
    """Return the problem of a number outside its limits, both inclusive. A setting that isn't there has none."""
    value = settings.get(variable)
    if value is None or (value >= lowest and (highest is None or value <= highest)):
        return []
    allowed = f"at least {lowest}" if highest is None else f"from {lowest} to {highest}"
    return [problem(variable, value, "is out of range", f"choose a number {allowed}{unit}")]
