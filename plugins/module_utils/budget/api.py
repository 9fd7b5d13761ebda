# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The calls of AWS Budgets on one budget, its notifications, its actions and its tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

Entry = dict[str, Any]


class BudgetErrorHandler(AWSErrorHandler):
    """Takes a missing budget for an answer."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code("NotFoundException")


class Budgets:
    """The budgets of one account.

    Args:
        client: the client of AWS Budgets.
        account: the account's number.
    """

    def __init__(self, client: Any, account: str) -> None:
        self._client = client
        self._account = {"AccountId": account}

    def arn(self, name: str) -> str:
        """The ARN of a budget. No answer has it."""
        return f"arn:{self._client.meta.partition}:budgets::{self._account['AccountId']}:budget/{name}"

    def _pages(self, operation: str, member: str, **arguments: Any) -> list[Entry]:
        pages = self._client.get_paginator(operation).paginate(**self._account, **arguments)
        return pages.build_full_result().get(member, [])

    @AWSErrorHandler.common_error_handler("list the budgets")
    def names(self) -> list[str]:
        """The names of all budgets."""
        return [budget["BudgetName"] for budget in self._pages("describe_budgets", "Budgets")]

    @BudgetErrorHandler.list_error_handler("read the budget")
    def budget(self, name: str) -> Entry | None:
        """The budget, or None where there is none."""
        return self._client.describe_budget(**self._account, BudgetName=name, ShowFilterExpression=True)["Budget"]

    @AWSErrorHandler.common_error_handler("read the notifications of the budget")
    def notifications(self, name: str) -> list[Entry]:
        """The notifications of a budget, each with its subscribers."""
        listed = self._pages("describe_notifications_for_budget", "Notifications", BudgetName=name)
        return [
            {
                "Notification": one,
                "Subscribers": self._pages(
                    "describe_subscribers_for_notification", "Subscribers", BudgetName=name, Notification=one
                ),
            }
            for one in listed
        ]

    @AWSErrorHandler.common_error_handler("read the actions of the budget")
    def actions(self, name: str) -> list[Entry]:
        """The actions of a budget."""
        return self._pages("describe_budget_actions_for_budget", "Actions", BudgetName=name)

    @AWSErrorHandler.common_error_handler("read the tags of the budget")
    def tags(self, name: str) -> list[dict[str, str]]:
        """The tags of a budget."""
        return self._client.list_tags_for_resource(ResourceARN=self.arn(name)).get("ResourceTags", [])

    @AWSErrorHandler.common_error_handler("create the budget")
    def create(self, budget: Mapping[str, Any], notifications: list[Entry], tags: list[dict[str, str]]) -> None:
        """Creates a budget with its notifications."""
        more = {"ResourceTags": tags} if tags else {}
        self._client.create_budget(**self._account, Budget=budget, NotificationsWithSubscribers=notifications, **more)

    @AWSErrorHandler.common_error_handler("change the budget")
    def update(self, budget: Mapping[str, Any]) -> None:
        """Gives a budget other values; its notifications and actions stay."""
        self._client.update_budget(**self._account, NewBudget=budget)

    @BudgetErrorHandler.deletion_error_handler("delete the budget")
    def delete(self, name: str) -> None:
        """Deletes a budget with its notifications and actions; one that is gone already is no error."""
        self._client.delete_budget(**self._account, BudgetName=name)

    @AWSErrorHandler.common_error_handler("add a notification to the budget")
    def add_notification(self, name: str, notification: Mapping[str, Any], subscribers: list[Entry]) -> None:
        """Adds one notification."""
        self._client.create_notification(
            **self._account, BudgetName=name, Notification=notification, Subscribers=subscribers
        )

    @BudgetErrorHandler.deletion_error_handler("delete a notification of the budget")
    def delete_notification(self, name: str, notification: Mapping[str, Any]) -> None:
        """Deletes one notification."""
        self._client.delete_notification(**self._account, BudgetName=name, Notification=notification)

    @AWSErrorHandler.common_error_handler("add an action to the budget")
    def add_action(self, name: str, action: Mapping[str, Any]) -> None:
        """Adds one action."""
        self._client.create_budget_action(**self._account, BudgetName=name, **action)

    @AWSErrorHandler.common_error_handler("change an action of the budget")
    def update_action(self, name: str, action_id: str, action: Mapping[str, Any]) -> None:
        """Gives one action other values."""
        changeable = {key: value for key, value in action.items() if key != "ActionType"}
        self._client.update_budget_action(**self._account, BudgetName=name, ActionId=action_id, **changeable)

    @BudgetErrorHandler.deletion_error_handler("delete an action of the budget")
    def delete_action(self, name: str, action_id: str) -> None:
        """Deletes one action."""
        self._client.delete_budget_action(**self._account, BudgetName=name, ActionId=action_id)

    @AWSErrorHandler.common_error_handler("tag the budget")
    def change_tags(self, name: str, to_set: list[dict[str, str]], to_unset: list[str]) -> None:
        """Sets and removes tags; calls nothing where there is nothing to do."""
        if to_unset:
            self._client.untag_resource(ResourceARN=self.arn(name), ResourceTagKeys=to_unset)
        if to_set:
            self._client.tag_resource(ResourceARN=self.arn(name), ResourceTags=to_set)
