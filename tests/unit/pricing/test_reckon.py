# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what stands and what is declared to all that cost_info answers."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.reckon import Wishes, reckon

from .resources import architecture, resource, standing

PRICES = load("us-east-1")


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
