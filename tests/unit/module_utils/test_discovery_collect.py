# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What discovery asks AWS, by the services' real models."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from datetime import UTC, datetime

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.api import CallError, Reader
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.collect import Collector
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from botocore.exceptions import NoCredentialsError

BY_TAG = [{"Name": "tag:Project", "Values": ["p"]}]
IDENTITY = Identity("p-dev", {"Project": "p"}, {"vpc_log_group": "/aws/vpc/p-dev", "token_parameter": "/p/token"})


class OneAfterTheOther(Executor):
    """Runs at once, so that the calls come in a known order."""

    def submit(self, task, /, *arguments, **named):
        future: Future = Future()
        future.set_result(task(*arguments, **named))
        return future


def collect(aws, *kinds: str, tagged: bool = False, identity: Identity = IDENTITY):
    reader = Reader(aws)
    found, tags = Collector(reader, identity, OneAfterTheOther()).collect(set(kinds), tagged)
    assert reader.errors == []
    return found, tags


def test_what_stands_in_the_vpc_is_asked_by_vpc(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}]}, {"Filters": BY_TAG})
    in_vpc = [{"Name": "vpc-id", "Values": ["vpc-1"]}]
    aws.answer("ec2", "describe_subnets", {"Subnets": [{"SubnetId": "subnet-1"}]}, {"Filters": in_vpc})
    found, _tags = collect(aws, "subnet")
    assert found == {"vpc": [{"VpcId": "vpc-1"}], "subnet": [{"SubnetId": "subnet-1"}]}


def test_a_vpc_that_lost_a_tag_is_found_by_its_subnets(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": []}, {"Filters": BY_TAG})
    subnet = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "Tags": [{"Key": "Project", "Value": "p"}]}
    aws.answer("ec2", "describe_subnets", {"Subnets": [subnet]}, {"Filters": BY_TAG})
    by_id = [{"Name": "vpc-id", "Values": ["vpc-1"]}]
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}]}, {"Filters": by_id})
    aws.answer("ec2", "describe_subnets", {"Subnets": [subnet, {"SubnetId": "subnet-2"}]}, {"Filters": by_id})
    found, _tags = collect(aws, "subnet")
    assert found == {"vpc": [{"VpcId": "vpc-1"}], "subnet": [subnet, {"SubnetId": "subnet-2"}]}


def test_where_no_vpc_stands_subnets_are_asked_once(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": []})
    aws.answer("ec2", "describe_subnets", {"Subnets": []}, {"Filters": BY_TAG})
    assert collect(aws, "subnet")[0] == {"vpc": [], "subnet": []}


def test_without_a_vpc_what_is_left_is_asked_by_tag(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": []})
    states = [{"Name": "state", "Values": ["pending", "failed", "available", "deleting"]}]
    left = {"NatGateways": [{"NatGatewayId": "nat-1"}]}
    aws.answer("ec2", "describe_nat_gateways", left, {"Filter": BY_TAG + states})
    assert collect(aws, "nat_gateway")[0]["nat_gateway"] == [{"NatGatewayId": "nat-1"}]


def test_an_internet_gateway_is_found_attached_or_not_and_once(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}]})
    loose, attached = {"InternetGatewayId": "igw-1"}, {"InternetGatewayId": "igw-2"}
    aws.answer("ec2", "describe_internet_gateways", {"InternetGateways": [loose, attached]}, {"Filters": BY_TAG})
    in_vpc = [{"Name": "attachment.vpc-id", "Values": ["vpc-1"]}]
    aws.answer("ec2", "describe_internet_gateways", {"InternetGateways": [attached]}, {"Filters": in_vpc})
    assert collect(aws, "internet_gateway")[0]["internet_gateway"] == [loose, attached]


def test_all_pages_are_read(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}], "NextToken": "more"}, {"Filters": BY_TAG})
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-2"}]}, {"Filters": BY_TAG, "NextToken": "more"})
    assert [vpc["VpcId"] for vpc in collect(aws, "vpc")[0]["vpc"]] == ["vpc-1", "vpc-2"]


def test_volumes_without_tags_are_found_through_their_instance(aws):
    standing = ["pending", "running", "shutting-down", "stopping", "stopped"]
    instance = {
        "InstanceId": "i-1",
        "BlockDeviceMappings": [{"Ebs": {"VolumeId": "vol-1"}}, {"Ebs": {"VolumeId": "vol-2"}}, {"DeviceName": "x"}],
    }
    aws.answer("ec2", "describe_vpcs", {"Vpcs": []})
    aws.answer(
        "ec2",
        "describe_instances",
        {"Reservations": [{"Instances": [instance]}, {"Instances": []}]},
        {"Filters": [*BY_TAG, {"Name": "instance-state-name", "Values": standing}]},
    )
    aws.answer("ec2", "describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}]}, {"Filters": BY_TAG})
    rest = {"Filters": [{"Name": "volume-id", "Values": ["vol-2"]}]}
    aws.answer("ec2", "describe_volumes", {"Volumes": [{"VolumeId": "vol-2"}]}, rest)
    found, _tags = collect(aws, "instance", "volume")
    assert found["instance"] == [instance]
    assert [volume["VolumeId"] for volume in found["volume"]] == ["vol-1", "vol-2"]


def test_addresses_are_listed_without_a_filter(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": []}).answer("ec2", "describe_addresses", {"Addresses": []}, {})
    assert collect(aws, "elastic_ip")[0]["elastic_ip"] == []


def test_what_only_tags_show_is_described_too(aws):
    arns = {
        "arn:aws:logs:us-east-1:123456789012:log-group:/odd": {"Project": "p"},
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:odd": {"Project": "p"},
        "arn:aws:ssm:us-east-1:123456789012:parameter/odd": {"Project": "p"},
    }
    aws.answer(
        "resourcegroupstaggingapi",
        "get_resources",
        {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": [{"Key": "Project", "Value": "p"}]} for arn in arns]},
        {"TagFilters": [{"Key": "Project", "Values": ["p"]}]},
    )
    types = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": []}, {"AlarmNamePrefix": "p-dev-", **types})
    composite = {"CompositeAlarms": [{"AlarmName": "odd"}]}
    aws.answer("cloudwatch", "describe_alarms", composite, {"AlarmNames": ["odd"], **types})
    for name in ("/aws/vpc/p-dev", "/odd"):
        aws.answer("logs", "describe_log_groups", {"logGroups": [{"logGroupName": name}]}, {"logGroupNamePrefix": name})
    names = [{"Key": "Name", "Option": "Equals", "Values": ["/odd", "/p/token", "odd"]}]
    aws.answer("ssm", "describe_parameters", {"Parameters": [{"Name": "odd"}]}, {"ParameterFilters": names})
    found, tags = collect(aws, "log_group", "alarm", "ssm_parameter", tagged=True)
    assert tags == arns
    assert found["alarm"] == [{"AlarmName": "odd"}]
    assert [group["logGroupName"] for group in found["log_group"]] == ["/aws/vpc/p-dev", "/odd"]
    assert found["ssm_parameter"] == [{"Name": "odd"}]


_GROUP = {"AutoScalingGroupName": "g", "MinSize": 1, "MaxSize": 2, "DesiredCapacity": 1, "DefaultCooldown": 300}
_GROUP |= {"AvailabilityZones": ["us-east-1a"], "HealthCheckType": "EC2", "CreatedTime": datetime(2026, 1, 2, tzinfo=UTC)}


def test_a_group_is_known_by_its_tags(aws):
    aws.answer("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [_GROUP]}, {"Filters": BY_TAG})
    assert collect(aws, "auto_scaling_group")[0]["auto_scaling_group"] == [_GROUP]


@pytest.mark.parametrize("templates", [[], [{"LaunchTemplateId": "lt-1"}]])
def test_where_everything_is_asked_for_a_launch_template_leads_to_the_group(aws, templates):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": []}).answer("resourcegroupstaggingapi", "get_resources", {})
    aws.answer("ec2", "describe_launch_templates", {"LaunchTemplates": templates}, {"Filters": BY_TAG})
    if templates:
        aws.answer("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [_GROUP]})
    found, _tags = collect(aws, "launch_template", "auto_scaling_group", tagged=True)
    assert found["auto_scaling_group"] == [_GROUP][: len(templates)]


_BALANCED = Identity("p-dev", {"Project": "p"}, {"balancer_security_group": "p-dev-ml-balancer"})


def test_only_its_security_group_leads_to_a_load_balancer(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}]})
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupName": "p-dev", "GroupId": "sg-1"}]})
    found, _tags = collect(aws, "security_group", "load_balancer", "target_group", identity=_BALANCED)
    assert (found["load_balancer"], found["target_group"]) == ([], [])


def test_load_balancers_and_target_groups_of_the_vpc_have_their_tags(aws):
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}]})
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupName": "p-dev-ml-balancer", "GroupId": "sg-1"}]})
    for kind, identifier in (("load_balancer", "LoadBalancerArn"), ("target_group", "TargetGroupArn")):
        listed = [{identifier: f"arn:{kind}", "VpcId": "vpc-1"}, {identifier: "arn:other", "VpcId": "vpc-2"}]
        member = "LoadBalancers" if kind == "load_balancer" else "TargetGroups"
        aws.answer("elbv2", f"describe_{kind}s", {member: listed})
        carried = {"ResourceArn": f"arn:{kind}", "Tags": [{"Key": "Project", "Value": "p"}]}
        aws.answer("elbv2", "describe_tags", {"TagDescriptions": [carried]}, {"ResourceArns": [f"arn:{kind}"]})
    found, _tags = collect(aws, "security_group", "load_balancer", "target_group", identity=_BALANCED)
    assert [(one["LoadBalancerArn"], one["Tags"][0]["Value"]) for one in found["load_balancer"]] == [("arn:load_balancer", "p")]
    assert [(one["TargetGroupArn"], one["Tags"][0]["Value"]) for one in found["target_group"]] == [("arn:target_group", "p")]


_DETECTION = ("analyzer", "config_rule", "detector", "event_rule", "foreign_detection", "hub", "recorder")
RULES = [("p-dev-a", "ACTIVE"), ("p-dev-b", "DELETING"), ("p-other", "ACTIVE")]
_SERVICE_ROLE = "arn:aws:iam::123456789012:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"
_DETECTOR = {"ServiceRole": _SERVICE_ROLE, "Status": "ENABLED"}


def detector(aws, **tags: str):
    """GuardDuty tells of one with these tags."""
    aws.answer("guardduty", "list_detectors", {"DetectorIds": ["d"]})
    aws.answer("guardduty", "get_detector", {**_DETECTOR, "Tags": tags}, {"DetectorId": "d"})


def test_what_others_look_for_threats_with_is_told_apart(aws):
    detector(aws, Project="other")
    aws.answer("accessanalyzer", "list_analyzers", {"analyzers": []})
    aws.answer("securityhub", "describe_hub", {"HubArn": "arn:h"})
    aws.answer("securityhub", "list_tags_for_resource", {"Tags": {"Project": "p"}}, {"ResourceArn": "arn:h"})
    aws.answer("config", "describe_configuration_recorders", {"ConfigurationRecorders": [{"name": "default", "arn": "arn:c"}]})
    aws.answer("config", "list_tags_for_resource", {"Tags": [{"Key": "Project", "Value": "p"}]}, {"ResourceArn": "arn:c"})
    rules = [{"ConfigRuleName": name, "ConfigRuleArn": f"arn:{name}", "ConfigRuleState": state, "Source": {"Owner": "AWS"}} for name, state in RULES]
    aws.answer("config", "describe_config_rules", {"ConfigRules": rules})
    aws.answer("config", "list_tags_for_resource", {"Tags": [{"Key": "Project", "Value": "p"}]}, {"ResourceArn": "arn:p-dev-a"})
    aws.answer("events", "describe_rule", {"Name": "p-rule", "Arn": "arn:r"}, {"Name": "p-rule"})
    identity = Identity("p-dev", {"Project": "p"}, {"hub_rule": "p-rule"})
    found, _tags = collect(aws, *_DETECTION, identity=identity)
    assert [(one["Kind"], one["DetectorId"]) for one in found["foreign_detection"]] == [("detector", "d")]
    assert found["detector"][0]["Arn"] == "arn:aws:guardduty:us-east-1:123456789012:detector/d"
    assert found["hub"][0]["Tags"] == {"Project": "p"}
    assert [rule["Name"] for rule in found["event_rule"]] == ["p-rule"]
    assert [rule["ConfigRuleName"] for rule in found["config_rule"]] == ["p-dev-a"]


def test_what_is_off_or_not_there_is_no_error(aws):
    aws.answer("guardduty", "list_detectors", {"DetectorIds": []}).answer("accessanalyzer", "list_analyzers", {"analyzers": []})
    aws.refuse("securityhub", "describe_hub", "InvalidAccessException")
    aws.answer("config", "describe_configuration_recorders", {"ConfigurationRecorders": []})
    aws.answer("config", "describe_config_rules", {"ConfigRules": []})
    aws.refuse("events", "describe_rule", "ResourceNotFoundException")
    found, _tags = collect(aws, *_DETECTION, identity=Identity("p-dev", {}, {"hub_rule": "p-rule"}))
    assert not any(found.values())


def test_a_refusal_is_told_by_the_permission_as_iam_calls_it(aws):
    aws.refuse("accessanalyzer", "list_analyzers", "AccessDeniedException", "no")
    reader = Reader(aws)
    Collector(reader, IDENTITY, OneAfterTheOther()).collect({"analyzer"}, False)
    assert reader.errors == [CallError("accessanalyzer", "access-analyzer:ListAnalyzers", "AccessDeniedException", "no")]


def test_where_everything_is_asked_for_tags_lead_to_what_looks_for_threats(aws):
    asked = [kind for kind in _DETECTION if kind != "foreign_detection"]
    arn = "arn:aws:guardduty:us-east-1:123456789012:detector/d"
    carried = {"ResourceARN": arn, "Tags": [{"Key": "Project", "Value": "p"}]}
    aws.answer("resourcegroupstaggingapi", "get_resources", {"ResourceTagMappingList": [carried]})
    detector(aws, Project="p")
    found, _tags = collect(aws, *asked, tagged=True)
    assert [one["DetectorId"] for one in found["detector"]] == ["d"]


def test_parameters_are_asked_for_fifty_at_a_time(aws):
    names = {f"{number}_parameter": f"/p/{number:02}" for number in range(51)}
    for part in (sorted(names.values())[:50], ["/p/50"]):
        request = {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": part}]}
        aws.answer("ssm", "describe_parameters", {"Parameters": [{"Name": part[0]}]}, request)
    found, _tags = collect(aws, "ssm_parameter", identity=Identity("p-dev", {"Project": "p"}, names))
    assert [parameter["Name"] for parameter in found["ssm_parameter"]] == ["/p/00", "/p/50"]


_KEY = {"Arn": "arn:aws:kms:us-east-1:1:key/k", "KeyId": "k", "KeyManager": "CUSTOMER", "KeyState": "Enabled"}
_KEYED = Identity("p-dev", {"Project": "p"}, {"key_alias": "alias/p-dev"})
_TAGGED_KEYS = {"TagFilters": [{"Key": "Project", "Values": ["p"]}], "ResourceTypeFilters": ["kms:key"]}


def test_a_key_is_known_by_its_alias(aws):
    aws.answer("kms", "describe_key", {"KeyMetadata": _KEY}, {"KeyId": "alias/p-dev"})
    assert collect(aws, "kms_key", identity=_KEYED)[0]["kms_key"] == [{**_KEY, "AliasName": "alias/p-dev"}]


@pytest.mark.parametrize("state", ["Enabled", "PendingDeletion"])
def test_a_key_that_has_no_alias_yet_is_known_by_its_tags_unless_it_is_being_deleted(aws, state):
    aws.refuse("kms", "describe_key", "NotFoundException")
    tagged = {"ResourceARN": _KEY["Arn"], "Tags": [{"Key": "Project", "Value": "p"}]}
    aws.answer("resourcegroupstaggingapi", "get_resources", {"ResourceTagMappingList": [tagged]}, _TAGGED_KEYS)
    aws.answer("kms", "describe_key", {"KeyMetadata": {**_KEY, "KeyState": state}}, {"KeyId": _KEY["Arn"]})
    standing = [] if state == "PendingDeletion" else [{**_KEY, "AliasName": ""}]
    assert collect(aws, "kms_key", identity=_KEYED)[0]["kms_key"] == standing


def test_where_no_tags_tell_of_a_key_nothing_asks_for_one(aws):
    tags = {"TagFilters": [{"Key": "Project", "Values": ["p"]}]}
    aws.answer("resourcegroupstaggingapi", "get_resources", {"ResourceTagMappingList": []}, tags)
    assert collect(aws, "kms_key", tagged=True, identity=_KEYED)[0]["kms_key"] == []


def test_what_ebs_does_by_default_is_one_entry(aws):
    aws.answer("ec2", "get_ebs_encryption_by_default", {"EbsEncryptionByDefault": True}, {})
    aws.answer("ec2", "get_ebs_default_kms_key_id", {"KmsKeyId": "alias/aws/ebs"}, {})
    aws.answer("ec2", "get_snapshot_block_public_access_state", {"State": "unblocked"}, {})
    told = {"EbsEncryptionByDefault": True, "KmsKeyId": "alias/aws/ebs", "SnapshotBlockPublicAccess": "unblocked"}
    assert collect(aws, "ebs_defaults")[0]["ebs_defaults"] == [told]


def test_policies_are_known_by_their_tags(aws):
    policies = [{"PolicyName": "p-dev-x", "Arn": f"arn:aws:iam::123456789012:policy/{'p-dev-x'}"}, {"PolicyName": "y"}]
    aws.answer("iam", "list_policies", {"Policies": policies, "IsTruncated": False}, {"Scope": "Local"})
    aws.answer("iam", "list_policy_tags", {"Tags": [{"Key": "a", "Value": "b"}]}, {"PolicyArn": policies[0]["Arn"]})
    assert collect(aws, "iam_policy")[0]["iam_policy"] == [{**policies[0], "Tags": [{"Key": "a", "Value": "b"}]}]


def test_a_role_that_is_missing_is_an_answer(aws):
    role = {
        "RoleName": "b",
        "Path": "/",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": "arn:aws:iam::123456789012:role/b",
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC),
    }
    aws.refuse("iam", "get_role", "NoSuchEntity").answer("iam", "get_role", {"Role": role}, {"RoleName": "b"})
    names = {"a_role": "a", "b_role": "b"}
    assert collect(aws, "iam_role", identity=Identity("p-dev", {"Project": "p"}, names))[0]["iam_role"] == [role]


@pytest.mark.parametrize(
    ("service", "operation", "result", "code", "permission", "denied"),
    [
        ("ec2", "describe_vpcs", "Vpcs", "UnauthorizedOperation", "ec2:DescribeVpcs", True),
        ("s3", "list_buckets", "Buckets", "AccessDenied", "s3:ListAllMyBuckets", True),
        ("sns", "list_topics", "Topics", "AuthorizationError", "sns:ListTopics", True),
        ("logs", "describe_log_groups", "logGroups", "AccessDeniedException", "logs:DescribeLogGroups", True),
        ("resourcegroupstaggingapi", "get_resources", "x", "AccessDeniedException", "tag:GetResources", True),
        ("ec2", "describe_addresses", "Addresses", "InternalError", "ec2:DescribeAddresses", False),
    ],
)
def test_a_refusal_is_kept_with_the_permission_it_needs(aws, service, operation, result, code, permission, denied):
    aws.refuse(service, operation, code, "no")
    reader = Reader(aws)
    assert reader.list(service, operation, result) == []
    assert reader.errors == [CallError(service, permission, code, "no")]
    assert reader.errors[0].denied is denied


def test_no_answer_at_all_is_raised(aws, monkeypatch):
    def unsigned(*_arguments, **_named):
        raise NoCredentialsError()

    monkeypatch.setattr(aws("sns"), "get_paginator", unsigned)
    with pytest.raises(AnsibleAWSError) as raised:
        Reader(aws).list("sns", "list_topics", "Topics")
    assert "credentials" in str(raised.value.exception)


CACHED = Identity("p-dev", {"Project": "p"}, {"vpc_log_group": "/aws/vpc/p-dev", "cache_log_group": "/aws/elasticache/p-dev", "cache": "p-dev"})


def test_where_no_cache_is_asked_for_neither_are_its_logs(aws):
    aws.answer("logs", "describe_log_groups", {"logGroups": []}, {"logGroupNamePrefix": "/aws/vpc/p-dev"})
    assert collect(aws, "log_group", identity=CACHED)[0] == {"log_group": []}


def test_a_cache_is_asked_for_by_its_name_and_its_logs_with_it(aws):
    group = {"ReplicationGroupId": "p-dev", "Status": "available"}
    aws.answer("logs", "describe_log_groups", {"logGroups": []}, {"logGroupNamePrefix": "/aws/elasticache/p-dev"})
    aws.answer("logs", "describe_log_groups", {"logGroups": []}, {"logGroupNamePrefix": "/aws/vpc/p-dev"})
    aws.answer("elasticache", "describe_replication_groups", {"ReplicationGroups": [group]}, {"ReplicationGroupId": "p-dev"})
    assert collect(aws, "log_group", "replication_group", identity=CACHED)[0] == {"log_group": [], "replication_group": [group]}


def test_where_everything_is_asked_for_only_a_tag_leads_to_a_cache(aws):
    aws.answer("resourcegroupstaggingapi", "get_resources", {"ResourceTagMappingList": []})
    assert collect(aws, "replication_group", tagged=True, identity=CACHED)[0] == {"replication_group": []}


_RDS = "arn:aws:rds:us-east-1:123456789012"
_DATABASE = ("db_instance", "db_parameter_group", "db_snapshot", "db_subnet_group")
_DATABASE_NAMES = {"database": "P-Dev", "database_subnet_group": "p-dev", "database_parameters": "p-dev"}


def test_a_database_is_asked_for_by_its_names(aws):
    one = {"DBInstanceIdentifier": "p-dev", "TagList": [{"Key": "Project", "Value": "p"}]}
    aws.refuse("rds", "describe_db_subnet_groups", "DBSubnetGroupNotFoundFault")
    groups = [{"DBParameterGroupName": name} for name in ("p-dev-postgres17", "p-dev-mysql8", "p-develop-postgres17")]
    aws.answer("rds", "describe_db_parameter_groups", {"DBParameterGroups": groups})
    aws.answer("rds", "describe_db_instances", {"DBInstances": [one]}, {"DBInstanceIdentifier": "p-dev"})
    found, _tags = collect(aws, *_DATABASE, identity=Identity("p-dev", {"Project": "p"}, _DATABASE_NAMES))
    assert [(entry["DBInstanceIdentifier"], entry["Tags"]) for entry in found["db_instance"]] == [("p-dev", one["TagList"])]
    assert [group["DBParameterGroupName"] for group in found["db_parameter_group"]] == ["p-dev-postgres17"]
    assert found["db_subnet_group"] == found["db_snapshot"] == []


def test_where_everything_is_asked_for_tags_lead_to_snapshots_that_rds_did_not_make(aws):
    carried = [f"{_RDS}:snapshot:{name}" for name in ("last", "rds:p-dev-2026", "gone")]
    tags = [{"Key": "Project", "Value": "p"}]
    answer = {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn in carried]}
    aws.answer("resourcegroupstaggingapi", "get_resources", answer)
    aws.refuse("rds", "describe_db_snapshots", "DBSnapshotNotFound")
    last = {"DBSnapshotIdentifier": "last", "TagList": tags}
    aws.answer("rds", "describe_db_snapshots", {"DBSnapshots": [last]}, {"DBSnapshotIdentifier": "last", "SnapshotType": "manual"})
    found, _tags = collect(aws, "db_snapshot", tagged=True)
    assert [entry["DBSnapshotIdentifier"] for entry in found["db_snapshot"]] == ["last"]


def test_where_everything_is_asked_for_nothing_asks_rds_without_a_tag(aws):
    aws.answer("resourcegroupstaggingapi", "get_resources", {"ResourceTagMappingList": []})
    identity = Identity("p-dev", {"Project": "p"}, _DATABASE_NAMES)
    found, _tags = collect(aws, *_DATABASE, tagged=True, identity=identity)
    assert not any(found.values())
