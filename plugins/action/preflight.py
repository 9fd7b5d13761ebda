# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judges the settings of roles on the controller, then lets the module of the same name ask AWS."""

from __future__ import annotations

import importlib
import types
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import compute, project, region, specs
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight.problems import distinct, problem, wanted
from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings, Values

ROLES = ("network", "storage", "iam", "compute", "monitoring")
RULES = "ansible_collections.mlinfra.aws.plugins.module_utils.preflight."
# Settings of the whole project, which no role's argument specification has.
SHARED = (
    *("mlinfra_project", "mlinfra_environment", "mlinfra_region", "mlinfra_tags", "mlinfra_identity_tags"),
    *("mlinfra_extra_tags", "mlinfra_log_retention_days"),
    *("ml_host_connection", "ml_host_login_user", "ml_host_s3_addressing_style"),
)
# They stand in for what is missing or wrong, so that it is named once and not again for each name made of it.
STAND_INS = {"mlinfra_project": "project", "mlinfra_environment": "environment"}
# The account is not known yet. Names that are made of it get their full length.
UNKNOWN_ACCOUNT = "000000000000"


class ActionModule(ActionBase):
    """The action of mlinfra.aws.preflight."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Judge the settings, ask AWS, and fail with everything that is wrong, or set the facts."""
        result = super().run(tmp, task_vars)
        roles = self._roles()
        reader = RoleSettings(ROLES, self._templar, self._loader, task_vars or {})
        undescribed = [role for role in roles if not reader.spec(role)]
        if undescribed:
            raise AnsibleActionFail(f"No argument specification describes the settings of {', '.join(undescribed)}.")
        passed = reader.get("preflight_passed") or []
        settings, found = judge(reader, roles)
        answer = self._execute_module(
            module_name="mlinfra.aws.preflight",
            module_args={**self._task.args, **request(reader, settings, roles)},
            task_vars=task_vars,
        )
        facts = answer.get("facts", {})
        if answer.get("failed"):
            found.append(f"AWS: {answer.get('msg', 'the module gave no reason')}")
        found = distinct(found + region.problems(settings, facts))
        result["changed"] = False
        if found:
            result.update(failed=True, msg=message(found))
            return result
        result["warnings"] = compute.warnings(settings) if "compute" in roles else []
        result["ansible_facts"] = {
            "mlinfra_account_id": facts["account_id"],
            "mlinfra_partition": facts["partition"],
            "mlinfra_availability_zones": region.availability_zones(settings, facts),
            "preflight_passed": distinct([*passed, *roles]),
        }
        return result

    def _roles(self) -> list[str]:
        """Return the roles that were asked for."""
        roles = self._task.args.get("roles")
        if not isinstance(roles, list) or not roles or set(roles) - set(ROLES):
            raise AnsibleActionFail(f"roles: give a list of {', '.join(ROLES)}")
        return roles


def rules(role: str) -> types.ModuleType:
    """Return the rules of a role."""
    return importlib.import_module(RULES + role)


def judge(reader: RoleSettings, roles: t.Sequence[str]) -> tuple[Values, list[str]]:
    """Judge everything that the controller can judge.

    Args:
        reader: where settings come from.
        roles: names of the roles to judge.

    Returns:
        The settings that can be used, those of other roles included, and one line for each problem.
    """
    shared = reader.read(SHARED)
    for variable, stand_in in STAND_INS.items():
        if project.part_problems(shared, variable):
            reader.replace(variable, stand_in)
    if not reader.get("mlinfra_account_id"):
        reader.replace("mlinfra_account_id", UNKNOWN_ACCOUNT)
    settings = {**reader.read(SHARED), **{name: shared.get(name) for name in STAND_INS}, "preflight_roles": roles}
    found: list[str] = []
    for role in ROLES:
        noted = dict(reader.unreadable)
        reader.enter(role)
        settings[f"{role}_state"] = reader.get(f"{role}_state")
        spec = reader.spec(role)
        if not wanted(settings, role):
            # To remove what stands takes its names, and no setting of what it is like.
            spec = {name: spec[name] for name in (f"{role}_state", *rules(role).NAMES) if name in spec}
        fitting, faults = specs.judge(spec, reader.read(spec))
        settings.update(fitting)
        if role in roles:
            found.extend(faults + specs.required_problems(spec, reader) + _misspelt_problems(reader, role))
        else:
            reader.unreadable = noted
    found = project.problems(settings) + _unreadable_problems(reader) + found
    for role in roles:
        found.extend(rules(role).problems(settings))
    return settings, found


def request(reader: RoleSettings, settings: Values, roles: t.Sequence[str]) -> Values:
    """Return what the module is to ask AWS about."""
    wishes: Values = {"roles": roles, "identity_tags": settings.get("mlinfra_identity_tags", {})}
    if wanted(settings, "compute") and {"network", "compute"} & set(roles):
        wishes["instance_type"] = settings.get("compute_instance_type", "")
    if wanted(settings, "compute") and "compute" in roles:
        settings["preflight_image_parameter"] = reader.get("compute_image_parameter") or ""
        wishes["image_id"] = settings.get("compute_image_id", "")
        wishes["image_parameter"] = settings["preflight_image_parameter"]
    return wishes


def message(found: t.Sequence[str]) -> str:
    """Return all problems as one text."""
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    lines = "\n".join(f"{number}. {line}" for number, line in enumerate(found, start=1))
    return f"{count} found before the first writing call, nothing was created or changed:\n{lines}"


def _unreadable_problems(reader: RoleSettings) -> list[str]:
    """Return one problem for each reason, with all variables that it leaves without a value."""
    by_reason: dict[str, list[str]] = {}
    for variable, reason in reader.unreadable.items():
        by_reason.setdefault(reason, []).append(variable)
    return [
        f"{', '.join(variables)}: can't be worked out, {reason}; correct it, or set what it refers to in the inventory"
        for reason, variables in by_reason.items()
    ]


def _misspelt_problems(reader: RoleSettings, role: str) -> list[str]:
    """Return one problem for each variable that nothing reads, because its name is not quite a setting's."""
    return [
        problem(
            name,
            specs.HIDDEN if reader.spec(role)[near].get("no_log") else reader.get(name),
            "is read by nothing",
            f"did you mean {near}?",
        )
        for name, near in reader.misspelt(role).items()
    ]
