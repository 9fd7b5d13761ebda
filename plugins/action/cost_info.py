# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Works out what roles declare while the module of the same name asks AWS what stands and what it costs, and reckons."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing import prices, reckon
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.bill import declared_resources
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.what_if import Assumptions, types_to_price
from ansible_collections.mlinfra.aws.plugins.module_utils.roles import ROLES
from ansible_collections.mlinfra.aws.plugins.plugin_utils.declarations import Declarations
from ansible_collections.mlinfra.aws.plugins.plugin_utils.judgement import check_rest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings, Values

# Options of this module that the one which checks does not have.
OPTIONS = {
    *("prices", "actuals", "measure", "usage", "transfer_out_gb", "nat_gb", "hours_a_week", "archive_gb"),
    *("endpoint_services", "nat_instance_type", "allow_partial", "name", "tags", "names"),
    *("instance_types", "volume_types"),
}
# Nothing that costs anything is declared with what stands, so no outputs are needed.
NO_OUTPUTS = {"network": {}, "iam": {}, "compute": {}}


class ActionModule(ActionBase):
    """The action of mlinfra.aws.cost_info."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Check the settings that nobody has checked, have AWS asked while the declarations are worked out, and reckon."""
        result = super().run(tmp, task_vars)
        reader = RoleSettings(ROLES, self._templar, self._loader, task_vars or {})

        def execute(module: str, options: Values) -> Values:
            return self._execute_module(module_name=f"mlinfra.aws.{module}", module_args=options, task_vars=task_vars)

        connection = {name: value for name, value in self._task.args.items() if name not in OPTIONS}
        result.update(check_rest(reader, ROLES, connection, execute))
        if result.get("failed"):
            return result
        declarations = Declarations(reader)
        asked = declarations.request(ROLES)
        zones, region = private_zones(reader), reader.get("mlinfra_region") or ""
        options = {**wishes_of_roles(reader), **self._task.args}
        kinds = {reader.get("compute_instance_type")} - {None}
        request = {
            **{name: asked[name] for name in ("name", "tags", "names")},
            "instance_types": sorted(types_to_price(kinds, assumptions(options, zones))),
            "volume_types": sorted({"gp3", reader.get("compute_root_volume_type") or "gp3"}),
            **options,
        }
        if declarations.unreadable:
            raise AnsibleActionFail("; ".join(declarations.unreadable))
        public = reader.get("compute_subnet_tier") == "public"
        with ThreadPoolExecutor(1) as pool:
            working_out = pool.submit(declarations.declared, ROLES, asked["absent"], NO_OUTPUTS)
            answer = execute("cost_info", request)
            declared, unknown = working_out.result()
        result.update(answer)
        standing, found = result.pop("resources", None), result.pop("prices_found", None)
        spot = result.pop("spot_hour", {})
        if answer.get("failed") or standing is None or found is None:
            return result
        told = answer["invocation"]["module_args"]
        listed, source = prices.sources(found, prices.load(region), region, datetime.now(UTC).date())
        wishes = reckon.Wishes(told["usage"], told["transfer_out_gb"], told["nat_gb"], assumptions(told, zones))
        wanted = declared_resources(declared, public)
        reckoned = reckon.reckon(standing, wanted, answer["usage"], prices.merged(listed, {"spot_hour": spot}), wishes)
        result.update(changed=False, prices=source, unknown=unknown, **reckoned)
        return result


def wishes_of_roles(reader: RoleSettings) -> Values:
    """Return, as options of this module, what role network would make of the ways out that it does not make now."""
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
    archive = float(options.get("archive_gb", -1))
    return Assumptions(
        hours_a_week=float(options.get("hours_a_week", Assumptions.hours_a_week)),
        endpoint_services=int(options.get("endpoint_services", Assumptions.endpoint_services)),
        nat_instance_type=options.get("nat_instance_type", Assumptions.nat_instance_type),
        zones=zones,
        archive_gb=archive if archive >= 0 else None,
    )
