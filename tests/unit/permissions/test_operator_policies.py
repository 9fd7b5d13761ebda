# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The operator's policies: made of what was seen, no wider than that, with a second factor and a boundary by choice."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from .conftest import ACCOUNT, BOUNDARY, ROOT, allowed

sys.path.insert(0, str(ROOT / "tools"))
import permissions

VALUES = {"project": "p", "environment": "dev", "account": ACCOUNT, "region": "us-east-1"}
MADE_ANYWHERE = {"dlm:CreateLifecyclePolicy", "guardduty:CreateDetector", "kms:CreateKey", "ssm:CreatePatchBaseline"}
# Settings of the account and of its region, and an end of a subscription, which IAM knows no resources of.
KNOW_NO_RESOURCES = MADE_ANYWHERE | {
    "config:DeleteDeliveryChannel",
    "config:PutConfigurationRecorder",
    "config:PutDeliveryChannel",
    "ec2:EnableEbsEncryptionByDefault",
    "ec2:EnableSnapshotBlockPublicAccess",
    "ec2:ModifyEbsDefaultKmsKeyId",
    "ec2:ResetEbsDefaultKmsKeyId",
    "sns:Unsubscribe",
}
EC2, IAM, KMS = f"arn:aws:ec2:us-east-1:{ACCOUNT}", f"arn:aws:iam::{ACCOUNT}", f"arn:aws:kms:us-east-1:{ACCOUNT}"
MINE = {"aws:ResourceTag/Project": "p", "aws:ResourceTag/Environment": "dev"}
OTHERS = {"aws:ResourceTag/Project": "p", "aws:ResourceTag/Environment": "prod"}
TAGGED = {"aws:RequestTag/Project": "p", "aws:RequestTag/Environment": "dev"}
FACTOR = {"aws:MultiFactorAuthPresent": "true"}
ROLES = ["network", "storage", "iam", "compute", "monitoring", "guardrails"]


def of(*runs: str, **choices: Any) -> list[dict[str, Any]]:
    return permissions.filled_in(permissions.policies(permissions.read(), runs, **choices), **VALUES)


def need(action: str, resource: str, **context: str) -> dict[str, Any]:
    return {"action": action, "resource": resource, "context": context}


@pytest.mark.parametrize(
    ("seen", "made"),
    [
        ("*", "*"),
        ("arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", "arn:<partition>:ec2:<region>:<account>:vpc/*"),
        (
            "arn:aws:ec2:us-east-1:123456789012:key-pair/bench-seed-ml-training",
            "arn:<partition>:ec2:<region>:<account>:key-pair/<name>-*",
        ),
        ("arn:aws:ec2:us-east-1::image/ami-1", "arn:<partition>:ec2:<region>::image/*"),
        ("arn:aws:s3:::bench-seed-datasets-1", "arn:<partition>:s3:::<name>-*"),
        ("arn:aws:s3:::bench-seed-datasets-1/raw/", "arn:<partition>:s3:::<name>-*/*"),
        ("arn:aws:iam::123456789012:role/bench-seed-flow-log", "arn:<partition>:iam::<account>:role/<name>-*"),
        ("arn:aws:budgets::123456789012:budget/bench-seed", "arn:<partition>:budgets::<account>:budget/<name>"),
        ("arn:aws:budgets::123456789012:budget/bench-seed/action/1", "arn:<partition>:budgets::<account>:budget/<name>/action/*"),
        (
            "arn:aws:scheduler:us-east-1:123456789012:schedule/bench-seed/stop",
            "arn:<partition>:scheduler:<region>:<account>:schedule/<name>/*",
        ),
        (
            "arn:aws:ssm:us-east-1:123456789012:parameter/bench/seed/jupyter-token",
            "arn:<partition>:ssm:<region>:<account>:parameter/<project>/<environment>/*",
        ),
        ("arn:aws:kms:us-east-1:123456789012:key/0a1b", "arn:<partition>:kms:<region>:<account>:key/*"),
        ("arn:aws:kms:us-east-1:123456789012:alias/bench-seed", "arn:<partition>:kms:<region>:<account>:alias/<name>"),
        ("arn:aws:dlm:us-east-1:123456789012:policy/policy-1", "arn:<partition>:dlm:<region>:<account>:policy/*"),
        ("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", "arn:<partition>:iam::aws:policy/AmazonSSMManagedInstanceCore"),
        ("arn:aws:ssm:us-east-1:123456789012:patchbaseline/pb-1", "arn:<partition>:ssm:<region>:<account>:patchbaseline/*"),
        (
            "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/bench-seed-ml-member",
            "arn:<partition>:autoscaling:<region>:<account>:autoScalingGroup:*:autoScalingGroupName/<name>-*",
        ),
        ("arn:aws:ssm:us-east-1::parameter/aws/service/x/y", "arn:<partition>:ssm:<region>::parameter/aws/service/*"),
        (
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vpc/bench-seed",
            "arn:<partition>:logs:<region>:<account>:log-group:/aws/vpc/<name>",
        ),
    ],
)
def test_what_was_seen_once_is_allowed_for_all_of_its_kind(seen: str, made: str) -> None:
    assert permissions.general(seen) == made


@pytest.mark.parametrize(
    ("seen", "made"),
    [
        (need("ec2:DescribeVpcs", "*"), "region"),
        (need("iam:ListRoles", "*"), ""),
        (need("ec2:DeleteVpc", f"{EC2}:vpc/vpc-1", **{"aws:ResourceTag/Project": "bench"}), "own"),
        (need("ec2:CreateVpc", f"{EC2}:vpc/*", **{"aws:RequestTag/Project": "bench"}), "new"),
        (need("ec2:CreateTags", f"{EC2}:security-group/sg-1", **{"aws:RequestTag/Project": "bench"}), "untagged"),
        (need("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-1"), ""),
        (need("iam:PassRole", f"{IAM}:role/a", **{"iam:PassedToService": "ec2.amazonaws.com"}), "iam:PassedToService=ec2.amazonaws.com"),
        (need("kms:CreateKey", "*", **{"aws:RequestTag/Project": "bench"}), "new"),
        (need("kms:EnableKeyRotation", f"{KMS}:key/k", **{"aws:ResourceTag/Project": "bench"}), "own"),
        (need("kms:DescribeKey", f"{KMS}:key/*"), ""),
        (need("kms:CreateAlias", f"{KMS}:alias/bench-seed"), ""),
        (need("s3:DeleteBucket", "arn:aws:s3:::bench-seed-x"), ""),
    ],
)
def test_what_the_service_can_judge_is_a_condition(seen: dict[str, Any], made: str) -> None:
    assert permissions.condition(seen) == made


def test_every_role_and_verb_was_seen() -> None:
    runs = set(permissions.read())
    assert runs >= {f"{role}-{verb}" for role in ROLES for verb in ("present", "absent", "check")}
    assert runs >= {f"{playbook}-run" for playbook in ("provision", "destroy", "plan", "drift", "status", "cost", "stop", "start")}


def test_checking_and_looking_write_nothing() -> None:
    for run in [f"{role}-check" for role in ROLES] + ["plan-run", "status-run", "cost-run"]:
        actions = {action.partition(":")[2] for action, _resource, _condition in permissions.read()[run]}
        assert [name for name in actions if not name.startswith(("Describe", "Get", "List", "View"))] == [], run


def test_whatever_writes_is_narrowed_to_resources() -> None:
    everywhere = {action for run in permissions.read().values() for action, resource, _condition in run if resource == "*"}
    writing = {action for action in everywhere if not action.partition(":")[2].startswith(("Describe", "Get", "List"))}
    assert writing == KNOW_NO_RESOURCES


def test_what_is_made_anywhere_carries_the_environments_tags() -> None:
    """It gets its id by the call; all that follows is narrowed to these tags."""
    made = [need for run in permissions.read().values() for need in run if need[0] in MADE_ANYWHERE and need[1] == "*"]
    assert {condition for _action, _resource, condition in made} == {"new"}
    assert {action for action, _resource, _condition in made} == MADE_ANYWHERE


def test_neighbours_are_out_of_reach() -> None:
    everything = of()
    assert allowed(everything, "ec2:TerminateInstances", f"{EC2}:instance/i-1", **MINE)
    assert not allowed(everything, "ec2:TerminateInstances", f"{EC2}:instance/i-1", **OTHERS)
    assert not allowed(everything, "ec2:TerminateInstances", f"{EC2}:instance/i-1")
    assert not allowed(everything, "ec2:CreateTags", f"{EC2}:instance/i-1", **OTHERS, **TAGGED)
    assert allowed(everything, "ec2:CreateVpc", f"{EC2}:vpc/*", **TAGGED)
    assert not allowed(everything, "ec2:CreateVpc", f"{EC2}:vpc/*")
    assert not allowed(everything, "ec2:DescribeVpcs", "*", region="eu-west-1")
    assert allowed(everything, "s3:DeleteBucket", "arn:aws:s3:::p-dev-datasets-1")
    assert not allowed(everything, "s3:DeleteBucket", "arn:aws:s3:::p-prod-datasets-1")
    assert not allowed(everything, "iam:PutRolePolicy", f"{IAM}:role/p-prod-ml-instance")
    assert not allowed(everything, "iam:CreateAccessKey", f"{IAM}:user/somebody")
    role = f"{IAM}:role/p-dev-ml-instance"
    assert allowed(everything, "iam:PassRole", role, **{"iam:PassedToService": "ec2.amazonaws.com"})
    assert not allowed(everything, "iam:PassRole", role, **{"iam:PassedToService": "lambda.amazonaws.com"})
    administrator = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert not allowed(everything, "iam:AttachRolePolicy", role, **administrator)


def test_a_second_factor_for_what_removes_things() -> None:
    strict = of(mfa=True)
    assert not allowed(strict, "ec2:DeleteVpc", f"{EC2}:vpc/vpc-1", **MINE)
    assert allowed(strict, "ec2:DeleteVpc", f"{EC2}:vpc/vpc-1", **MINE, **FACTOR)
    assert not allowed(strict, "s3:DeleteBucket", "arn:aws:s3:::p-dev-datasets-1")
    assert allowed(strict, "s3:DeleteBucket", "arn:aws:s3:::p-dev-datasets-1", **FACTOR)
    assert allowed(strict, "ec2:CreateVpc", f"{EC2}:vpc/*", **TAGGED)


def test_roles_only_within_the_boundary() -> None:
    bounded, role = of(boundary=BOUNDARY), f"{IAM}:role/p-dev-ml-instance"
    for action in ("iam:CreateRole", "iam:PutRolePolicy"):
        assert not allowed(bounded, action, role)
        assert allowed(bounded, action, role, **{"iam:PermissionsBoundary": BOUNDARY})
    assert not allowed(bounded, "iam:DeleteRolePermissionsBoundary", role, **{"iam:PermissionsBoundary": BOUNDARY})


def test_no_policy_is_longer_than_iam_takes() -> None:
    everything = permissions.policies(permissions.read(), mfa=True, boundary=BOUNDARY)
    long = {"project": "p" * 20, "environment": "e" * 12, "account": ACCOUNT, "region": "ap-southeast-3"}
    sizes = [len("".join(str(permissions.filled_in(one, **long)).split())) for one in everything]
    assert max(sizes) <= permissions.MOST
    assert len(sizes) <= 10
