# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lists of prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing import prices

LISTS = sorted(Path(prices.__file__).parents[1].glob("prices/*.yml"))
PRICES = prices.load("us-east-1")
TODAY = date(2026, 11, 24)


def amounts(value):
    """All amounts of a list."""
    if isinstance(value, dict):
        return [amount for member in value.values() for amount in amounts(member)]
    return [] if isinstance(value, str) else [value]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_of_prices_is_whole(path):
    """It has its date, and every price that the others have."""
    listed = yaml.safe_load(path.read_text())
    assert date.fromisoformat(listed["as_of"]) <= date.today()
    assert listed.keys() == PRICES.keys()
    assert all(amount > 0 for amount in amounts(listed))


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


@pytest.mark.parametrize("region", ["mars-1", "../prices/us-east-1", ""])
def test_a_region_without_a_list(region):
    assert prices.load(region) == {}


def test_one_price():
    """By its name, or by its name in a group."""
    assert prices.price(PRICES, "nat_gb") == Decimal("0.045")
    assert prices.price(PRICES, "instance_hour", "t3.medium") == Decimal("0.0416")
    assert prices.price(PRICES, "instance_hour", "x9.huge") is None
    assert prices.price(PRICES, "nat_gb", "t3.medium") is None
    assert prices.price({}, "nat_gb") is None


def test_other_prices_take_the_place_of_the_list_s():
    """One by one, in groups too."""
    both = prices.merged({"a": 1, "b": 2, "g": {"x": 1, "y": 2}}, {"b": 3, "g": {"y": 4}, "h": {"z": 5}})
    assert both == {"a": 1, "b": 3, "g": {"x": 1, "y": 4}, "h": {"z": 5}}


def test_where_prices_come_from():
    """Both, one of them, or none."""
    answered, silent = {"prices": {"nat_gb": 0.05}, "reason": ""}, {"prices": {}, "reason": "no way"}
    both, told = prices.sources(answered, PRICES, "us-east-1", TODAY)
    assert (both["nat_gb"], both["nat_gateway_hour"]) == (0.05, 0.045)
    assert told == {"source": "both", "as_of": "2025-01-01", "region": "us-east-1", "reason": ""}
    fresh, told = prices.sources(answered, {}, "eu-west-3", TODAY)
    assert (fresh, told["source"]) == ({"currency": "USD", "nat_gb": 0.05, "as_of": "2026-11-24"}, "api")
    listed, told = prices.sources(silent, PRICES, "us-east-1", TODAY)
    assert (listed, told["source"], told["reason"]) == (PRICES, "list", "no way")
    assert prices.sources(silent, {}, "eu-west-3", TODAY)[1]["source"] == "none"
