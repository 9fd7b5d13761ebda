# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What budget calls and returns: botocore checks each request against the model of AWS Budgets."""

from __future__ import annotations

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils import new_role
from ansible_collections.mlinfra.aws.plugins.module_utils.budget import transform
from ansible_collections.mlinfra.aws.plugins.module_utils.budget.api import Budgets
from ansible_collections.mlinfra.aws.plugins.module_utils.budget.read import standing
from ansible_collections.mlinfra.aws.plugins.modules import budget
from hypothesis import given
from hypothesis import strategies as st

ACCOUNT = {"AccountId": "123456789012"}
NAMED = {**ACCOUNT, "BudgetName": "b"}
ARN = "arn:aws:budgets::123456789012:budget/b"
ROLE = "arn:aws:iam::123456789012:role/stops"
ACTION_ID = "01234567-0123-0123-0123-0123456789ab"
TOLD = [{"SubscriptionType": "EMAIL", "Address": "a@example.org"}]
PARAMS = {
    "name": "b",
    "amount": 200.0,
    "currency": "USD",
    "cost_tags": {"Project": "p", "Environment": "dev"},
    "alerts": [{"type": "actual", "threshold": 80.0}],
    "emails": ["a@example.org"],
    "topic_arn": None,
    "stop_instances": {
        "type": "actual",
        "threshold": 100.0,
        "instance_ids": ["i-2", "i-1"],
        "role_arn": ROLE,
        "automatic": True,
    },
    "tags": {"Project": "p"},
    "purge_tags": True,
    "wait_timeout": 0,
}
FILTER = {
    "And": [
        {"Tags": {"Key": "Environment", "Values": ["dev"], "MatchOptions": ["EQUALS"]}},
        {"Tags": {"Key": "Project", "Values": ["p"], "MatchOptions": ["EQUALS"]}},
    ]
}
BUDGET = {
    "BudgetName": "b",
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "200", "Unit": "USD"},
    "Metrics": ["UnblendedCost"],
    "FilterExpression": FILTER,
}
NOTIFICATION = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 80.0,
    "ThresholdType": "PERCENTAGE",
}
ACTION = {
    "NotificationType": "ACTUAL",
    "ActionType": "RUN_SSM_DOCUMENTS",
    "ActionThreshold": {"ActionThresholdValue": 100.0, "ActionThresholdType": "PERCENTAGE"},
    "Definition": {
        "SsmActionDefinition": {
            "ActionSubType": "STOP_EC2_INSTANCES",
            "Region": "us-east-1",
            "InstanceIds": ["i-1", "i-2"],
        }
    },
    "ExecutionRoleArn": ROLE,
    "ApprovalModel": "AUTOMATIC",
    "Subscribers": TOLD,
}
TAGS = [{"Key": "Project", "Value": "p"}]


def told(aws, limit: str = "200", notifications: bool = True, actions: bool = True, tags: list | None = None) -> None:
    """Queue the answers of a budget that is read whole."""
    answer = {**BUDGET, "BudgetLimit": {"Amount": limit, "Unit": "USD"}}
    aws.answer("budgets", "describe_budget", {"Budget": answer}, {**NAMED, "ShowFilterExpression": True})
    listed = [NOTIFICATION] if notifications else []
    aws.answer("budgets", "describe_notifications_for_budget", {"Notifications": listed}, NAMED)
    if notifications:
        asked = {**NAMED, "Notification": NOTIFICATION}
        aws.answer("budgets", "describe_subscribers_for_notification", {"Subscribers": TOLD}, asked)
    kept = [{**ACTION, "ActionId": ACTION_ID, "BudgetName": "b", "Status": "STANDBY"}] if actions else []
    aws.answer("budgets", "describe_budget_actions_for_budget", {"Actions": kept}, NAMED)
    kept_tags = TAGS if tags is None else tags
    aws.answer("budgets", "list_tags_for_resource", {"ResourceTags": kept_tags}, {"ResourceARN": ARN})


def budgets(aws) -> Budgets:
    return Budgets(aws("budgets"), ACCOUNT["AccountId"])


def present(aws, current: dict, check: bool = False, **changes) -> dict:
    params = {**PARAMS, **changes}
    return budget.ensure_present(budgets(aws), params, transform.wanted(params, "us-east-1"), current, check)


def read(aws, **what) -> dict:
    told(aws, **what)
    return standing(budgets(aws), "b")


def test_nothing_stands(aws):
    aws.refuse("budgets", "describe_budget", "NotFoundException")
    assert standing(budgets(aws), "b") == {}


def test_create(aws):
    request = {
        **ACCOUNT,
        "Budget": BUDGET,
        "NotificationsWithSubscribers": [{"Notification": NOTIFICATION, "Subscribers": TOLD}],
        "ResourceTags": TAGS,
    }
    aws.answer("budgets", "create_budget", {}, request)
    made = {**NAMED, "ActionId": ACTION_ID}
    aws.answer("budgets", "create_budget_action", made, {**NAMED, **ACTION})
    told(aws)
    result = present(aws, {})
    assert result["changed"]
    assert result["budget"]["actions"][0]["instance_ids"] == ["i-1", "i-2"]
    assert result["budget"]["cost_tags"] == PARAMS["cost_tags"]


def test_create_in_check_mode_calls_nothing(aws):
    assert present(aws, {}, check=True)["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_what_is_as_asked_is_left_alone(aws, check):
    current = read(aws)
    assert present(aws, current, check) == {"changed": False, "budget": current}


def test_another_amount_changes_the_budget_alone(aws):
    current = read(aws, limit="100")
    aws.answer("budgets", "update_budget", {}, {**ACCOUNT, "NewBudget": BUDGET})
    told(aws)
    assert present(aws, current)["changed"]


def test_other_instances_change_the_action_in_place(aws):
    current = read(aws)
    stops = {**PARAMS["stop_instances"], "instance_ids": ["i-3"]}
    definition = {"SsmActionDefinition": {**ACTION["Definition"]["SsmActionDefinition"], "InstanceIds": ["i-3"]}}
    changed = {key: value for key, value in ACTION.items() if key != "ActionType"} | {"Definition": definition}
    old = {**ACTION, "ActionId": ACTION_ID, "BudgetName": "b", "Status": "STANDBY"}
    answer = {**NAMED, "OldAction": old, "NewAction": old}
    aws.answer("budgets", "update_budget_action", answer, {**NAMED, "ActionId": ACTION_ID, **changed})
    told(aws)
    assert present(aws, current, stop_instances=stops)["changed"]


def test_no_cap_any_more_deletes_the_action(aws):
    current = read(aws)
    old = {**ACTION, "ActionId": ACTION_ID, "BudgetName": "b", "Status": "STANDBY"}
    aws.answer("budgets", "delete_budget_action", {**NAMED, "Action": old}, {**NAMED, "ActionId": ACTION_ID})
    told(aws, actions=False)
    assert present(aws, current, stop_instances=None)["budget"]["actions"] == []


def test_an_alert_that_somebody_deleted_comes_back(aws):
    current = read(aws, notifications=False)
    aws.answer("budgets", "create_notification", {}, {**NAMED, "Notification": NOTIFICATION, "Subscribers": TOLD})
    told(aws)
    assert present(aws, current)["changed"]


def test_tags_are_set_and_removed(aws):
    current = read(aws, tags=[{"Key": "Owner", "Value": "o"}])
    aws.answer("budgets", "untag_resource", {}, {"ResourceARN": ARN, "ResourceTagKeys": ["Owner"]})
    aws.answer("budgets", "tag_resource", {}, {"ResourceARN": ARN, "ResourceTags": TAGS})
    told(aws)
    assert present(aws, current)["changed"]


def test_one_that_is_gone_already_is_no_error(aws):
    aws.refuse("budgets", "delete_budget", "NotFoundException")
    assert budget.ensure_absent(budgets(aws), "b", {"name": "b"}, False) == {"changed": True, "budget": {}}


def test_a_refusal_is_told(aws):
    aws.refuse("budgets", "update_budget", "AccessDeniedException", "you may not")
    current = {**transform.wanted(PARAMS, "us-east-1"), "amount": 1.0, "tags": {"Project": "p"}}
    with pytest.raises(AnsibleAWSError, match="change the budget"):
        present(aws, current)


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=4))
def test_the_filter_tells_its_tags(tags):
    assert transform.cost_tags(transform.filter_expression(tags)) == tags


@pytest.mark.parametrize(
    "expression",
    [
        {"Dimensions": {"Key": "SERVICE", "Values": ["EC2"]}},
        {"Not": {"Tags": {"Key": "a", "Values": ["b"]}}},
        {"Tags": {"Key": "a", "Values": ["b", "c"]}},
        {"And": [{"Tags": {"Key": "a", "Values": ["b"]}}, {"Dimensions": {"Key": "SERVICE", "Values": ["EC2"]}}]},
    ],
)
def test_another_filter_is_no_filter_by_tags(expression):
    assert transform.cost_tags(expression) is None


def test_a_new_role_is_waited_for():
    waits, answers = [], iter([AnsibleAWSError(message="can not assume the role"), None])

    def write():
        answer = next(answers)
        if answer:
            raise answer
        return "done"

    assert new_role.once_the_role_is_known(write, 60, waits.append) == "done"
    assert len(waits) == 1


@pytest.mark.parametrize("message", ["the role cannot be assumed", "something else"])
def test_a_refusal_is_final_in_the_end(message):
    def write():
        raise AnsibleAWSError(message=message)

    with pytest.raises(AnsibleAWSError, match=message):
        new_role.once_the_role_is_known(write, 6, lambda _seconds: None)
