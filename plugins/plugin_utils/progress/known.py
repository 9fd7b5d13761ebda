# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What discovery and the comparison told of an environment: it tells what is made from what is changed. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.kinds import GATHER

MADE, CHANGED, REMOVED = "made", "changed", "removed"
_ACTIONS = {"create": MADE, "modify": CHANGED, "delete": REMOVED}


@dataclass(frozen=True)
class Resource:
    """One resource.

    Attributes:
        kind: its kind, in discovery's words.
        name: its name.
        id: its id; empty where it does not stand.
        awaits: what the comparison says will happen to it; empty for what only stands.
    """

    kind: str
    name: str
    id: str
    awaits: str = ""


class Known:
    """The resources of one environment."""

    def __init__(self) -> None:
        self._told = False
        self._standing: list[Resource] = []
        self._differing: list[Resource] = []

    def learn(self, result: Mapping[str, t.Any]) -> None:
        """Take over what a result of environment_info or environment_diff lists; the latest counts."""
        if not isinstance(result.get("resources"), list):
            return
        self._told = True
        self._standing = [Resource(entry["kind"], entry["name"], entry["id"]) for entry in result["resources"]]
        self._differing = [
            Resource(entry["kind"], entry["name"], entry["id"], _ACTIONS[entry["action"]])
            for entry in result.get("differences") or []
        ]

    def find(self, kind: str, words: Collection[str]) -> Resource | None:
        """The one resource of a kind whose name or id is among these words; None for none and for several."""
        found = {
            (resource.name, resource.id): resource
            for resource in [*self._differing, *self._standing]
            if resource.kind == kind and {resource.name, resource.id} & set(words) - {""}
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def named(self, words: Collection[str]) -> list[Resource]:
        """What differs and has one of these words for a name; where nothing does, what stands."""
        differing = [resource for resource in self._differing if resource.name in words]
        return differing or [resource for resource in self._standing if resource.name in words]

    def happened(self, kind: str, name: str, identifier: str) -> str:
        """What the change of a resource was: that it was made, or that it was changed, where nobody knows better."""
        standing = [resource for resource in self._standing if resource.kind == kind]
        differing = [resource for resource in self._differing if resource.kind == kind]
        if identifier and any(resource.id == identifier for resource in [*standing, *differing]):
            return CHANGED
        if identifier and self._told:
            return MADE
        if any(resource.name == name for resource in standing):
            return CHANGED
        awaited = {resource.awaits for resource in differing if resource.name == name}
        if kind not in GATHER["resources"]:
            # A part of something: it is made where the whole is.
            awaited = awaited or {resource.awaits for resource in self.named(name.split())} - {""}
        elif self._told:
            awaited = awaited or {MADE}
        return awaited.pop() if len(awaited) == 1 else CHANGED

    def remember(self, kind: str, name: str, identifier: str) -> None:
        """From now on this resource stands."""
        self._standing.append(Resource(kind, name, identifier))
