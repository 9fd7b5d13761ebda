# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has Prowler judge an environment with each preset, and one that was spoiled, to see that it sees: `make audit`.

Exits with 1 for anything that is not in writing.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

# Run as a folder, Python puts the package itself on the path.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from audit.findings import failed_calls, read
from audit.judgement import OUTCOMES, Judgement, by_service, judge, table, unproven
from audit.rules import PRESETS, rules
from audit.scan import FLAWED, HOME, ROOT, SERVICES, checks, scan, version

CONTROLS = ROOT / "tests" / "controls"


def main() -> int:
    """Scan and judge. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="audit", description=__doc__)
    parser.add_argument("--preset", action="append", choices=PRESETS, help="only this one; default: each, and the proof")
    parser.add_argument("--again", action="store_true", help="judge the newest scans anew, without scanning")
    parser.add_argument("--record", action="store_true", help="write what it came to into tests/controls/results.yml")
    options = parser.parse_args()
    judged, silent = {}, []
    for preset in options.preset or PRESETS:
        judged[preset] = _judged(preset, _scanned(preset, options.again))
        _tell(preset, judged[preset])
    if not options.preset:
        silent = _prove(judged, _scanned(FLAWED, options.again))
    if options.record:
        _record(judged)
    return 0 if not silent and all(judgement.accepted for judgement in judged.values()) else 1


def _scanned(preset: str, again: bool) -> Path:
    return HOME / preset if again else scan(preset)


def _prove(judged: dict[str, Judgement], made: Path) -> list[str]:
    """Tell which of the checks that pass see nothing. Returns one line for each that is not in writing."""
    passed = {
        check for judgement in judged.values() for check, outcome in judgement.outcomes.items() if outcome == "passed"
    }
    known = {check for entry in _written("unproven") for check in entry["checks"]}
    found = read((made / "findings.ocsf.json").read_text(encoding="utf-8"))
    failed = {finding.check for finding in found if finding.status == "FAIL"}
    silent = unproven(passed, failed, known)
    print(f"\nOf {len(passed)} checks that pass, {len(passed & failed)} fail once the environment is spoiled.")
    print("\n".join(silent))
    return silent


def _written(name: str) -> Any:
    return yaml.safe_load((CONTROLS / f"{name}.yml").read_text(encoding="utf-8"))


def _judged(preset: str, made: Path) -> Judgement:
    log = made / "log"
    return judge(
        read((made / "findings.ocsf.json").read_text(encoding="utf-8")),
        set(checks()),
        failed_calls(log.read_text(encoding="utf-8")) if log.exists() else set(),
        rules(_written("prowler_waivers"), _written("unanswerable"), preset),
        datetime.datetime.now(datetime.UTC).date(),
    )


def _tell(preset: str, judgement: Judgement) -> None:
    print(f"\nPreset {preset}: checks of Prowler by service\n\n{table(by_service(judgement.outcomes, checks()))}\n")
    for finding in judgement.failures:
        print(f"{finding.severity:<8} {finding.check}: {finding.detail}\n         {finding.resource}")
    for complaint in judgement.complaints:
        print(f"In writing, and not so: {complaint}")
    if judgement.accepted:
        print("Nothing that is not in writing.")


def _record(judged: dict[str, Judgement]) -> None:
    """Write the counts for the documentation. Those of a preset that was not judged stay as they were."""
    file = CONTROLS / "results.yml"
    known = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    counted = {preset: Counter(judgement.outcomes.values()) for preset, judgement in judged.items()}
    recorded = {
        **known,
        **{preset: {outcome: counts[outcome] for outcome in OUTCOMES} for preset, counts in counted.items()},
        "date": datetime.datetime.now(datetime.UTC).date(),
        "prowler": version(),
        "services": list(SERVICES),
    }
    text = yaml.safe_dump(recorded, sort_keys=True)
    file.write_text(f"---\n# What `make audit` came to, in checks: written by make audit ARGS=--record.\n{text}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
