# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compares on the controller what roles declare with what stands, which the module of the same name reads."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import compare
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import BY_DEFAULT, INPUTS
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.model import Difference
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.outlook import SETTINGS, outlook
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.plugin_utils.advice import advised
from ansible_collections.mlinfra.aws.plugins.plugin_utils.declarations import Declarations
from ansible_collections.mlinfra.aws.plugins.plugin_utils.judgement import check_rest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings, Values

# Options of this module that the one which checks does not have.
OPTIONS = {"roles", "added_configuration", "allow_partial", "name", "tags", "names", "absent", "markers"}


class ActionModule(ActionBase):
    """The action of mlinfra.aws.environment_diff."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Check the settings that nobody has checked, have what stands read, work out what is declared, and compare."""
        result = super().run(tmp, task_vars)
        roles = self._task.args.get("roles", list(BY_DEFAULT))
        if not isinstance(roles, list) or not roles or set(roles) - INPUTS.keys():
            raise AnsibleActionFail(f"roles: give a list of {', '.join(INPUTS)}")
        reader = RoleSettings(INPUTS, self._templar, self._loader, task_vars or {})

        def execute(module: str, options: Values) -> Values:
            return self._execute_module(module_name=f"mlinfra.aws.{module}", module_args=options, task_vars=task_vars)

        connection = {name: value for name, value in self._task.args.items() if name not in OPTIONS}
        result.update(check_rest(reader, roles, connection, execute))
        if result.get("failed"):
            return result
        declarations = Declarations(reader)
        request = {**declarations.request(roles), **self._task.args}
        if declarations.unreadable:
            raise AnsibleActionFail("; ".join(declarations.unreadable))
        with ThreadPoolExecutor(1) as pool:
            prepared = pool.submit(declarations.prepare, roles, request["absent"])
            answer = advised(execute("environment_diff", request))
            prepared.result()
        found = answer.pop("found", None)
        result.update(answer)
        if answer.get("failed") or found is None:
            return result
        declared, unknown = declarations.declared(roles, request["absent"], answer["outputs"])
        identity = Identity(request["name"], request["tags"], request["names"])
        compared = compare(declared, found, identity, request["absent"])
        for role, reasons in unknown.items():
            compared.unknown.setdefault(role, []).extend(reasons)
        for error in answer["errors"]:
            for role in roles:
                compared.unknown.setdefault(role, []).append(f"{error['permission']}: {error['message']}")
        tags = {resource["id"]: resource["tags"] for resource in answer["resources"]}
        settings = {name: boolean(reader.get(name), strict=False) for name in SETTINGS}

        def expected(difference: Difference) -> Values:
            owned = identity.owns_tags(tags.get(difference.id, {}))
            return asdict(outlook(difference, owned, identity.name, settings))

        to_run = compared.to_run(roles)
        standing = {f"{role}_outputs": answer["outputs"][role] for role in roles if role not in to_run}
        result.setdefault("ansible_facts", {}).update(standing)
        result.update(
            changed=False,
            converged=compared.converged(roles),
            to_run=to_run,
            differences=[{**asdict(difference), **expected(difference)} for difference in compared.differences],
            declared=declared,
            unknown=compared.unknown,
            diff=both_sides(compared.differences),
        )
        return result


def both_sides(differences: t.Iterable[Difference]) -> Values:
    """Return the differences as two trees: what stands, and what is declared."""
    sides: Values = {"before": {}, "after": {}}
    for difference in differences:
        resource = f"{difference.kind} {difference.name}"
        for side, missing in (("before", "create"), ("after", "delete")):
            there = difference.action != missing
            attributes = {change.attribute: getattr(change, side) for change in difference.attributes}
            sides[side].setdefault(difference.role, {})[resource] = attributes if there else {}
    return sides
