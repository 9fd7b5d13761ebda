# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a comparison is made of: the kinds of resources with their attributes, and the differences. Data only."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.collect import Found
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

Entry = Mapping[str, Any]
Attributes = Mapping[str, Any]


@dataclass
class Standing:
    """What stands, and by which names the declarations refer to it.

    Attributes:
        found: the environment's resources by discovery's kinds, with details.
        identity: the environment.
        names: the declared name by the id of the resource that answers to it.
    """

    found: Found
    identity: Identity
    names: dict[str, str] = field(default_factory=dict)

    def name(self, identifier: str) -> str:
        """The declared name of what has this id; the id itself where nothing declared answers to it."""
        return self.names.get(identifier, identifier)

    def entry(self, kind: str, member: str, value: Any) -> Entry:
        """The resource of a kind with this value of a member, or nothing."""
        return next((entry for entry in self.found.get(kind, []) if entry.get(member) == value), {})


def unchanged(value: Any) -> Any:
    """The form of values that need no other."""
    return value


@dataclass(frozen=True)
class Attribute:
    """One attribute of a kind.

    Attributes:
        read: reads it of a standing resource.
        form: brings a declared value, and one that was read, into the form in which they are compared.
        implied: what it must be where the role does not declare it, by what the role declares; None where it is not
            compared then.
        partial: whether members that are not declared are left alone.
        same: tells whether two forms mean the same, where they can do so without being equal.
    """

    read: Callable[[Entry, Standing], Any]
    form: Callable[[Any], Any] = unchanged
    implied: Callable[[Attributes], Any] | None = None
    partial: bool = False
    same: Callable[[Any, Any, Standing], bool] | None = None


@dataclass(frozen=True)
class Key:
    """One way to tell which standing resource answers to a declared one.

    Attributes:
        declared: what a declared resource's attributes say, None where they say nothing.
        standing: what a standing resource says.
    """

    declared: Callable[[Attributes], Hashable]
    standing: Callable[[Entry, Standing], Hashable]


@dataclass(frozen=True)
class Kind:
    """What is known of a kind that roles declare.

    Attributes:
        attributes: its attributes, by the names that the roles declare them under.
        keys: what a declared resource and a standing one have in common, tried one after the other.
        entries: the standing resources of this kind that some role could have made.
        owner: the role that answers for a standing resource that nobody declares; empty where none does.
        identifier: the id of a standing resource.
        label: what people call a standing resource that nobody declares.
        only_absent: whether roles remove this kind and never make it.
        kept: whether roles that make anything leave what they do not declare any more where it stands.
        left_out: whether roles make nothing of what they declare, as things stand.
    """

    attributes: Mapping[str, Attribute]
    keys: tuple[Key, ...]
    entries: Callable[[Standing], Iterable[Entry]]
    owner: Callable[[Entry, Standing], str]
    identifier: Callable[[Entry], str]
    label: Callable[[Entry], str]
    only_absent: bool = False
    kept: bool = False
    left_out: Callable[[Attributes, Standing], bool] = lambda attributes, standing: False


@dataclass(frozen=True)
class Change:
    """One attribute that differs.

    Attributes:
        attribute: its name; a member of a dictionary follows after a dot.
        before: what stands, None for nothing.
        after: what is declared, None for nothing.
    """

    attribute: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    """One resource that does not stand as declared.

    Attributes:
        role: the role that declares it, or that answers for it where nobody does.
        kind: its kind.
        name: its declared name, or what people call it.
        id: its id, empty where it does not stand.
        action: create, modify or delete.
        attributes: what differs.
    """

    role: str
    kind: str
    name: str
    id: str
    action: str
    attributes: tuple[Change, ...]
