# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judges a scan by the exceptions in writing. Nothing here runs anything."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass

from audit.findings import Finding
from audit.rules import Rules

OUTCOMES = ("passed", "failed", "waived", "unanswerable", "no verdict")


@dataclass(frozen=True)
class Judgement:
    """What a scan comes to.

    Attributes:
        outcomes: each check's outcome, one of OUTCOMES.
        failures: the findings that nobody waived.
        complaints: exceptions that fit nothing any more, and silence that nobody explained. One line each.
    """

    outcomes: dict[str, str]
    failures: list[Finding]
    complaints: list[str]

    @property
    def accepted(self) -> bool:
        """Whether there is nothing that is not in writing."""
        return not self.failures and not self.complaints


def judge(
    findings: list[Finding], checks: set[str], calls: set[str], rules: Rules, today: datetime.date
) -> Judgement:
    """Judge a scan.

    Args:
        findings: what Prowler found.
        checks: all checks that it was asked for.
        calls: the operations that failed while it looked.
        rules: the exceptions of the preset.
        today: a waiver whose review was due before that day counts no more.
    """
    by_check: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_check[finding.check].append(finding)
    silent = {check for entry in rules.unanswerable for check in entry.checks}
    outcomes, failures, used = {}, [], set()
    for check in sorted(checks | set(by_check)):
        if check in silent:
            outcomes[check] = "unanswerable"
            continue
        bad = [finding for finding in by_check[check] if finding.status == "FAIL"]
        open_ = []
        for finding in bad:
            fitting = {index for index, waiver in enumerate(rules.waivers) if waiver.covers(finding)}
            used |= {(index, check) for index in fitting}
            if not any(rules.waivers[index].review >= today for index in fitting):
                open_.append(finding)
        failures += open_
        answered = any(finding.status == "PASS" for finding in by_check[check])
        outcomes[check] = "failed" if open_ else "waived" if bad else "passed" if answered else "no verdict"
    complaints = [
        *_unused(rules, used),
        *(f"{check} gives no verdict, and unanswerable.yml does not say why" for check in _of(outcomes, "no verdict")),
        *_answered(rules, by_check),
        *_calls(rules, calls),
    ]
    return Judgement(outcomes, failures, complaints)


def unproven(passed: set[str], failed: set[str], known: set[str]) -> list[str]:
    """Return checks that pass for good and for bad alike, or are wrongly said to. One line each.

    Args:
        passed: the checks that pass on the environment as it is made.
        failed: those that fail in one that was spoiled.
        known: checks whose pass the emulator can't be made to take back, as unproven.yml says.
    """
    return [
        *(f"{check} passes whatever is done, and unproven.yml does not say why" for check in sorted(passed - failed - known)),
        *(f"{check} is said to pass whatever is done in unproven.yml, and fails" for check in sorted(known & failed)),
        *(f"{check} is named in unproven.yml for nothing: it does not pass" for check in sorted(known - passed - failed)),
    ]


def by_service(outcomes: dict[str, str], services: dict[str, str]) -> dict[str, Counter[str]]:
    """Return how many checks of each service came out how.

    Args:
        outcomes: each check's outcome.
        services: each check's service.
    """
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for check, outcome in outcomes.items():
        counted[services[check]][outcome] += 1
    return dict(sorted(counted.items()))


def table(counted: dict[str, Counter[str]]) -> str:
    """Return the counts as text, one line a service and one for all."""
    rows = [*counted.items(), ("all", sum(counted.values(), Counter()))]
    wide = max(len(service) for service, _counts in rows)
    lines = [" ".join([" " * wide, *(f"{outcome:>12}" for outcome in OUTCOMES)])]
    lines += [
        " ".join([f"{service:<{wide}}", *(f"{counts[outcome] or '·':>12}" for outcome in OUTCOMES)])
        for service, counts in rows
    ]
    return "\n".join(lines)


def _of(outcomes: dict[str, str], outcome: str) -> list[str]:
    return [check for check, what in outcomes.items() if what == outcome]


def _unused(rules: Rules, used: set[tuple[int, str]]) -> list[str]:
    return [
        f"{check} is waived for nothing: {waiver.reason}"
        for index, waiver in enumerate(rules.waivers)
        for check in waiver.checks
        if (index, check) not in used
    ]


def _answered(rules: Rules, by_check: dict[str, list[Finding]]) -> list[str]:
    """Checks that are said to be unanswerable, and whose verdict is another than is written."""
    complaints = []
    for entry in rules.unanswerable:
        for check in entry.checks:
            told = {finding.status for finding in by_check.get(check, [])} - {"MANUAL"}
            verdict = "FAIL" if "FAIL" in told else "PASS" if told else "none"
            if verdict != entry.verdict:
                complaints.append(f"{check} says {verdict}, where unanswerable.yml expects {entry.verdict}: {entry.reason}")
    return complaints


def _calls(rules: Rules, calls: set[str]) -> list[str]:
    known = {call for entry in rules.unanswerable for call in entry.calls}
    return [
        *(f"the call {call} failed, and unanswerable.yml does not name it" for call in sorted(calls - known)),
        *(f"the call {call} is said to fail in unanswerable.yml, and did not" for call in sorted(known - calls)),
    ]
