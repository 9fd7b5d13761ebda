# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything in a chart stands inside it, in proportion, and legible."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.report import charts
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.floats(-1e6, 1e6).map(lambda number: round(number, 2))
HOUR = 3600


@given(NUMBERS, NUMBERS)
def test_steps_cover_the_range(one, other):
    """With few and even steps."""
    low, high = sorted((one, other))
    told = charts.steps(low, high)
    slack = (high - low or 1) * 1e-6
    assert told[0] <= low + slack
    assert told[-1] >= high - slack
    assert 2 <= len(told) <= 8
    assert max(b - a for a, b in zip(told, told[1:], strict=False)) == pytest.approx(told[1] - told[0])


@given(st.lists(NUMBERS, max_size=8))
def test_bars_are_in_proportion_and_inside(values):
    items = [{"label": "a", "value": value, "words": f"{value:,.2f}"} for value in values]
    drawn = charts.bars({"items": items})["items"]
    widest = max((abs(value) for value in values), default=0)
    for item, value in zip(drawn, values, strict=True):
        assert 0 <= item["bar_x"] <= item["bar_x"] + item["width"] <= charts.WIDTH + 2
        if widest and abs(value) / widest > 0.05:
            largest = next(one["width"] for one, other in zip(drawn, values, strict=True) if abs(other) == widest)
            assert item["width"] / largest == pytest.approx(abs(value) / widest, abs=0.01)


@given(st.lists(st.tuples(st.floats(0, 1e5), NUMBERS), min_size=1, max_size=10))
def test_lines_stay_inside(points):
    chart = charts.lines({"series": [{"label": "a line", "points": points}]})
    box = chart["box"]
    for pair in chart["lines"][0]["path"].split():
        x, y = map(float, pair.split(","))
        assert box["left"] - 0.1 <= x <= box["right"] + 0.1
        assert box["top"] - 0.1 <= y <= box["bottom"] + 0.1


def test_names_of_lines_that_end_together_stand_apart():
    series = [{"label": str(number), "points": [[0, 0], [1, 5 + number / 100]]} for number in range(4)]
    heights = sorted(line["label_y"] for line in charts.lines({"series": series})["lines"])
    assert min(b - a for a, b in zip(heights, heights[1:], strict=False)) >= 17


def test_lines_over_time():
    """Days as text make an axis of days."""
    points = [[f"2026-11-{day:02}", day] for day in range(1, 25)]
    words = [word for _x, word in charts.lines({"series": [{"label": "a", "points": points}]})["x_ticks"]]
    assert words[:2] == ["01 Nov", "03 Nov"]


def test_a_timeline():
    """One row for each label; what is longer than the axis is cut off."""
    items = [
        {"label": "one", "start": "2026-11-24T08:00:00Z", "end": "2026-11-24T12:00:00+02:00"},
        {"label": "two", "start": "2026-11-20", "end": "2026-11-30"},
        {"label": "one", "start": "2026-11-24T11:00:00", "end": "2026-11-24T11:00:01"},
    ]
    chart = charts.timeline({"items": items, "start": "2026-11-24T06:00:00", "end": "2026-11-24T18:00:00"})
    one, two, again = chart["items"]
    assert (one["y"], two["y"], again["y"]) == (0, 30, 0)
    assert (two["x"], two["x"] + two["width"]) == (chart["left"], chart["right"])
    assert one["width"] == pytest.approx(two["width"] * 2 / 12)
    assert again["width"] == 3


def test_marks_of_time():
    """Midnight has the day's name, the rest the hour's."""
    midnight = charts.moment("2026-11-24")
    assert [word for _at, word in charts.time_ticks(midnight, midnight + 24 * HOUR)][:2] == ["24 Nov", "02:00"]
    assert [word for _at, word in charts.time_ticks(midnight + 60, midnight + 61)] == ["00:01"]
    assert len(charts.time_ticks(midnight, midnight + 4000 * 24 * HOUR)) <= 12
    assert charts.moment(5) == 5
    for wrong in ("soon", True, None):
        with pytest.raises(ValueError, match="Invalid isoformat"):
            charts.moment(wrong)
