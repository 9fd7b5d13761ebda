# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The exceptions in writing: what is waived for which preset, and what an emulator can't answer."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from audit.findings import Finding

PRESETS = ("seed", "strict")
# What a check says on the emulator, whatever the roles do: none is no verdict.
VERDICTS = ("PASS", "FAIL", "none")


@dataclass(frozen=True)
class Waiver:
    """Findings that are known and accepted, until somebody looks at them again."""

    checks: tuple[str, ...]
    reason: str
    review: datetime.date
    resources: tuple[str, ...] = ("*",)
    details: tuple[str, ...] = ("*",)
    presets: tuple[str, ...] = PRESETS

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return (
            finding.check in self.checks
            and any(fnmatchcase(finding.resource, pattern) for pattern in self.resources)
            and any(fnmatchcase(finding.detail, pattern) for pattern in self.details)
        )


@dataclass(frozen=True)
class Unanswerable:
    """Checks whose verdict says nothing about the roles, and calls of Prowler that the emulator refuses."""

    reason: str
    verdict: str = "none"
    checks: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    presets: tuple[str, ...] = PRESETS


@dataclass(frozen=True)
class Rules:
    """The exceptions of one preset."""

    waivers: list[Waiver] = field(default_factory=list)
    unanswerable: list[Unanswerable] = field(default_factory=list)


def rules(waivers: list[dict[str, Any]], unanswerable: list[dict[str, Any]], preset: str) -> Rules:
    """Return the exceptions of a preset.

    Args:
        waivers: what tests/controls/prowler_waivers.yml holds.
        unanswerable: what tests/controls/unanswerable.yml holds.
        preset: seed or strict.

    Raises:
        ValueError: an entry has no reason, an unknown preset or verdict, or names a check twice.
        TypeError: an entry lacks a key or has one too many.
    """
    made = Rules(
        [entry for entry in (_made(Waiver, raw) for raw in waivers) if preset in entry.presets],
        [entry for entry in (_made(Unanswerable, raw) for raw in unanswerable) if preset in entry.presets],
    )
    for entry in made.unanswerable:
        if entry.verdict not in VERDICTS:
            raise ValueError(f"{entry.verdict!r} is no verdict: {', '.join(VERDICTS)}")
    named = [check for entry in made.unanswerable for check in entry.checks]
    twice = {check for check in named if named.count(check) > 1} | {
        check for entry in made.waivers for check in entry.checks if check in named
    }
    if twice:
        raise ValueError(f"named twice for {preset}: {', '.join(sorted(twice))}")
    return made


def _made(kind: type, raw: dict[str, Any]) -> Any:
    entry = kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()})
    if not str(entry.reason).strip():
        raise ValueError(f"no reason: {raw}")
    if unknown := set(entry.presets) - set(PRESETS):
        raise ValueError(f"unknown presets: {', '.join(sorted(unknown))}")
    return entry
