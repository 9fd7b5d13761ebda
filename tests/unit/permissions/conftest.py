# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policies that the roles make, worked out from their own declarations, and IAM's rules to judge them by."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from moto.iam.aws_managed_policies import aws_managed_policies_data

ROOT = Path(__file__).parents[3]
ACCOUNT = "123456789012"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
# Everything on that brings a policy with it.
SETTINGS = {
    "iam_permissions_boundary": BOUNDARY,
    "guardrails_budget_amount": 200,
    "guardrails_budget_cap": 100,
    "guardrails_budget_emails": ["somebody@example.org"],
    "guardrails_schedule": {"start": "cron(0 8 ? * MON-FRI *)", "stop": "cron(0 20 ? * MON-FRI *)"},
    "guardrails_compute": {"instances": [{"id": "i-0123456789abcdef0"}]},
}


@dataclass
class Made:
    """All that the roles declare with every choice on that brings a policy.

    Attributes:
        declared: the declared resources.
    """

    declared: list[dict[str, Any]] = field(default_factory=list)

    def of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        """The attributes of all resources of a kind, by their names."""
        return {one["name"]: one["attributes"] for one in self.declared if one["kind"] == kind}

    @property
    def identity_policies(self) -> dict[str, dict[str, Any]]:
        """The policies of roles, by the roles' names."""
        return {one["RoleName"]: one["PolicyDocument"] for one in self.of_kind("role_policy").values()}

    @property
    def trusts(self) -> dict[str, dict[str, Any]]:
        """Who may take on a role, by the roles' names."""
        return {one["RoleName"]: one["AssumeRolePolicyDocument"] for one in self.of_kind("iam_role").values()}

    @property
    def resource_policies(self) -> dict[str, dict[str, Any]]:
        """The policies of buckets and topics, by their names."""
        buckets = {name: one["Policy"] for name, one in self.of_kind("bucket").items()}
        return buckets | {name: one["Policy"] for name, one in self.of_kind("sns_topic").items()}


@pytest.fixture(scope="session")
def made() -> Made:
    """What the roles make."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "unit" / "comparison" / "declare.py"],
        input=json.dumps([SETTINGS]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [told] = json.loads(done.stdout)
    assert told["unknown"] == {}
    return Made([one for entries in told["declared"].values() for one in entries])


def managed(name: str) -> dict[str, Any]:
    """A policy of AWS's own."""
    return json.loads(aws_managed_policies_data)[name]["Document"]


def allowed(policies: list[dict[str, Any]], action: str, resource: str, **context: str) -> bool:
    """Whether policies together allow an action.

    Args:
        policies: the documents.
        action: such as `s3:GetObject`.
        resource: an ARN, or `*`.
        context: what conditions ask about; `region` is the region.
    """
    region = context.pop("region", "us-east-1")
    # The rules take buckets, whose ARNs name no account, for the caller's own.
    owner = context.pop("aws:ResourceAccount", ACCOUNT)
    asked = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/p-dev-ml-instance/i-0123456789abcdef0",
        principal_type="AssumedRole",
        principal_account=owner,
        action=action,
        resource_arn=resource,
        region=region,
        secure_transport=True,
        service_context={key.lower(): value for key, value in context.items()},
    )
    return evaluate(asked, [parse_policy_document(policy) for policy in policies]).decision == "Allow"
