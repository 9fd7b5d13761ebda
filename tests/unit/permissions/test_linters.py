# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two linters find nothing in any policy that is made or documented, but for what findings.yml waives with a reason.

parliament knows all actions, their resources and conditions; cloudsplaining looks for what lets somebody get more than was meant.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import parliament
import pytest
import yaml
from cloudsplaining.scan.policy_document import PolicyDocument

from .conftest import ACCOUNT, BOUNDARY, ROOT, Made

sys.path.insert(0, str(ROOT / "tools"))
import permissions

WAIVERS = ROOT / "tests" / "controls" / "policy_findings.yml"
VALUES = {"project": "p", "environment": "dev", "account": ACCOUNT, "region": "us-east-1"}
MISMATCH = "RESOURCE_MISMATCH"
# What cloudsplaining looks for, by the names of its own findings.
RISKS = {
    "privilege escalation": "allows_privilege_escalation",
    "data exfiltration": "allows_data_exfiltration_actions",
    "resource exposure": "permissions_management_without_constraints",
    "credentials exposure": "credentials_exposure",
    "service wildcard": "service_wildcard",
    "infrastructure modification": "write_actions_without_constraints",
}


def policies(made: Made) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each policy with what it is of."""
    yield from made.identity_policies.items()
    # Neither linter reads trust policies, which name no resource: see test_trust.py.
    for name, policy in made.resource_policies.items():
        yield f"who may use {name}", policy
    observed = permissions.read()
    for run in observed:
        yield f"operator {run}", operator(permissions.policies(observed, [run]))
    yield "operator", operator(permissions.policies(observed, mfa=True, boundary=BOUNDARY))


def operator(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The policies of somebody as one, since what one names in part another may name the rest of."""
    statements = [statement for part in parts for statement in part["Statement"]]
    return permissions.filled_in({"Version": "2012-10-17", "Statement": statements}, **VALUES)


def parliament_findings(policy: dict[str, Any]) -> set[str]:
    """What parliament finds, each as its name and what it is about."""
    found = parliament.analyze_policy_string(json.dumps(policy)).findings
    texts = {f"parliament {one.issue} {json.dumps(one.detail, default=str)}" for one in found if one.issue != MISMATCH}
    # It wants all resources of an action in one statement; several may name them, each under a condition of its own.
    for one in parliament.analyze_policy_string(json.dumps(by_action(policy))).findings:
        if one.issue == MISMATCH:
            texts |= {f"parliament {MISMATCH} {each['action']} wants {each['required_format']}" for each in one.detail}
    return texts


def by_action(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy with one statement for each action that it names, without conditions."""
    resources: dict[str, set[str]] = {}
    for statement in policy["Statement"]:
        for action in (name for name in listed(statement["Action"]) if "*" not in name):
            resources.setdefault(action, set()).update(listed(statement.get("Resource", [])))
    merged = [
        {"Effect": "Allow", "Action": action, "Resource": sorted(all_of_it)}
        for action, all_of_it in resources.items()
        if all_of_it
    ]
    return {"Version": "2012-10-17", "Statement": merged}


def listed(value: str | list[str]) -> list[str]:
    """A value of a policy as a list."""
    return [value] if isinstance(value, str) else value


def cloudsplaining_findings(policy: dict[str, Any]) -> set[str]:
    """What cloudsplaining finds, each as the kind of risk and the action."""
    document, found = PolicyDocument(policy), set()
    for risk, attribute in RISKS.items():
        for one in getattr(document, attribute):
            found.add(f"cloudsplaining {risk} {one['type'] if isinstance(one, dict) else one}")
    return found


@pytest.fixture(scope="module")
def findings(made: Made) -> dict[str, set[str]]:
    """All findings, by the policy."""
    found: dict[str, set[str]] = {}
    for name, policy in policies(made):
        here = found.setdefault(name, set())
        here |= parliament_findings(policy)
        if not name.startswith("who may use"):
            here |= cloudsplaining_findings(policy)
    return found


def test_nothing_is_found_that_is_not_waived(findings: dict[str, set[str]]) -> None:
    waived = {entry["finding"] for entry in yaml.safe_load(WAIVERS.read_text())}
    left = {name: sorted(here - waived) for name, here in findings.items() if here - waived}
    assert left == {}


def test_no_waiver_outlives_its_finding(findings: dict[str, set[str]]) -> None:
    entries = yaml.safe_load(WAIVERS.read_text())
    assert {entry["finding"] for entry in entries} - set().union(*findings.values()) == set()
    assert all(entry["reason"] for entry in entries)


def test_the_linters_would_find_something() -> None:
    """A policy with a misspelt action, a wrong resource and a way to more rights does not pass."""
    bad = [
        {"Effect": "Allow", "Action": ["s3:GetObjekt", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"},
        {"Effect": "Allow", "Action": ["iam:AttachRolePolicy", "ec2:RunInstances"], "Resource": "*"},
    ]
    policy = {"Version": "2012-10-17", "Statement": bad}
    kinds = {finding.split()[1] for finding in parliament_findings(policy)}
    assert {"UNKNOWN_ACTION", "RESOURCE_MISMATCH"} <= kinds
    assert {finding.split()[1] for finding in cloudsplaining_findings(policy)} & {"privilege", "resource"}
