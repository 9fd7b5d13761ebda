# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host may do by its role, and what it may not: one line each, judged with AWS's policy for Session Manager beside it."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import ACCOUNT, Made, allowed, managed

REGION = f"us-east-1:{ACCOUNT}"
INSTANCE = f"arn:aws:ec2:{REGION}:instance/i-0123456789abcdef0"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/p-dev-ml-instance"
GROUP = f"arn:aws:logs:{REGION}:log-group:/aws/ec2/p-dev-ml-training"
STREAM = f"{GROUP}:log-stream:i-0123456789abcdef0/jupyter"
TOKEN = f"arn:aws:ssm:{REGION}:parameter/p/dev/jupyter-token"
NAMESPACE = {"cloudwatch:namespace": "MLInfra/p-dev"}
# DATASETS and MODELS stand for the buckets, whose names end in a hash.
MAY: list[tuple[str, str, dict[str, str]]] = [
    *((f"s3:{action}", bucket, {}) for bucket in ("DATASETS", "MODELS") for action in (
        "GetBucketLocation", "ListBucket", "ListBucketMultipartUploads", "ListBucketVersions",
    )),
    *((f"s3:{action}", f"{bucket}/a/key", {}) for bucket in ("DATASETS", "MODELS") for action in (
        "AbortMultipartUpload", "DeleteObject", "GetObject", "GetObjectVersion", "ListMultipartUploadParts", "PutObject",
        "RestoreObject",
    )),
    ("cloudwatch:PutMetricData", "*", NAMESPACE),
    ("ec2:DescribeInstances", "*", {}),
    ("ec2:DescribeTags", "*", {}),
    ("ec2:DescribeVolumes", "*", {}),
    ("logs:CreateLogStream", f"{GROUP}:*", {}),
    ("logs:DescribeLogStreams", f"{GROUP}:*", {}),
    ("logs:PutLogEvents", STREAM, {}),
    ("ssm:GetParameter", TOKEN, {}),
    ("ssm:PutParameter", TOKEN, {}),
    ("ssm:UpdateInstanceInformation", INSTANCE, {}),
    ("ssmmessages:CreateControlChannel", "*", {}),
    ("ssmmessages:CreateDataChannel", "*", {}),
    ("ssmmessages:OpenControlChannel", "*", {}),
    ("ssmmessages:OpenDataChannel", "*", {}),
    ("ec2messages:GetMessages", "*", {}),
]  # fmt: skip
MAY_NOT: list[tuple[str, str, dict[str, str]]] = [
    # Buckets: others, and what makes them other than they are.
    ("s3:ListAllMyBuckets", "*", {}),
    ("s3:ListBucket", "arn:aws:s3:::p-dev-operations-0123456789", {}),
    ("s3:GetObject", "arn:aws:s3:::p-dev-operations-0123456789/lock.json", {}),
    ("s3:PutObject", "arn:aws:s3:::p-dev-operations-0123456789/lock.json", {}),
    ("s3:GetObject", "arn:aws:s3:::somebody-else/a", {}),
    ("s3:PutObject", "arn:aws:s3:::somebody-else/a", {}),
    ("s3:GetObject", "DATASETS/a/key", {"aws:ResourceAccount": "111111111111"}),
    ("s3:PutObject", "MODELS/a/key", {"aws:ResourceAccount": "111111111111"}),
    ("s3:CreateBucket", "arn:aws:s3:::p-dev-new", {}),
    ("s3:DeleteBucket", "DATASETS", {}),
    ("s3:DeleteObjectVersion", "MODELS/production/model", {}),
    ("s3:BypassGovernanceRetention", "MODELS/production/model", {}),
    ("s3:PutBucketPolicy", "DATASETS", {}),
    ("s3:DeleteBucketPolicy", "DATASETS", {}),
    ("s3:PutBucketAcl", "DATASETS", {}),
    ("s3:PutObjectAcl", "DATASETS/a/key", {}),
    ("s3:PutBucketPublicAccessBlock", "DATASETS", {}),
    ("s3:PutBucketVersioning", "MODELS", {}),
    ("s3:PutEncryptionConfiguration", "MODELS", {}),
    ("s3:PutLifecycleConfiguration", "DATASETS", {}),
    ("s3:PutReplicationConfiguration", "DATASETS", {}),
    ("s3:PutBucketLogging", "DATASETS", {}),
    ("s3:PutAccountPublicAccessBlock", "*", {}),
    # Itself, its role, and everybody else's.
    ("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    ("iam:PutRolePolicy", ROLE, {}),
    ("iam:AttachRolePolicy", ROLE, {}),
    ("iam:UpdateAssumeRolePolicy", ROLE, {}),
    ("iam:DeleteRolePermissionsBoundary", ROLE, {}),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/new", {}),
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/new", {}),
    ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/somebody", {}),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/boundary", {}),
    ("iam:ListRoles", "*", {}),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/p-dev-scheduler", {}),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/any", {}),
    # Machines and the network.
    ("ec2:RunInstances", INSTANCE, {}),
    ("ec2:TerminateInstances", INSTANCE, {}),
    ("ec2:StopInstances", INSTANCE, {}),
    ("ec2:StartInstances", INSTANCE, {}),
    ("ec2:ModifyInstanceAttribute", INSTANCE, {}),
    ("ec2:ModifyInstanceMetadataOptions", INSTANCE, {}),
    ("ec2:AssociateIamInstanceProfile", INSTANCE, {}),
    ("ec2:CreateTags", INSTANCE, {}),
    ("ec2:DeleteTags", INSTANCE, {}),
    ("ec2:CreateSnapshot", f"arn:aws:ec2:{REGION}:volume/vol-0123456789abcdef0", {}),
    ("ec2:ModifySnapshotAttribute", "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0", {}),
    ("ec2:AuthorizeSecurityGroupIngress", f"arn:aws:ec2:{REGION}:security-group/sg-0123456789abcdef0", {}),
    ("ec2:CreateRoute", f"arn:aws:ec2:{REGION}:route-table/rtb-0123456789abcdef0", {}),
    ("ec2:DeleteFlowLogs", f"arn:aws:ec2:{REGION}:vpc-flow-log/fl-0123456789abcdef0", {}),
    ("ec2:DescribeInstances", "*", {"region": "eu-west-1"}),
    ("ec2:DescribeVpcs", "*", {}),
    ("ec2:GetPasswordData", INSTANCE, {}),
    # Logs and alarms, by which its doings are seen.
    ("logs:CreateLogGroup", f"arn:aws:logs:{REGION}:log-group:/new", {}),
    ("logs:DeleteLogGroup", GROUP, {}),
    ("logs:DeleteLogStream", STREAM, {}),
    ("logs:PutRetentionPolicy", GROUP, {}),
    ("logs:GetLogEvents", STREAM, {}),
    ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:log-group:/aws/vpc/p-dev:log-stream:eni-1", {}),
    ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/EC2"}),
    ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "MLInfra/p-prod"}),
    ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{REGION}:alarm:p-dev-ml-training-1-cpu", {}),
    ("cloudwatch:DisableAlarmActions", f"arn:aws:cloudwatch:{REGION}:alarm:p-dev-ml-training-1-cpu", {}),
    ("sns:Publish", f"arn:aws:sns:{REGION}:p-dev-alarms", {}),
    ("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{REGION}:trail/any", {}),
    # Secrets and commands of others.
    ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:parameter/p/dev/jupyter-token-ada", {}),
    ("ssm:GetParameters", f"arn:aws:ssm:{REGION}:parameter/p/prod/jupyter-token", {}),
    ("ssm:GetParametersByPath", f"arn:aws:ssm:{REGION}:parameter/p/dev", {}),
    ("ssm:PutParameter", f"arn:aws:ssm:{REGION}:parameter/p/prod/jupyter-token", {}),
    ("ssm:DeleteParameter", TOKEN, {}),
    ("ssm:SendCommand", INSTANCE, {}),
    ("ssm:StartSession", INSTANCE, {}),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:secret:any", {}),
    ("kms:Decrypt", f"arn:aws:kms:{REGION}:key/any", {}),
    ("kms:ScheduleKeyDeletion", f"arn:aws:kms:{REGION}:key/any", {}),
    # Money, and other ways to get at more.
    ("budgets:ModifyBudget", f"arn:aws:budgets::{ACCOUNT}:budget/p-dev", {}),
    ("scheduler:UpdateSchedule", f"arn:aws:scheduler:{REGION}:schedule/p-dev/stop", {}),
    ("lambda:CreateFunction", f"arn:aws:lambda:{REGION}:function:new", {}),
    ("cloudformation:CreateStack", f"arn:aws:cloudformation:{REGION}:stack/new/1", {}),
    ("organizations:LeaveOrganization", "*", {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def host(made: Made) -> Any:
    """Tells whether a host may do something."""
    role = made.of_kind("iam_role")["p-dev-ml-instance"]
    attached = [managed(arn.rpartition("/")[2]) for arn in role["ManagedPolicyArns"]]
    policies = [made.identity_policies["p-dev-ml-instance"], *attached]
    names = {purpose.upper(): name for name in made.of_kind("bucket") for purpose in ("datasets", "models") if purpose in name}

    def may(action: str, resource: str, context: dict[str, str]) -> bool:
        purpose, slash, key = resource.partition("/")
        if purpose in names:
            resource = f"arn:aws:s3:::{names[purpose]}{slash}{key}"
        return allowed(policies, action, resource, **context)

    return may


def test_a_host_may_do_all_that_its_workflow_does(host: Any) -> None:
    assert [line for line in MAY if not host(*line)] == []


def test_a_host_may_do_nothing_of_this(host: Any) -> None:
    assert [line for line in MAY_NOT if host(*line)] == []
    assert len(MAY_NOT) >= 50


def test_each_allowance_is_needed_by_some_line(made: Made) -> None:
    """An action that no line of the workflow needs has no place in the role's own policy."""
    statements = made.identity_policies["p-dev-ml-instance"]["Statement"]
    granted = [one["Action"] for one in statements if one["Effect"] == "Allow"]
    actions = {action for each in granted for action in ([each] if isinstance(each, str) else each)}
    assert actions - {action for action, _resource, _context in MAY} == set()
    assert not [action for action in actions if "*" in action]
