# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judges the settings of roles on the controller, before any of them runs, while AWS is asked about the account."""

from __future__ import annotations

import importlib
import types
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible.errors import AnsibleActionFail
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import compute, project, region, specs
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight.problems import distinct, problem, wanted
from ansible_collections.mlinfra.aws.plugins.module_utils.roles import ROLES

from .role_settings import RoleSettings, Values

RULES = "ansible_collections.mlinfra.aws.plugins.module_utils.preflight."
# What most of the other settings are made of, each after those that it is made of itself.
COMMON = ("mlinfra_name", "mlinfra_bucket_suffix", "mlinfra_names", "mlinfra_identity_tags", "mlinfra_tags")
# They stand in for what is missing or wrong, so that it is named once and not again for each name made of it.
STAND_INS = {"mlinfra_project": "project", "mlinfra_environment": "environment"}
# The account is not known yet. Names that are made of it get their full length.
UNKNOWN_ACCOUNT = "000000000000"


def check(reader: RoleSettings, roles: t.Sequence[str], ask: t.Callable[[Values], Values]) -> Values:
    """Judge the settings while AWS is asked.

    Args:
        reader: where settings come from.
        roles: names of the roles to judge.
        ask: runs the module mlinfra.aws.preflight with these options, and returns its result.

    Returns:
        The result of a task: a failure with everything that is wrong, or warnings and the facts that later tasks need.

    Raises:
        AnsibleActionFail: no argument specification describes a role.
    """
    undescribed = [role for role in roles if not reader.spec(role)]
    if undescribed:
        raise AnsibleActionFail(f"No argument specification describes the settings of {', '.join(undescribed)}.")
    passed = reader.get("preflight_passed") or []
    request = _request(reader, roles)
    reader.unreadable.clear()
    with ThreadPoolExecutor(1) as pool:
        judged = pool.submit(judge, reader, roles)
        answer = ask(request)
        settings, found = judged.result()
    if answer.get("failed"):
        found.append(f"AWS: {answer.get('msg', 'the module gave no reason')}")
    facts = answer.get("facts", {})
    problems = distinct([*found, *region.problems(settings, facts)])
    if problems:
        return {"failed": True, "msg": _message(problems)}
    return {
        "warnings": compute.warnings(settings) if "compute" in roles else [],
        "ansible_facts": {
            "mlinfra_account_id": facts["account_id"],
            "mlinfra_partition": facts["partition"],
            "mlinfra_standing_key_arn": facts.get("key_arn", ""),
            "mlinfra_availability_zones": region.availability_zones(settings, facts),
            "preflight_passed": distinct([*passed, *roles]),
        },
    }


def check_rest(
    reader: RoleSettings, roles: t.Iterable[str], connection: Values, execute: t.Callable[[str, Values], Values]
) -> Values:
    """Judge the settings of those roles that nobody has checked in this run, and let the reader know the facts.

    Args:
        reader: where settings come from.
        roles: names of the roles whose settings are needed.
        connection: how modules reach AWS, as options that every AWS module takes.
        execute: runs a module of this collection with options, and returns its result.

    Returns:
        What `check` returns, nothing where all of them have passed.
    """
    to_check = [role for role in roles if role not in (reader.get("preflight_passed") or [])]
    if not to_check:
        return {}
    checked = check(reader, to_check, lambda request: execute("preflight", {**connection, **request}))
    for variable, fact in checked.get("ansible_facts", {}).items():
        reader.replace(variable, fact)
    return {"changed": False, **checked}


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
    shared = reader.read(project.SETTINGS)
    for variable, stand_in in STAND_INS.items():
        if project.part_problems(shared, variable):
            reader.replace(variable, stand_in)
    if not reader.get("mlinfra_account_id"):
        reader.replace("mlinfra_account_id", UNKNOWN_ACCOUNT)
    with reader.settled(COMMON):
        settings, found = _read(reader, roles)
        if "scaling" in roles and wanted(settings, "scaling") and settings.get("scaling_enabled") and settings.get("scaling_configure"):
            settings["preflight_member_settings"] = reader.get("scaling_member_settings") or {}
    settings.update({name: shared.get(name) for name in STAND_INS}, preflight_roles=roles)
    found = project.problems(settings) + _unreadable_problems(reader) + found
    for role in roles:
        found.extend(rules(role).problems(settings))
    if "compute" in roles and wanted(settings, "compute"):
        settings["preflight_image_parameter"] = reader.get("compute_image_parameter") or ""
    return settings, found


def _read(reader: RoleSettings, roles: t.Collection[str]) -> tuple[Values, list[str]]:
    """Return the settings of all roles that fit their specifications, and what is wrong with those of the roles to judge."""
    settings: Values = reader.read(project.SETTINGS)
    found: list[str] = []
    for role in ROLES:
        noted = dict(reader.unreadable)
        reader.enter(role)
        settings[f"{role}_state"] = reader.get(f"{role}_state")
        spec = reader.spec(role)
        if not wanted(settings, role):
            # To remove what stands takes its names, and hardly a setting of what it is like.
            needed = (f"{role}_state", *rules(role).NAMES, *getattr(rules(role), "ABSENT", ()))
            spec = {name: spec[name] for name in needed if name in spec}
        fitting, faults = specs.judge(spec, reader.read(spec))
        settings.update(fitting)
        if role in roles:
            found.extend(faults + specs.required_problems(spec, reader) + _misspelt_problems(reader, role))
        else:
            reader.unreadable = noted
    return settings, found


def _request(reader: RoleSettings, roles: t.Collection[str]) -> Values:
    """Return what AWS is to be asked about, as options of the module. What does not fit is not asked about."""
    tags = reader.get("mlinfra_identity_tags")
    request: Values = {"roles": list(roles), "identity_tags": tags if isinstance(tags, dict) else {}}
    alias = reader.get("encryption_key_alias") if reader.get("mlinfra_keyed") else ""
    if isinstance(alias, str):
        request["key_alias"] = alias
    second = reader.get("recovery_replication_region") if "recovery" in roles else ""
    if isinstance(second, str) and second:
        request["replication_region"] = second
    node_type = reader.get("cache_node_type") if "cache" in roles and reader.get("mlinfra_cached") else ""
    if isinstance(node_type, str):
        request["cache_node_type"] = node_type
    kind = reader.get("database_instance_class") if "database" in roles and reader.get("mlinfra_database") else ""
    if isinstance(kind, str) and kind:
        request["database_class"] = kind
    if reader.get("compute_state") == "absent":
        return request
    types = reader.get("scaling_instance_types") if "scaling" in roles and reader.get("scaling_enabled") else []
    if isinstance(types, list) and all(isinstance(kind, str) for kind in types):
        request["member_types"] = types
    wishes = {"instance_type": "compute_instance_type"} if {"network", "compute"} & set(roles) else {}
    if "compute" in roles:
        wishes.update(
            image_id="compute_image_id",
            image_parameter="compute_image_parameter",
            image_tags="compute_image_tags",
            image_architecture="compute_architecture",
        )
    values = {option: reader.get(variable) for option, variable in wishes.items()}
    return {**request, **{option: value for option, value in values.items() if isinstance(value, (str, dict))}}


def _message(found: t.Sequence[str]) -> str:
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
