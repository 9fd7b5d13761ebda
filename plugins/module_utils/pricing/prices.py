# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lists of prices that the collection keeps, one file for each region, and what another source adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

HOURS_A_MONTH = 730  # AWS's own calculators use it: 365 days × 24 hours / 12
HOURS_A_WEEK = 168
_FOLDER = Path(__file__).parent.parent / "prices"

# What things cost: by the words of prices/us-east-1.yml.
Prices = Mapping[str, Any]


@cache
def load(region: str) -> Prices:
    """The dated list of a region, empty where the collection has none. Only on the controller: modules come without it.

    Args:
        region: such as us-east-1.
    """
    import yaml  # not where this is part of a module

    lists = {path.stem: path for path in _FOLDER.glob("*.yml")}
    return yaml.safe_load(lists[region].read_text(encoding="utf-8")) if region in lists else {}


def merged(prices: Prices, others: Prices) -> dict[str, Any]:
    """The list with the prices of another source in the place of its own. Groups, such as instance_hour, are merged."""
    both = {**prices, **others}
    groups = {name for name, value in others.items() if isinstance(value, Mapping) and isinstance(prices.get(name), Mapping)}
    return {**both, **{name: {**prices[name], **others[name]} for name in groups}}


def sources(found: Mapping[str, Any], listed: Prices, region: str, today: date) -> tuple[Prices, dict[str, str]]:
    """The prices to reckon with, and where they come from.

    Args:
        found: prices and reason, of the Price List service.
        listed: the collection's list of the region.
        region: the region.
        today: the day that the service was asked.
    """
    fresh = found["prices"]
    told = {"region": region, "reason": found["reason"]}
    if not fresh:
        source = "list" if listed else "none"
        return listed, {"source": source, "as_of": listed.get("as_of", ""), **told}
    both = merged({"currency": "USD", **listed}, fresh)
    if not listed:
        return {**both, "as_of": today.isoformat()}, {"source": "api", "as_of": today.isoformat(), **told}
    return both, {"source": "both", "as_of": listed["as_of"], **told}


def price(prices: Prices, *names: str) -> Decimal | None:
    """One price by its name, and that in the group; None where the list has none."""
    value: Any = prices
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return None if value is None else Decimal(str(value))
