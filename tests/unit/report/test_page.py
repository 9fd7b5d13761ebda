# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page of a report is whole, asks for nothing, and lets nothing out of its place, whatever names hold."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.report import page
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = "<script>alert('1')</script>\"><img src=x onerror=alert(2)> &amp; {{ 7 * 7 }} ]]> '"


def sections(text: str) -> list[dict[str, Any]]:
    """One section of each kind, with a text wherever there can be one."""
    item = {"label": text, "note": text}
    return [
        {"kind": "text", "title": text, "note": text, "text": [text, text]},
        {"kind": "text", "text": text},
        {"kind": "log", "title": text, "lines": [text, text]},
        {"kind": "figures", "items": [{**item, "value": text}, {**item, "value": 3.5, "format": "money", "tone": "good"}]},
        {
            "kind": "table",
            "title": text,
            "columns": [text, {"title": text, "format": "code"}, {"title": text, "format": "money"}],
            "rows": [[text, text, 1.5], {"cells": [text, text, None], "tone": "bad"}, [None, 3, text]],
            "foot": [text, "", 1.5],
        },
        {"kind": "bars", "title": text, "format": "money", "items": [{**item, "value": 3}, {**item, "value": -2.5, "tone": "bad"}]},
        {
            "kind": "lines",
            "title": text,
            "x_title": text,
            "y_title": text,
            "series": [{"label": text, "points": [[0, 1], [10, 2]]}, {"label": text, "points": []}],
            "marks": [{"x": 5, "y": 1.5, "label": text}],
            "rules": [{"x": 2, "label": text}],
        },
        {
            "kind": "timeline",
            "title": text,
            "items": [{**item, "start": "2026-11-24T08:00:00", "end": "2026-11-24T18:00:00+00:00"}],
        },
    ]


class Reader(HTMLParser):
    """Notes the tags and attributes of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def read(title: str, listed: list[dict[str, Any]]) -> Reader:
    reader = Reader()
    reader.feed(page.html(title, title, "now", listed))
    return reader


def test_nothing_in_a_name_becomes_part_of_the_page():
    """The page has the same tags and attributes as one of plain names, and shows the names as they are."""
    plain, hostile = read("xyzzy", sections("xyzzy")), read(HOSTILE, sections(HOSTILE))
    assert hostile.tags == plain.tags
    assert [name for name, _value in hostile.attributes] == [name for name, _value in plain.attributes]
    assert hostile.text.count(HOSTILE) == plain.text.count("xyzzy") > 20
    assert {"script", "img", "link", "iframe", "object"} & set(hostile.tags) == set()


@given(st.text(min_size=1, max_size=30))
def test_any_text_is_a_name(text):
    assert read(text, sections(text)).tags == read("xyzzy", sections("xyzzy")).tags


def test_the_page_asks_for_nothing():
    """No address anywhere, no script, and no style that loads something."""
    html = page.html("title", "", "now", sections("name"))
    assert re.findall(r"(?:https?:)?//[\w.]+", html) == []
    assert re.findall(r"(?:src|href|xlink|url\(|@import|<script|javascript)", html) == []
    assert "prefers-color-scheme: dark" in html


def test_each_chart_is_well_formed():
    """As a picture of its own it is XML."""
    for section in sections(HOSTILE):
        if section["kind"] in ("bars", "lines", "timeline"):
            root = ElementTree.fromstring(page.chart_svg(section))
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert HOSTILE in "".join(root.itertext())


def test_the_json_is_the_data():
    """With the title and the time; what JSON does not know becomes text."""
    told = json.loads(page.as_json("T", "now", {"total": 1.5, "name": HOSTILE, "path": object}))
    assert told == {"report": {"title": "T", "made": "now"}, "total": 1.5, "name": HOSTILE, "path": str(object)}


@pytest.mark.parametrize(
    ("value", "form", "currency", "expected"),
    [
        (1234.5, "money", "USD", "$1,234.50"),
        (-36.5, "money", "USD", "−$36.50"),
        (-0.001, "money", "USD", "$0.00"),
        (3, "money", "CHF", "CHF 3.00"),
        (None, "money", "USD", "?"),
        ("not known", "money", "USD", "not known"),
        (1043, "number", "USD", "1,043"),
        (0.0036, "number", "USD", "0.0036"),
        (2500000, "number", "USD", "2,500,000"),
        (None, "text", "USD", ""),
        (12, "text", "USD", "12"),
    ],
)
def test_words(value, form, currency, expected):
    assert page.words(value, form, currency) == expected


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ({"kind": "text"}, "sections must be a list"),
        (["text"], "section 1: kind must be one of text, log"),
        ([{"kind": "text", "text": ""}, {"kind": "pie"}], "section 2: kind must be one of .* and is pie"),
        ([{"kind": "table", "rows": []}], r"section 1 \(table\): columns missing"),
        ([{"kind": "table", "columns": ["a"], "rows": [[1, 2]]}], "a row has 2 cells, and there are 1 columns"),
        ([{"kind": "table", "columns": ["a"], "rows": [], "foot": [1, 2]}], "a row has 2 cells"),
        ([{"kind": "table", "columns": [{"title": "a", "format": "red"}], "rows": []}], "format must be one of"),
        ([{"kind": "bars", "items": [{"label": "a"}]}], "value missing in one of its items"),
        ([{"kind": "figures", "items": [{"label": "a", "value": 1, "tone": "loud"}]}], "tone must be one of good"),
        ([{"kind": "bars", "items": [{"label": "a", "value": "many"}]}], "a figure or a time in a chart is none"),
        ([{"kind": "timeline", "items": [{"label": "a", "start": "soon", "end": 1}]}], "a figure or a time in a chart is none"),
    ],
)
def test_what_can_t_be_drawn_is_named(listed, message):
    with pytest.raises(page.ReportError, match=message):
        page.html("T", "", "now", listed)


@pytest.mark.parametrize("kind", ["text", "log", "figures", "table", "bars", "lines", "timeline"])
def test_nothing_to_show_is_no_mistake(kind):
    empty = {"text": "", "lines": [], "items": [], "columns": [], "rows": [], "series": []}
    assert "<section" in page.html("T", "", "now", [{"kind": kind, **empty}])
