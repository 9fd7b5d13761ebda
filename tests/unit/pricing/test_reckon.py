# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what stands and what is declared to all that cost_info answers."""

from __future__ import annotations

from datetime import date

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.reckon import Wishes, reckon, sources

from .resources import architecture, resource, standing

PRICES = load("us-east-1")
TODAY = date(2026, 11, 24)


def test_what_stands_counts():
    told = reckon(standing(), architecture(), {}, PRICES, Wishes())
    assert (told["of"], told["standing"]["total"], told["declared"]["total"]) == ("standing", 74.92, 74.92)
    assert {answer["before"] for answer in told["what_ifs"]} == {74.92}


@pytest.mark.parametrize("left", [[], [resource("vpc", "net", "vpc-1")]])
def test_where_nothing_stands_the_declaration_counts(left):
    """Nothing costs nothing, and no traffic."""
    told = reckon(left, architecture(), {}, PRICES, Wishes(transfer_out_gb=10))
    assert (told["of"], told["standing"]["total"], told["standing"]["resources"]) == ("declared", 0, [])
    assert told["declared"]["total"] == 75.82


def test_what_was_measured_and_what_is_assumed():
    """An assumption takes the place of a measure."""
    measured = {"nat-1": {"data_gb": 100}, "data": {"standard_gb": 50}}
    told = reckon(standing(), architecture(), measured, PRICES, Wishes())
    assert (told["egress"]["data_gb"], told["standing"]["total"]) == (100, 80.57)
    wishes = Wishes(usage={"data": {"standard_gb": 1000}}, nat_gb=200, transfer_out_gb=10)
    told = reckon(standing(), architecture(), measured, PRICES, wishes)
    assert told["egress"]["data_gb"] == 200
    assert told["standing"]["total"] == pytest.approx(74.92 + 9.00 + 23.00 + 0.90)
    assert told["declared"]["total"] == pytest.approx(74.92 + 9.00 + 0.90)
    assert reckon(standing(), [], {}, PRICES, Wishes())["egress"]["data_gb"] is None


def test_where_prices_come_from():
    """Both, one of them, or none."""
    answered, silent = {"prices": {"nat_gb": 0.05}, "reason": ""}, {"prices": {}, "reason": "no way"}
    both, told = sources(answered, PRICES, "us-east-1", TODAY)
    assert (both["nat_gb"], both["nat_gateway_hour"]) == (0.05, 0.045)
    assert told == {"source": "both", "as_of": "2025-01-01", "region": "us-east-1", "reason": ""}
    fresh, told = sources(answered, {}, "eu-west-3", TODAY)
    assert (fresh, told["source"]) == ({"currency": "USD", "nat_gb": 0.05, "as_of": "2026-11-24"}, "api")
    listed, told = sources(silent, PRICES, "us-east-1", TODAY)
    assert (listed, told["source"], told["reason"]) == (PRICES, "list", "no way")
    assert sources(silent, {}, "eu-west-3", TODAY)[1]["source"] == "none"
