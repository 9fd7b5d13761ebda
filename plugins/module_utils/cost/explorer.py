# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Cost Explorer is asked of an environment, and what its answers say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

METRIC = "UnblendedCost"
FORECAST_METRIC = "UNBLENDED_COST"
# What Cost Explorer's errors mean, for those who can do something about them.
REASONS = {
    "DataUnavailableException": "Cost Explorer has no data yet: it takes a day after it was switched on",
    "AccessDeniedException": (
        "Cost Explorer may not be read: allow ce:GetCostAndUsage and ce:GetCostForecast, and switch Cost Explorer on"
    ),
}
UNTAGGED = (
    "Cost Explorer knows no cost with the environment's tags: activate {tags} as cost allocation tags in the billing"
    " console; they count from then on"
)


def month_of(today: date) -> tuple[date, date]:
    """The first day of the month and that of the next."""
    first = today.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _chosen(tags: Mapping[str, str]) -> dict[str, Any]:
    each = [{"Tags": {"Key": key, "Values": [value]}} for key, value in sorted(tags.items())]
    return {"And": each} if len(each) > 1 else each[0]


def spent_arguments(tags: Mapping[str, str], today: date) -> dict[str, Any]:
    """The arguments of GetCostAndUsage: this month day by day and by service, today included."""
    first, _next = month_of(today)
    return {
        "TimePeriod": {"Start": first.isoformat(), "End": (today + timedelta(days=1)).isoformat()},
        "Granularity": "DAILY",
        "Metrics": [METRIC],
        "Filter": _chosen(tags),
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    }


def forecast_arguments(tags: Mapping[str, str], today: date) -> dict[str, Any]:
    """The arguments of GetCostForecast: from today to the end of the month."""
    _first, following = month_of(today)
    return {
        "TimePeriod": {"Start": today.isoformat(), "End": following.isoformat()},
        "Metric": FORECAST_METRIC,
        "Granularity": "MONTHLY",
        "Filter": _chosen(tags),
    }


def spent(results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What was spent: month_to_date, currency, by_service (the dearest first) and by_day.

    Args:
        results: the ResultsByTime of all pages.
    """
    days: dict[str, Decimal] = {}
    services: dict[str, Decimal] = {}
    currency = "USD"
    for result in results:
        day = result["TimePeriod"]["Start"]
        days.setdefault(day, Decimal(0))
        for group in result.get("Groups", []):
            metric = group["Metrics"][METRIC]
            amount, currency = Decimal(metric["Amount"]), metric["Unit"]
            service = group["Keys"][0]
            days[day] += amount
            services[service] = services.get(service, Decimal(0)) + amount
    return {
        "month_to_date": _cents(sum(days.values(), Decimal(0))),
        "currency": currency,
        "by_service": [
            {"service": service, "amount": _cents(amount)}
            for service, amount in sorted(services.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "by_day": [{"day": day, "amount": _cents(amount)} for day, amount in sorted(days.items())],
    }


def whole_month(by_day: Iterable[Mapping[str, Any]], today: date, forecast: Mapping[str, Any]) -> float:
    """What the month will have cost: the days before today, and the forecast of all others.

    Args:
        by_day: as `spent` returns it.
        today: the day that the forecast starts with.
        forecast: the answer of GetCostForecast.
    """
    before = sum(Decimal(str(entry["amount"])) for entry in by_day if entry["day"] < today.isoformat())
    return _cents(before + Decimal(forecast["Total"]["Amount"]))


def _cents(amount: Decimal) -> float:
    return float(round(amount, 2))
