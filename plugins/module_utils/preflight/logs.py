# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of log groups that more than one role has."""

from __future__ import annotations

import typing as t

from .problems import problem

# What PutRetentionPolicy of CloudWatch Logs takes, by its service model.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def retention_problems(settings: t.Mapping[str, t.Any], variable: str, shared: str | None = None) -> list[str]:
    """Return the problem of a number of days that CloudWatch Logs does not take.

    Args:
        settings: all settings.
        variable: the setting to judge.
        shared: a setting that it may come from, and that is judged elsewhere.
    """
    value = settings.get(variable)
    if value is None or str(value) in map(str, RETENTION_DAYS):
        return []
    if shared is not None and str(settings.get(shared)) == str(value):
        return []
    return [
        problem(
            variable,
            value,
            "is not a number of days that CloudWatch Logs keeps events",
            f"choose one of {', '.join(map(str, RETENTION_DAYS))}",
        )
    ]
