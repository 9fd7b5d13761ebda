# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compares what roles declare with what stands. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.dashboard.transform import same_json
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.collect import Found
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity, tags_of

from .kinds import INPUTS, KINDS
from .model import Attribute, Change, Difference, Entry, Kind, Standing

# A declared resource: kind, name and attributes.
Declared = Mapping[str, Any]
_NOTHING = (None, "", [], {})


@dataclass
class Comparison:
    """What differs.

    Attributes:
        differences: the resources that do not stand as declared.
        unknown: by role, what it declares and the comparison does not know.
    """

    differences: list[Difference] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)

    def converged(self, roles: Iterable[str]) -> list[str]:
        """Those of the roles that stand exactly as declared."""
        unsettled = {difference.role for difference in self.differences} | self.unknown.keys()
        return [role for role in roles if role not in unsettled]

    def to_run(self, roles: Iterable[str]) -> list[str]:
        """Those of the roles that do not, and those whose declaration may follow from what they change."""
        asked = list(roles)
        rerun: set[str] = set(asked) - set(self.converged(asked))
        for role, inputs in INPUTS.items():
            if rerun & set(inputs):
                rerun.add(role)
        return [role for role in asked if role in rerun]


def compare(
    declared: Mapping[str, list[Declared]], found: Found, identity: Identity, absent: Collection[str] = ()
) -> Comparison:
    """Compares all roles at once, since they refer to each other's resources.

    Args:
        declared: what each of the roles declares.
        found: what stands of the environment, by discovery's kinds, with details.
        identity: the environment.
        absent: those of the roles of which nothing is to stand.
    """
    standing = Standing(found, identity)
    result = Comparison()
    matches = [(kind, *_match(kind, _declared_of(kind, declared, absent), standing)) for kind in KINDS]
    for kind, pairs, surplus in matches:
        result.differences += _differences(kind, pairs, surplus, standing, declared, absent)
    for role, entries in declared.items():
        unknown = [] if role in absent else sorted({word for entry in entries for word in unknown_words(entry)})
        if unknown:
            result.unknown[role] = unknown
    return result


def attribute_changes(kind: str, declared: Mapping[str, Any], answer: Entry) -> tuple[Change, ...]:
    """What differs between what is declared of a resource and the one that stands, without looking at others.

    Args:
        kind: one of `KINDS` whose attributes refer to no other resource.
        declared: its attributes.
        answer: the resource as discovery finds it.
    """
    return tuple(_changes(KINDS[kind], declared, answer, Standing({}, Identity("", {}, {}))))


def modified(changes: Iterable[Change]) -> dict[str, Any]:
    """What a module returns of a resource that stands and stays: changed, action, changes and diff.

    Args:
        changes: those that were made of it, or would be.
    """
    made = list(changes)
    return {
        "changed": bool(made),
        "action": "modify" if made else "none",
        "changes": [change.attribute for change in made],
        "diff": {
            "before": {change.attribute: change.before for change in made},
            "after": {change.attribute: change.after for change in made},
        },
    }


def unknown_words(entry: Declared) -> list[str]:
    """The kind of a declared resource, or those of its attributes, that the comparison does not know."""
    kind = KINDS.get(entry["kind"])
    if kind is None or kind.only_absent:
        return [entry["kind"]]
    return [f"{entry['kind']}.{name}" for name in entry["attributes"] if name not in kind.attributes]


Owned = tuple[str, Declared]
# With the resource that stands, or None.
Pair = tuple[str, Declared, Any]


def _declared_of(kind: str, declared: Mapping[str, list[Declared]], absent: Collection[str]) -> list[Owned]:
    return [
        (role, entry)
        for role, entries in declared.items()
        if role not in absent
        for entry in entries
        if entry["kind"] == kind
    ]


def _match(name: str, declared: list[Owned], standing: Standing) -> tuple[list[Pair], list[Entry]]:
    """Finds what stands for each declared resource, and notes its name; the rest is surplus."""
    kind = KINDS[name]
    # What carries the environment's tags is meant before what lost one of them.
    left = sorted(kind.entries(standing), key=lambda one: not standing.identity.owns_tags(tags_of(one)))
    answers: dict[int, Entry] = {}
    for key in kind.keys:
        for at, (_role, entry) in enumerate(declared):
            wanted = key.declared({"Name": entry["name"], **entry["attributes"]})
            if at in answers or wanted is None:
                continue
            chosen = next((one for one in left if key.standing(one, standing) == wanted), None)
            if chosen is not None:
                answers[at] = chosen
                left = [one for one in left if one is not chosen]
                standing.names[kind.identifier(chosen)] = entry["name"]
    pairs = [(role, entry, answers.get(at)) for at, (role, entry) in enumerate(declared)]
    return pairs, left


def _differences(
    name: str,
    pairs: list[Pair],
    surplus: list[Entry],
    standing: Standing,
    roles: Collection[str],
    absent: Collection[str],
) -> Iterable[Difference]:
    kind = KINDS[name]
    for role, entry, answer in pairs:
        if answer is None and kind.left_out(entry["attributes"], standing):
            continue
        changes = tuple(_changes(kind, entry["attributes"], answer, standing))
        identifier = kind.identifier(answer) if answer is not None else ""
        if answer is None or changes:
            action = "create" if answer is None else "modify"
            yield Difference(role, name, entry["name"], identifier, action, changes)
    for answer in surplus:
        role = kind.owner(answer, standing)
        if role in absent or (role in roles and not kind.only_absent and not kind.kept):
            changes = tuple(_changes(kind, None, answer, standing))
            yield Difference(role, name, kind.label(answer), kind.identifier(answer), "delete", changes)


def _changes(
    kind: Kind, declared: Mapping[str, Any] | None, answer: Entry | None, standing: Standing
) -> Iterable[Change]:
    for name, attribute in kind.attributes.items():
        if declared is not None and name in declared:
            wanted = attribute.form(declared[name])
        elif declared is not None and attribute.implied and answer is not None:
            wanted = attribute.form(attribute.implied(declared))
        elif declared is not None:
            continue
        else:
            wanted = None
        there = None if answer is None else _form(attribute, attribute.read(answer, standing))
        if declared is None or answer is None:
            if not (there in _NOTHING and wanted in _NOTHING):
                yield Change(name, there, wanted)
        elif not _same(attribute, wanted, there, standing):
            yield from _apart(name, there, wanted, attribute.partial)


def _form(attribute: Attribute, value: Any) -> Any:
    """What was read, in its form; nothing where it could not be read."""
    return None if value is None else attribute.form(value)


def _same(attribute: Attribute, wanted: Any, there: Any, standing: Standing) -> bool:
    if attribute.same:
        return attribute.same(wanted, there, standing)
    if attribute.partial and isinstance(there, Mapping):
        there = {name: there[name] for name in wanted if name in there}
    return same_json(wanted, there)


def _is_flat(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(isinstance(member, (Mapping, list)) for member in value.values())


def _apart(name: str, there: Any, wanted: Any, partial: bool) -> Iterable[Change]:
    """The members that differ, where both are dictionaries of plain values; else the whole."""
    if not (_is_flat(there) and _is_flat(wanted) and there and wanted):
        yield Change(name, there, wanted)
        return
    for member in sorted(wanted.keys() | (set() if partial else there.keys())):
        if not same_json(there.get(member), wanted.get(member)):
            yield Change(f"{name}.{member}", there.get(member), wanted.get(member))
