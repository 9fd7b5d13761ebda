# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role guardrails."""

from __future__ import annotations

import re
import typing as t
import zoneinfo

from .iam import boundary_problems
from .monitoring import EMAIL
from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {
    "guardrails_budget_name": "budget",
    "guardrails_budget_role_name": "role",
    "guardrails_schedule_group": "schedule_group",
    "guardrails_schedule_role_name": "role",
}
# What AWS Budgets takes at most.
MOST_ALERTS = 10
MOST_EMAILS = 10
MOST_INSTANCES_OF_A_CAP = 100
HIGHEST_PERCENTAGE = 1000
CURRENCY = r"[A-Z]{3}"
EXPRESSION = r"cron\((\S+ ){5}\S+\)|rate\([1-9]\d* (minute|hour|day)s?\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)"
# Minutes. Less would stop a host while somebody has a coffee, or while it is being set up.
SHORTEST_IDLE = 15
LONGEST_IDLE = 7 * 24 * 60


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of budget, schedule and idle stop.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "guardrails"):
        return found
    found.extend(_budget_problems(settings))
    found.extend(_schedule_problems(settings))
    found.extend(number_problems(settings, "guardrails_idle_minutes", SHORTEST_IDLE, LONGEST_IDLE, " (minutes)"))
    found.extend(_contradictions(settings))
    found.extend(boundary_problems(settings, "guardrails_permissions_boundary"))
    if "guardrails_tags" in settings:
        found.extend(tags_problems("guardrails_tags", settings["guardrails_tags"], settings.get("mlinfra_tags")))
    return found


def _budget_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the budget, its alerts and its cap."""
    found = number_problems(settings, "guardrails_budget_amount", 0)
    found.extend(number_problems(settings, "guardrails_budget_cap", 0, HIGHEST_PERCENTAGE, " (per cent)"))
    currency = settings.get("guardrails_budget_currency")
    if currency is not None and not re.fullmatch(CURRENCY, currency):
        found.append(problem("guardrails_budget_currency", currency, "is not a currency", "write its code, such as USD"))
    alerts = settings.get("guardrails_budget_alerts") or []
    if len(alerts) > MOST_ALERTS:
        remedy = f"AWS Budgets takes {MOST_ALERTS} at most"
        found.append(problem("guardrails_budget_alerts", f"{len(alerts)} alerts", "are too many", remedy))
    for index, alert in enumerate(alerts):
        if not 0 < alert["threshold"] <= HIGHEST_PERCENTAGE:
            remedy = f"choose a number above 0 and up to {HIGHEST_PERCENTAGE} (per cent)"
            name = f"guardrails_budget_alerts[{index}].threshold"
            found.append(problem(name, alert["threshold"], "is out of range", remedy))
    emails = settings.get("guardrails_budget_emails") or []
    if len(emails) > MOST_EMAILS:
        remedy = f"AWS Budgets takes {MOST_EMAILS} at most; a list's address reaches more"
        found.append(problem("guardrails_budget_emails", f"{len(emails)} addresses", "are too many", remedy))
    for index, email in enumerate(emails):
        if not re.fullmatch(EMAIL, email):
            remedy = "write name@example.org"
            found.append(problem(f"guardrails_budget_emails[{index}]", email, "is not an e-mail address", remedy))
    return found


def _schedule_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the times of start and stop."""
    found = []
    schedule = settings.get("guardrails_schedule") or {}
    for when in ("start", "stop"):
        expression = schedule.get(when)
        if expression is not None and not re.fullmatch(EXPRESSION, expression):
            remedy = "write cron(minute hour day month weekday year), such as cron(0 20 ? * MON-FRI *)"
            found.append(problem(f"guardrails_schedule.{when}", expression, "is not a schedule", remedy))
    zone = schedule.get("timezone", "UTC")
    if zone != "UTC" and zone not in zoneinfo.available_timezones():
        remedy = "write its name in the tz database, such as Europe/Zurich"
        found.append(problem("guardrails_schedule.timezone", zone, "is not a time zone", remedy))
    return found


def _contradictions(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what can't go together with what else is set."""
    found = []
    amount, cap = settings.get("guardrails_budget_amount") or 0, settings.get("guardrails_budget_cap") or 0
    if cap and not amount:
        found.append(problem("guardrails_budget_cap", cap, "caps no budget", "set guardrails_budget_amount, too"))
    tells = bool(settings.get("guardrails_budget_alerts")) or cap
    if amount and tells and not settings.get("guardrails_budget_topic") and not settings.get("guardrails_budget_emails"):
        remedy = "give an address, or set guardrails_budget_topic: true"
        found.append(problem("guardrails_budget_emails", "", "leaves nobody to be told", remedy))
    if amount and settings.get("guardrails_budget_topic") and not wanted(settings, "monitoring"):
        remedy = "set guardrails_budget_topic: false and give guardrails_budget_emails"
        found.append(problem("guardrails_budget_topic", True, "needs the topic that monitoring_state removes", remedy))
    count = settings.get("compute_instance_count")
    if cap and isinstance(count, int) and count > MOST_INSTANCES_OF_A_CAP:
        remedy = f"AWS Budgets stops {MOST_INSTANCES_OF_A_CAP} at most: set guardrails_budget_cap: 0"
        found.append(problem("compute_instance_count", count, "is more than a cap can stop", remedy))
    stops = {
        "guardrails_budget_cap": cap,
        "guardrails_schedule.stop": (settings.get("guardrails_schedule") or {}).get("stop"),
        "guardrails_idle_stop": settings.get("guardrails_idle_stop"),
    }
    if settings.get("compute_stop_protection"):
        remedy = "set compute_stop_protection: false, or let nothing stop the instances"
        found.extend(
            problem(name, value, "contradicts compute_stop_protection: true", remedy)
            for name, value in stops.items()
            if value
        )
    return found
