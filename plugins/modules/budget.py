#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: budget
version_added: 0.1.0
short_description: Manage a monthly cost budget
description:
  - Makes, changes and deletes a budget of AWS Budgets, with alerts at shares of its amount and, by choice, an action
    that stops instances.
  - Costs are counted as AWS bills them (unblended). The budget begins anew with each month.
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - AWS counts costs by tag only for tags that are activated as cost allocation tags in the account that pays, and only
    from then on.
  - AWS works out what was spent a few times a day. Between the spending and an alert lie up to twelve hours.
options:
  state:
    description: Whether the budget stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The name of the budget.
    type: str
    required: true
  amount:
    description:
      - What a month may cost.
      - Required with O(state=present).
    type: float
  currency:
    description: The currency of O(amount), which is that of the account's bills.
    type: str
    default: USD
  cost_tags:
    description: Counts only the costs of what carries all of these tags. Without any, all costs of the account.
    type: dict
    default: {}
  alerts:
    description: When somebody is told. It needs O(emails) or O(topic_arn).
    type: list
    elements: dict
    default: []
    suboptions:
      type:
        description: Whether what was spent counts, or what the month will have cost by AWS's forecast.
        type: str
        choices: [actual, forecast]
        default: actual
      threshold:
        description: Per cent of O(amount) above which the alert is sent.
        type: float
        required: true
  emails:
    description: The addresses that all alerts go to.
    type: list
    elements: str
    default: []
  topic_arn:
    description:
      - The SNS topic that all alerts go to. Its policy must allow C(budgets.amazonaws.com) to publish.
    type: str
  stop_instances:
    description:
      - Stops instances when a share of O(amount) is exceeded, through Systems Manager. They stay stopped until somebody
        starts them.
      - It needs O(emails) or O(topic_arn), too.
    type: dict
    suboptions:
      type:
        description: Whether what was spent counts, or the forecast.
        type: str
        choices: [actual, forecast]
        default: actual
      threshold:
        description: Per cent of O(amount) above which the instances are stopped.
        type: float
        required: true
      instance_ids:
        description: The instances, which are in the region that the module works in.
        type: list
        elements: str
        required: true
      role_arn:
        description: The role that AWS Budgets stops them under.
        type: str
        required: true
      automatic:
        description: Whether they are stopped at once, or after somebody has approved it.
        type: bool
        default: true
  wait_timeout:
    description: Seconds to wait until AWS Budgets knows a role that was just made.
    type: int
    default: 60
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Tell somebody before a month costs more than 200 dollars
  mlinfra.aws.budget:
    name: mlinfra-dev
    amount: 200
    cost_tags:
      Project: mlinfra
      Environment: dev
    alerts:
      - threshold: 80
      - threshold: 100
      - {type: forecast, threshold: 100}
    emails: [ml-team@example.org]

- name: Stop the instances as well when it does
  mlinfra.aws.budget:
    name: mlinfra-dev
    amount: 200
    emails: [ml-team@example.org]
    stop_instances:
      threshold: 100
      instance_ids: [i-0a1b2c3d4e5f60718]
      role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-budget

- name: Remove the budget
  mlinfra.aws.budget:
    name: mlinfra-dev
    state: absent
"""

RETURN = r"""
budget:
  description: The budget as it stands afterwards, as M(mlinfra.aws.budget_info) returns it. Empty with O(state=absent).
  returned: always
  type: dict
  sample:
    name: mlinfra-dev
    amount: 200.0
    currency: USD
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.budget import transform
from ansible_collections.mlinfra.aws.plugins.module_utils.budget.api import Budgets
from ansible_collections.mlinfra.aws.plugins.module_utils.budget.read import account_budgets, standing
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known


def write_alerts(budgets: Budgets, asked: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Deletes the alerts that are not as asked for, and adds those that are missing: nothing changes one in place."""
    for alert in transform.missing(current["alerts"], asked["alerts"]):
        budgets.delete_notification(asked["name"], transform.notification_request(alert))
    for alert in transform.missing(asked["alerts"], current["alerts"]):
        request = transform.notification_request(alert)
        budgets.add_notification(asked["name"], request, transform.subscriber_request(alert["subscribers"]))


def write_actions(budgets: Budgets, asked: Mapping[str, Any], current: Mapping[str, Any], timeout: float) -> None:
    """Changes the first action, adds one where there is none, and deletes all others."""
    kept, surplus = current["actions"][: len(asked["actions"])], current["actions"][len(asked["actions"]) :]
    for action in surplus:
        budgets.delete_action(asked["name"], action["id"])
    for at, action in enumerate(asked["actions"]):
        request = transform.action_request(action)
        if at >= len(kept):
            once_the_role_is_known(lambda wish=request: budgets.add_action(asked["name"], wish), timeout)
        elif transform.without_state(kept[at]) != action:
            change = (asked["name"], kept[at]["id"], request)
            once_the_role_is_known(lambda wish=change: budgets.update_action(*wish), timeout)


def ensure_present(
    budgets: Budgets, params: Mapping[str, Any], asked: Mapping[str, Any], current: Mapping[str, Any], check: bool
) -> dict[str, Any]:
    """Makes the budget as asked for, and returns the module's result.

    Args:
        budgets: the account's budgets.
        params: the module's arguments.
        asked: the same in the form in which they are compared.
        current: the budget that stands, or nothing.
        check: whether nothing may be changed.
    """
    tags = {key: str(value) for key, value in (params["tags"] or {}).items()}
    to_set, to_unset = compare_aws_tags(current.get("tags", {}), tags, params["purge_tags"])
    to_unset = [] if params["tags"] is None else to_unset
    after = {**current, **asked, "tags": {**_without(current.get("tags", {}), to_unset), **to_set}}
    # What AWS added to an action stays with it.
    there = [*current.get("actions", []), *({} for _wish in asked["actions"])]
    after["actions"] = [{**action, **wish} for action, wish in zip(there, asked["actions"], strict=False)]
    changed = after != current
    if not changed or check:
        return {"changed": changed, "budget": after}
    name = asked["name"]
    if not current:
        told = [
            {
                "Notification": transform.notification_request(alert),
                "Subscribers": transform.subscriber_request(alert["subscribers"]),
            }
            for alert in asked["alerts"]
        ]
        budgets.create(transform.budget_request(asked), told, transform.tag_request(to_set))
        current = {"alerts": asked["alerts"], "actions": []}
    else:
        if not transform.same_budget(current, asked):
            budgets.update(transform.budget_request(asked))
        budgets.change_tags(name, transform.tag_request(to_set), to_unset)
    write_alerts(budgets, asked, current)
    write_actions(budgets, asked, current, params["wait_timeout"])
    return {"changed": True, "budget": standing(budgets, name)}


def _without(tags: Mapping[str, str], keys: list[str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key not in keys}


def ensure_absent(budgets: Budgets, name: str, current: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Deletes the budget where it stands, and returns the module's result."""
    if current and not check:
        budgets.delete(name)
    return {"changed": bool(current), "budget": {}}


def main() -> None:
    kind = {"type": "str", "choices": ["actual", "forecast"], "default": "actual"}
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "amount": {"type": "float"},
            "currency": {"type": "str", "default": "USD"},
            "cost_tags": {"type": "dict", "default": {}},
            "alerts": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"type": kind, "threshold": {"type": "float", "required": True}},
            },
            "emails": {"type": "list", "elements": "str", "default": []},
            "topic_arn": {"type": "str"},
            "stop_instances": {
                "type": "dict",
                "options": {
                    "type": kind,
                    "threshold": {"type": "float", "required": True},
                    "instance_ids": {"type": "list", "elements": "str", "required": True},
                    "role_arn": {"type": "str", "required": True},
                    "automatic": {"type": "bool", "default": True},
                },
            },
            "wait_timeout": {"type": "int", "default": 60},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
        },
        required_if=[("state", "present", ["amount"])],
        supports_check_mode=True,
    )
    params, name = module.params, module.params["name"]
    nobody = not params["emails"] and not params["topic_arn"]
    if params["state"] == "present" and nobody and (params["alerts"] or params["stop_instances"]):
        module.fail_json(msg="alerts and stop_instances tell somebody: give emails or topic_arn")
    try:
        budgets = account_budgets(module)
        current = standing(budgets, name)
        if params["state"] == "absent":
            result = ensure_absent(budgets, name, current, module.check_mode)
        else:
            asked = transform.wanted(params, module.region or "")
            result = ensure_present(budgets, params, asked, current, module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(diff={"before": current, "after": result["budget"]}, **result)


if __name__ == "__main__":
    main()
