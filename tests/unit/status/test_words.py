# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times, sizes and figures in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.status import words

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86399, "23 h 59 min"),
        (86400, "1 d"),
        (90000, "1 d 1 h"),
        (40 * 86400 + 7200, "40 d 2 h"),
    ],
)
def test_a_length_of_time_in_its_two_largest_units(seconds, told):
    assert words.span(seconds) == told


def test_how_long_ago():
    assert words.ago("2026-11-28T11:15:00+00:00", NOW) == "45 min"
    assert words.ago("", NOW) == ""


def test_a_time_of_another_day_has_its_day():
    assert words.clock("2026-11-28T09:05:00+00:00", NOW) == "09:05"
    assert words.clock("2026-11-27T09:05:00+00:00", NOW) == "27 Nov 09:05"
    assert words.clock("", NOW) == ""


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (None, "?"),
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (123_456_789, "123 MB"),
        (42_000_000_000, "42.0 GB"),
        (5_000_000_000_000_000, "5000 TB"),
    ],
)
def test_a_size_in_the_unit_that_fits(amount, told):
    assert words.size(amount) == told


def test_a_line_of_blocks_shows_the_greatest_of_each_part_and_gaps():
    at = [(NOW - DAY * share).isoformat() for share in (1, 0.99, 0.5, 0)]
    points = list(zip(at, [0, 50, 100, 12.5], strict=True))
    assert words.spark(points, NOW - DAY, NOW, 4, top=100) == "▅ █▂"


def test_a_line_without_a_top_is_as_high_as_its_greatest():
    points = [(NOW.isoformat(), 3), ((NOW - DAY).isoformat(), 3)]
    assert words.spark(points, NOW - DAY, NOW, 2) == "██"
    assert words.spark([], NOW - DAY, NOW, 3) == "   "
    assert words.spark([((NOW - 2 * DAY).isoformat(), 3)], NOW - DAY, NOW, 3) == "   "
