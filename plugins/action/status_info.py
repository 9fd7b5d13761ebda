# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Says by the roles' settings what the module of the same name has to ask, and reckons what the month has cost so far."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import project
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing import prices
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import Prices
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.so_far import Known, so_far
from ansible_collections.mlinfra.aws.plugins.plugin_utils.declarations import NAMES
from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings, Values

# Those whose settings are needed: names, the metrics' namespace, and whether there is a budget.
ROLES = ("encryption", "network", "compute", "monitoring", "guardrails")
# What discovery and the calls of status go by. Buckets need the account's number for their names, and are found by tags.
NAMES_NEEDED = ("key_alias", "vpc_log_group", "ec2_log_group", "instance", "budget")
# What the module returns for this action alone.
RAW = ("resources", "used", "prices_found", "actuals")
ESTIMATED = (
    "Estimated from what stands, since when it stands, how long instances ran by their status checks, and list prices of"
    " {as_of}. What was removed this month, taxes and discounts are not in it."
)
TOLD = "By Cost Explorer, which works it out a few times a day."
NO_PRICES = "no prices of {region} are known: {reason}"


class ActionModule(ActionBase):
    """The action of mlinfra.aws.status_info."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Check what tells the environment, have AWS asked, and reckon."""
        result = super().run(tmp, task_vars)
        reader = RoleSettings(ROLES, self._templar, self._loader, task_vars or {})
        problems = project.problems(reader.read(project.SETTINGS))
        if problems:
            raise AnsibleActionFail("AWS was not asked. " + " ".join(problems))
        region = reader.get("mlinfra_region")
        listed = prices.load(region)
        request = {**request_of(reader), "price_list": not listed, **self._task.args}
        answer = self._execute_module(module_name="mlinfra.aws.status_info", module_args=request, task_vars=task_vars)
        result.update(answer)
        raw = {name: result.pop(name, None) for name in RAW}
        if answer.get("failed") or raw["resources"] is None:
            return result
        result["cost"] = cost(answer, raw, listed, region)
        return result


def request_of(reader: RoleSettings) -> Values:
    """Return the module's options that settings say."""
    names = {purpose: reader.get(NAMES[purpose]) for purpose in NAMES_NEEDED}
    return {
        "name": reader.get("mlinfra_name"),
        "tags": reader.get("mlinfra_identity_tags"),
        "names": {purpose: name for purpose, name in names.items() if name},
        "namespace": reader.get("monitoring_metrics_namespace") or "",
        "budget": float(reader.get("guardrails_budget_amount") or 0) > 0,
    }


def cost(answer: Values, raw: Values, listed: Prices, region: str) -> Values:
    """Return what the month has cost so far: by Cost Explorer where it was asked and can tell, or else an estimate.

    Args:
        answer: what the module returned.
        raw: what it returned for this action.
        listed: the collection's prices of the region.
        region: the region.
    """
    actuals = raw["actuals"] or {"available": False, "reason": ""}
    if actuals["available"]:
        return told(actuals)
    now = datetime.fromisoformat(answer["asked_at"])
    found = raw["prices_found"] or {"prices": {}, "reason": ""}
    known_prices, source = prices.sources(found, listed, region, now.date())
    instances = answer["instances"]
    known = Known(
        hours={instance["id"]: instance["hours"] for instance in instances if instance["hours"] is not None},
        stopped={instance["id"]: instance["since"] for instance in instances if instance["state"] == "stopped" and instance["since"]},
        used=raw["used"],
    )
    reckoned = {**so_far(raw["resources"], known_prices, known, now), "by_day": [], "reason": actuals["reason"]}
    if not known_prices:
        reason = "; ".join(filter(None, (actuals["reason"], NO_PRICES.format(region=region, reason=source["reason"]))))
        return {**reckoned, "source": "none", "reason": reason, "how": "", "amount": None, "by_end": None}
    return {**reckoned, "source": "estimate", "how": ESTIMATED.format(as_of=reckoned["as_of"])}


def told(actuals: Values) -> Values:
    """Return what Cost Explorer says in the form of the estimate."""
    return {
        "source": "actuals",
        "reason": actuals["forecast_reason"],
        "how": TOLD,
        "start": actuals["start"],
        "amount": actuals["month_to_date"],
        "by_end": actuals["forecast"],
        "currency": actuals["currency"],
        "as_of": actuals["until"],
        "areas": [{"area": entry["service"], "amount": entry["amount"]} for entry in actuals["by_service"]],
        "resources": [],
        "by_day": actuals["by_day"],
        "unpriced": [],
    }
