# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a changed result says was made, changed or removed. Pure.

A module's arguments are never shown: they only choose among the names and ids that discovery and the comparison told, and
say whether something was to go.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .kinds import ID_PREFIXES, kind_of, kind_of_id
from .known import CHANGED, MADE, REMOVED, Known

Result = Mapping[str, t.Any]

# How modules that keep many things tell what became of each.
_BECAME = {"create": MADE, "modify": CHANGED, "delete": REMOVED}
_LISTED = {"created": MADE, "modified": CHANGED, "deleted": REMOVED}
# In check mode messages stand in for modules that know none.
_WOULD_GO = re.compile(r"\bwould be (removed|deleted|released|terminated)\b")
_WHOLE = re.compile(r"(?:The .* )?(\S+) would be (?:made|removed)\.")
_WORD = re.compile(r"[^\s,;()'\"]+")


@dataclass(frozen=True)
class Source:
    """Where a result comes from.

    Attributes:
        action: the module's full name; of a job in the background, the module that works in it.
        task: the task's name.
        label: what a loop's item is called; empty outside of loops.
    """

    action: str
    task: str
    label: str = ""

    def __str__(self) -> str:
        return f"{self.task}: {self.label}" if self.label else self.task


@dataclass(frozen=True)
class Change:
    """One thing that was made, changed or removed.

    Attributes:
        what: made, changed or removed.
        kind: the kind of thing; empty where nobody can tell.
        name: its name, or else the task's.
        id: its id in EC2; empty where it has none.
    """

    what: str
    kind: str
    name: str
    id: str = ""


def changes(result: Result, source: Source, known: Known) -> list[Change]:
    """Return what a changed result says, and let what is known of the environment follow it."""
    kind = kind_of(source.action)
    if source.action.endswith("debug"):
        found = [_of_message(result, source, known)]
    elif isinstance(result.get("deleted"), list) or any(_entries(result)):
        found = [*_of_entries(result, known, kind), *_of_lists(result, known, kind)]
    else:
        kind = kind_of_id(_arguments(result).get("resource", "")) if kind == "tags" else kind
        ids = _own_ids(result, kind)
        found = [_of_one(result, source, known, kind, identifier, len(ids)) for identifier in ids or [""]]
    for change in found:
        known.remember(change.kind, change.name, change.id)
    return found


def subject(result: Result, source: Source, known: Known) -> str:
    """Return the name of what a result is about, as far as anybody can tell; empty for nothing in particular."""
    stands = known.find(kind_of(source.action), _clues(result))
    return source.label or (stands.name if stands else "")


def _of_message(result: Result, source: Source, known: Known) -> Change:
    """What a message says that stands in for a module."""
    message = result.get("msg", "")
    text = "; ".join(map(str, message)) if isinstance(message, list) else str(message)
    told = {word.rstrip(".:") for word in _WORD.findall(text)}
    if not told & set(source.label.split()):
        text = f"{source.label}: {text}".removeprefix(": ")
    about = known.named(told | {source.label})
    awaited = {resource.awaits for resource in about} - {""}
    what = REMOVED if _WOULD_GO.search(text) else awaited.pop() if len(awaited) == 1 else CHANGED
    whole = _WHOLE.fullmatch(text)
    return Change(what, about[0].kind if len(about) == 1 else "", whole[1] if whole else text)


def _entries(result: Result) -> Iterator[list[Mapping[str, t.Any]]]:
    """The lists in which such a module says what became of each thing."""
    for entries in result.values():
        if isinstance(entries, list) and all(isinstance(entry, Mapping) and "action" in entry for entry in entries):
            yield entries


def _of_entries(result: Result, known: Known, kind: str) -> Iterator[Change]:
    """What a module that keeps many things says of each, in the order in which it was asked for them."""
    for entries in _entries(result):
        asked = [value for value in _arguments(result).values() if isinstance(value, list) and len(value) == len(entries)]
        for at, entry in enumerate(entries):
            if entry["action"] in _BECAME:
                identifier, name = next(iter(_own_ids(entry, kind)), ""), _own_name(entry, kind)
                clues = {clue for wanted in asked if isinstance(wanted[at], Mapping) for clue in _words_of(wanted[at])}
                stands = known.find(kind, [identifier]) or known.find(kind, [name] if name else clues)
                name = name or (stands.name if stands else entry.get("service", ""))
                yield Change(_BECAME[entry["action"]], kind, name, identifier)


def _of_lists(result: Result, known: Known, kind: str) -> Iterator[Change]:
    """What such a module lists, by names or by ids."""
    for key, what in _LISTED.items():
        for word in result.get(key) or []:
            stood = known.find(kind, [word])
            by_id = word.startswith(ID_PREFIXES.get(kind, "-"))
            yield Change(what, kind, stood.name if stood else "" if by_id else word, word if by_id else "")


def _of_one(result: Result, source: Source, known: Known, kind: str, identifier: str, of: int) -> Change:
    """One of as many things as a result has ids of its kind."""
    name = (source.label or _own_name(result, kind)) if of < 2 else ""
    stood = known.find(kind, [identifier]) or known.find(kind, [name])
    if not (stood or name or of > 1):
        stood = known.find(kind, _clues(result))
    if stood:
        name = name or stood.name
        identifier = identifier or (stood.id if stood.id.startswith(ID_PREFIXES.get(kind, "-")) else "")
    if _arguments(result).get("state") == "absent":
        what = REMOVED
    else:
        what = MADE if _was_nothing(result) else known.happened(kind, name, identifier)
    return Change(what, kind, name if kind and name else str(source), identifier)


def _arguments(result: Result) -> Mapping[str, t.Any]:
    invocation = result.get("invocation")
    arguments = invocation.get("module_args") if isinstance(invocation, Mapping) else None
    return arguments if isinstance(arguments, Mapping) else {}


def _was_nothing(result: Result) -> bool:
    """Whether a result's difference shows that nothing stood before."""
    diff = result.get("diff")
    before = diff.get("before") if isinstance(diff, Mapping) else None
    return isinstance(before, Mapping) and (not before or before.get("state") == "absent")


def _clues(result: Result) -> set[str]:
    """What the arguments name: only for looking up what is known by another source."""
    return _words_of(_arguments(result))


def _words_of(asked: Mapping[str, t.Any]) -> set[str]:
    tags = asked.get("tags")
    words = [*asked.values(), tags.get("Name") if isinstance(tags, Mapping) else ""]
    return {word for word in words if isinstance(word, str) and word}


def _parts(result: Result) -> Iterator[Mapping[str, t.Any]]:
    """The result itself and the dictionaries in it, without what it was asked."""
    own = {key: value for key, value in result.items() if key not in ("invocation", "item", "diff")}
    yield own
    for value in own.values():
        yield from (entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, Mapping))


def _own_name(result: Result, kind: str) -> str:
    """The name of what a result is about: by its tag, or as its kind calls it."""
    keys = ("name", f"{kind}_name", f"{kind.rpartition('_')[2]}_name", "dest", "path", "html")
    for part in _parts(result):
        tags = part.get("tags")
        names = [tags.get("Name") if isinstance(tags, Mapping) else None, *(part.get(key) for key in keys)]
        found = next((name for name in names if isinstance(name, str) and name), "")
        if found:
            return found
    return ""


def _own_ids(result: Result, kind: str) -> list[str]:
    """The ids of its kind that a result has, each once."""
    if kind not in ID_PREFIXES:
        return []
    real = re.compile(f"{ID_PREFIXES[kind]}(?!0+$)[0-9a-f]{{8,}}")
    words: list[t.Any] = []
    for part in _parts(result):
        for value in part.values():
            words.extend(value if isinstance(value, list) else [value])
    return list(dict.fromkeys(word for word in words if isinstance(word, str) and real.fullmatch(word)))
