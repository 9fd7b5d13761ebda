# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Has one resource stand as it shall where AWS may know several that answer to its description: the oldest is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import attribute_changes, modified

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Calls:
    """What a module does to one kind of resource.

    Attributes:
        kind: the comparison's name of the kind.
        member: which member of a resource is its id.
        result: what the module returns the id as.
        create: makes the resource and returns its id.
        change: writes some attributes of one that stands: it gets it, and the names of those that differ.
        delete: deletes one.
        shown: which members tell in the difference what is deleted.
    """

    kind: str
    member: str
    result: str
    create: Callable[[], str]
    change: Callable[[Entry, set[str]], None]
    delete: Callable[[Entry], None]
    shown: tuple[str, ...]


def ensure_present(calls: Calls, want: Entry, standing: list[dict[str, Any]], check: bool) -> dict[str, Any]:
    """Makes the resource as it shall be, and returns the module's result.

    Args:
        calls: what is done to it.
        want: it, as it shall stand, in the comparison's words.
        standing: those that answer to its description, the oldest first. All but the first are too many.
        check: whether nothing may be changed.
    """
    for surplus in standing[1:] if not check else []:
        calls.delete(surplus)
    if not standing:
        identifier = "" if check else calls.create()
        diff = {"before": {}, "after": dict(want)}
        return {"changed": True, "action": "create", "changes": [], calls.result: identifier, "diff": diff}
    kept = standing[0]
    changes = attribute_changes(calls.kind, want, kept)
    if changes and not check:
        calls.change(kept, {change.attribute.partition(".")[0] for change in changes})
    result = {**modified(changes), calls.result: kept[calls.member]}
    if standing[1:]:
        result |= {"changed": True, "action": "modify"}
        result["diff"]["before"] |= _surplus(calls, standing)
    return result


def ensure_absent(calls: Calls, standing: list[dict[str, Any]], check: bool) -> dict[str, Any]:
    """Deletes all that answer to the description, and returns the module's result: see ensure_present."""
    for one in standing if not check else []:
        calls.delete(one)
    before = {name: standing[0].get(name) for name in calls.shown} if standing else {}
    return {
        "changed": bool(standing),
        "action": "delete" if standing else "none",
        "changes": [],
        calls.result: "",
        "diff": {"before": {**before, **_surplus(calls, standing)}, "after": {}},
    }


def _surplus(calls: Calls, standing: list[dict[str, Any]]) -> dict[str, Any]:
    """What the difference says of those that are too many."""
    return {"Surplus": [one[calls.member] for one in standing[1:]]} if standing[1:] else {}
