# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role patching."""

from __future__ import annotations

import typing as t

from ansible_collections.mlinfra.aws.plugins.module_utils.systems_manager import transform

from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {
    "patching_baseline_name": "patching",
    "patching_association_name": "patching",
}
SCHEDULE = "write it as 'cron(0 3 ? * SUN *)' or 'rate(1 day)'"


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of patching.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "patching") or settings.get("patching_operation") in (None, "none"):
        return found
    schedule = settings.get("patching_schedule")
    fault = transform.schedule_problem(schedule) if isinstance(schedule, str) else ""
    if fault:
        found.append(problem("patching_schedule", schedule, fault, SCHEDULE))
    found.extend(number_problems(settings, "patching_approve_after_days", 0, transform.MOST_DAYS, " (days)"))
    for variable, form in (("patching_max_concurrency", transform.CONCURRENCY), ("patching_max_errors", transform.ERRORS)):
        value = settings.get(variable)
        if value is not None and not form.fullmatch(value):
            found.append(problem(variable, value, "is neither a number nor a percentage", 'write it as "1" or "10%"'))
    for variable in ("patching_classifications", "patching_severities"):
        if settings.get(variable) == []:
            found.append(problem(variable, [], "approves no patch at all", "name one, or set patching_operation: none"))
    rejected = settings.get("patching_rejected_patches") or []
    if len(rejected) > transform.MOST_PATCHES:
        remedy = f"name {transform.MOST_PATCHES} at most, with * where many begin alike"
        found.append(problem("patching_rejected_patches", f"{len(rejected)} patches", "are more than a baseline takes", remedy))
    if settings.get("patching_reboot") and settings.get("patching_operation") == "scan":
        fault, remedy = "is of no use to patching_operation: scan, which installs nothing", "drop it, or choose install"
        found.append(problem("patching_reboot", True, fault, remedy))
    if "patching_tags" in settings:
        found.extend(tags_problems("patching_tags", settings["patching_tags"], settings.get("mlinfra_tags")))
    return found
