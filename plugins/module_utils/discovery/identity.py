# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What tells one environment from all others: its tags and its names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .kinds import NAME_SUFFIXES


@dataclass(frozen=True)
class Identity:
    """An environment.

    Args:
        name: the prefix of its names.
        tags: the tags that every resource of it carries, and no other environment's resource carries together.
        names: names by their purpose; the end of a key says which kind it names.
        ids: ids in EC2 of what is known to have been the environment's, whatever its tags and names.
    """

    name: str
    tags: dict[str, str]
    names: dict[str, str]
    ids: frozenset[str] = frozenset()

    def names_of(self, kind: str) -> list[str]:
        """The names that resources of this kind have."""
        suffix = NAME_SUFFIXES[kind]
        return sorted({value for key, value in self.names.items() if key == suffix or key.endswith(f"_{suffix}")})

    def owns_tags(self, tags: Mapping[str, str]) -> bool:
        """Whether a resource with these tags is the environment's."""
        return all(tags.get(key) == value for key, value in self.tags.items())

    def ec2_filters(self) -> list[dict]:
        """The tags as EC2's filters."""
        return [{"Name": f"tag:{key}", "Values": [value]} for key, value in sorted(self.tags.items())]

    def tag_filters(self) -> list[dict]:
        """The tags as the tagging service's filters."""
        return [{"Key": key, "Values": [value]} for key, value in sorted(self.tags.items())]


def tags_of(resource: Mapping) -> dict[str, str]:
    """The tags of a described resource as a dictionary, whatever the service calls the list, or one that is there."""
    tags: Mapping | Iterable[Mapping] = resource.get("Tags") or resource.get("TagSet") or []
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


# Which role's alarms begin with the name of a purpose.
_ALARM_PURPOSES = {
    "audit_alarms": "audit",
    "shared_storage_alarms": "shared_storage",
    "database_alarms": "database",
    "cache_alarms": "cache",
    "instance": "monitoring",
}


def alarm_owner(name: str, names: Mapping[str, str]) -> str:
    """The role that makes alarms with a name like this one; empty for none.

    Args:
        name: of the alarm.
        names: the environment's, of which some purposes begin the names of alarms.
    """
    prefixes = {names.get(purpose): role for purpose, role in _ALARM_PURPOSES.items()}
    return next((role for prefix, role in prefixes.items() if prefix and name.startswith(f"{prefix}-")), "")
