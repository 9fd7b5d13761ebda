# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which versions of objects have to become current. Pure.

Nothing is ever deleted: an older version comes back as a copy on top of the others, and what shall not be there gets a delete marker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

CREATE, MODIFY, DELETE = "create", "modify", "delete"
# Their content can't be read before S3 has retrieved it.
ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
_SHOWN = 5


@dataclass(frozen=True)
class Version:
    """A version of an object, or a delete marker.

    Attributes:
        key: the object's key.
        id: the version's id.
        modified: when it was written. S3 tells whole seconds.
        is_latest: whether it is the current one.
        is_marker: whether it is a delete marker.
        etag: what tells its content from another one's.
        size: bytes.
        storage_class: S3's word for where it is kept.
    """

    key: str
    id: str
    modified: datetime
    is_latest: bool = False
    is_marker: bool = False
    etag: str = ""
    size: int = 0
    storage_class: str = "STANDARD"

    def __str__(self) -> str:
        what = "deleted" if self.is_marker else f"{self.size} bytes"
        return f"{what}, version {self.id} of {time_text(self.modified)}"


@dataclass(frozen=True)
class Step:
    """What has to be done with one object.

    Attributes:
        current: what is current now.
        target: the version whose content has to be; None where there must be none.
    """

    current: Version
    target: Version | None

    @property
    def action(self) -> str:
        """Whether the object is made, changed or removed by it."""
        if self.target is None:
            return DELETE
        return CREATE if self.current.is_marker else MODIFY

    @property
    def told(self) -> dict[str, str]:
        """The step as the module returns it. It has no name and no action, by which progress would list it: there may be many."""
        restored = self.target.id if self.target else ""
        return {"key": self.current.key, "outcome": self.action, "replaced": self.current.id, "restored": restored}


def time_text(time: datetime) -> str:
    """A point in time, as people write it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def versions_of(page: Mapping[str, Any]) -> Iterator[Version]:
    """The versions and the delete markers of one answer of ListObjectVersions."""
    for entry in page.get("Versions", []):
        kind = entry.get("StorageClass", "STANDARD")
        yield Version(
            entry["Key"],
            entry["VersionId"],
            entry["LastModified"],
            entry["IsLatest"],
            etag=entry.get("ETag", ""),
            size=entry.get("Size", 0),
            storage_class=kind,
        )
    for entry in page.get("DeleteMarkers", []):
        yield Version(entry["Key"], entry["VersionId"], entry["LastModified"], entry["IsLatest"], is_marker=True)


def by_key(pages: Iterable[Mapping[str, Any]]) -> Iterator[list[Version]]:
    """The versions of each object by the order of keys, the current one first. Holds one page and one object at once.

    Args:
        pages: answers of ListObjectVersions, in their order. The last object of one may go on in the next.
    """
    gathered: dict[str, list[Version]] = {}
    for page in pages:
        for version in versions_of(page):
            gathered.setdefault(version.key, []).append(version)
        unfinished = page.get("NextKeyMarker") if page.get("IsTruncated") else None
        for key in sorted(gathered.keys() - {unfinished}):
            yield newest_first(gathered.pop(key))


def newest_first(versions: Iterable[Version]) -> list[Version]:
    """The versions of one object, the current one first.

    S3 lists them in this order, but markers by themselves: of a version and a marker of the same second, the version is taken
    for the newer, unless the marker is current.
    """
    return sorted(versions, key=lambda each: (each.is_latest, each.modified, not each.is_marker), reverse=True)


def same(one: Version, other: Version) -> bool:
    """Whether two versions surely have the same content."""
    return not one.is_marker and not other.is_marker and (one.etag, one.size) == (other.etag, other.size) and bool(one.etag)


def step_to(current: Version, target: Version | None) -> Step | None:
    """What makes a version the current one; None where it is, or its content is.

    Args:
        current: what is current.
        target: the version; None, or a delete marker, where the object shall not be there.
    """
    if target is None or target.is_marker:
        return None if current.is_marker else Step(current, None)
    return None if current.id == target.id or same(current, target) else Step(current, target)


def undeleted(versions: Sequence[Version]) -> Version | None:
    """The version that has to be current so that an object is there: the current one, or the last before it was deleted.

    Args:
        versions: of one object, the current one first.

    Returns:
        None where only delete markers are left.
    """
    return next((each for each in versions if not each.is_marker), None)


def as_of(versions: Sequence[Version], time: datetime) -> Version | None:
    """What was current at a point in time; None where the object had not been written yet.

    Args:
        versions: of one object, the current one first.
        time: the point in time. What was written in its second counts.
    """
    return next((each for each in versions if each.modified <= time), None)


def days_kept(rules: Iterable[Mapping[str, Any]], prefix: str) -> int | None:
    """How many days the bucket keeps versions that are not current any more; None for ever.

    Args:
        rules: of its lifecycle.
        prefix: what is asked about begins with it.
    """
    days = [
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in rules
        if rule["Status"] == "Enabled"
        and rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
        and (_prefix(rule).startswith(prefix) or prefix.startswith(_prefix(rule)))
    ]
    return min(days, default=None)


def _prefix(rule: Mapping[str, Any]) -> str:
    scope = rule.get("Filter", {})
    return scope.get("Prefix") or scope.get("And", {}).get("Prefix") or rule.get("Prefix", "")


def listed(names: Sequence[str]) -> str:
    """The first of several names, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def difference(steps: Iterable[Step]) -> dict[str, dict[str, str]]:
    """What differs before and after the steps, by the objects' keys."""
    before, after = {}, {}
    for step in steps:
        before[step.current.key] = str(step.current)
        after[step.current.key] = str(step.target) if step.target else "deleted"
    return {"before": before, "after": after}
