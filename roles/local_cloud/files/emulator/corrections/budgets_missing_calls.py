# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls of AWS Budgets that moto lacks: a budget changed, who is told of it, its actions and its tags."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from moto.budgets.exceptions import DuplicateRecordException, NotFoundException
from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from emulator.patching import around

Operation = Callable[[BudgetsResponse], dict[str, Any]]


def _budget(response: BudgetsResponse, name: str = "") -> Budget:
    """The budget that a request names, or that an ARN ends with."""
    name = name or response._get_param("BudgetName")
    budgets = response.backend.budgets[response._get_param("AccountId") or response.current_account]
    if name not in budgets:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return budgets[name]


def _kept(budget: Budget, member: str) -> dict[str, Any]:
    """What these calls keep with a budget of moto's."""
    return budget.__dict__.setdefault(member, {})


def _key(notification: dict[str, Any]) -> tuple[str, float]:
    """What tells the notifications of a budget apart."""
    return notification["NotificationType"], float(notification["Threshold"])


def update_budget(response: BudgetsResponse) -> dict[str, Any]:
    """Take all values of the new budget but the period and the spending."""
    new = response._get_param("NewBudget")
    budget = _budget(response, new["BudgetName"])
    kept = {key: budget.budget[key] for key in ("TimePeriod", "LastUpdatedTime", "CalculatedSpend") if key in budget.budget}
    budget.budget = {**kept, **new}
    return {}


def describe_subscribers_for_notification(response: BudgetsResponse) -> dict[str, Any]:
    """Tell who gets a notification."""
    wanted = _key(response._get_param("Notification"))
    for one in _budget(response).notifications:
        if _key(one.details) == wanted:
            return {"Subscribers": one.subscribers}
    raise NotFoundException("Unable to get subscribers - the notification doesn't exist.")


def create_budget_action(response: BudgetsResponse) -> dict[str, Any]:
    """Keep an action, which waits for the budget to be exceeded."""
    budget, name = _budget(response), response._get_param("BudgetName")
    members = ("NotificationType", "ActionType", "ActionThreshold", "Definition", "ExecutionRoleArn", "ApprovalModel", "Subscribers")
    action = {member: response._get_param(member) for member in members}
    same = ("NotificationType", "ActionType", "ActionThreshold", "Definition")
    if any(all(one[key] == action[key] for key in same) for one in _kept(budget, "actions").values()):
        raise DuplicateRecordException(record_type="action", record_name=name)
    identifier = str(uuid.uuid4())
    _kept(budget, "actions")[identifier] = {"ActionId": identifier, "BudgetName": name, "Status": "STANDBY", **action}
    return {"AccountId": response.current_account, "BudgetName": name, "ActionId": identifier}


def _action(response: BudgetsResponse) -> dict[str, Any]:
    actions = _kept(_budget(response), "actions")
    if response._get_param("ActionId") not in actions:
        raise NotFoundException("Unable to get action - the action doesn't exist.")
    return actions[response._get_param("ActionId")]


def update_budget_action(response: BudgetsResponse) -> dict[str, Any]:
    """Take those values of an action that are given."""
    action = _action(response)
    old = dict(action)
    for member in ("NotificationType", "ActionThreshold", "Definition", "ExecutionRoleArn", "ApprovalModel", "Subscribers"):
        action[member] = response._get_param(member) or action[member]
    return {"AccountId": response.current_account, "BudgetName": action["BudgetName"], "OldAction": old, "NewAction": action}


def delete_budget_action(response: BudgetsResponse) -> dict[str, Any]:
    """Forget an action."""
    action = _action(response)
    del _kept(_budget(response), "actions")[action["ActionId"]]
    return {"AccountId": response.current_account, "BudgetName": action["BudgetName"], "Action": action}


def describe_budget_actions_for_budget(response: BudgetsResponse) -> dict[str, Any]:
    """Tell all actions of a budget."""
    return {"Actions": list(_kept(_budget(response), "actions").values())}


def _tags(response: BudgetsResponse) -> dict[str, str]:
    return _kept(_budget(response, response._get_param("ResourceARN").rpartition(":budget/")[2]), "tags")


def list_tags_for_resource(response: BudgetsResponse) -> dict[str, Any]:
    """Tell the tags of a budget."""
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in _tags(response).items()]}


def tag_resource(response: BudgetsResponse) -> dict[str, Any]:
    """Tag a budget."""
    _tags(response).update({tag["Key"]: tag["Value"] for tag in response._get_param("ResourceTags")})
    return {}


def untag_resource(response: BudgetsResponse) -> dict[str, Any]:
    """Remove tags of a budget."""
    for key in response._get_param("ResourceTagKeys"):
        _tags(response).pop(key, None)
    return {}


OPERATIONS: tuple[Operation, ...] = (
    update_budget,
    describe_subscribers_for_notification,
    create_budget_action,
    update_budget_action,
    delete_budget_action,
    describe_budget_actions_for_budget,
    list_tags_for_resource,
    tag_resource,
    untag_resource,
)


def _answering(operation: Operation) -> Callable[[BudgetsResponse], str]:
    return lambda response: json.dumps(operation(response))


def _create_budget(original: Callable[[BudgetsResponse], str], self: BudgetsResponse) -> str:
    """Keep the tags that a budget is made with, too."""
    answer = original(self)
    budget = _budget(self, self._get_param("Budget")["BudgetName"])
    _kept(budget, "tags").update({tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []})
    return answer


def apply() -> None:
    """Add the operations, and the tags to CreateBudget."""
    for operation in OPERATIONS:
        setattr(BudgetsResponse, operation.__name__, _answering(operation))
    around(BudgetsResponse, "create_budget", _create_budget)
