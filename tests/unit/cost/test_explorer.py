# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Cost Explorer is asked and what is made of its answers; botocore checks both against the real service."""

from __future__ import annotations

from datetime import date

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.cost import api, explorer

TAGS = {"Project": "ml", "Environment": "dev", "ManagedBy": "mlinfra.aws"}
TODAY = date(2026, 11, 3)
CHOSEN = {
    "And": [
        {"Tags": {"Key": "Environment", "Values": ["dev"]}},
        {"Tags": {"Key": "ManagedBy", "Values": ["mlinfra.aws"]}},
        {"Tags": {"Key": "Project", "Values": ["ml"]}},
    ]
}
SPENT = {
    "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-04"},
    "Granularity": "DAILY",
    "Metrics": ["UnblendedCost"],
    "Filter": CHOSEN,
    "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
}
FORECAST = {
    "TimePeriod": {"Start": "2026-11-03", "End": "2026-12-01"},
    "Metric": "UNBLENDED_COST",
    "Granularity": "MONTHLY",
    "Filter": CHOSEN,
}


def day(number: int, **services: str) -> dict:
    """A day of GetCostAndUsage."""
    groups = [
        {"Keys": [name], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}} for name, amount in services.items()
    ]
    period = {"Start": f"2026-11-{number:02}", "End": f"2026-11-{number + 1:02}"}
    return {"TimePeriod": period, "Groups": groups, "Total": {}, "Estimated": True}


def ask(aws) -> dict:
    return api.actuals(lambda: aws("ce"), TAGS, TODAY)


def test_what_was_spent_and_will_be(aws):
    """Over all pages, to the cent only at the end; the forecast takes the place of what today says."""
    pages = [day(1, EC2="1.004", S3="0.006"), day(2, EC2="1.004")], [day(3, EC2="0.5")]
    aws.answer("ce", "get_cost_and_usage", {"ResultsByTime": pages[0], "NextPageToken": "more"}, SPENT)
    aws.answer("ce", "get_cost_and_usage", {"ResultsByTime": pages[1]}, {**SPENT, "NextPageToken": "more"})
    aws.answer("ce", "get_cost_forecast", {"Total": {"Amount": "28.123", "Unit": "USD"}}, FORECAST)
    assert ask(aws) == {
        "available": True,
        "reason": "",
        "start": "2026-11-01",
        "until": "2026-11-03",
        "month_to_date": 2.51,
        "currency": "USD",
        "by_service": [{"service": "EC2", "amount": 2.51}, {"service": "S3", "amount": 0.01}],
        "by_day": [
            {"day": "2026-11-01", "amount": 1.01},
            {"day": "2026-11-02", "amount": 1.0},
            {"day": "2026-11-03", "amount": 0.5},
        ],
        "forecast": 30.13,
        "forecast_reason": "",
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("DataUnavailableException", "it takes a day"),
        ("AccessDeniedException", "allow ce:GetCostAndUsage"),
        ("LimitExceededException", "LimitExceededException: refused"),
    ],
)
def test_what_can_t_be_told_has_a_reason(aws, code, reason):
    aws.refuse("ce", "get_cost_and_usage", code)
    told = ask(aws)
    assert not told["available"]
    assert reason in told["reason"]


def test_without_a_forecast_the_rest_is_told(aws):
    """A new account has none."""
    aws.answer("ce", "get_cost_and_usage", {"ResultsByTime": [day(1, EC2="1")]})
    aws.refuse("ce", "get_cost_forecast", "DataUnavailableException")
    told = ask(aws)
    assert (told["available"], told["month_to_date"], told["forecast"]) == (True, 1.0, None)
    assert "it takes a day" in told["forecast_reason"]


def test_tags_that_are_not_activated(aws):
    """The days are there and empty: nothing of the account's costs carries the tags."""
    aws.answer("ce", "get_cost_and_usage", {"ResultsByTime": [day(1), day(2)]})
    told = ask(aws)
    assert not told["available"]
    assert "activate Environment, ManagedBy, Project as cost allocation tags" in told["reason"]


@pytest.mark.parametrize(
    ("today", "first", "following"),
    [("2026-11-01", "2026-11-01", "2026-12-01"), ("2026-12-31", "2026-12-01", "2027-01-01"), ("2028-02-29", "2028-02-01", "2028-03-01")],
)
def test_the_month(today, first, following):
    """On its first and last days too no period is empty."""
    at = date.fromisoformat(today)
    assert explorer.month_of(at) == (date.fromisoformat(first), date.fromisoformat(following))
    for period in (explorer.spent_arguments(TAGS, at)["TimePeriod"], explorer.forecast_arguments(TAGS, at)["TimePeriod"]):
        assert period["Start"] < period["End"]


def test_one_tag_needs_no_and():
    assert explorer.spent_arguments({"A": "b"}, TODAY)["Filter"] == {"Tags": {"Key": "A", "Values": ["b"]}}
