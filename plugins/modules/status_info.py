#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: status_info
version_added: 0.1.0
short_description: What runs of an environment, how it is, who is connected, and what the month has cost so far
description:
  - Tells of an environment which instances run or stand stopped, and since when, what EC2's checks and the alarms say,
    what the last 24 hours looked like in CloudWatch, who is connected through Session Manager, the newest lines of the
    logs, what the buckets hold, the budget, and what the month has cost so far.
  - It only reads, in one process and many calls side by side. It needs no host to answer.
  - What AWS refuses leaves its part empty; RV(notes) says which part, and why.
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - An action plugin of the same name runs on the controller. It fills in the options that say so, and reckons what the
    month has cost so far.
  - That is an estimate from what stands, since when it stands, how long instances ran by their status checks in CloudWatch,
    and list prices. What was removed this month is not in it. O(actuals=true) asks Cost Explorer in its place.
  - AWS charges USD 0.01 for each thousand metrics that CloudWatch is asked for, some ten for an instance and some ten for
    the rest, and USD 0.01 for each of the two questions to Cost Explorer.
options:
  actuals:
    description: Whether to ask Cost Explorer what was spent this month, and what the month will cost.
    type: bool
    default: false
  log_lines:
    description: How many of the newest lines of each log stream to return. V(0) asks for no logs.
    type: int
    default: 5
  log_minutes:
    description: How old these lines may be, in minutes.
    type: int
    default: 1440
  name:
    description: The prefix of the environment's names. Filled in from C(mlinfra_name).
    type: str
    default: ""
  tags:
    description: The tags that tell the environment from all others. Filled in from C(mlinfra_identity_tags).
    type: dict
    default: {}
  names:
    description: The environment's names by their purpose. Filled in from the roles' settings.
    type: dict
    default: {}
  namespace:
    description:
      - The namespace of the metrics that instances publish themselves. Filled in from C(monitoring_metrics_namespace).
    type: str
    default: ""
  budget:
    description: Whether to look for a budget. Filled in from C(guardrails_budget_amount).
    type: bool
    default: false
  price_list:
    description:
      - Whether to ask the AWS Price List, which takes longer. Filled in with V(true) for a region that the collection keeps
        no prices of.
    type: bool
    default: false
attributes:
  check_mode:
    description: Does the same in check mode, since it makes reading calls only.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Ask AWS how the environment is
  mlinfra.aws.status_info:
    log_lines: 20
    log_minutes: 60
  register: status

- name: Name the alarms that ring
  ansible.builtin.debug:
    msg: "{{ status.alarms | selectattr('state', 'eq', 'ALARM') | map(attribute='name') }}"
"""

RETURN = r"""
asked_at:
  description: When AWS was asked. This time and all others are in UTC and in ISO 8601.
  returned: success
  type: str
  sample: "2026-11-28T15:24:33+00:00"
account:
  description: The number of the account.
  returned: success
  type: str
  sample: "123456789012"
instances:
  description: The instances, those for training first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id.
      type: str
      returned: always
    name:
      description: The tag Name.
      type: str
      returned: always
    role:
      description: The tag Role, V(ml-training) or V(nat).
      type: str
      returned: always
    type:
      description: The instance type.
      type: str
      returned: always
    state:
      description: Such as V(running) or V(stopped).
      type: str
      returned: always
    since:
      description: When it was started, or stopped. Empty where that is not known.
      type: str
      returned: always
    stopped_by:
      description: EC2's code of who stopped it, such as V(Client.InstanceInitiatedShutdown) where it stopped itself.
      type: str
      returned: always
    availability_zone:
      description: The zone.
      type: str
      returned: always
    private_ip:
      description: The private address.
      type: str
      returned: always
    public_ip:
      description: The public address, empty where it has none.
      type: str
      returned: always
    checks:
      description: What EC2's checks say of the C(system), the C(instance) and the attached C(ebs) volumes, such as V(ok).
      type: dict
      returned: always
      sample: {system: ok, instance: impaired, ebs: ok}
    events:
      description: What EC2 has scheduled, with C(code), C(description), C(not_before) and C(not_after).
      type: list
      elements: dict
      returned: always
    hours:
      description: How many hours it ran this month, by its status checks in CloudWatch. Null where there were none.
      type: float
      returned: always
    ran:
      description: From when to when it ran this month, by the hour, by the same checks.
      type: list
      elements: list
      returned: always
network:
  description:
    - C(vpc_ids), and what stands in the VPC - C(nat_gateways), C(endpoints) and C(flow_logs), each with C(id), C(state),
      C(since) and, where something is wrong, C(reason).
  returned: success
  type: dict
buckets:
  description: The buckets with C(name), C(since), C(objects) and C(bytes), which are null until S3 has told them.
  returned: success
  type: list
  elements: dict
databases:
  description: The databases of RDS.
  returned: always
  type: list
  elements: dict
  sample:
    - name: mlinfra-dev
      class: db.t4g.small
      version: "17.4"
      state: available
      standby: true
      size: 20
      address: mlinfra-dev.abcdefghijkl.us-east-1.rds.amazonaws.com
      since: "2026-01-01T12:00:00+00:00"
      restarts: ""
trails:
  description:
    - The environment's trail, or those of others that record all regions where it has none.
    - Each with C(name), C(own) (whether it is the environment's), C(records), C(since), C(delivered) and
      C(digested), when it last delivered events and a digest of them, and, where it can't deliver, C(reason).
  returned: success
  type: list
  elements: dict
alarms:
  description: The alarms, those that ring first, then those without data; the newest of each before the others.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
      returned: always
    state:
      description: V(ALARM), V(INSUFFICIENT_DATA) or V(OK).
      type: str
      returned: always
    since:
      description: When it came into this state.
      type: str
      returned: always
    reason:
      description: Why, as CloudWatch says it.
      type: str
      returned: always
    description:
      description: What it is for.
      type: str
      returned: always
    instance:
      description: Name of the instance that it watches.
      type: str
      returned: always
    tells:
      description: Whether it tells anybody.
      type: bool
      returned: always
metrics:
  description:
    - The last 24 hours of each instance, by its id and the name of the measure, as pairs of a time and a value. C(cpu),
      C(memory), C(disk) and C(gpu) are in per cent, C(network_in) and C(network_out) in bytes a second, C(stalled_jobs) and
      C(unready_models) are numbers. What CloudWatch has no values of is left out.
  returned: success
  type: dict
  sample: {i-0a1b2c3d4e5f60718: {cpu: [["2026-11-28T15:20:00+00:00", 12.5]]}}
sessions:
  description:
    - Who is connected through Session Manager, with C(id), C(user), the name of the C(instance), C(since) and C(kind),
      V(shell) or V(tunnel).
  returned: success
  type: list
  elements: dict
logs:
  description:
    - The newest lines by C(stream), C(instance) and C(log), as C(lines) with C(time) and C(message), the oldest first. Log
      streams without any are left out.
  returned: success
  type: list
  elements: dict
budget:
  description:
    - The budget with C(name), C(limit), C(actual), C(forecast) and C(currency). Null where there is none. What AWS has not
      worked out yet is null.
  returned: success
  type: dict
notes:
  description: What could not be asked, as the C(part) that is empty for it and a C(text).
  returned: success
  type: list
  elements: dict
  sample:
    - part: sessions
      text: "the permission ssm:DescribeSessions is missing: AccessDeniedException: not authorized"
cost:
  description: What the month has cost so far.
  returned: success
  type: dict
  contains:
    source:
      description: V(estimate), V(actuals), or V(none) where neither can tell.
      type: str
      returned: always
    reason:
      description: Why Cost Explorer could not tell, or there is no estimate.
      type: str
      returned: always
    how:
      description: How the figure was found, in a sentence.
      type: str
      returned: always
    start:
      description: The first day of the month.
      type: str
      returned: always
    amount:
      description: What the month has cost so far. Null where nobody can tell.
      type: float
      returned: always
    by_end:
      description: What the whole month will have cost, by Cost Explorer's forecast or if all stays as it stands.
      type: float
      returned: always
    currency:
      description: The currency.
      type: str
      returned: always
    as_of:
      description: The day of the prices, or of what Cost Explorer says.
      type: str
      returned: always
    areas:
      description: The amount by C(area) of the environment, or by AWS's service.
      type: list
      elements: dict
      returned: always
    resources:
      description: >-
        The estimate by resource, with C(kind), C(name), C(id), C(area), C(hours), C(data) (the share of what passed) and
        C(amount).
      type: list
      elements: dict
      returned: always
    by_day:
      description: What Cost Explorer says of each C(day), as C(amount).
      type: list
      elements: dict
      returned: always
    unpriced:
      description: What the estimate has no price of.
      type: list
      elements: str
      returned: always
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.cost import api as cost
from ansible_collections.mlinfra.aws.plugins.module_utils.cost import price_list
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.answer import identity_of
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.module_utils.status import metrics, transform
from ansible_collections.mlinfra.aws.plugins.module_utils.status.api import Asker, Wishes

THREADS = 12
# As many as CloudWatch Logs returns at once.
MOST_LINES = 10_000


def todays_prices(module: AnsibleAWSModule, resources: list[dict[str, Any]], executor: ThreadPoolExecutor) -> dict[str, Any]:
    """Today's prices of what stands, from the AWS Price List, as `cost.prices` returns them."""
    nearest = Clients(module, THREADS, elsewhere=price_list.endpoint_region(module.region), **cost.PATIENCE)
    questions = price_list.further_questions(*price_list.types_of(resources))
    return cost.prices(lambda: nearest("pricing"), module.region, questions, executor)


@AWSErrorHandler.common_error_handler("reach AWS")
def read(module: AnsibleAWSModule, identity: Identity, now: datetime) -> dict[str, Any]:
    """What the module returns, and what the action reckons the cost from.

    Raises:
        AnsibleAWSError: where AWS could not be asked at all.
    """
    params = module.params
    wishes = Wishes(
        log_group=identity.names.get("ec2_log_group", ""),
        log_lines=params["log_lines"],
        log_minutes=params["log_minutes"],
        namespace=params["namespace"],
        budget=params["budget"],
    )

    def explorer() -> Any:
        return Clients(module, **cost.PATIENCE)("ce")

    with ThreadPoolExecutor(THREADS) as executor:
        spent = executor.submit(cost.actuals, explorer, identity.tags, now.date()) if params["actuals"] else None
        answers, errors = Asker(Clients(module, THREADS), identity, wishes, now).read(executor)
        if not answers.account:
            refusal = next(error for error in errors if error.service == "sts")
            module.fail_json(msg=f"AWS does not take the credentials: {refusal.code}: {refusal.message}")
        prices = todays_prices(module, answers.resources, executor) if params["price_list"] else None
        return {
            **transform.told(answers, errors, now),
            "resources": answers.resources,
            "used": metrics.used(answers.resources, answers.month, now),
            "prices_found": prices,
            "actuals": spent.result() if spent else None,
        }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "actuals": {"type": "bool", "default": False},
            "log_lines": {"type": "int", "default": 5},
            "log_minutes": {"type": "int", "default": 1440},
            "name": {"type": "str", "default": ""},
            "tags": {"type": "dict", "default": {}},
            "names": {"type": "dict", "default": {}},
            "namespace": {"type": "str", "default": ""},
            "budget": {"type": "bool", "default": False},
            "price_list": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    identity = identity_of(module)
    if not 0 <= module.params["log_lines"] <= MOST_LINES or module.params["log_minutes"] < 1:
        module.fail_json(msg=f"log_lines must be from 0 to {MOST_LINES}, and log_minutes at least 1")
    try:
        told = read(module, identity, datetime.now(UTC))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, **told)


if __name__ == "__main__":
    main()
