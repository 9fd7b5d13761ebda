# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role guardrails makes: the budget with its action, and the schedules with their group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.budget.transform import cost_tags

from . import values
from .model import Attribute, Entry, Key, Kind, Standing
from .parts import TAGS, by_member, entries_of, identified_by, implied, labelled_by, owned_by, plain


def _limit(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"Amount": float(value["Amount"]), "Unit": value["Unit"]}


def _filter(value: Mapping[str, Any] | None) -> Any:
    """The tags that a filter asks for, or the filter itself where it is another one."""
    tags = cost_tags(value or {})
    return value if tags is None else tags


def _notifications(value: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Notifications in one order, without the state that AWS adds."""
    return values.unordered(
        {
            "NotificationType": entry["Notification"]["NotificationType"],
            "ComparisonOperator": entry["Notification"]["ComparisonOperator"],
            "Threshold": float(entry["Notification"]["Threshold"]),
            "ThresholdType": entry["Notification"].get("ThresholdType", "PERCENTAGE"),
            "Subscribers": values.unordered(entry["Subscribers"]),
        }
        for entry in value
    )


BUDGET = Kind(
    attributes={
        "BudgetName": plain("BudgetName"),
        "BudgetType": plain("BudgetType"),
        "TimeUnit": plain("TimeUnit"),
        "BudgetLimit": plain("BudgetLimit", _limit),
        "FilterExpression": plain("FilterExpression", _filter, default={}),
        "Metrics": plain("Metrics", values.unordered, default=[]),
        "NotificationsWithSubscribers": plain("NotificationsWithSubscribers", _notifications, default=[]),
        "Tags": TAGS,
    },
    keys=(by_member("BudgetName"),),
    entries=entries_of("budget"),
    owner=owned_by("guardrails"),
    identifier=identified_by("BudgetName"),
    label=labelled_by("BudgetName"),
)


def _actions(standing: Standing) -> Iterable[Entry]:
    """The actions of all budgets."""
    return [action for budget in standing.found.get("budget", []) for action in budget.get("Actions", [])]


def _definition(value: Mapping[str, Any]) -> dict[str, Any]:
    if "SsmActionDefinition" not in value:
        return dict(value)
    stops = value["SsmActionDefinition"]
    return {**stops, "InstanceIds": values.unordered(stops["InstanceIds"])}


BUDGET_ACTION = Kind(
    attributes={
        "BudgetName": plain("BudgetName"),
        "NotificationType": plain("NotificationType"),
        "ActionType": plain("ActionType"),
        "ActionThreshold": plain("ActionThreshold"),
        "Definition": plain("Definition", _definition),
        "ExecutionRoleArn": plain("ExecutionRoleArn"),
        "ApprovalModel": plain("ApprovalModel"),
        "Subscribers": plain("Subscribers", values.unordered, default=[]),
    },
    keys=(by_member("BudgetName"),),
    entries=_actions,
    owner=owned_by("guardrails"),
    identifier=identified_by("ActionId"),
    label=lambda action: f"{action['BudgetName']}/{action['ActionId']}",
)

SCHEDULE_GROUP = Kind(
    attributes={"Name": plain("Name"), "Tags": TAGS},
    keys=(by_member("Name"),),
    entries=entries_of("schedule_group", lambda group: group.get("State") != "DELETING"),
    owner=owned_by("guardrails"),
    identifier=identified_by("Arn"),
    label=labelled_by("Name"),
)


def _target(value: Mapping[str, Any]) -> dict[str, Any]:
    """A target with what its input means."""
    return {**value, "Input": values.document(value.get("Input"))}


SCHEDULE = Kind(
    attributes={
        "Name": plain("Name"),
        "GroupName": plain("GroupName"),
        "Description": plain("Description", default=""),
        "ScheduleExpression": plain("ScheduleExpression"),
        "ScheduleExpressionTimezone": plain("ScheduleExpressionTimezone", default="UTC"),
        "State": plain("State", default="ENABLED"),
        "FlexibleTimeWindow": plain("FlexibleTimeWindow", values.members("Mode", "MaximumWindowInMinutes")),
        "Target": Attribute(lambda schedule, standing: schedule.get("Target", {}), _target),
        "StartDate": implied("StartDate", ""),
        "EndDate": implied("EndDate", ""),
    },
    keys=(
        Key(
            lambda attributes: (attributes["GroupName"], attributes["Name"]),
            lambda schedule, standing: (schedule["GroupName"], schedule["Name"]),
        ),
    ),
    entries=entries_of("schedule"),
    owner=owned_by("guardrails"),
    identifier=identified_by("Arn"),
    label=lambda schedule: f"{schedule['GroupName']}/{schedule['Name']}",
)

KINDS = {
    "schedule_group": SCHEDULE_GROUP,
    "schedule": SCHEDULE,
    "budget": BUDGET,
    "budget_action": BUDGET_ACTION,
}
