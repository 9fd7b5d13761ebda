# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A trail that was told no event selectors tells of the one that it has by default: all management events. Moto tells of none."""

from __future__ import annotations

from typing import Any

from moto.cloudtrail.models import Trail

from emulator.patching import around

_BY_DEFAULT = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


def _get(original: Any, self: Trail) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    plain, advanced = original(self)
    return (plain, advanced) if plain or advanced else ([dict(_BY_DEFAULT)], [])


def apply() -> None:
    """Tell of it."""
    around(Trail, "get_event_selectors", _get)
