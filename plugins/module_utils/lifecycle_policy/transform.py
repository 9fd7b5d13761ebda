# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Policies of Data Lifecycle Manager for EBS snapshots: in one form, and what it would refuse of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]

# A policy has that many schedules at most.
MOST_SCHEDULES = 4
MOST_SNAPSHOTS = 1000
# The archive tier's shortest stay, and the shortest time between two snapshots that go there.
FEWEST_COLD_DAYS = 90
FEWEST_DAYS_BETWEEN_COLD = 28
HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
DAYS = {"DAYS": 1, "WEEKS": 7, "MONTHS": 30, "YEARS": 365}
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NAME = re.compile(r"[0-9A-Za-z _-]{1,120}")
_DESCRIPTION = re.compile(r"[0-9A-Za-z _-]{1,500}")


def details(value: Entry) -> dict[str, Any]:
    """What a policy does, in one form: without what says nothing, and with what DLM does by itself."""
    parameters = {name: part for name, part in (value.get("Parameters") or {}).items() if part}
    return {
        "PolicyType": value.get("PolicyType") or "EBS_SNAPSHOT_MANAGEMENT",
        "ResourceTypes": list(value.get("ResourceTypes") or []),
        "TargetTags": _ordered(value.get("TargetTags")),
        "Schedules": [schedule(one) for one in sorted(value.get("Schedules") or [], key=_by_name)],
        **({"Parameters": parameters} if parameters else {}),
    }


def _by_name(one: Entry) -> tuple[str, str]:
    return one.get("Name") or "", str(one)


def _ordered(tags: Iterable[Entry] | None) -> list[Any]:
    return sorted(tags or [], key=lambda tag: (tag.get("Key") or "", tag.get("Value") or ""))


def schedule(value: Entry) -> dict[str, Any]:
    """One schedule of a policy."""
    told = {name: part for name, part in value.items() if part not in (None, [], {}, False)}
    told.update({name: _ordered(told[name]) for name in ("TagsToAdd", "VariableTags") if name in told})
    if "CreateRule" in told:
        told["CreateRule"] = _create_rule(told["CreateRule"])
    if "CrossRegionCopyRules" in told:
        told["CrossRegionCopyRules"] = sorted(map(_copy_rule, told["CrossRegionCopyRules"]), key=str)
    return told


def _create_rule(value: Entry) -> dict[str, Any]:
    told = {name: part for name, part in value.items() if part not in (None, [], {})}
    if told.get("Location") == "CLOUD":
        del told["Location"]
    return {**({"IntervalUnit": "HOURS"} if "Interval" in told else {}), **told}


def _copy_rule(value: Entry) -> dict[str, Any]:
    told = {name: part for name, part in value.items() if part not in (None, {}, "", False)}
    # Older policies name the region so.
    if "TargetRegion" in told:
        told["Target"] = told.pop("TargetRegion")
    return {**told, "Encrypted": bool(value.get("Encrypted"))}


def request(want: Entry, *names: str) -> dict[str, Any]:
    """What CreateLifecyclePolicy and UpdateLifecyclePolicy are given.

    Args:
        want: the policy as it shall stand.
        names: which of its attributes.
    """
    told = {name: want[name] for name in names}
    return {**told, **({"PolicyDetails": details(want["PolicyDetails"])} if "PolicyDetails" in told else {})}


def problems(description: str, target_tags: Iterable[Entry], schedules: Iterable[Entry], kind: str) -> list[str]:
    """What DLM would refuse of a policy, or would do otherwise than told, one line each.

    Args:
        description: its description.
        target_tags: of what snapshots are taken.
        schedules: its schedules.
        kind: VOLUME or INSTANCE.
    """
    told = list(schedules)
    found = []
    if not _DESCRIPTION.fullmatch(description):
        found.append(f"description: {description!r} must be 1 to 500 letters, digits, spaces, _ and -")
    if not list(target_tags):
        found.append("target_tags is empty: name a tag of what snapshots are taken of")
    if not 1 <= len(told) <= MOST_SCHEDULES:
        found.append(f"schedules: {len(told)} are given: give 1 to {MOST_SCHEDULES}")
    names = [one.get("Name") for one in told]
    found += [f"schedules[{at}].Name: {name!r} is given twice" for at, name in enumerate(names) if name in names[:at]]
    for at, one in enumerate(told):
        found += [f"schedules[{at}]{line}" for line in _schedule_problems(one, kind)]
    return found


def _schedule_problems(one: Entry, kind: str) -> list[str]:
    create, retain = one.get("CreateRule") or {}, one.get("RetainRule") or {}
    archive = one.get("ArchiveRule")
    found = []
    if not _NAME.fullmatch(str(one.get("Name") or "")):
        found.append(f".Name: {one.get('Name')!r} must be 1 to 120 letters, digits, spaces, _ and -")
    if ("Interval" in create) == ("CronExpression" in create):
        found.append(".CreateRule: give either Interval or CronExpression")
    elif "Interval" in create:
        found += _interval_problems(create, archive is not None)
    found += _retain_problems(retain, archive is not None)
    if archive is not None:
        found += _archive_problems(one, archive, kind)
    return found


def _interval_problems(create: Entry, archived: bool) -> list[str]:
    found = []
    # One that is archived is taken by a cron expression: no interval is so long.
    if archived:
        fault = f"archived snapshots are taken every {FEWEST_DAYS_BETWEEN_COLD} days or less often: give a CronExpression"
        found.append(f".CreateRule.Interval: {create['Interval']!r}: {fault}")
    elif create["Interval"] not in HOURS:
        found.append(f".CreateRule.Interval: {create['Interval']!r} must be one of {', '.join(map(str, HOURS))} (hours)")
    times = create.get("Times") or []
    if len(times) != 1 or not _TIME.fullmatch(str(times[0])):
        # DLM would choose one, and the schedule would differ for ever.
        found.append(f".CreateRule.Times: {times!r} must be one time of day such as '03:00' (UTC)")
    return found


def _retain_problems(retain: Entry, archived: bool) -> list[str]:
    if ("Count" in retain) == ("Interval" in retain):
        return [".RetainRule: give either Count or Interval"]
    if "Interval" in retain:
        unit = retain.get("IntervalUnit")
        if unit not in DAYS:
            return [f".RetainRule.IntervalUnit: {unit!r} must be one of {', '.join(DAYS)}"]
        least, most = 1, None
    else:
        least, most = 0 if archived else 1, MOST_SNAPSHOTS
    value = retain.get("Count", retain.get("Interval"))
    if not isinstance(value, int) or value < least or (most is not None and value > most):
        name = "Count" if "Count" in retain else "Interval"
        return [f".RetainRule.{name}: {value!r} must be {least}{f' to {most}' if most else ' or more'}"]
    return []


def _archive_problems(one: Entry, archive: Entry, kind: str) -> list[str]:
    found = []
    if kind != "VOLUME":
        found.append(".ArchiveRule: snapshots of instances can't be archived: take those of volumes")
    if one.get("FastRestoreRule"):
        found.append(".ArchiveRule: archived snapshots can't be restored fast: drop FastRestoreRule")
    tier = (archive.get("RetainRule") or {}).get("RetentionArchiveTier") or {}
    if ("Count" in tier) == ("Interval" in tier):
        return [*found, ".ArchiveRule.RetainRule.RetentionArchiveTier: give either Count or Interval"]
    if "Interval" in tier and tier["Interval"] * DAYS.get(tier.get("IntervalUnit", ""), 0) < FEWEST_COLD_DAYS:
        held = f"{tier['Interval']} {tier.get('IntervalUnit')}"
        found.append(f".ArchiveRule.RetainRule.RetentionArchiveTier: {held} must be {FEWEST_COLD_DAYS} DAYS or more")
    return found
