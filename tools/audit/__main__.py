# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has Prowler judge an environment with each preset: `make audit`. Exits with 1 for anything that is not in writing."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections import Counter
from pathlib import Path

import yaml

# Run as a folder, Python puts the package itself on the path.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from audit.findings import failed_calls, read
from audit.judgement import OUTCOMES, Judgement, by_service, judge, table
from audit.rules import PRESETS, rules
from audit.scan import HOME, ROOT, SERVICES, checks, scan, version

CONTROLS = ROOT / "tests" / "controls"


def main() -> int:
    """Scan and judge. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="audit", description=__doc__)
    parser.add_argument("--preset", action="append", choices=PRESETS, help="only this one; default: each")
    parser.add_argument("--again", action="store_true", help="judge the newest scans anew, without scanning")
    parser.add_argument("--record", action="store_true", help="write what it came to into tests/controls/results.yml")
    options = parser.parse_args()
    judged = {}
    for preset in options.preset or PRESETS:
        made = HOME / preset if options.again else scan(preset)
        judged[preset] = _judged(preset, made)
        _tell(preset, judged[preset])
    if options.record:
        _record(judged)
    return 0 if all(judgement.accepted for judgement in judged.values()) else 1


def _judged(preset: str, made: Path) -> Judgement:
    written = [yaml.safe_load((CONTROLS / f"{name}.yml").read_text()) for name in ("prowler_waivers", "unanswerable")]
    log = made / "log"
    return judge(
        read((made / "findings.ocsf.json").read_text(encoding="utf-8")),
        set(checks()),
        failed_calls(log.read_text(encoding="utf-8")) if log.exists() else set(),
        rules(*written, preset),
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
