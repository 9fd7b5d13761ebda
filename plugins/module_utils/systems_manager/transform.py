# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Associations and patch baselines: in one form, and what Systems Manager would refuse of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]

# What UpdateAssociation is told, in AWS's words, and what it stands for where it is not told.
ASSOCIATION: dict[str, Any] = {
    "Name": "",
    "DocumentVersion": "$DEFAULT",
    "Parameters": {},
    "Targets": [],
    "ScheduleExpression": "",
    "ApplyOnlyAtCronInterval": False,
    "MaxConcurrency": "",
    "MaxErrors": "",
    "ComplianceSeverity": "UNSPECIFIED",
}
# The same of UpdatePatchBaseline.
BASELINE: dict[str, Any] = {
    "Description": "",
    "ApprovalRules": {},
    "ApprovedPatches": [],
    "RejectedPatches": [],
    "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
}
MOST_TARGETS = 5
MOST_RULES = 10
MOST_PATCHES = 50
MOST_DAYS = 360
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,128}")
_CRON = re.compile(r"cron\(\S+( \S+){5}\)")
# State Manager runs nothing more often than every half an hour.
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
FEWEST_MINUTES = 30
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
CONCURRENCY = re.compile(r"[1-9]\d{0,6}|[1-9]\d?%|100%")
ERRORS = re.compile(r"\d{1,7}|\d{1,2}%|100%")


def parameters(value: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """A document's parameters, each a list of texts."""
    listed = {name: part if isinstance(part, list) else [part] for name, part in (value or {}).items()}
    return {name: [str(one) for one in part] for name, part in listed.items()}


def targets(value: Iterable[Entry] | None) -> list[dict[str, Any]]:
    """What an association is about. Neither the order of the targets nor that of their values says anything."""
    told = [{"Key": one.get("Key") or "", "Values": sorted(one.get("Values") or [])} for one in value or []]
    return sorted(told, key=lambda one: (one["Key"], one["Values"]))


def rules(value: Entry | None) -> list[dict[str, Any]]:
    """The approval rules of a baseline, without what says nothing, and with what Systems Manager does by itself."""
    return sorted(map(_rule, (value or {}).get("PatchRules") or []), key=str)


def _rule(value: Entry) -> dict[str, Any]:
    filters = (value.get("PatchFilterGroup") or {}).get("PatchFilters") or []
    until = value.get("ApproveUntilDate")
    return {
        "PatchFilterGroup": {"PatchFilters": targets(filters)},
        "ComplianceLevel": value.get("ComplianceLevel") or "UNSPECIFIED",
        "EnableNonSecurity": bool(value.get("EnableNonSecurity")),
        **({"ApproveUntilDate": until} if until else {"ApproveAfterDays": int(value.get("ApproveAfterDays") or 0)}),
    }


def request(want: Entry, defaults: Entry) -> dict[str, Any]:
    """What a call that writes all of something is given: nothing that Systems Manager does by itself.

    Args:
        want: what shall stand.
        defaults: ASSOCIATION or BASELINE.
    """
    return {name: want[name] for name, default in defaults.items() if want[name] != default}


def schedule_problem(expression: str) -> str:
    """What State Manager would refuse of a schedule, as the words that follow it, or nothing."""
    rate = _RATE.fullmatch(expression)
    if rate and int(rate[1]) * _MINUTES[rate[2]] < FEWEST_MINUTES:
        return f"is more often than every {FEWEST_MINUTES} minutes"
    if not rate and not _CRON.fullmatch(expression):
        return "is neither a cron nor a rate expression of State Manager"
    if not rate and expression.split()[3] != "*":
        return "names months, which State Manager does not know"
    return ""


def association_problems(name: str, want: Entry) -> list[str]:
    """What State Manager would refuse of an association, one line each.

    Args:
        name: its name.
        want: it, as it shall stand.
    """
    found = _name_problems("name", name)
    if not 1 <= len(want["Targets"]) <= MOST_TARGETS:
        found.append(f"targets: {len(want['Targets'])} are given: give 1 to {MOST_TARGETS}")
    fault = schedule_problem(want["ScheduleExpression"]) if want["ScheduleExpression"] else ""
    if fault:
        found.append(f"schedule_expression: {want['ScheduleExpression']!r} {fault}")
    if want["ApplyOnlyAtCronInterval"] and not want["ScheduleExpression"].startswith("cron("):
        found.append("apply_only_at_cron_interval: goes with a schedule_expression that is a cron expression")
    for option, member, form in (("max_concurrency", "MaxConcurrency", CONCURRENCY), ("max_errors", "MaxErrors", ERRORS)):
        if want[member] and not form.fullmatch(want[member]):
            found.append(f"{option}: {want[member]!r} must be a number, or a percentage such as '10%'")
    return found


def baseline_problems(name: str, want: Entry) -> list[str]:
    """What Systems Manager would refuse of a patch baseline, one line each: see association_problems."""
    found = _name_problems("name", name)
    told = want["ApprovalRules"].get("PatchRules", [])
    if len(told) > MOST_RULES:
        found.append(f"approval_rules: {len(told)} are given: give {MOST_RULES} at most")
    for at, rule in enumerate(told):
        if not rule["PatchFilterGroup"]["PatchFilters"]:
            found.append(f"approval_rules[{at}].PatchFilterGroup.PatchFilters is empty: say which patches it approves")
        if not 0 <= rule.get("ApproveAfterDays", 0) <= MOST_DAYS:
            found.append(f"approval_rules[{at}].ApproveAfterDays: {rule['ApproveAfterDays']} must be 0 to {MOST_DAYS}")
    for option, member in (("approved_patches", "ApprovedPatches"), ("rejected_patches", "RejectedPatches")):
        if len(want[member]) > MOST_PATCHES:
            found.append(f"{option}: {len(want[member])} are given: give {MOST_PATCHES} at most")
    return found


def _name_problems(option: str, name: str) -> list[str]:
    fault = f"{option}: {name!r} must be 3 to 128 letters, digits, _, - and ."
    return [] if _NAME.fullmatch(name) else [fault]
