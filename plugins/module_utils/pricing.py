# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a set of resources costs a month by a list of prices. Pure: the prices come from prices/<region>.yml."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

HOURS_A_MONTH = 730  # AWS's own calculators use it: 365 days × 24 hours / 12

# What can be priced, and what is assumed where the settings don't say.
DEFAULTS: dict[str, Any] = {
    "instance_type": "",
    "instance_count": 1,
    "volume_gb": 0,
    "volume_type": "gp3",
    "nat_gateways": 0,
    "nat_gb": 0,
    "public_ipv4": 0,
    "alarms": 0,
    "dashboards": 0,
    "log_gb": 0,
    "bucket_gb": 0,
    "transfer_out_gb": 0,
}

# The settings that are no quantities.
_WORDS = ("instance_type", "volume_type")

# Resource, words for its quantity, setting with the quantity, price, and whether that price is an hour's.
_SIMPLE = (
    ("NAT gateway", "{} running", "nat_gateways", "nat_gateway_hour", True),
    ("NAT gateway data", "{} GB", "nat_gb", "nat_gb", False),
    ("Public IPv4 address", "{} in use", "public_ipv4", "public_ipv4_hour", True),
    ("CloudWatch alarm", "{} standing", "alarms", "alarm_month", False),
    ("CloudWatch Logs", "{} GB taken in", "log_gb", "log_gb", False),
    ("S3 Standard", "{} GB kept", "bucket_gb", "bucket_gb_month", False),
    ("Data transfer out", "{} GB", "transfer_out_gb", "transfer_out_gb", False),
)


class Bill:
    """Lines of a month's cost, and what has no price."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.unpriced: list[str] = []

    def add(self, resource: str, configuration: str, quantity: Decimal, price: Any) -> None:
        """Adds a line, or a name without a price where there is none (None); nothing for a quantity of 0."""
        if not quantity:
            return
        if price is None:
            self.unpriced.append(f"{resource}, {configuration}")
            return
        monthly = (quantity * Decimal(str(price))).quantize(Decimal("0.01"), ROUND_HALF_UP)
        self.lines.append({"resource": resource, "configuration": configuration, "monthly": float(monthly)})

    def total(self) -> float:
        """The sum of the lines as they are shown."""
        return float(sum((Decimal(str(line["monthly"])) for line in self.lines), Decimal(0)))


def _quantity(name: str, value: Any) -> Decimal:
    try:
        quantity = Decimal(str(value))
    except InvalidOperation:
        quantity = Decimal("NaN")
    if not quantity.is_finite() or quantity < 0:
        raise ValueError(f"{name} must be a number that is not negative, and is {value}")
    return quantity


def monthly_cost(settings: Mapping[str, Any], prices: Mapping[str, Any]) -> dict[str, Any]:
    """What a set of resources costs in a month of 730 hours.

    Args:
        settings: quantities, see DEFAULTS; volume_gb is GB per instance.
        prices: a list of prices in the form of prices/us-east-1.yml; an empty one leaves everything unpriced.

    Returns:
        lines, total, currency, as_of (the list's date) and unpriced (what the list has no price of; not in the total).

    Raises:
        ValueError: for a setting that isn't known, and for a quantity that is no number or negative.
    """
    unknown = sorted(settings.keys() - DEFAULTS.keys())
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(unknown)}; known are {', '.join(DEFAULTS)}")
    given = {**DEFAULTS, **settings}
    quantities = {key: _quantity(key, value) for key, value in given.items() if key not in _WORDS}
    bill = Bill()
    _add_instances(bill, given, quantities, prices)
    for resource, words, setting, price, hourly in _SIMPLE:
        amount = quantities[setting]
        bill.add(resource, words.format(given[setting]), amount * (HOURS_A_MONTH if hourly else 1), prices.get(price))
    free = _quantity("dashboards_free", prices.get("dashboards_free", 0))
    charged = max(quantities["dashboards"] - free, Decimal(0))
    words = f"{given['dashboards']} standing, {free:f} free"
    bill.add("CloudWatch dashboard", words, charged, prices.get("dashboard_month"))
    return {
        "lines": bill.lines,
        "total": bill.total(),
        "currency": prices.get("currency", "USD"),
        "as_of": prices.get("as_of", ""),
        "unpriced": bill.unpriced,
    }


def _add_instances(
    bill: Bill, given: Mapping[str, Any], quantities: Mapping[str, Decimal], prices: Mapping[str, Any]
) -> None:
    count = quantities["instance_count"]
    if given["instance_type"]:
        price = prices.get("instance_hour", {}).get(given["instance_type"])
        words = f"{given['instance_count']} running all hours"
        bill.add(f"EC2 {given['instance_type']}", words, count * HOURS_A_MONTH, price)
    price = prices.get("volume_gb_month", {}).get(given["volume_type"])
    words = f"{given['instance_count']} of {given['volume_gb']} GB"
    bill.add(f"EBS {given['volume_type']}", words, count * quantities["volume_gb"], price)
