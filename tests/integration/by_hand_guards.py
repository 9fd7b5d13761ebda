# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody could change by hand of budget, cap and schedule, in the form of `by_hand`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .by_hand import ByHand, Hands

ACCOUNT = "123456789012"
ALERT = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "ThresholdType": "PERCENTAGE"}
SOMEBODY = [{"SubscriptionType": "EMAIL", "Address": "spy@example.org"}]


def _named(hands: Hands) -> dict[str, str]:
    return {"AccountId": ACCOUNT, "BudgetName": hands.outputs["guardrails"]["budget_name"]}


def _arn(hands: Hands) -> str:
    return f"arn:aws:budgets::{ACCOUNT}:budget/{hands.outputs['guardrails']['budget_name']}"


def _budget(hands: Hands, **changes: Any) -> dict[str, Any]:
    """Change the budget, and return it as it was."""
    budget = hands.budgets.describe_budget(**_named(hands), ShowFilterExpression=True)["Budget"]
    kept = {name: budget[name] for name in ("BudgetName", "BudgetType", "TimeUnit", "BudgetLimit", "FilterExpression", "Metrics")}
    hands.budgets.update_budget(AccountId=ACCOUNT, NewBudget=kept | changes)
    return kept


def _put_back(hands: Hands, budget: dict[str, Any]) -> None:
    hands.budgets.update_budget(AccountId=ACCOUNT, NewBudget=budget)


def _cap(hands: Hands) -> dict[str, Any]:
    [action] = hands.budgets.describe_budget_actions_for_budget(**_named(hands))["Actions"]
    return action


def _approve(hands: Hands, how: str) -> None:
    hands.budgets.update_budget_action(**_named(hands), ActionId=_cap(hands)["ActionId"], ApprovalModel=how)


def _uncap(hands: Hands) -> dict[str, Any]:
    action = _cap(hands)
    hands.budgets.delete_budget_action(**_named(hands), ActionId=action["ActionId"])
    return {name: value for name, value in action.items() if name not in ("ActionId", "BudgetName", "Status")}


def _silence(hands: Hands) -> dict[str, Any]:
    """Delete the first alert, and return what would make it."""
    [first, *_others] = hands.budgets.describe_notifications_for_budget(**_named(hands))["Notifications"]
    asked = {**_named(hands), "Notification": first}
    told = hands.budgets.describe_subscribers_for_notification(**asked)["Subscribers"]
    hands.budgets.delete_notification(**asked)
    return {**asked, "Subscribers": told}


def _schedule(hands: Hands, name: str = "stop") -> dict[str, Any]:
    """A schedule, as it could be made."""
    found = hands.scheduler.get_schedule(GroupName=hands.outputs["guardrails"]["schedule_group"], Name=name)
    kept = ("Name", "GroupName", "Description", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "FlexibleTimeWindow", "Target")
    return {name: found[name] for name in kept}


def _reschedule(**changes: Any) -> Callable[[Hands], dict[str, Any]]:
    def change(hands: Hands) -> dict[str, Any]:
        schedule = _schedule(hands)
        hands.scheduler.update_schedule(**schedule | changes)
        return schedule

    return change


def _put_schedule(hands: Hands, schedule: dict[str, Any]) -> None:
    hands.scheduler.update_schedule(**schedule)


def _aim(hands: Hands) -> dict[str, Any]:
    """Let it stop another instance."""
    schedule = _schedule(hands)
    target = {**schedule["Target"], "Input": json.dumps({"InstanceIds": ["i-0123456789abcdef0"]})}
    return _reschedule(Target=target)(hands)


def _unschedule(hands: Hands) -> dict[str, Any]:
    schedule = _schedule(hands)
    hands.scheduler.delete_schedule(GroupName=schedule["GroupName"], Name=schedule["Name"])
    return schedule


def _group_arn(hands: Hands) -> str:
    return f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule-group/{hands.outputs['guardrails']['schedule_group']}"


def _role(hands: Hands, whose: str) -> str:
    return hands.outputs["guardrails"][f"{whose}_role_arn"].rpartition("/")[2]


def _trust(hands: Hands) -> str:
    """Let everybody take on the role that starts and stops, and return who could before."""
    name = _role(hands, "schedule")
    before = hands.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    anybody = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    hands.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(anybody))
    return json.dumps(before)


_MORE = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})

CHANGES = [
    ByHand(
        "raised the budget", "guardrails", "budget", "modify", "BudgetLimit.Amount",
        lambda h: _budget(h, BudgetLimit={"Amount": "9000", "Unit": "USD"}),
        _put_back,
    ),
    ByHand(
        "let the budget count other costs", "guardrails", "budget", "modify", "FilterExpression",
        lambda h: _budget(h, FilterExpression={"Dimensions": {"Key": "SERVICE", "Values": ["AWS Glue"]}}),
        _put_back,
    ),
    ByHand(
        "deleted an alert", "guardrails", "budget", "modify", "NotificationsWithSubscribers",
        _silence,
        lambda h, alert: h.budgets.create_notification(**alert),
    ),
    ByHand(
        "added an alert", "guardrails", "budget", "modify", "NotificationsWithSubscribers",
        lambda h: h.budgets.create_notification(**_named(h), Notification={**ALERT, "Threshold": 5}, Subscribers=SOMEBODY),
        lambda h, _: h.budgets.delete_notification(**_named(h), Notification={**ALERT, "Threshold": 5}),
    ),
    ByHand(
        "tagged the budget", "guardrails", "budget", "modify", "Tags.Owner",
        lambda h: h.budgets.tag_resource(ResourceARN=_arn(h), ResourceTags=[{"Key": "Owner", "Value": "somebody"}]),
        lambda h, _: h.budgets.untag_resource(ResourceARN=_arn(h), ResourceTagKeys=["Owner"]),
    ),
    ByHand(
        "let the cap ask first", "guardrails", "budget_action", "modify", "ApprovalModel",
        lambda h: _approve(h, "MANUAL"),
        lambda h, _: _approve(h, "AUTOMATIC"),
    ),
    ByHand(
        "took the cap off", "guardrails", "budget_action", "create", "",
        _uncap,
        lambda h, action: h.budgets.create_budget_action(**_named(h), **action),
    ),
    ByHand(
        "let the instances stop later", "guardrails", "schedule", "modify", "ScheduleExpression",
        _reschedule(ScheduleExpression="cron(0 23 ? * * *)"),
        _put_schedule,
    ),
    ByHand(
        "switched a schedule off", "guardrails", "schedule", "modify", "State",
        _reschedule(State="DISABLED"),
        _put_schedule,
    ),
    ByHand(
        "let a schedule stop another instance", "guardrails", "schedule", "modify", "Target",
        _aim,
        _put_schedule,
    ),
    ByHand(
        "deleted a schedule", "guardrails", "schedule", "create", "",
        _unschedule,
        lambda h, schedule: h.scheduler.create_schedule(**schedule),
    ),
    ByHand(
        "added a schedule", "guardrails", "schedule", "delete", "",
        lambda h: h.scheduler.create_schedule(**_schedule(h) | {"Name": "by-hand"}),
        lambda h, _: h.scheduler.delete_schedule(GroupName=h.outputs["guardrails"]["schedule_group"], Name="by-hand"),
    ),
    ByHand(
        "untagged the schedule group", "guardrails", "schedule_group", "modify", "Tags.ManagedBy",
        lambda h: h.scheduler.untag_resource(ResourceArn=_group_arn(h), TagKeys=["ManagedBy"]),
        lambda h, _: h.scheduler.tag_resource(ResourceArn=_group_arn(h), Tags=[{"Key": "ManagedBy", "Value": "mlinfra.aws"}]),
    ),
    ByHand(
        "let anybody start and stop the instances", "guardrails", "iam_role", "modify", "AssumeRolePolicyDocument",
        _trust,
        lambda h, before: h.iam.update_assume_role_policy(RoleName=_role(h, "schedule"), PolicyDocument=before),
    ),
    ByHand(
        "let the cap's role do everything", "guardrails", "role_policy", "delete", "",
        lambda h: h.iam.put_role_policy(RoleName=_role(h, "budget"), PolicyName="more", PolicyDocument=_MORE),
        lambda h, _: h.iam.delete_role_policy(RoleName=_role(h, "budget"), PolicyName="more"),
    ),
]  # fmt: skip
