# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The calls about money. They only read, and what can't be asked is a reason, never an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from . import explorer, price_list, usage

# Short: a report does not wait long for what it can do without. Seconds.
PATIENCE = {"retries": {"mode": "standard", "max_attempts": 2}, "connect_timeout": 3, "read_timeout": 10}
_METRICS_A_CALL = 500
# EC2 keeps spot prices that long.
_SPOT_DAYS = 90


def reason_of(error: Exception, known: Mapping[str, str] | None = None) -> str:
    """Why a call was not answered, in one line."""
    response = getattr(error, "response", None)
    if response is None:
        return str(error)
    code, message = response["Error"].get("Code", ""), response["Error"].get("Message", "")
    return (known or {}).get(code) or ": ".join(filter(None, (code, message.strip())))


def _pages(ask: Callable[..., dict[str, Any]], member: str, token: str, arguments: dict[str, Any]) -> list[Any]:
    """The members of all pages of a call that boto3 has no paginator of."""
    listed: list[Any] = []
    while True:
        answer = ask(**arguments)
        listed += answer.get(member, [])
        if not answer.get(token):
            return listed
        arguments = {**arguments, token: answer[token]}


def prices(client: Callable[[], Any], region: str, questions: Iterable[price_list.Question], executor: Executor) -> dict[str, Any]:
    """Today's prices of a region from the AWS Price List.

    Args:
        client: makes the client of the service pricing.
        region: whose prices.
        questions: what to ask besides `price_list.FIRST`, which shows whether the service can be reached.
        executor: asks them side by side.

    Returns:
        prices in the form of a list of prices, and reason: why there are none.
    """

    def ask(question: price_list.Question) -> dict[str, Any]:
        paginator = pricing.get_paginator("get_products")
        pages = paginator.paginate(**question.arguments(region)).build_full_result()
        return price_list.taken(question, pages.get("PriceList", []))

    try:
        pricing = client()
        answers = [ask(price_list.FIRST)]
        answers += executor.map(ask, questions)
    except (BotoCoreError, ClientError) as error:
        return {"prices": {}, "reason": reason_of(error)}
    found: dict[str, Any] = {}
    for answer in answers:
        for name, value in answer.items():
            found[name] = {**found.get(name, {}), **value} if isinstance(value, dict) else value
    return {"prices": found, "reason": "" if found else "the AWS Price List has no product of this region"}


def spot_hours(ec2: Any, instance_types: Iterable[str], now: datetime) -> dict[str, float]:
    """The price of a spot instance now, by type, in the middle of the zones; nothing where EC2 does not tell.

    Args:
        ec2: a client.
        instance_types: the types.
        now: the time.
    """
    asked = sorted(set(instance_types))
    if not asked:
        return {}
    try:
        paginator = ec2.get_paginator("describe_spot_price_history")
        pages = paginator.paginate(InstanceTypes=asked, ProductDescriptions=["Linux/UNIX"], StartTime=now)
        history = pages.build_full_result().get("SpotPriceHistory", [])
    except (BotoCoreError, ClientError):
        return {}
    by_type: dict[str, list[float]] = {}
    for entry in history:
        if entry["Timestamp"] > now - timedelta(days=_SPOT_DAYS):
            by_type.setdefault(entry["InstanceType"], []).append(float(entry["SpotPrice"]))
    return {kind: median(amounts) for kind, amounts in by_type.items()}


def actuals(client: Callable[[], Any], tags: Mapping[str, str], today: date) -> dict[str, Any]:
    """What the environment has cost this month, and what it will have by its end, by Cost Explorer.

    Args:
        client: makes the client of the service ce.
        tags: the environment's.
        today: the day.

    Returns:
        available, reason (why not), start, until, and where available all of `explorer.spent`, forecast (of the whole
        month; None where there is none) and forecast_reason.
    """
    first, _following = explorer.month_of(today)
    answer: dict[str, Any] = {"available": False, "reason": "", "start": first.isoformat(), "until": today.isoformat()}
    try:
        ce = client()
        results = _pages(ce.get_cost_and_usage, "ResultsByTime", "NextPageToken", explorer.spent_arguments(tags, today))
    except (BotoCoreError, ClientError) as error:
        return {**answer, "reason": reason_of(error, explorer.REASONS)}
    if not any(result.get("Groups") for result in results):
        return {**answer, "reason": explorer.UNTAGGED.format(tags=", ".join(sorted(tags)))}
    answer.update(available=True, **explorer.spent(results), forecast=None, forecast_reason="")
    try:
        forecast = ce.get_cost_forecast(**explorer.forecast_arguments(tags, today))
        answer["forecast"] = explorer.whole_month(answer["by_day"], today, forecast)
    except (BotoCoreError, ClientError) as error:
        answer["forecast_reason"] = reason_of(error, explorer.REASONS)
    return answer


def measured(cloudwatch: Any, resources: Iterable[Mapping[str, Any]], now: datetime) -> tuple[dict[str, Any], str]:
    """The use of what is charged by it, as `usage.measured` has it, and why there is none.

    Args:
        cloudwatch: a client.
        resources: what stands.
        now: the time.
    """
    made, asked = usage.queries(resources)
    results: list[Any] = []
    try:
        for at in range(0, len(made), _METRICS_A_CALL):
            pages = cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=made[at : at + _METRICS_A_CALL],
                StartTime=now - timedelta(days=usage.DAYS),
                EndTime=now,
                ScanBy="TimestampDescending",
            )
            results += pages.build_full_result().get("MetricDataResults", [])
    except (BotoCoreError, ClientError) as error:
        return {}, reason_of(error)
    return usage.measured(asked, results), ""
