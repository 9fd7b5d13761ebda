# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Prowler found, read from its OCSF output and its log. Nothing here runs anything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

CALL = re.compile(r"when calling the (\w+) operation")


@dataclass(frozen=True)
class Finding:
    """One verdict of one check on one resource."""

    check: str
    # PASS, FAIL, or MANUAL where Prowler asks a person.
    status: str
    severity: str
    resource: str
    detail: str


def read(text: str) -> list[Finding]:
    """Return the findings of an OCSF file.

    Args:
        text: what Prowler wrote with the output format json-ocsf.

    Raises:
        ValueError: it holds no findings, which a scan that failed leaves behind, too.
    """
    found = [
        Finding(
            check=entry["metadata"]["event_code"],
            status=entry["status_code"],
            severity=entry["severity"],
            resource=entry["resources"][0]["uid"],
            detail=entry["status_detail"],
        )
        for entry in json.loads(text)
    ]
    if not found:
        raise ValueError("Prowler reports no finding at all: the scan failed")
    return found


def failed_calls(log: str) -> set[str]:
    """Return the operations that Prowler called and that failed, from the lines of its log."""
    return set(CALL.findall(log))
