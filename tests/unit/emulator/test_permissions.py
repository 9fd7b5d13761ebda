# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What calls need to be allowed, by IAM's names, resources and tags, and how the emulator refuses what is not."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from behaviours import TRUST
from clients import Clients
from emulator import calls
from emulator.permissions import ec2, s3, services
from emulator.permissions.needs import Where
from emulator.places import Place

HERE = Where("aws", "us-east-1", "123456789012")
EC2, IAM = "arn:aws:ec2:us-east-1:123456789012", "arn:aws:iam::123456789012"
VPC, SUBNET = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0"
OURS = {"ResourceType": "subnet", "Tags": [{"Key": "Project", "Value": "p"}]}


class Known:
    """One subnet with a tag, and an association of it."""

    def owner(self, name: str) -> str:
        return SUBNET if name.startswith("aclassoc-") else name

    def tags(self, name: str) -> Mapping[str, str]:
        return {"Project": "p"} if name == SUBNET else {}


def of_ec2(operation: str, **parameters: Any) -> list[tuple[str, str, dict[str, Any]]]:
    return [(one.action, one.resource, one.context) for one in ec2.needs(operation, parameters, HERE, Known())]


def of(service: str, operation: str, **parameters: Any) -> list[tuple[str, str]]:
    return [(one.action, one.resource) for one in services.needs(service, operation, parameters, HERE)]


def test_reading_ec2_knows_no_resources() -> None:
    assert of_ec2("DescribeVpcs", VpcIds=[VPC]) == [("ec2:DescribeVpcs", "*", {})]


def test_what_is_made_is_asked_for_its_tags_and_what_stands_for_its_own() -> None:
    made = {"aws:RequestTag/Project": "p"}
    assert of_ec2("CreateSubnet", VpcId=VPC, CidrBlock="10.0.1.0/24", TagSpecifications=[OURS]) == [
        ("ec2:CreateSubnet", f"{EC2}:vpc/{VPC}", {}),
        ("ec2:CreateSubnet", f"{EC2}:subnet/*", made),
        ("ec2:CreateTags", f"{EC2}:subnet/*", {**made, "ec2:CreateAction": "CreateSubnet"}),
    ]
    assert of_ec2("DeleteSubnet", SubnetId=SUBNET) == [
        ("ec2:DeleteSubnet", f"{EC2}:subnet/{SUBNET}", {"aws:ResourceTag/Project": "p"})
    ]
    retagged = of_ec2("CreateTags", Resources=[SUBNET], Tags=[{"Key": "Project", "Value": "mine"}])
    context = {"aws:ResourceTag/Project": "p", "aws:RequestTag/Project": "mine"}
    assert retagged == [("ec2:CreateTags", f"{EC2}:subnet/{SUBNET}", context)]


def test_an_association_is_that_of_its_owner_and_filters_name_nothing() -> None:
    [_acl, subnet] = of_ec2(
        "ReplaceNetworkAclAssociation", AssociationId="aclassoc-0123456789abcdef0", NetworkAclId="acl-0123456789abcdef0"
    )
    assert subnet[1] == f"{EC2}:subnet/{SUBNET}"
    assert of_ec2("ModifyAny", Filters=[{"Name": "vpc-id", "Values": [VPC]}]) == [("ec2:ModifyAny", "*", {})]


def test_a_role_that_is_handed_on_must_be_passed() -> None:
    needs = of_ec2("RunInstances", ImageId="ami-0123456789abcdef0", IamInstanceProfile={"Arn": f"{IAM}:instance-profile/a"})
    assert ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0", {}) in needs
    assert ("iam:PassRole", f"{IAM}:role/a", {"iam:PassedToService": "ec2.amazonaws.com"}) in needs
    assert of("iam", "AddRoleToInstanceProfile", InstanceProfileName="a", RoleName="b") == [
        ("iam:AddRoleToInstanceProfile", f"{IAM}:instance-profile/a"),
        ("iam:PassRole", f"{IAM}:role/b"),
    ]


@pytest.mark.parametrize(
    ("operation", "parameters", "needed"),
    [
        ("ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("PutBucketEncryption", {"Bucket": "b"}, [("s3:PutEncryptionConfiguration", "arn:aws:s3:::b")]),
        ("ListBucketMetricsConfigurations", {"Bucket": "b"}, [("s3:GetMetricsConfiguration", "arn:aws:s3:::b")]),
        ("UploadPart", {"Bucket": "b", "Key": "a/k"}, [("s3:PutObject", "arn:aws:s3:::b/a/k")]),
        ("DeleteObject", {"Bucket": "b", "Key": "k", "VersionId": "v"}, [("s3:DeleteObjectVersion", "arn:aws:s3:::b/k")]),
        (
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}, {"Key": "l", "VersionId": "v"}]}},
            [("s3:DeleteObject", "arn:aws:s3:::b/k"), ("s3:DeleteObjectVersion", "arn:aws:s3:::b/l")],
        ),
        (
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": "other/a%20b?versionId=1"},
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObjectVersion", "arn:aws:s3:::other/a b")],
        ),
        (
            "CreateBucket",
            {"Bucket": "b", "ObjectOwnership": "BucketOwnerEnforced"},
            [("s3:CreateBucket", "arn:aws:s3:::b"), ("s3:PutBucketOwnershipControls", "arn:aws:s3:::b")],
        ),
    ],
)
def test_s3_has_its_own_names(operation: str, parameters: dict[str, Any], needed: list[tuple[str, str]]) -> None:
    assert [(one.action, one.resource) for one in s3.needs(operation, parameters, HERE)] == needed


def test_tags_at_birth_need_an_action_of_their_own() -> None:
    role = f"{IAM}:role/a"
    tagged = of("iam", "CreateRole", RoleName="a", Tags=[{"Key": "Project", "Value": "p"}])
    assert tagged == [("iam:CreateRole", role), ("iam:TagRole", role)]
    assert of("iam", "CreateRole", RoleName="a") == [("iam:CreateRole", role)]


def test_keys_of_tags_that_are_taken_off_are_no_tags() -> None:
    [untagged] = services.needs("logs", "UntagLogGroup", {"logGroupName": "/g", "tags": ["Owner"]}, HERE)
    assert (untagged.action, untagged.context) == ("logs:UntagLogGroup", {})


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "needed"),
    [
        ("logs", "PutLogEvents", {"logGroupName": "/g", "logStreamName": "s"}, "logs:us-east-1:123456789012:log-group:/g:log-stream:s"),
        ("cloudwatch", "PutDashboard", {"DashboardName": "d"}, "cloudwatch::123456789012:dashboard/d"),
        ("ssm", "GetParameter", {"Name": "/aws/service/x"}, "ssm:us-east-1::parameter/aws/service/x"),
        ("ssm", "PutParameter", {"Name": "/p/x"}, "ssm:us-east-1:123456789012:parameter/p/x"),
        ("scheduler", "GetSchedule", {"GroupName": "g", "Name": "n"}, "scheduler:us-east-1:123456789012:schedule/g/n"),
        ("budgets", "DeleteBudgetAction", {"BudgetName": "b", "ActionId": "i"}, "budgets::123456789012:budget/b/action/i"),
        ("sns", "CreateTopic", {"Name": "t"}, "sns:us-east-1:123456789012:t"),
        ("kms", "CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "k"}, "kms:us-east-1:123456789012:alias/a"),
        ("kms", "EnableKeyRotation", {"KeyId": "k"}, "kms:us-east-1:123456789012:key/k"),
        ("kms", "DescribeKey", {"KeyId": "alias/a"}, "kms:us-east-1:123456789012:key/*"),
        ("guardduty", "DeleteDetector", {"DetectorId": "d"}, "guardduty:us-east-1:123456789012:detector/d"),
        ("events", "PutTargets", {"Rule": "r", "Targets": []}, "events:us-east-1:123456789012:rule/r"),
        ("securityhub", "DisableSecurityHub", {}, "securityhub:us-east-1:123456789012:hub/default"),
        (
            "config",
            "StartConfigurationRecorder",
            {"ConfigurationRecorderName": "default"},
            "config:us-east-1:123456789012:configuration-recorder/default/*",
        ),
        ("rds", "DeleteDBInstance", {"DBInstanceIdentifier": "d"}, "rds:us-east-1:123456789012:db:d"),
        ("rds", "AddTagsToResource", {"ResourceName": "arn:aws:rds:us-east-1:123456789012:pg:g"}, "rds:us-east-1:123456789012:pg:g"),
        ("dlm", "DeleteLifecyclePolicy", {"PolicyId": "policy-1"}, "dlm:us-east-1:123456789012:policy/policy-1"),
        ("ssm", "CreateAssociation", {"Name": "AWS-RunPatchBaseline"}, "ssm:us-east-1:123456789012:association/*"),
        ("ssm", "UpdateAssociation", {"AssociationId": "a"}, "ssm:us-east-1:123456789012:association/a"),
        ("ssm", "DeletePatchBaseline", {"BaselineId": "pb-1"}, "ssm:us-east-1:123456789012:patchbaseline/pb-1"),
        (
            "ssm",
            "ListTagsForResource",
            {"ResourceType": "PatchBaseline", "ResourceId": "pb-1"},
            "ssm:us-east-1:123456789012:patchbaseline/pb-1",
        ),
        (
            "autoscaling",
            "CreateOrUpdateTags",
            {"Tags": [{"ResourceId": "g", "ResourceType": "auto-scaling-group", "Key": "a", "Value": "b"}]},
            "autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/g",
        ),
    ],
)
def test_other_services_name_their_resources(service: str, operation: str, parameters: dict[str, Any], needed: str) -> None:
    assert of(service, operation, **parameters)[0] == (f"{service}:{operation}", f"arn:aws:{needed}")


def test_access_analyzer_is_called_otherwise_by_iam() -> None:
    needed = of("accessanalyzer", "DeleteAnalyzer", analyzerName="a")
    assert needed == [("access-analyzer:DeleteAnalyzer", "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/a")]


def test_efs_is_called_otherwise_and_works_for_its_caller_in_other_services() -> None:
    start, key = "arn:aws:elasticfilesystem:us-east-1:123456789012:", "arn:aws:kms:us-east-1:123456789012:key/k"
    tags = {"Tags": [{"Key": "Project", "Value": "p"}]}
    assert of("efs", "CreateFileSystem", KmsKeyId=key, **tags) == [
        ("elasticfilesystem:CreateFileSystem", f"{start}file-system/*"),
        ("elasticfilesystem:TagResource", f"{start}file-system/*"),
        *((f"kms:{action}", key) for action in ("CreateGrant", "DescribeKey", "GenerateDataKeyWithoutPlaintext")),
    ]
    assert of("efs", "CreateAccessPoint", FileSystemId="fs-1", **tags) == [
        ("elasticfilesystem:CreateAccessPoint", f"{start}file-system/fs-1"),
        ("elasticfilesystem:TagResource", f"{start}access-point/*"),
    ]
    assert of("efs", "DeleteMountTarget", FileSystemId="fs-1") == [
        ("elasticfilesystem:DeleteMountTarget", f"{start}file-system/fs-1"),
        ("ec2:DeleteNetworkInterface", "*"),
    ]
    assert of("efs", "TagResource", ResourceId="fsap-1")[0] == ("elasticfilesystem:TagResource", f"{start}access-point/fsap-1")


def test_a_document_of_aws_is_nobodys() -> None:
    needed = of("ssm", "UpdateAssociation", AssociationId="a", Name="AWS-RunPatchBaseline")
    assert [resource for _action, resource in needed] == [
        "arn:aws:ssm:us-east-1:123456789012:association/a",
        "arn:aws:ssm:us-east-1::document/AWS-RunPatchBaseline",
    ]
    assert of("ssm", "DescribePatchBaselines") == [("ssm:DescribePatchBaselines", "*")]


def test_a_key_is_tagged_as_it_is_made() -> None:
    made = services.needs("kms", "CreateKey", {"Tags": [{"TagKey": "Project", "TagValue": "p"}]}, HERE)
    assert [(one.action, one.resource) for one in made] == [
        ("kms:CreateKey", "*"),
        ("kms:TagResource", "arn:aws:kms:us-east-1:123456789012:key/*"),
    ]
    assert all(one.context == {"aws:RequestTag/Project": "p"} for one in made)


def test_what_has_no_name_is_known_by_its_tags() -> None:
    [need] = services.needs("kms", "ScheduleKeyDeletion", {"KeyId": "k"}, HERE, lambda arn: {"Project": arn[-1]})
    assert need.context == {"aws:ResourceTag/Project": "k"}


def test_budgets_are_viewed_and_modified() -> None:
    assert of("budgets", "UpdateBudget", NewBudget={"BudgetName": "b"}) == [
        ("budgets:ModifyBudget", "arn:aws:budgets::123456789012:budget/b")
    ]
    assert of("budgets", "DescribeBudgets", AccountId="1")[0][0] == "budgets:ViewBudget"
    assert of("budgets", "DeleteNotification", BudgetName="b")[0] == (
        "budgets:ModifyBudget",
        "arn:aws:budgets::123456789012:budget/b",
    )


def tell(place: Place, mode: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{place.http_port}/_emulator/permissions-{mode}", method="POST")
    with urllib.request.urlopen(request, timeout=10):
        pass


@pytest.fixture
def enforced(place: Place) -> Iterator[None]:
    tell(place, "enforced")
    yield
    tell(place, "off")


def test_a_role_may_do_what_its_policies_and_its_boundary_allow(place: Place, aws: Clients, enforced: None) -> None:
    """Resources and conditions count; who is not known to IAM is the root user; what was needed is in the log."""
    iam = aws("iam")
    arn = iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]

    def put(*statements: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})

    here = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    policy = put(
        {"Action": "ssm:*", "Resource": "arn:aws:ssm:us-east-1:123456789012:parameter/mine/*"},
        {"Action": "ec2:DescribeVpcs", "Resource": "*", "Condition": here},
        {"Action": "sns:ListTopics", "Resource": "*"},
    )
    iam.put_role_policy(RoleName="bounded", PolicyName="all", PolicyDocument=policy)
    key = aws("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])

    def may(service: str, call: str, region: str = "us-east-1", **arguments: Any) -> str:
        client = session.client(service, region_name=region, endpoint_url=place.endpoint, verify=str(place.authority))
        try:
            getattr(client, call)(**arguments)
        except client.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return ""

    assert may("ssm", "put_parameter", Name="/mine/a", Value="x", Type="String") == ""
    assert may("ssm", "put_parameter", Name="/other/a", Value="x", Type="String") == "AccessDeniedException"
    assert may("ec2", "describe_vpcs") == ""
    assert may("ec2", "describe_vpcs", region="eu-west-1") == "UnauthorizedOperation"
    assert may("s3", "list_buckets") == "AccessDenied"
    assert may("cloudwatch", "list_dashboards") == "AccessDeniedException"
    assert may("sts", "get_caller_identity") == ""
    assert may("sns", "list_topics") == ""
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=put({"Action": "ec2:*", "Resource": "*"}))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
    assert may("sns", "list_topics") == "AuthorizationError"
    assert may("ec2", "describe_vpcs") == ""
    last = list(calls.read(place.calls, caller=key["AccessKeyId"]))[-1]
    assert last.needs == [{"action": "ec2:DescribeVpcs", "resource": "*", "context": {}}]
