# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lets the module of the same name read what stands and what AWS says of prices and costs, and reckons with it."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import INPUTS, roles_to_read
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing import prices, reckon
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.bill import declared_resources
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.what_if import Assumptions, types_to_price
from ansible_collections.mlinfra.aws.plugins.plugin_utils.declarations import Declarations
from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings, Values

# Nothing that costs anything is declared with what stands, so no outputs are needed.
NO_OUTPUTS = {"network": {}, "iam": {}, "compute": {}}


class ActionModule(ActionBase):
    """The action of mlinfra.aws.cost_info."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Work out what is declared, have AWS asked, and reckon."""
        result = super().run(tmp, task_vars)
        roles = roles_to_read(list(INPUTS))
        reader = RoleSettings(roles, self._templar, self._loader, task_vars or {})
        declarations = Declarations(reader)
        request = declarations.request(roles)
        if declarations.unreadable:
            raise AnsibleActionFail("; ".join(declarations.unreadable))
        region = reader.get("mlinfra_region") or ""
        tier, zones = reader.get("compute_subnet_tier"), private_zones(reader)
        given = {**egress_settings(reader), **self._task.args}
        declared, unknown = declarations.declared(roles, request["absent"], NO_OUTPUTS)
        wanted = declared_resources(declared, tier == "public")
        instance_types, volume_types = declared_types(wanted)
        answer = self._execute_module(
            module_name="mlinfra.aws.cost_info",
            module_args={
                **{name: request[name] for name in ("name", "tags", "names")},
                "instance_types": sorted(types_to_price(instance_types, assumptions(given, zones))),
                "volume_types": sorted(volume_types),
                **given,
            },
            task_vars=task_vars,
        )
        result.update(answer)
        standing, found = result.pop("resources", None), result.pop("prices_found", None)
        spot = result.pop("spot_hour", {})
        if answer.get("failed") or standing is None or found is None:
            return result
        told = answer["invocation"]["module_args"]
        listed, source = reckon.sources(found, prices.load(region), region, datetime.now(timezone.utc).date())
        wishes = reckon.Wishes(told["usage"], told["transfer_out_gb"], told["nat_gb"], assumptions(told, zones))
        reckoned = reckon.reckon(standing, wanted, answer["usage"], prices.merged(listed, {"spot_hour": spot}), wishes)
        result.update(changed=False, prices=source, unknown=unknown, **reckoned)
        return result


def egress_settings(reader: RoleSettings) -> Values:
    """Return what role network would make of the ways out that it does not make now."""
    services, kind = reader.get("network_interface_endpoints"), reader.get("network_nat_instance_type")
    return {
        **({"endpoint_services": len(services)} if services else {}),
        **({"nat_instance_type": kind} if kind else {}),
    }


def private_zones(reader: RoleSettings) -> int:
    """Return in how many zones endpoints would stand."""
    if reader.get("network_interface_endpoints_in_every_zone") is False:
        return 1
    return len(reader.get("mlinfra_availability_zones") or (1, 2))


def assumptions(options: Values, zones: int) -> Assumptions:
    """Return what the task's options say of the what-ifs."""
    chosen = {name: options[name] for name in ("hours_a_week", "endpoint_services", "nat_instance_type") if name in options}
    archive = float(options.get("archive_gb", -1))
    return Assumptions(**chosen, zones=zones, archive_gb=archive if archive >= 0 else None)


def declared_types(resources: t.Iterable[Values]) -> tuple[set[str], set[str]]:
    """Return the types of declared instances and of their volumes."""
    instances = [entry["attributes"] for entry in resources if entry["kind"] == "instance"]
    mappings = [mapping for instance in instances for mapping in instance.get("BlockDeviceMappings", [])]
    volumes = {mapping["Ebs"]["VolumeType"] for mapping in mappings if "VolumeType" in mapping.get("Ebs", {})}
    return {instance["InstanceType"] for instance in instances}, volumes
