# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Trails of CloudTrail: their event selectors in one form, what of a trail differs, and what is called for that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]

# What a trail records where it was told nothing.
BY_DEFAULT = ({"ReadWriteType": "All", "IncludeManagementEvents": True},)
# What DescribeTrails calls otherwise than CreateTrail and UpdateTrail do.
_ARGUMENTS = {"LogFileValidationEnabled": "EnableLogFileValidation"}
# What is written by a call of its own.
_OTHERS = ("Tags", "EventSelectors", "IsLogging")


def told_selectors(answer: Entry) -> list[dict[str, Any]]:
    """The event selectors of a trail, of either sort, in an answer of GetEventSelectors."""
    return [*answer.get("EventSelectors", []), *answer.get("AdvancedEventSelectors", [])]


def selectors(value: Iterable[Entry]) -> list[dict[str, Any]]:
    """Event selectors in one order, without what says nothing."""
    kept = [{name: _sorted(member) for name, member in selector.items() if member not in ([], None)} for selector in value]
    return sorted(kept or [dict(one) for one in BY_DEFAULT], key=str)


def _sorted(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return sorted(({**one, "Values": sorted(one["Values"])} if "Values" in one else one for one in value), key=str)


def records_management(value: Iterable[Entry]) -> bool:
    """Whether all management events are recorded by these event selectors."""
    return any(_is_all_management(selector) for selector in selectors(value))


def _is_all_management(selector: Entry) -> bool:
    if "FieldSelectors" not in selector:
        plain = selector.get("ReadWriteType", "All") == "All" and not selector.get("ExcludeManagementEventSources")
        return plain and selector.get("IncludeManagementEvents", True)
    return [(one["Field"], one.get("Equals")) for one in selector["FieldSelectors"]] == [("eventCategory", ["Management"])]


def covers(trail: Entry) -> bool:
    """Whether a trail of somebody else's records what one of ours would.

    Args:
        trail: as DescribeTrails tells it, with IsLogging and EventSelectors.
    """
    asked = ("IsMultiRegionTrail", "IncludeGlobalServiceEvents", "LogFileValidationEnabled", "IsLogging")
    return all(trail.get(name) for name in asked) and records_management(trail["EventSelectors"])


def request(wanted: Entry) -> dict[str, Any]:
    """What UpdateTrail is called with, and CreateTrail but for what is empty.

    Args:
        wanted: the attributes of the trail, in the words of DescribeTrails.
    """
    return {_ARGUMENTS.get(name, name): value for name, value in wanted.items() if name not in _OTHERS}


def updates_trail(changed: Iterable[str]) -> bool:
    """Whether some of these attributes are written by UpdateTrail."""
    return any(name.partition(".")[0] not in _OTHERS for name in changed)
