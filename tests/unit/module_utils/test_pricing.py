# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A month's cost, by the list of prices that the collection keeps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from ansible_collections.mlinfra.aws.plugins.module_utils import pricing
from hypothesis import given
from hypothesis import strategies as st

LISTS = sorted(Path(pricing.__file__).with_name("prices").glob("*.yml"))
PRICES = yaml.safe_load(next(path for path in LISTS if path.stem == "us-east-1").read_text())
QUANTITIES = sorted(pricing.DEFAULTS.keys() - {"instance_type", "volume_type"})


def cost(**settings):
    return pricing.monthly_cost(settings, PRICES)


def monthly(**settings) -> float:
    [line] = cost(**settings)["lines"]
    return line["monthly"]


@pytest.mark.parametrize(
    ("settings", "amount"),
    [
        ({"instance_type": "t3.medium"}, 30.37),
        ({"instance_type": "t3.medium", "instance_count": 3}, 91.10),
        ({"volume_gb": 50}, 4.00),
        ({"volume_gb": 50, "volume_type": "gp2"}, 5.00),
        ({"volume_gb": 50, "instance_count": 2}, 8.00),
        ({"nat_gateways": 1}, 32.85),
        ({"nat_gb": 10}, 0.45),
        ({"public_ipv4": 1}, 3.65),
        ({"alarms": 4}, 0.40),
        ({"dashboards": 5}, 6.00),
        ({"log_gb": 1.5}, 0.75),
        ({"bucket_gb": 100}, 2.30),
        ({"transfer_out_gb": 1}, 0.09),
    ],
)
def test_one_line(settings, amount):
    assert monthly(**settings) == amount


def test_the_architecture_at_its_base():
    base = cost(instance_type="t3.medium", volume_gb=50, nat_gateways=1)
    assert base["total"] == 67.22
    assert base["unpriced"] == []
    assert base["currency"] == "USD"


def test_nothing_costs_nothing():
    assert cost() == {"lines": [], "total": 0, "currency": "USD", "as_of": PRICES["as_of"], "unpriced": []}
    assert cost(dashboards=3)["lines"] == []


def test_what_has_no_price_is_named_and_not_guessed():
    bill = cost(instance_type="x9.huge", volume_gb=10, volume_type="gp9", alarms=1)
    assert bill["unpriced"] == ["EC2 x9.huge, 1 running all hours", "EBS gp9, 1 of 10 GB"]
    assert bill["total"] == 0.10


@given(st.dictionaries(st.sampled_from(QUANTITIES), st.integers(0, 10_000)))
def test_the_total_is_the_sum_of_the_lines_shown(settings):
    bill = cost(**settings, instance_type="g5.xlarge")
    assert Decimal(str(bill["total"])) == sum(Decimal(str(line["monthly"])) for line in bill["lines"])
    assert bill["unpriced"] == []


@given(st.dictionaries(st.sampled_from(QUANTITIES), st.integers(1, 100), min_size=1))
def test_without_a_list_everything_is_unpriced(settings):
    bill = pricing.monthly_cost(settings, {})
    assert bill["lines"] == []
    assert bill["total"] == 0
    priced = {key for key in settings if key != "instance_count"}
    assert len(bill["unpriced"]) == len(priced)


@pytest.mark.parametrize("value", [-1, "many", None, float("nan"), float("inf"), True])
def test_a_quantity_is_a_number(value):
    with pytest.raises(ValueError, match="alarms must be a number that is not negative"):
        cost(alarms=value)


def test_a_setting_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="unknown settings: instances; known are instance_type, "):
        cost(instances=1)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_of_prices_is_whole(path):
    prices = yaml.safe_load(path.read_text())
    assert date.fromisoformat(prices["as_of"]) <= date.today()
    assert prices.keys() == PRICES.keys()
    amounts = [
        amount
        for value in prices.values()
        for amount in (value.values() if isinstance(value, dict) else [value])
        if not isinstance(amount, str)
    ]
    assert all(amount > 0 for amount in amounts)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_larger_size_of_a_family_never_costs_less_per_size(path):
    """Within a family without accelerators the price is in proportion to the size: a slip of the pen shows."""
    sizes = {"nano": 0.125, "micro": 0.25, "small": 0.5, "medium": 1, "large": 2, "xlarge": 4}
    families: dict[str, set[float]] = {}
    for name, amount in yaml.safe_load(path.read_text())["instance_hour"].items():
        family, size = name.split(".")
        units = sizes.get(size) or 4 * int(size.removesuffix("xlarge"))
        if family[0] in "tmcr":
            families.setdefault(family, set()).add(round(amount / units, 4))
    assert {family: units for family, units in families.items() if len(units) > 1} == {}
