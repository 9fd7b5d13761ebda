# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From a title, sections and data to the text of a report's two files. Pure."""

from __future__ import annotations

import json
import typing as t
from functools import cache
from pathlib import Path

import jinja2

from . import charts

Values = dict[str, t.Any]

TONES = ("", "good", "warn", "bad", "muted")
FORMATS = ("text", "code", "number", "money")
# By kind: what a section must have.
NEEDS = {
    "text": ("text",),
    "log": ("lines",),
    "figures": ("items",),
    "table": ("columns", "rows"),
    "bars": ("items",),
    "lines": ("series",),
    "timeline": ("items",),
}
# What each entry of a list must have, by the list's name in a kind of section.
_ENTRIES = {
    ("figures", "items"): ("label", "value"),
    ("bars", "items"): ("label", "value"),
    ("lines", "series"): ("label", "points"),
    ("timeline", "items"): ("label", "start", "end"),
}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥"}


class ReportError(ValueError):
    """A section that is not as a report needs it."""


def words(value: t.Any, form: str = "text", currency: str = "USD") -> str:
    """A value as people read it.

    Args:
        value: None becomes a question mark where a figure is expected.
        form: one of FORMATS.
        currency: of money.
    """
    if form not in ("number", "money") or isinstance(value, str):
        return "" if value is None else str(value)
    if value is None:
        return "?"
    if form == "number":
        return f"{value:,g}" if abs(value) < 1e6 else f"{value:,.0f}"
    sign = _SIGNS.get(currency, f"{currency} ")
    return f"{'−' if round(value, 2) < 0 else ''}{sign}{abs(value):,.2f}"


def check(sections: t.Any) -> None:
    """See that sections are such as can be drawn.

    Raises:
        ReportError: naming the section and what is wrong with it.
    """
    if not isinstance(sections, list):
        raise ReportError("sections must be a list")
    for number, section in enumerate(sections, 1):
        kind = section.get("kind") if isinstance(section, dict) else None
        place = f"section {number}"
        if kind not in NEEDS:
            raise ReportError(f"{place}: kind must be one of {', '.join(NEEDS)}, and is {kind}")
        place = f"{place} ({kind})"
        missing = [name for name in NEEDS[kind] if name not in section]
        if missing:
            raise ReportError(f"{place}: {', '.join(missing)} missing")
        for (of_kind, name), needed in _ENTRIES.items():
            for entry in section[name] if of_kind == kind else []:
                missing = [member for member in needed if not isinstance(entry, dict) or member not in entry]
                if missing:
                    raise ReportError(f"{place}: {', '.join(missing)} missing in one of its {name}")
                if entry.get("tone", "") not in TONES:
                    raise ReportError(f"{place}: tone must be one of {', '.join(TONES[1:])}, and is {entry['tone']}")
        if kind == "table":
            _check_table(place, section)


def _check_table(place: str, section: Values) -> None:
    columns = [column(entry) for entry in section["columns"]]
    for entry in columns:
        if entry["format"] not in FORMATS:
            raise ReportError(f"{place}: format must be one of {', '.join(FORMATS)}, and is {entry['format']}")
    rows = [row(entry) for entry in section["rows"]] + ([row(section["foot"])] if section.get("foot") else [])
    for entry in rows:
        if len(entry["cells"]) != len(columns):
            raise ReportError(f"{place}: a row has {len(entry['cells'])} cells, and there are {len(columns)} columns")


def column(entry: t.Any) -> Values:
    """A column: a title alone, or with its format."""
    return {"format": "text", **(entry if isinstance(entry, dict) else {"title": entry})}


def row(entry: t.Any) -> Values:
    """A row: cells alone, or with their tone."""
    return {"tone": "", **(entry if isinstance(entry, dict) else {"cells": entry})}


def _prepared(section: Values) -> Values:
    """A section with all that its template needs."""
    kind, currency = section["kind"], section.get("currency", "USD")
    form = section.get("format", "number")
    prepared = {"title": "", "note": "", "currency": currency, **section}
    if kind == "text":
        text = section["text"]
        prepared["paragraphs"] = text if isinstance(text, list) else [text]
    if kind == "table":
        prepared.update(
            columns=[column(entry) for entry in section["columns"]],
            rows=[row(entry) for entry in section["rows"]],
            foot=row(section["foot"]) if section.get("foot") else None,
        )
    if kind == "bars":
        items = [{**item, "words": words(item["value"], form, currency)} for item in section["items"]]
        prepared["chart"] = charts.bars({**section, "items": items})
    if kind == "lines":
        chart = charts.lines(section)
        told = [words(at, form, currency) for _y, at in chart["y_ticks"]]
        if all(word.endswith(".00") for word in told):
            told = [word.removesuffix(".00") for word in told]
        chart["y_ticks"] = [(y, word) for (y, _at), word in zip(chart["y_ticks"], told, strict=True)]
        prepared["chart"] = chart
    if kind == "timeline":
        prepared["chart"] = charts.timeline(section)
    return prepared


@cache
def _engine() -> jinja2.Environment:
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters["words"] = words
    engine.globals["WIDTH"] = charts.WIDTH
    return engine


def html(title: str, subtitle: str, made: str, sections: list[Values]) -> str:
    """The page, in one piece: it asks for nothing else, and whatever is in it is escaped.

    Args:
        title: of the page.
        subtitle: a line below it.
        made: when it was made.
        sections: see the documentation of the module report.

    Raises:
        ReportError: naming the section that can't be drawn.
    """
    check(sections)
    try:
        prepared = [_prepared(section) for section in sections]
    except (TypeError, ValueError) as error:
        raise ReportError(f"a figure or a time in a chart is none: {error}") from error
    return _engine().get_template("page.html.j2").render(title=title, subtitle=subtitle, made=made, sections=prepared)


def chart_svg(section: Values) -> str:
    """One chart as a picture of its own, with its colours in it."""
    check([section])
    return _engine().get_template("picture.svg.j2").render(section=_prepared(section))


def as_json(title: str, made: str, data: Values) -> str:
    """The data as JSON, with the title and the time under the key report."""
    return json.dumps({"report": {"title": title, "made": made}, **data}, indent=2, default=str, ensure_ascii=False) + "\n"
