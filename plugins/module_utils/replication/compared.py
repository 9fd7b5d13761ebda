# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The versions of a bucket beside those of the bucket that it is copied to: what is there, and what is not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..restore.transform import Version

# Of versions that are not there: S3 still copies them, could not, or was never asked to.
PENDING, FAILED, UNREPLICATED = "pending", "failed", "unreplicated"
# Of what is there: the same version has other content, or another version is the current one.
DIFFERING, AHEAD = "differing", "ahead"
OUTCOMES = (PENDING, FAILED, UNREPLICATED, DIFFERING, AHEAD)


@dataclass(frozen=True)
class Compared:
    """One object in both buckets.

    Attributes:
        missing: versions that the other bucket has not.
        suspect: versions in both whose sizes or ETags differ, each with that of the other bucket.
        ahead: the version that is current in the other bucket, where the one that is current here is there too, below it.
    """

    missing: tuple[Version, ...] = ()
    suspect: tuple[tuple[Version, Version], ...] = ()
    ahead: Version | None = None


def pairs(
    source: Iterable[list[Version]], replica: Iterable[list[Version]]
) -> Iterator[tuple[list[Version], list[Version]]]:
    """The versions of each key of the source, with those of the same key of the other; both are in the order of their keys."""
    others = iter(replica)
    other = next(others, [])
    for versions in source:
        while other and other[0].key < versions[0].key:
            other = next(others, [])
        yield versions, other if other and other[0].key == versions[0].key else []


def compare(versions: list[Version], others: list[Version]) -> Compared:
    """One object in both buckets.

    Args:
        versions: all that the source has of it, the current one first.
        others: the same of the bucket that is copied to; empty where it has none.
    """
    there = {other.id: other for other in others}
    # Of delete markers only the current one says anything.
    missing = [one for one in versions if not one.is_marker and one.id not in there]
    current = versions[0]
    if current.is_marker and others and not others[0].is_marker:
        missing.insert(0, current)
    found = [(one, there[one.id]) for one in versions if one.id in there and not one.is_marker]
    suspect = tuple((one, other) for one, other in found if (one.size, one.etag) != (other.size, other.etag))
    # Where the current one is still to come, nobody knows yet which will be above.
    settled = bool(others) and current not in missing and not (current.is_marker and others[0].is_marker)
    return Compared(tuple(missing), suspect, others[0] if settled and others[0].id != current.id else None)


def outcome(version: Version, status: str) -> str:
    """What becomes of a version that the other bucket has not; empty where it has been there and went.

    Args:
        version: the version.
        status: S3's word for its replication; empty where it has none.
    """
    if version.is_marker or status == "PENDING":
        return PENDING
    if status == "FAILED":
        return FAILED
    # COMPLETED and REPLICA were there: a lifecycle rule removes older versions, and nothing but a person the current one.
    return UNREPLICATED if version.is_latest or not status else ""
