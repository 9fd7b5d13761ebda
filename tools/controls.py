# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the controls matrix: what is asked for, what meets it, what is waived, and whether all that it names exists."""

from __future__ import annotations

import ast
import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "controls"
# A list of tasks stands under one of these.
BLOCKS = ("tasks", "pre_tasks", "post_tasks", "block", "rescue", "always")


def load(name: str) -> Any:
    """Return what a file of tests/controls holds."""
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


def titles(frameworks: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return the title of each control by its framework and id, such as FSBP EC2.8."""
    return {f"{framework} {number}": title for framework, asked in frameworks.items() for number, title in asked.items()}


def problems(
    frameworks: dict[str, dict[str, str]], entries: list[dict[str, Any]], waivers: dict[str, Any], today: datetime.date
) -> list[str]:
    """Return what is wrong with the matrix, one line each.

    Args:
        frameworks: what frameworks.yml holds.
        entries: what map.yml holds.
        waivers: what waivers.yml holds.
        today: a waiver whose review was due before that day is no waiver.
    """
    asked = titles(frameworks)
    named = Counter(control for entry in entries for control in entry["controls"])
    return [
        *(f"{control} has neither a test nor a waiver" for control in asked if control not in named),
        *(f"{control} is no control that is asked for" for control in named if control not in asked),
        *(f"{control} is answered {count} times" for control, count in named.items() if count > 1),
        *(line for entry in entries for line in _of_entry(entry, waivers)),
        *_of_waivers(entries, waivers, today),
    ]


def _of_entry(entry: dict[str, Any], waivers: dict[str, Any]) -> list[str]:
    first = entry["controls"][0]
    wrong = []
    if "waiver" in entry and entry["waiver"] not in waivers:
        wrong.append(f"{first}: there is no waiver {entry['waiver']}")
    # With both, tasks meet it in the environments that the waiver is not for.
    if "waiver" not in entry or "tests" in entry or "tasks" in entry:
        wrong += [f"{first}: no {part}" for part in ("tasks", "tests") if not entry.get(part)]
    wrong += [f"{first}: no task {task}" for task in entry.get("tasks", []) if not has_task(task)]
    return wrong + [f"{first}: no test {test}" for test in entry.get("tests", []) if not has_test(test)]


def _of_waivers(entries: list[dict[str, Any]], waivers: dict[str, Any], today: datetime.date) -> list[str]:
    used = {entry.get("waiver") for entry in entries}
    lines = []
    for name, waiver in waivers.items():
        if name not in used:
            lines.append(f"waiver {name} is for nothing")
        if set(waiver) != {"reason", "environments", "review"} or not all(waiver.values()):
            lines.append(f"waiver {name} must give reason, environments and review, and nothing else")
        elif waiver["review"] < today:
            lines.append(f"waiver {name} was to be looked at again by {waiver['review']}")
    return lines


def has_test(reference: str) -> bool:
    """Whether a test exists: a node id of pytest, or an assertion of a molecule scenario as its file and name."""
    file, _colons, names = reference.partition("::")
    if names:
        return (ROOT / file).exists() and _defines(ast.parse((ROOT / file).read_text()).body, names.split("::"))
    return any("ansible.builtin.assert" in task for task in _named(reference))


def has_task(reference: str) -> bool:
    """Whether a task exists: a file and the name of a task in it."""
    return bool(_named(reference))


def _defines(body: list[ast.stmt], names: list[str]) -> bool:
    found = [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == names[0]]
    return bool(found) and (len(names) == 1 or _defines(found[0].body, names[1:]))


def _named(reference: str) -> list[dict[str, Any]]:
    file, _colon, name = reference.partition(": ")
    if not (ROOT / file).is_file():
        return []
    return [task for task in _tasks(yaml.safe_load((ROOT / file).read_text())) if task.get("name") == name]


def _tasks(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return plays and tasks with all that stand in them."""
    return [
        found
        for task in listed
        for found in (task, *(inner for block in BLOCKS for inner in _tasks(task.get(block) or [])))
    ]
