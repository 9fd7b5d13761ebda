# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What hangs on an Auto Scaling group: its schedule, its lifecycle hooks and its warm pool. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Entry = Mapping[str, Any]

_SIZES = ("MinSize", "MaxSize", "DesiredCapacity")
ACTION, HOOK = "ScheduledActionName", "LifecycleHookName"
# What a new one has where nothing is said.
_ACTION = {"TimeZone": "UTC"}
_HOOK = {"HeartbeatTimeout": 3600, "DefaultResult": "ABANDON"}
_POOL = {"PoolState": "Stopped", "MinSize": 0, "ReuseOnScaleIn": False}
# What of each a caller can say. AWS adds ARNs, times and states.
_ACTION_MEMBERS = (ACTION, "Recurrence", "TimeZone", *_SIZES)
_HOOK_MEMBERS = (HOOK, "LifecycleTransition", "HeartbeatTimeout", "DefaultResult")
GOING = "PendingDelete"


class Call(NamedTuple):
    """A call of Auto Scaling's.

    Attributes:
        operation: boto3's name of it.
        arguments: beside the group's name.
    """

    operation: str
    arguments: dict[str, Any]


def actions(value: Iterable[Entry] | None) -> list[dict[str, Any]]:
    """Scheduled actions in the form in which they are compared, by name."""
    return _form(value, _ACTION_MEMBERS, _ACTION, ACTION)


def hooks(value: Iterable[Entry] | None) -> list[dict[str, Any]]:
    """Lifecycle hooks in the form in which they are compared, by name."""
    return _form(value, _HOOK_MEMBERS, _HOOK, HOOK)


def pool(value: Entry | None) -> dict[str, Any]:
    """A warm pool in the form in which it is compared. None, and one that is being deleted, is an empty one."""
    if not value or value.get("Status") == GOING:
        return {}
    reuse = value.get("ReuseOnScaleIn", (value.get("InstanceReusePolicy") or {}).get("ReuseOnScaleIn"))
    told = {"PoolState": value.get("PoolState"), "MinSize": value.get("MinSize"), "ReuseOnScaleIn": reuse}
    return {**_POOL, **{name: member for name, member in told.items() if member is not None}}


def own(group: str, entries: Iterable[Entry] | None, name: str) -> list[Entry]:
    """Those that are named after the group. Others' stay."""
    return [entry for entry in entries or [] if entry[name].startswith(f"{group}-")]


def calls(changed: Iterable[str], before: Entry, after: Entry) -> list[Call]:
    """What makes the parts that differ as they shall be.

    Args:
        changed: the names of these parts.
        before: all parts as they stand, in the forms above.
        after: all parts as they shall stand.
    """
    made: list[Call] = []
    for part in changed:
        there, wanted = before[part], after[part]
        if part == "WarmPool":
            made.append(_pool_call(wanted))
            continue
        name, put, delete = _CALLS[part]
        names = {one[name] for one in wanted}
        made += [Call(delete, {name: one[name]}) for one in there if one[name] not in names]
        made += [Call(put, dict(one)) for one in wanted if one not in there]
    return made


_CALLS = {
    "ScheduledActions": (ACTION, "put_scheduled_update_group_action", "delete_scheduled_action"),
    "LifecycleHooks": (HOOK, "put_lifecycle_hook", "delete_lifecycle_hook"),
}


def _pool_call(wanted: Entry) -> Call:
    if not wanted:
        return Call("delete_warm_pool", {"ForceDelete": True})
    arguments = {name: wanted[name] for name in ("PoolState", "MinSize")}
    return Call("put_warm_pool", {**arguments, "InstanceReusePolicy": {"ReuseOnScaleIn": wanted["ReuseOnScaleIn"]}})


def _form(value: Iterable[Entry] | None, members: Iterable[str], defaults: Entry, name: str) -> list[dict[str, Any]]:
    told = [{**defaults, **{member: one[member] for member in members if one.get(member) is not None}} for one in value or []]
    return sorted(told, key=lambda one: one[name])
