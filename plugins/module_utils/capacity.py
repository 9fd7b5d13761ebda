# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the activities of an Auto Scaling group say of machines that AWS had none of. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

# As EC2 says it on demand, and on spot, where no type is named.
_ON_DEMAND = re.compile(r"do not have sufficient (?P<type>[\w.-]+) capacity in the Availability Zone you requested \((?P<zone>[\w-]+)\)")
_SPOT = re.compile(r"InsufficientInstanceCapacity|UnfulfillableCapacity|no Spot capacity available", re.IGNORECASE)
ANY = "spot instance"


def lacking(activities: Iterable[Mapping[str, Any]], since: datetime | None = None) -> list[tuple[str, str]]:
    """Return each type and zone that AWS had no machine of, the first that was tried first.

    Args:
        activities: those of the group, in the words of DescribeScalingActivities.
        since: older ones don't count.

    Returns:
        Pairs; the type is `ANY` where it went for spot, whose answer names none, and the zone empty where none is told.
    """
    told = [one for one in activities if not since or (one.get("StartTime") and one["StartTime"] >= since)]
    found = [_lacked(one) for one in sorted(told, key=lambda one: str(one.get("StartTime", "")))]
    return list(dict.fromkeys(one for one in found if one))


def _lacked(activity: Mapping[str, Any]) -> tuple[str, str] | None:
    message = activity.get("StatusMessage") or ""
    named = _ON_DEMAND.search(message)
    if named:
        return named["type"], named["zone"]
    return (ANY, _zone(activity)) if _SPOT.search(message) else None


def _zone(activity: Mapping[str, Any]) -> str:
    try:
        details = json.loads(activity.get("Details") or "{}")
    except ValueError:
        return ""
    return str(details.get("Availability Zone", "")) if isinstance(details, dict) else ""


def line(lacked: Sequence[tuple[str, str]], types: Sequence[str], zones: Sequence[str]) -> str:
    """Return in one line what AWS had none of and what comes next; nothing where it had all.

    Args:
        lacked: what `lacking` returns.
        types: the group's instance types, the one to have first before the others.
        zones: the zones that it stands in.
    """
    if not lacked:
        return ""
    had = " and ".join(f"no {kind}{f' in {zone}' if zone else ''}" for kind, zone in lacked)

    def is_left(kind: str, zone: str) -> bool:
        return not {(kind, zone), (ANY, zone), (kind, ""), (ANY, "")} & set(lacked)

    left = [f"{kind} in {zone}" for kind, zone in itertools.product(types, zones) if is_left(kind, zone)]
    coming = f"the group tries {left[0]}" if left else "the group tries all again: name more scaling_instance_types"
    return f"AWS had {had}. Next {coming}."
