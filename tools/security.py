# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The figures of docs/security.md: presets, controls and what Prowler may find."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import controls
import jinja2
from audit.judgement import OUTCOMES
from audit.rules import PRESETS, rules


def figures(defaults: dict[str, Any]) -> dict[str, Any]:
    """Return all that the page shows.

    Args:
        defaults: the defaults of the project and of all roles by name.
    """
    asked = controls.titles(controls.load("frameworks"))
    entries, waivers = controls.load("map"), controls.load("waivers")
    judged = {preset: rules(controls.load("prowler_waivers"), controls.load("unanswerable"), preset) for preset in PRESETS}
    return {
        "titled": partial(titled, asked),
        "met": [entry for entry in entries if "tests" in entry],
        "waived": [(waivers[entry["waiver"]], entry["controls"]) for entry in entries if "waiver" in entry],
        "waivers": waivers,
        "counts": _counts(asked, entries),
        "settings": _settings(defaults),
        "presets": PRESETS,
        "outcomes": OUTCOMES,
        # There once `make audit ARGS=--record` has been run.
        "results": controls.load("results") if (controls.FOLDER / "results.yml").exists() else None,
        "prowler_waivers": judged,
        "by_framework": by_framework,
    }


def titled(titles: dict[str, str], listed: list[str]) -> list[tuple[str, str]]:
    """Return each title once, with the controls that have it, in whatever case the benchmarks write it."""
    grouped: dict[str, list[str]] = {}
    for control in listed:
        grouped.setdefault(titles[control].casefold(), []).append(control)
    return [(titles[found[-1]], by_framework(found)) for found in grouped.values()]


def by_framework(listed: list[str]) -> str:
    """Return controls as text, each framework named once, such as FSBP EC2.8, EC2.9 · CIS 3.0 5.6."""
    grouped: dict[str, list[str]] = {}
    for control in listed:
        framework, _space, number = control.rpartition(" ")
        grouped.setdefault(framework, []).append(number)
    return " · ".join(f"{framework} {', '.join(numbers)}" for framework, numbers in grouped.items())


def _counts(asked: dict[str, str], entries: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Return how many controls of each framework, and of all, are asked for, tested and waived."""
    counted: dict[str, Counter[str]] = {}
    told = [(control, "asked") for control in asked]
    told += [(control, what) for entry in entries for control in entry["controls"] for what in _answers(entry)]
    for control, what in told:
        for framework in (control.rpartition(" ")[0], "all"):
            counted.setdefault(framework, Counter())[what] += 1
    return {**{name: counts for name, counts in counted.items() if name != "all"}, "all": counted["all"]}


def _answers(entry: dict[str, Any]) -> list[str]:
    """What an entry says of its controls: tested, also partly where some environments go without; or waived."""
    if "tests" in entry:
        return ["tested", "partly"] if "waiver" in entry else ["tested"]
    return ["waived"]


def _settings(defaults: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the variables that follow the preset, each with its default under either; not what the project works out of others."""
    engine = jinja2.Environment(undefined=jinja2.StrictUndefined)
    shown = []
    for name, value in defaults.items():
        if isinstance(value, str) and "mlinfra_strict" in value:
            try:
                seed, strict = (
                    engine.from_string(value).render(defaults, mlinfra_strict=strict) for strict in (False, True)
                )
            except jinja2.TemplateError:
                continue
            if seed != strict and "{{" not in seed + strict:
                shown.append((name, _as_yaml(seed), _as_yaml(strict)))
    shown = [line for line in shown if line[0] != "mlinfra_strict"]
    # What roles take from the project, and others may set by itself, is the same setting once more.
    names = {name for name, _seed, _strict in shown}
    return sorted(line for line in shown if line[0].removeprefix("mlinfra_") not in names or not line[0].startswith("mlinfra_"))


def _as_yaml(value: str) -> str:
    return value.lower() if value in ("True", "False") else value
