# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned from lists of versions, and properties of it: S3 itself, as a few lines of Python, carries the plans out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.restore import asked as asking
from ansible_collections.mlinfra.aws.plugins.module_utils.restore import transform
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.transform import Version
from hypothesis import given
from hypothesis import strategies as st

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = ("a", "a/b", "b")
# What happens to objects, one event a second: content that is written, or None for a deletion.
events = st.lists(st.tuples(st.sampled_from(KEYS), st.one_of(st.none(), st.text("xyz", min_size=1, max_size=2))), max_size=12)


class Bucket:
    """A bucket that keeps versions."""

    def __init__(self) -> None:
        self.history: dict[str, list[Version]] = {}
        self._now = BEGIN
        self._ids = 0

    def write(self, key: str, content: str | None) -> None:
        """Put an object, or a delete marker; a second goes by."""
        self._ids += 1
        made = Version(key, str(self._ids), self._now, True, content is None, content or "", len(content or ""))
        older = [Version(**{**vars(one), "is_latest": False}) for one in self.history.get(key, [])]
        self.history[key] = [made, *older]
        self._now += timedelta(seconds=1)

    def carry_out(self, steps: list[transform.Step]) -> None:
        """Do what was planned."""
        for step in steps:
            self.write(step.current.key, step.target.etag if step.target else None)

    def contents(self) -> dict[str, str]:
        """What is current, by key."""
        return {key: one[0].etag for key, one in self.history.items() if not one[0].is_marker}

    def pages(self, size: int) -> list[dict[str, Any]]:
        """What ListObjectVersions answers, in pages of a size."""
        listed = [one for key in sorted(self.history) for one in self.history[key]]
        pages = []
        for at in range(0, len(listed), size):
            part = listed[at : at + size]
            page: dict[str, Any] = {"Versions": [], "DeleteMarkers": []}
            for one in part:
                entry = {"Key": one.key, "VersionId": one.id, "LastModified": one.modified, "IsLatest": one.is_latest}
                data = {} if one.is_marker else {"ETag": one.etag, "Size": one.size}
                page["DeleteMarkers" if one.is_marker else "Versions"].append({**entry, **data})
            if at + size < len(listed):
                page |= {"IsTruncated": True, "NextKeyMarker": part[-1].key}
            pages.append(page)
        return pages

    def plan(self, time: datetime, size: int = 1000) -> list[transform.Step]:
        """What brings everything to a point in time."""
        found = list(transform.by_key(self.pages(size)))
        steps = [transform.step_to(versions[0], transform.as_of(versions, time)) for versions in found]
        return [step for step in steps if step]


@given(events, events)
def test_everything_is_as_it_was_and_nothing_is_lost(before, after):
    bucket = Bucket()
    for event in before:
        bucket.write(*event)
    then = bucket.contents()
    time = BEGIN + timedelta(seconds=len(before) - 1)
    for event in after:
        bucket.write(*event)
    versions = {one.id for each in bucket.history.values() for one in each}
    steps = bucket.plan(time)
    bucket.carry_out(steps)
    assert bucket.contents() == then
    assert versions <= {one.id for each in bucket.history.values() for one in each}
    assert bucket.plan(time) == [], "a second time there is nothing to do"
    assert len({step.current.key for step in steps}) == len(steps)
    difference = transform.difference(steps)
    assert difference["before"].keys() == difference["after"].keys() == {step.current.key for step in steps}


@given(events, st.integers(1, 5), st.integers(-1, 12))
def test_pages_of_any_size_lead_to_the_same_plan(happened, size, seconds):
    bucket = Bucket()
    for event in happened:
        bucket.write(*event)
    time = BEGIN + timedelta(seconds=seconds)
    assert bucket.plan(time, size) == bucket.plan(time)
    assert list(transform.by_key(bucket.pages(size))) == [bucket.history[key] for key in sorted(bucket.history)]


def test_of_one_second_the_current_one_is_the_newest_and_then_the_version():
    marker, one, two = (Version("k", name, BEGIN, is_marker=name == "m") for name in ("m", "1", "2"))
    assert [each.id for each in transform.newest_first([two, one, marker])] == ["2", "1", "m"]
    latest = Version("k", "m", BEGIN, True, True)
    assert [each.id for each in transform.newest_first([two, one, latest])] == ["m", "2", "1"]


def problems(**asked: Any) -> list[str]:
    return asking.problems({"bucket": "b", **asked}, BEGIN)


@pytest.mark.parametrize("text", ["yesterday", "2026-01-01", "2026-01-01T10:00:00", "2026-13-01T10:00:00Z", 5])
def test_a_point_in_time_names_its_zone(text):
    [line] = problems(what="prefix", prefix="", to=text)
    assert line == (
        f"to: {text} is no point in time; write a date, a time and a time zone, such as 2026-11-29T10:00:00Z"
    )


def test_zones_are_known():
    assert asking.point_in_time("2026-01-01T02:00:00+02:00") == BEGIN
    assert asking.point_in_time(BEGIN) == BEGIN


def test_the_future_is_refused():
    [line] = problems(what="prefix", prefix="", to="2027-01-01T00:00:00Z")
    assert line == "to: 2027-01-01T00:00:00Z is still to come; choose a time before 2026-01-01T00:00:00Z"


def test_all_that_is_missing_is_told_at_once():
    assert asking.problems({"what": "version", "bucket": "b", "key": None, "to": "x"}, BEGIN, "restore_") == [
        "restore_key: (empty) is missing; restore_what=version takes the key of an object",
        "restore_version: (empty) is missing; restore_what=version takes the id of a version",
        "restore_to: x says nothing with restore_what=version; it is for restore_what=prefix",
    ]
    assert problems(what="prefix", prefix="", to="2025-01-01T00:00:00Z") == []


def test_what_was_never_written_then_is_marked_and_what_is_marked_is_left():
    bucket = Bucket()
    bucket.write("a", "x")
    [step] = bucket.plan(BEGIN - timedelta(seconds=1))
    assert (step.action, step.told["restored"]) == ("delete", "")
    bucket.write("a", None)
    assert bucket.plan(BEGIN - timedelta(seconds=1)) == []


def test_a_list_is_short():
    assert transform.listed([*"abcdefg"]) == "a, b, c, d, e and 2 more"


def test_an_instance_takes_a_backup_and_a_volume_a_snapshot() -> None:
    given = {"what": "instance", "instance": "i", "backup": "first", "replace": True}
    assert asking.problems(given, BEGIN) == []
    [line] = asking.problems({**given, "snapshot": "snap-1"}, BEGIN)
    assert "snapshot: snap-1 says nothing with what=instance; it is for what=volume" in line
    [line] = asking.problems({"what": "volume", "instance": "i", "backup": "first"}, BEGIN)
    assert "it is for what=instance" in line
    [line] = asking.problems({"what": "instance"}, BEGIN)
    assert "instance: (empty) is missing" in line
