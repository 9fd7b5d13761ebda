# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A log group's retention is one of the numbers of days that AWS has; moto takes any."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend

from emulator.patching import around

# From the reference of PutRetentionPolicy.
DAYS = frozenset({
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
})  # fmt: skip


def _put_retention_policy(original: Any, self: LogsBackend, log_group_name: str, retention_in_days: Any) -> None:
    if int(retention_in_days) not in DAYS:
        raise InvalidParameterException(
            "1 validation error detected: retentionInDays must be one of the accepted numbers of days"
        )
    original(self, log_group_name, retention_in_days)


def apply() -> None:
    """Refuse other numbers."""
    around(LogsBackend, "put_retention_policy", _put_retention_policy)
