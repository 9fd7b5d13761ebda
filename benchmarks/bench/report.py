# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts the runs together: medians, ratios to the floor, and whether the goals are reached. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any

from bench.cycles import Runs
from bench.ways import LOOKS, Way

COUNTS = ("calls", "writing_calls", "programs", "forks", "modules", "tasks")
# Goals of the fast path: phase, what is compared with the floor's, and how many times as much it may be.
GOALS = (
    ("noop", "seconds", 2.0),
    ("apply", "seconds", 5.0),
    ("destroy", "seconds", 5.0),
    ("noop", "calls", 1.5),
    ("apply", "calls", 1.5),
    *((look, "seconds", 2.0) for look in LOOKS),
)
GOALS_OF = "warm"

Result = dict[str, Any]


def results(ways: Iterable[Way], runs: Runs) -> list[Result]:
    """One entry for each way and phase that ran: times with median, least and most, counts as medians, ratios."""
    entries: list[Result] = []
    for way in ways:
        for phase in way.phases:
            done = runs.get((way.key, phase))
            if not done:
                continue
            seconds = [round(run.seconds, 3) for run in done]
            entry: Result = {
                "way": way.key,
                "title": way.title,
                "phase": phase,
                "floor": way.floor,
                "runs": len(done),
                "seconds": {"median": median(seconds), "min": min(seconds), "max": max(seconds), "all": seconds},
                "cpu_seconds": round(median(run.cpu_seconds for run in done), 3),
            }
            entries.append(entry | {count: median(getattr(run, count) for run in done) for count in COUNTS})
    for entry in entries:
        floor = find(entries, entry["floor"], LOOKS.get(entry["phase"], entry["phase"]))
        if floor:
            entry["ratio"] = round(entry["seconds"]["median"] / floor["seconds"]["median"], 2)
            # A run that makes no call at all trusts a file, not AWS.
            entry["calls_ratio"] = round(entry["calls"] / floor["calls"], 2)
    return entries


def find(entries: Iterable[Result], way: str, phase: str) -> Result | None:
    """The entry of a way and phase."""
    return next((entry for entry in entries if (entry["way"], entry["phase"]) == (way, phase)), None)


def goals(entries: list[Result], latency: Result | None = None) -> list[Result]:
    """Each goal with what was measured and whether it is reached."""
    judged = []
    for phase, measure, limit in GOALS:
        entry = find(entries, GOALS_OF, phase)
        if entry and "ratio" in entry:
            value = entry["ratio" if measure == "seconds" else "calls_ratio"]
            judged.append(_goal(phase, measure, limit, value))
    if latency:
        judged.append(_goal("apply", "latency", latency["limit"], latency["ratio"]))
    return judged


def _goal(phase: str, measure: str, limit: float, value: float) -> Result:
    return {"phase": phase, "measure": measure, "limit": limit, "value": value, "reached": value <= limit}


def table(report: Result) -> str:
    """The results as lines for people."""
    lines = [
        f"{'':50} {'phase':8} {'median':>7} {'min':>6} {'max':>6} {'×':>6} {'calls':>6} {'×':>5} {'started':>8} {'tasks':>6}"
    ]
    for entry in report["results"]:
        seconds = entry["seconds"]
        started = entry["programs"] + entry["forks"]
        lines.append(
            f"{entry['title']:50} {entry['phase']:8} {seconds['median']:7.2f} {seconds['min']:6.2f} {seconds['max']:6.2f}"
            f" {entry.get('ratio', 1):6.2f} {entry['calls']:6.0f} {entry.get('calls_ratio', 1):5.2f}"
            f" {started:8.0f} {entry['tasks']:6.0f}"
        )
    for goal in report["goals"]:
        word = "reached" if goal["reached"] else "missed"
        lines.append(f"goal {goal['phase']} {goal['measure']} ≤ {goal['limit']}×: {goal['value']:.2f}× {word}")
    lines += [f"not measured: {way}: {why}" for way, why in report["failures"].items()]
    return "\n".join(lines)
