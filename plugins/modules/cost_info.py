#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_info
version_added: 0.1.0
short_description: What an environment costs, would cost otherwise, and has cost
description:
  - Prices for a month what stands of an environment, and what its roles declare, resource by resource. The prices are
    those of the AWS Price List service where it can be reached, and otherwise those of a dated list in the collection;
    RV(prices) says which, and why.
  - Says what the same environment would cost with other choices, and from how much data on a NAT gateway, a NAT instance
    and interface endpoints cost the same.
  - Asks Cost Explorer what was spent this month, and what the month will cost, by the environment's tags. Where Cost
    Explorer can't tell, RV(actuals) says why, and the module goes on.
  - It only reads, in one process and many calls side by side.
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - An action plugin of the same name runs on the controller. It checks the settings as M(mlinfra.aws.preflight) does,
    unless that has been done, and sets the same facts; it works out what the roles declare while the module asks AWS, and
    reckons. Options that the module itself has no use for are for it.
  - AWS charges USD 0.01 for each of the two questions to Cost Explorer, and nothing for those to the Price List.
  - Prices are list prices on demand, without taxes, discounts and free tier. Custom metrics of the CloudWatch agent,
    requests and traffic between zones are not counted.
options:
  prices:
    description:
      - Where prices come from. V(auto) asks the Price List service and takes the collection's list for what that does not
        say, V(list) takes the collection's list alone, without a call.
    type: str
    choices: [auto, list]
    default: auto
  actuals:
    description: Whether to ask Cost Explorer.
    type: bool
    default: true
  measure:
    description:
      - Whether to ask CloudWatch what the NAT gateways, interface endpoints and log groups took in during the last thirty
        days, and what the buckets keep.
    type: bool
    default: true
  usage:
    description:
      - What to reckon with in the place of what was measured, in GB a month, by the id or name of a resource. C(data_gb)
        of NAT gateways and interface endpoints, C(standard_gb) and C(glacier_gb) of buckets, C(ingested_gb) of log groups.
    type: dict
    default: {}
  transfer_out_gb:
    description: What goes out to the internet, in GB a month. Nobody measures it for an environment alone.
    type: float
    default: 0
  nat_gb:
    description: What passes through each NAT gateway, in GB a month, in the place of what was measured. Negative is unset.
    type: float
    default: -1
  hours_a_week:
    description: How long instances would run where they stop at night and at week-ends.
    type: float
    default: 50
  archive_gb:
    description: How much of what the buckets keep could go to Glacier, in GB. Negative means all of it.
    type: float
    default: -1
  endpoint_services:
    description: For how many services interface endpoints would stand. Filled in from C(network_interface_endpoints).
    type: int
    default: 5
  nat_instance_type:
    description: The type that a NAT instance would have. Filled in from C(network_nat_instance_type).
    type: str
    default: t4g.nano
  allow_partial:
    description:
      - Go on where a permission to find what stands is missing. What could not be asked is named in RV(errors).
      - By default the module fails, because what can't be seen may cost something.
    type: bool
    default: false
  name:
    description: The prefix of the environment's names. Filled in from C(mlinfra_name).
    type: str
    default: ""
  tags:
    description: The tags that tell the environment from all others. Filled in from C(mlinfra_identity_tags).
    type: dict
    default: {}
  names:
    description: The environment's names by their purpose. Filled in from C(mlinfra_names) and the roles' settings.
    type: dict
    default: {}
  instance_types:
    description: The types of instances whose prices are needed. Filled in from what is declared.
    type: list
    elements: str
    default: []
  volume_types:
    description: The types of volumes whose prices are needed. Filled in from what is declared.
    type: list
    elements: str
    default: []
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
- name: Ask what the environment costs
  mlinfra.aws.cost_info:
  register: cost

- name: Show it
  ansible.builtin.debug:
    msg: "{{ cost.standing.total }} {{ cost.standing.currency }} a month by {{ cost.prices.source }} of {{ cost.prices.as_of }}"

- name: Reckon from the collection's list alone, with 500 GB through the NAT gateway
  mlinfra.aws.cost_info:
    prices: list
    actuals: false
    nat_gb: 500
  register: cost_of_data
"""

RETURN = r"""
prices:
  description: Where the prices come from.
  returned: success
  type: dict
  contains:
    source:
      description: V(api) is the AWS Price List service, V(list) the collection's list, V(both) each for a part, V(none).
      type: str
      returned: always
      sample: api
    as_of:
      description: The day that the prices are of. Of V(both) the older one.
      type: str
      returned: always
      sample: "2025-01-01"
    region:
      description: The region.
      type: str
      returned: always
      sample: us-east-1
    reason:
      description: Why the service was not asked, or did not answer. Empty where it did.
      type: str
      returned: always
      sample: ""
standing:
  description:
    - What stands costs in a month, as the filter P(mlinfra.aws.monthly_cost#filter) returns it. Kinds that are always
      free are not looked for.
  returned: success
  type: dict
  sample:
    total: 74.92
    currency: USD
    as_of: "2025-01-01"
    lines:
      - {resource: NAT gateway, configuration: 1 running, monthly: 32.85}
    resources:
      - role: ""
        kind: nat_gateway
        name: mlinfra-dev-nat-2
        id: nat-0a1b2c3d4e5f60718
        area: Network
        configuration: NAT gateway, running
        monthly: 32.85
        rates: [{what: NAT gateway data, unit: GB, price: 0.045}]
    unpriced: []
declared:
  description: What the roles declare would cost, in the same form.
  returned: success
  type: dict
of:
  description: What the what-ifs change. V(standing), or V(declared) where nothing that costs anything stands.
  returned: success
  type: str
  sample: standing
what_ifs:
  description: What else it could cost, each for itself.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: >-
        One of V(stopped), V(office_hours), V(spot), V(smaller), V(arm), V(glacier), V(nat_instance), V(endpoints),
        V(no_egress).
      type: str
      returned: always
      sample: office_hours
    title:
      description: What would be otherwise.
      type: str
      returned: always
    how:
      description: The setting or playbook that makes it so.
      type: str
      returned: always
      sample: guardrails_schedule
    applies:
      description: Whether the environment has what it would change.
      type: bool
      returned: always
    reason:
      description: Why it does not apply.
      type: str
      returned: always
    note:
      description: What to think of.
      type: str
      returned: always
    before:
      description: What a month costs now.
      type: float
      returned: always
    after:
      description: What it would cost. Null where it does not apply.
      type: float
      returned: always
    saving:
      description: The difference, negative where it would cost more. Null where it does not apply.
      type: float
      returned: always
      sample: 23.89
egress:
  description: What each way out of the private subnets costs, and where they cost the same.
  returned: success
  type: dict
  contains:
    ways:
      description: By the values of C(network_egress), with C(name), C(title), C(fixed) a month and C(per_gb).
      type: list
      elements: dict
      returned: always
    crossings:
      description: Where two cost the same, as C(gb) a month, C(monthly), and which one is cheaper C(below) and C(above).
      type: list
      elements: dict
      returned: always
      sample: [{gb: 1460, below: nat_gateway, above: endpoints, monthly: 102.2}]
    never:
      description: Pairs of which one is C(cheaper) and the other C(dearer), however much passes.
      type: list
      elements: dict
      returned: always
    span:
      description: Up to how many GB a month a picture of it should go.
      type: int
      returned: always
    data_gb:
      description: What passes through the NAT gateways now, in GB a month. Null where it is not known.
      type: float
      returned: always
usage:
  description: The use that was reckoned with, in GB a month, by the id or name of the resource.
  returned: success
  type: dict
  sample: {mlinfra-dev-datasets-0123456789: {standard_gb: 120.5}}
usage_reason:
  description: Why nothing was measured. Empty where it was.
  returned: success
  type: str
actuals:
  description: What was spent.
  returned: success
  type: dict
  contains:
    available:
      description: Whether Cost Explorer could tell.
      type: bool
      returned: always
    reason:
      description: Why it could not.
      type: str
      returned: always
    start:
      description: The first day of the month.
      type: str
      returned: always
    until:
      description: Today.
      type: str
      returned: always
    month_to_date:
      description: What was spent from the first day on.
      type: float
      returned: when available
    forecast:
      description: What the whole month will cost. Null where AWS makes no forecast.
      type: float
      returned: when available
    forecast_reason:
      description: Why there is none.
      type: str
      returned: when available
    currency:
      description: The currency of the account.
      type: str
      returned: when available
    by_service:
      description: The same by C(service), the dearest first, as C(amount).
      type: list
      elements: dict
      returned: when available
    by_day:
      description: The same by C(day), as C(amount).
      type: list
      elements: dict
      returned: when available
errors:
  description: The calls that AWS refused, with O(allow_partial=true).
  returned: always
  type: list
  elements: dict
  sample: []
unknown:
  description: By role, why what it declares can't be said.
  returned: success
  type: dict
  sample: {}
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.cost import api, price_list
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.answer import answer
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.api import CallError, Reader
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.collect import Collector
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.transform import claim, flatten

THREADS = 12
# What costs anything, and what tells that it is the environment's.
KINDS = {
    *("vpc", "subnet", "instance", "volume", "snapshot", "nat_gateway", "elastic_ip", "network_interface", "vpc_endpoint"),
    *("bucket", "log_group", "alarm", "dashboard", "ssm_parameter", "kms_key", "detector", "hub", "recorder"),
    *("file_system", "db_instance", "db_snapshot"),
}
NOT_ASKED = {"prices": {}, "reason": "the list was asked for"}
NO_ACTUALS = {"available": False, "reason": "not asked for", "start": "", "until": ""}


@AWSErrorHandler.common_error_handler("reach AWS")
def read(module: AnsibleAWSModule, identity: Identity) -> tuple[dict[str, Any], list[CallError]]:
    """What stands, prices, measured use and actuals, and what AWS refused to tell of what stands.

    Raises:
        AnsibleAWSError: where AWS could not be asked at all.
    """
    params, region, now = module.params, module.region, datetime.now(UTC)
    clients, hurried = Clients(module, THREADS), Clients(module, THREADS, **api.PATIENCE)
    nearest = Clients(module, THREADS, elsewhere=price_list.endpoint_region(region), **api.PATIENCE)
    reader = Reader(clients)

    def prices(instance_types: set[str], volume_types: set[str]) -> dict[str, Any]:
        questions = price_list.further_questions(instance_types, volume_types)
        return api.prices(lambda: nearest("pricing"), region, questions, askers)

    with ThreadPoolExecutor(THREADS) as executor, ThreadPoolExecutor(THREADS) as askers:
        declared = set(params["instance_types"]), set(params["volume_types"])
        today = executor.submit(prices, *declared) if params["prices"] == "auto" else None
        spent = (
            executor.submit(api.actuals, lambda: hurried("ce"), identity.tags, now.date()) if params["actuals"] else None
        )
        found, tags = Collector(reader, identity, executor).collect(KINDS, tagged=True)
        partition = clients("ec2").meta.partition
        resources = flatten(claim(found, tags, identity, partition), tags, identity, partition)
        standing = price_list.types_of(resources)
        spot = executor.submit(api.spot_hours, clients("ec2"), declared[0] | standing[0], now) if today else None
        used = executor.submit(api.measured, clients("cloudwatch"), resources, now) if params["measure"] else None
        answered = today.result() if today else NOT_ASKED
        more = standing[0] - declared[0], standing[1] - declared[1]
        if answered["prices"] and any(more):
            answered = prices(declared[0] | more[0], declared[1] | more[1])
        measured, reason = used.result() if used else ({}, "not asked for")
        answers = {
            "resources": resources,
            "prices_found": answered,
            "spot_hour": spot.result() if spot else {},
            "usage": measured,
            "usage_reason": reason,
            "actuals": spent.result() if spent else NO_ACTUALS,
        }
    return answers, reader.errors


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "prices": {"type": "str", "choices": ["auto", "list"], "default": "auto"},
            "actuals": {"type": "bool", "default": True},
            "measure": {"type": "bool", "default": True},
            "usage": {"type": "dict", "default": {}},
            "transfer_out_gb": {"type": "float", "default": 0},
            "nat_gb": {"type": "float", "default": -1},
            "hours_a_week": {"type": "float", "default": 50},
            "archive_gb": {"type": "float", "default": -1},
            "endpoint_services": {"type": "int", "default": 5},
            "nat_instance_type": {"type": "str", "default": "t4g.nano"},
            "allow_partial": {"type": "bool", "default": False},
            "name": {"type": "str", "default": ""},
            "tags": {"type": "dict", "default": {}},
            "names": {"type": "dict", "default": {}},
            "instance_types": {"type": "list", "elements": "str", "default": []},
            "volume_types": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    answer(module, lambda identity: read(module, identity))


if __name__ == "__main__":
    main()
