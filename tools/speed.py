# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The newest results of `make bench`, as the page and the chart show them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PHASES = {"noop": "Run without changes", "apply": "First apply", "destroy": "Destroy"}
# Playbooks that only look.
LOOKS = {name: f"{name}.yml" for name in ("plan", "drift", "status", "cost")}
# Ways in the order of the page: those with the whole set, and those with the part that alchemy makes too.
WHOLE = ("floor", "warm", "warm_full", "mitogen", "local")
PART = ("floor_core", "alchemy")
MEASURES = {"seconds": "time", "calls": "API calls", "latency": "time with AWS's latencies, to the critical path"}
# Of the chart, in pixels: the width of a panel, of its longest bar, and the height of a row.
PANEL, BAR, ROW = 300, 190, 46


def newest(folder: Path) -> dict[str, Any] | None:
    """Return the newest results, or None where nothing has been measured."""
    files = sorted(folder.glob("*.json"))
    return json.loads(files[-1].read_text()) if files else None


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """Return what the templates need.

    Args:
        report: what benchmarks/run.py wrote.
    """
    entries = {(entry["way"], entry["phase"]): entry for entry in report["results"]}
    return {
        "report": report,
        "phases": PHASES,
        "runs": PHASES | LOOKS,
        "looks": {title: entries["warm", look] for look, title in LOOKS.items() if ("warm", look) in entries},
        "measures": MEASURES,
        "groups": [_rows(entries, WHOLE), _rows(entries, PART)],
        "panels": [_panel(entries, phase, title) for phase, title in PHASES.items()],
        "panel": PANEL,
        "row": ROW,
    }


def _rows(entries: dict[tuple[str, str], dict], ways: tuple[str, ...]) -> list[dict]:
    """One row for each way that was measured: its title, and its entry for each phase."""
    rows = []
    for way in ways:
        phases = {phase: entries[way, phase] for phase in PHASES if (way, phase) in entries}
        if len(phases) == len(PHASES):
            rows.append({"way": way, "title": phases["noop"]["title"], "phases": phases})
    return rows


def _panel(entries: dict[tuple[str, str], dict], phase: str, title: str) -> dict[str, Any]:
    """The bars of one phase, with lengths in pixels."""
    rows = _rows(entries, WHOLE)
    longest = max((row["phases"][phase]["seconds"]["max"] for row in rows), default=1)
    bars = []
    for row in rows:
        seconds = row["phases"][phase]["seconds"]
        lengths = {name: round(BAR * seconds[name] / longest, 1) for name in ("median", "min", "max")}
        bars.append({"way": row["way"], "title": row["title"], "entry": row["phases"][phase], **lengths})
    return {"title": title, "bars": bars}
