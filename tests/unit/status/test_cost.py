# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the month has cost, by an estimate or by Cost Explorer, and why nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.action.status_info import cost
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load

PRICES = load("us-east-1")
INSTANCE = {
    "kind": "instance",
    "name": "ml-1",
    "id": "i-1",
    "attributes": {"InstanceType": "t3.medium", "State": {"Name": "stopped"}, "LaunchTime": "2026-10-01T00:00:00+00:00"},
}
TOLD = {"id": "i-1", "state": "stopped", "since": "2026-11-03T02:00:00+00:00", "hours": None}
ACTUALS = {
    "available": True,
    "reason": "",
    "start": "2026-11-01",
    "until": "2026-11-05",
    "month_to_date": 12.34,
    "currency": "USD",
    "by_service": [{"service": "Amazon EC2", "amount": 12.34}],
    "by_day": [{"day": "2026-11-01", "amount": 12.34}],
    "forecast": None,
    "forecast_reason": "too new",
}


def told(prices: Any = PRICES, actuals: Any = None, found: Any = None, **instance: Any) -> dict[str, Any]:
    answer = {"asked_at": "2026-11-05T04:00:00+00:00", "instances": [{**TOLD, **instance}]}
    raw = {"resources": [INSTANCE], "used": {}, "prices_found": found, "actuals": actuals}
    return cost(answer, raw, prices, "us-east-1")


@pytest.mark.parametrize(("instance", "hours"), [({}, 50), ({"hours": 80.0}, 80), ({"since": ""}, 0)])
def test_an_estimate(instance, hours):
    """By the hours that were measured, or until the instance stopped."""
    month = told(**instance)
    assert (month["source"], month["amount"], month["reason"]) == ("estimate", round(hours * 0.0416, 2), "")
    assert "list prices of 2025-01-01" in month["how"]


def test_cost_explorer():
    month = told(actuals=ACTUALS)
    assert (month["source"], month["amount"], month["by_end"], month["reason"]) == ("actuals", 12.34, None, "too new")
    assert month["areas"] == [{"area": "Amazon EC2", "amount": 12.34}]
    assert month["by_day"] == ACTUALS["by_day"]


def test_where_cost_explorer_can_t_tell_there_is_an_estimate():
    month = told(actuals={"available": False, "reason": "activate the tags"})
    assert (month["source"], month["reason"]) == ("estimate", "activate the tags")


def test_prices_of_today_in_a_region_without_a_list():
    found = {"prices": {"instance_hour": {"t3.medium": 1.0}}, "reason": ""}
    month = told(prices={}, found=found)
    assert (month["source"], month["amount"], month["as_of"]) == ("estimate", 50.0, "2026-11-05")


def test_without_prices_nobody_can_tell():
    month = told(prices={}, found={"prices": {}, "reason": "no way"}, actuals={"available": False, "reason": "no tags"})
    assert (month["source"], month["amount"], month["by_end"]) == ("none", None, None)
    assert month["reason"] == "no tags; no prices of us-east-1 are known: no way"


def test_both_forms_have_the_same_members():
    """A reader need not know which of them it got."""
    assert told().keys() == told(actuals=ACTUALS).keys()
