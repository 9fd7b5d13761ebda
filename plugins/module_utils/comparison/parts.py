# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The parts that the descriptions of kinds are put together from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

from . import values
from .model import Attribute, Attributes, Entry, Key, Standing, unchanged

# In the place of the VPC's id, which no declaration knows.
OWN_VPC = "the environment's"


def of(member: str, default: Any = None) -> Callable[[Entry, Standing], Any]:
    """Reads a member of the entry itself."""
    return lambda entry, standing: entry.get(member, default)


def own_tags(entry: Entry, standing: Standing) -> dict[str, str]:
    """Reads the tags."""
    return tags_of(entry)


def always(value: Any) -> Callable[[Attributes], Any]:
    """Implies the same, whatever is declared."""
    return lambda attributes: value


def plain(member: str, form: Callable[[Any], Any] = unchanged, default: Any = None, **more: Any) -> Attribute:
    """An attribute that the entry has under the same name."""
    return Attribute(of(member, default), form, **more)


def implied(read: Callable[[Entry, Standing], Any] | str, value: Any, default: Any = None) -> Attribute:
    """An attribute that roles leave at its default."""
    return Attribute(of(read, value if default is None else default) if isinstance(read, str) else read, implied=always(value))


TAGS = Attribute(own_tags, values.tags)
# For what the roles tag without removing the tags of others, such as a patch group or a cost category.
TAGS_AMONG_OTHERS = Attribute(own_tags, values.tags, partial=True)


def vpc_of(entry: Entry, standing: Standing) -> str:
    """Which VPC something is in, in a form that a declaration can imply."""
    vpc_id = entry.get("VpcId", "")
    # Where nobody compares the VPC itself, the only one that stands is meant.
    standing_ids = [vpc["VpcId"] for vpc in standing.found.get("vpc", [])]
    return OWN_VPC if vpc_id in standing.names or standing_ids == [vpc_id] else vpc_id


IN_OWN_VPC = implied(vpc_of, OWN_VPC)


def by_member(member: str, found_as: str | None = None) -> Key:
    """A key that is an attribute of both sides."""
    return Key(lambda attributes: attributes.get(member), lambda entry, standing: entry.get(found_as or member))


def by_tags(*names: str) -> Key:
    """A key of tags. What lacks one of them has no key."""

    def key(tags: dict[str, str]) -> tuple[str, ...] | None:
        return tuple(tags[name] for name in names) if tags.keys() >= set(names) else None

    return Key(
        lambda attributes: key(attributes.get("Tags", {})),
        lambda entry, standing: key(tags_of(entry)) if _is_near(entry, standing) else None,
    )


def _is_near(entry: Entry, standing: Standing) -> bool:
    """Whether something carries the environment's tags, or is in its VPC and lost one of them."""
    return standing.identity.owns_tags(tags_of(entry)) or entry.get("VpcId") in standing.names


# For kinds of which an environment has one, whatever it is called.
THE_ONLY_ONE = Key(lambda attributes: True, lambda entry, standing: _is_near(entry, standing) or None)


def owned_by(role: str) -> Callable[[Entry, Standing], str]:
    """All of a kind are this role's."""
    return lambda entry, standing: role


def owner_by_name(member: str, **owners: str) -> Callable[[Entry, Standing], str]:
    """The role is told by the environment's names: their purpose, and whose it is."""

    def owner(entry: Entry, standing: Standing) -> str:
        names = {standing.identity.names.get(purpose): role for purpose, role in owners.items()}
        return names.get(entry.get(member), "")

    return owner


def entries_of(kind: str, keep: Callable[[Entry], bool] = bool) -> Callable[[Standing], Iterable[Entry]]:
    """Those of a discovered kind that some role could have made."""
    return lambda standing: [entry for entry in standing.found.get(kind, []) if keep(entry)]


def identified_by(member: str) -> Callable[[Entry], str]:
    """The id is a member."""
    return lambda entry: entry.get(member, "")


def labelled_by(member: str) -> Callable[[Entry], str]:
    """The name is a member."""
    return lambda entry: entry[member]


def labelled_by_tag(member: str) -> Callable[[Entry], str]:
    """The name is the tag Name, or else this member."""
    return lambda entry: tags_of(entry).get("Name") or entry.get(member, "")
