#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: budget_info
version_added: 0.1.0
short_description: Read budgets
description:
  - Reads budgets of AWS Budgets with their alerts, actions and tags, and what was spent of them this month.
  - It only reads.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  name:
    description: The name of the budget. Without it all budgets of the account are read.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Read a budget
  mlinfra.aws.budget_info:
    name: mlinfra-dev
  register: found

- name: Say what was spent
  ansible.builtin.debug:
    msg: "{{ item.spent }} of {{ item.amount }} {{ item.currency }}, {{ item.forecast }} by the end of the month"
  loop: "{{ found.budgets }}"
"""

RETURN = r"""
budgets:
  description: The budgets, none where the one asked for does not stand.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: mlinfra-dev
    arn:
      description: Its ARN.
      type: str
      returned: always
      sample: arn:aws:budgets::123456789012:budget/mlinfra-dev
    amount:
      description: What a month may cost.
      type: float
      returned: always
      sample: 200.0
    currency:
      description: The currency of all amounts.
      type: str
      returned: always
      sample: USD
    cost_tags:
      description: The tags by which costs are counted. Nothing where it filters in another way.
      type: dict
      returned: always
      sample: {Project: mlinfra}
    spent:
      description: What was spent this month.
      type: float
      returned: always
      sample: 41.3
    forecast:
      description: What the month will have cost, by AWS's forecast. 0 where AWS gives none.
      type: float
      returned: always
      sample: 122.8
    alerts:
      description: When somebody is told, with C(type), C(threshold) in per cent and C(subscribers).
      type: list
      elements: dict
      returned: always
    actions:
      description: >-
        What is done, with C(id), C(status), C(type), C(threshold) in per cent, C(instance_ids), C(region), C(role_arn),
        C(automatic) and C(subscribers).
      type: list
      elements: dict
      returned: always
    tags:
      description: Its tags.
      type: dict
      returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.budget.read import account_budgets, standing


def main() -> None:
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str"}}, supports_check_mode=True)
    name = module.params["name"]
    try:
        budgets = account_budgets(module)
        found = [standing(budgets, one) for one in ([name] if name else budgets.names())]
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, budgets=[budget for budget in found if budget])


if __name__ == "__main__":
    main()
