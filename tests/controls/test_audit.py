# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prowler's output is read and judged right. The findings are recorded ones, cut to what is read of them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from audit.findings import Finding, failed_calls, read
from audit.judgement import by_service, judge, table, unproven
from audit.rules import PRESETS, Rules, rules

HOME = Path(__file__).parent
TODAY = datetime.date(2026, 11, 29)
LATER = TODAY + datetime.timedelta(days=30)
RECORDED = (HOME / "recorded" / "findings.ocsf.json").read_text()
LOG = (HOME / "recorded" / "log").read_text()
DATASETS = "arn:aws:s3:::audit-judged-datasets-89e4e5f1cd"
OPERATIONS = "arn:aws:s3:::audit-judged-operations-89e4e5f1cd"
SERVICES = {
    "account_maintain_current_contact_details": "account",
    "accessanalyzer_enabled": "accessanalyzer",
    "ec2_instance_imdsv2_enabled": "ec2",
    "ec2_instance_managed_by_ssm": "ec2",
    "s3_bucket_object_versioning": "s3",
}
WAIVERS = [
    {
        "checks": ["s3_bucket_object_versioning"],
        "resources": ["arn:aws:s3:::*-operations-*"],
        "reason": "Old versions are kept for nobody.",
        "review": LATER,
    }
]
UNANSWERABLE = [
    {"checks": ["accessanalyzer_enabled"], "calls": ["ListAnalyzers"], "reason": "Not there."},
    {"checks": ["ec2_instance_managed_by_ssm"], "verdict": "FAIL", "reason": "No agent."},
    {"checks": ["account_maintain_current_contact_details"], "reason": "Asks a person."},
]


def _judged(
    waivers: list[dict[str, Any]] | None = None,
    unanswerable: list[dict[str, Any]] | None = None,
    findings: list[Finding] | None = None,
    today: datetime.date = TODAY,
) -> Any:
    found = read(RECORDED) if findings is None else findings
    given = rules(WAIVERS if waivers is None else waivers, UNANSWERABLE if unanswerable is None else unanswerable, "seed")
    return judge(found, set(SERVICES), failed_calls(LOG), given, today)


def test_findings_are_read() -> None:
    found = {(one.check, one.status, one.resource) for one in read(RECORDED)}
    assert ("s3_bucket_object_versioning", "PASS", DATASETS) in found
    assert ("s3_bucket_object_versioning", "FAIL", OPERATIONS) in found
    assert {one.severity for one in read(RECORDED) if one.check.startswith("s3")} == {"Medium"}
    assert {one.status for one in read(RECORDED)} == {"PASS", "FAIL", "MANUAL"}


@pytest.mark.parametrize(("text", "fault"), [("[]", ValueError), ("", json.JSONDecodeError), ("[{}]", KeyError)])
def test_a_scan_that_failed_is_no_good_one(text: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        read(text)


def test_calls_that_failed_are_read() -> None:
    assert failed_calls(LOG) == {"ListAnalyzers"}


def test_all_in_writing_is_accepted() -> None:
    judged = _judged()
    assert (judged.failures, judged.complaints, judged.accepted) == ([], [], True)
    assert judged.outcomes == {
        "account_maintain_current_contact_details": "unanswerable",
        "accessanalyzer_enabled": "unanswerable",
        "ec2_instance_imdsv2_enabled": "passed",
        "ec2_instance_managed_by_ssm": "unanswerable",
        "s3_bucket_object_versioning": "waived",
    }


def test_the_table_counts_checks_by_service() -> None:
    lines = table(by_service(_judged().outcomes, SERVICES)).splitlines()
    assert [line.split() for line in lines] == [
        ["passed", "failed", "waived", "unanswerable", "no", "verdict"],
        ["accessanalyzer", "·", "·", "·", "1", "·"],
        ["account", "·", "·", "·", "1", "·"],
        ["ec2", "1", "·", "·", "1", "·"],
        ["s3", "·", "·", "1", "·", "·"],
        ["all", "1", "·", "1", "3", "·"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_a_waiver_for_one_bucket_covers_no_other() -> None:
    others = [{**WAIVERS[0], "resources": ["arn:aws:s3:::*-datasets-*"]}]
    judged = _judged(others)
    assert [finding.resource for finding in judged.failures] == [OPERATIONS]
    assert judged.outcomes["s3_bucket_object_versioning"] == "failed"
    assert judged.complaints == ["s3_bucket_object_versioning is waived for nothing: Old versions are kept for nobody."]


def test_a_waiver_for_one_text_covers_no_other() -> None:
    assert _judged([{**WAIVERS[0], "details": ["S3 Bucket * has versioning disabled."]}]).accepted
    assert len(_judged([{**WAIVERS[0], "details": ["S3 Bucket * has no versions."]}]).failures) == 1


def test_a_waiver_counts_until_its_review() -> None:
    assert _judged(today=LATER).accepted
    late = _judged(today=LATER + datetime.timedelta(days=1))
    assert [finding.check for finding in late.failures] == ["s3_bucket_object_versioning"]


def test_a_waiver_of_the_other_preset_counts_for_nothing() -> None:
    judged = _judged([{**WAIVERS[0], "presets": ["strict"]}])
    assert len(judged.failures) == 1
    assert judged.complaints == []


@pytest.mark.parametrize(
    ("unanswerable", "told"),
    [
        (UNANSWERABLE[1:], "accessanalyzer_enabled gives no verdict, and unanswerable.yml does not say why"),
        (UNANSWERABLE[1:], "the call ListAnalyzers failed, and unanswerable.yml does not name it"),
        (
            [*UNANSWERABLE, {"calls": ["LookupEvents"], "reason": "Not there."}],
            "the call LookupEvents is said to fail in unanswerable.yml, and did not",
        ),
        # A false pass, or a check that the emulator has learned to answer.
        (
            [{**UNANSWERABLE[1], "verdict": "none"}, UNANSWERABLE[0], UNANSWERABLE[2]],
            "ec2_instance_managed_by_ssm says FAIL, where unanswerable.yml expects none: No agent.",
        ),
        (
            [*UNANSWERABLE, {"checks": ["ec2_instance_imdsv2_enabled"], "reason": "So it was."}],
            "ec2_instance_imdsv2_enabled says PASS, where unanswerable.yml expects none: So it was.",
        ),
    ],
)
def test_silence_and_what_is_out_of_date_are_named(unanswerable: list[dict[str, Any]], told: str) -> None:
    judged = _judged(unanswerable=unanswerable)
    assert told in judged.complaints
    assert not judged.accepted


def test_a_check_that_nobody_listed_is_judged_too() -> None:
    new = Finding("s3_new_check", "FAIL", "High", DATASETS, "New.")
    judged = _judged(findings=[*read(RECORDED), new])
    assert judged.failures == [new]


@pytest.mark.parametrize(
    ("passed", "failed", "known", "told"),
    [
        ("ab", "abc", "", []),
        ("ab", "b", "a", []),
        ("ab", "b", "", ["a passes whatever is done, and unproven.yml does not say why"]),
        ("ab", "ab", "a", ["a is said to pass whatever is done in unproven.yml, and fails"]),
        ("b", "b", "a", ["a is named in unproven.yml for nothing: it does not pass"]),
    ],
)
def test_a_pass_is_proven_by_a_failure(passed: str, failed: str, known: str, told: list[str]) -> None:
    assert unproven(set(passed), set(failed), set(known)) == told


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"reason": " "}, "no reason"),
        ({"presets": ["loose"]}, "unknown presets: loose"),
        ({"checks": ["accessanalyzer_enabled"]}, "named twice for seed: accessanalyzer_enabled"),
    ],
)
def test_waivers_that_can_not_be_meant_are_refused(entry: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        rules([{**WAIVERS[0], **entry}], UNANSWERABLE, "seed")


def test_unknown_verdicts_and_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="'fail' is no verdict"):
        rules([], [{**UNANSWERABLE[1], "verdict": "fail"}], "seed")
    with pytest.raises(TypeError, match="resource"):
        rules([{**WAIVERS[0], "resource": "*"}], [], "seed")


@pytest.mark.parametrize("preset", PRESETS)
def test_the_exceptions_of_the_project_are_well_formed(preset: str) -> None:
    written = [yaml.safe_load((HOME / f"{name}.yml").read_text()) for name in ("prowler_waivers", "unanswerable")]
    made = rules(*written, preset)
    assert isinstance(made, Rules)
    assert [waiver for waiver in made.waivers if waiver.review < datetime.datetime.now(datetime.UTC).date()] == []
