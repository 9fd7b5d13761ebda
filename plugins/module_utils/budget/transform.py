# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Budgets between the module's words and those of AWS. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

# Module's word: that of AWS.
KINDS = {"actual": "ACTUAL", "forecast": "FORECASTED"}
_WORDS = {word: kind for kind, word in KINDS.items()}
_SUBSCRIBERS = {"email": "EMAIL", "sns": "SNS"}

Entry = Mapping[str, Any]


def subscribers_of(emails: Iterable[str], topic_arn: str | None) -> list[dict[str, str]]:
    """Who is told, in one order: AWS keeps none."""
    told = [{"type": "email", "address": address} for address in sorted(set(emails))]
    return told + ([{"type": "sns", "address": topic_arn}] if topic_arn else [])


def filter_expression(tags: Mapping[str, str]) -> dict[str, Any]:
    """Only the costs of what carries all of these tags; nothing for all costs."""
    parts = [
        {"Tags": {"Key": key, "Values": [str(tags[key])], "MatchOptions": ["EQUALS"]}} for key in sorted(tags)
    ]
    return parts[0] if len(parts) == 1 else {"And": parts} if parts else {}


def cost_tags(expression: Mapping[str, Any]) -> dict[str, str] | None:
    """The tags of such an expression; None for one that is of another form."""
    parts = expression.get("And") or ([expression] if expression else [])
    tags = {part["Tags"]["Key"]: part["Tags"]["Values"][0] for part in parts if "Tags" in part}
    return tags if filter_expression(tags) == _with_options(expression) else None


def _with_options(expression: Mapping[str, Any]) -> dict[str, Any]:
    """The expression in the form of `filter_expression`: tags in order, with how they match."""

    def form(part: Mapping[str, Any]) -> dict[str, Any]:
        return {"Tags": {"MatchOptions": ["EQUALS"], **part["Tags"]}} if "Tags" in part else dict(part)

    if "And" not in expression:
        return form(expression)
    parts = [form(part) for part in expression["And"]]
    return {"And": sorted(parts, key=lambda part: part.get("Tags", {}).get("Key", ""))}


def wanted(params: Mapping[str, Any], region: str) -> dict[str, Any]:
    """What the module's arguments ask for, in the form of `normalize`, as far as they say it."""
    told = subscribers_of(params["emails"], params["topic_arn"])
    alerts = {(alert["type"], float(alert["threshold"])) for alert in params["alerts"]}
    stop = params["stop_instances"]
    return {
        "name": params["name"],
        "amount": float(params["amount"]),
        "currency": params["currency"],
        "cost_tags": {key: str(value) for key, value in params["cost_tags"].items()},
        "alerts": [{"type": kind, "threshold": at, "subscribers": told} for kind, at in sorted(alerts)],
        "actions": [
            {
                "type": stop["type"],
                "threshold": float(stop["threshold"]),
                "instance_ids": sorted(stop["instance_ids"]),
                "region": region,
                "role_arn": stop["role_arn"],
                "automatic": stop["automatic"],
                "subscribers": told,
            }
        ]
        if stop
        else [],
    }


def _subscribers(listed: Iterable[Entry]) -> list[dict[str, str]]:
    return sorted(
        ({"type": one["SubscriptionType"].lower(), "address": one["Address"]} for one in listed),
        key=lambda one: (one["type"], one["address"]),
    )


def _alert(entry: Entry) -> dict[str, Any]:
    notification = entry["Notification"]
    return {
        "type": _WORDS[notification["NotificationType"]],
        "threshold": float(notification["Threshold"]),
        "subscribers": _subscribers(entry["Subscribers"]),
    }


def _action(action: Entry) -> dict[str, Any]:
    definition = action["Definition"].get("SsmActionDefinition", {})
    return {
        "id": action["ActionId"],
        "status": action["Status"],
        "type": _WORDS[action["NotificationType"]],
        "threshold": float(action["ActionThreshold"]["ActionThresholdValue"]),
        "instance_ids": sorted(definition.get("InstanceIds", [])),
        "region": definition.get("Region", ""),
        "role_arn": action["ExecutionRoleArn"],
        "automatic": action["ApprovalModel"] == "AUTOMATIC",
        "subscribers": _subscribers(action["Subscribers"]),
    }


def normalize(
    arn: str, budget: Entry, notifications: Iterable[Entry], actions: Iterable[Entry], tags: list[dict[str, str]]
) -> dict[str, Any]:
    """A budget of AWS's in the module's words.

    Args:
        arn: its ARN.
        budget: the budget.
        notifications: each with its subscribers.
        actions: its actions.
        tags: its tags.
    """
    spent = budget.get("CalculatedSpend", {})
    limit = budget.get("BudgetLimit", {"Amount": "0", "Unit": "USD"})
    return {
        "name": budget["BudgetName"],
        "arn": arn,
        "amount": float(limit["Amount"]),
        "currency": limit["Unit"],
        "cost_tags": cost_tags(budget.get("FilterExpression") or {}),
        "spent": float(spent.get("ActualSpend", {}).get("Amount", 0)),
        "forecast": float(spent.get("ForecastedSpend", {}).get("Amount", 0)),
        "alerts": sorted(map(_alert, notifications), key=lambda alert: (alert["type"], alert["threshold"])),
        "actions": sorted(map(_action, actions), key=lambda action: (action["type"], action["threshold"])),
        "tags": boto3_tag_list_to_ansible_dict(tags),
    }


def budget_request(asked: Entry) -> dict[str, Any]:
    """What CreateBudget and UpdateBudget call a budget."""
    expression = filter_expression(asked["cost_tags"])
    return {
        "BudgetName": asked["name"],
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": f"{asked['amount']:g}", "Unit": asked["currency"]},
        "Metrics": ["UnblendedCost"],
        **({"FilterExpression": expression} if expression else {}),
    }


def notification_request(alert: Entry) -> dict[str, Any]:
    """What Budgets calls an alert without its subscribers."""
    return {
        "NotificationType": KINDS[alert["type"]],
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": alert["threshold"],
        "ThresholdType": "PERCENTAGE",
    }


def subscriber_request(subscribers: Iterable[Entry]) -> list[dict[str, str]]:
    """What Budgets calls those who are told."""
    return [{"SubscriptionType": _SUBSCRIBERS[one["type"]], "Address": one["address"]} for one in subscribers]


def action_request(action: Entry) -> dict[str, Any]:
    """What Budgets calls an action that stops instances."""
    return {
        "NotificationType": KINDS[action["type"]],
        "ActionType": "RUN_SSM_DOCUMENTS",
        "ActionThreshold": {"ActionThresholdValue": action["threshold"], "ActionThresholdType": "PERCENTAGE"},
        "Definition": {
            "SsmActionDefinition": {
                "ActionSubType": "STOP_EC2_INSTANCES",
                "Region": action["region"],
                "InstanceIds": action["instance_ids"],
            }
        },
        "ExecutionRoleArn": action["role_arn"],
        "ApprovalModel": "AUTOMATIC" if action["automatic"] else "MANUAL",
        "Subscribers": subscriber_request(action["subscribers"]),
    }


def tag_request(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as Budgets takes them."""
    return ansible_dict_to_boto3_tag_list({key: str(value) for key, value in tags.items()})


def same_budget(current: Entry, asked: Entry) -> bool:
    """Whether amount, currency and filter are as asked for."""
    return all(current[key] == asked[key] for key in ("amount", "currency", "cost_tags"))


def without_state(action: Entry) -> dict[str, Any]:
    """An action as it was asked for: without what AWS adds."""
    return {key: value for key, value in action.items() if key not in ("id", "status")}


def missing(asked: Sequence[Any], there: Sequence[Any]) -> list[Any]:
    """Those of the first that the second lacks."""
    return [one for one in asked if one not in there]
