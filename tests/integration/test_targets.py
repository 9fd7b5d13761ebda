# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every module passes its target: create, modify and delete, each in check mode, for real, and both once more.

The targets judge what the modules say. What they write is judged here, by the calls that reached the emulator.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import environment, restore
from .conftest import Emulator

pytestmark = pytest.mark.weight(120)  # all of them together: they share an emulator


def test_vpc_flow_log(emulator: Emulator) -> None:
    """Creates once, replaces once, tags once, deletes once; what is refused comes to nothing."""
    vpc_id = emulator.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    emulator.run_target("vpc_flow_log", {"vpc_id": vpc_id}, "module", "module")
    create, modify = ["ec2:CreateFlowLogs"], ["ec2:DeleteFlowLogs", "ec2:CreateFlowLogs"]
    tag, delete, refused = ["ec2:DeleteTags", "ec2:CreateTags"], ["ec2:DeleteFlowLogs"], ["ec2:CreateFlowLogs"]
    assert emulator.written("module") == create + modify + tag + delete + refused
    assert emulator.client("ec2").describe_flow_logs()["FlowLogs"] == []


def test_access_tokens(emulator: Emulator) -> None:
    """Stores each once, replaces one once, and deletes as many at once as a call takes."""
    emulator.run_target("access_tokens", {}, "module", "module")
    assert emulator.written("module") == ["ssm:PutParameter"] * 15 + ["ssm:DeleteParameters"] * 2
    assert emulator.client("ssm").describe_parameters()["Parameters"] == []


def test_certificate_authority(emulator: Emulator, tmp_path: Path) -> None:
    """Makes an authority once and removes it once, and asks AWS for nothing."""
    emulator.run_target("certificate_authority", {"folder": str(tmp_path)}, "module", "module")
    assert emulator.written("module") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.pem", "request.pem"]


def test_kms_encryption(emulator: Emulator) -> None:
    """Writes each change of a key once."""
    kms, logs = emulator.client("kms"), emulator.client("logs")
    topic = emulator.client("sns").create_topic(Name="target-encrypted")["TopicArn"]
    logs.create_log_group(logGroupName="/target")
    keys = [kms.create_key()["KeyMetadata"]["Arn"] for _each in range(2)]
    stands = {"key": keys[0], "other": keys[1], "topic_arn": topic}
    emulator.run_target("kms_encryption", stands, "module", "module")
    of_group = ["logs:AssociateKmsKey", "logs:AssociateKmsKey", "logs:DisassociateKmsKey"]
    assert emulator.written("module") == of_group + ["sns:SetTopicAttributes"] * 3


def test_s3_restore(emulator: Emulator) -> None:
    """Copies what comes back, marks what goes, and deletes no version."""
    s3, bucket, then = emulator.client("s3"), "target-versions", restore.make(emulator.client("s3"), "target-versions")
    before = restore.versions(s3, bucket)
    emulator.run_target("s3_restore", {"bucket": bucket, **then}, "module", "module")
    copies, markers = ["CopyObject"] * 4, ["DeleteObject"]
    assert sorted(emulator.written("module")) == [f"s3:{call}" for call in copies + markers]
    after = restore.versions(s3, bucket)
    assert before < after
    assert len(after - before) == len(copies + markers)
    assert restore.contents(s3, bucket) == restore.RESTORED
    told = s3.head_object(Bucket=bucket, Key="data/overwritten")
    assert (told["ContentType"], told["Metadata"]["who"]) == ("text/csv", "jane")
    assert s3.get_object_tagging(Bucket=bucket, Key="data/overwritten")["TagSet"] == [{"Key": "Kind", "Value": "raw"}]


def test_ebs_defaults(emulator: Emulator) -> None:
    """Writes each change of a setting once."""
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    emulator.run_target("ebs_defaults", {"key": key}, "module", "module")
    create = ["EnableEbsEncryptionByDefault", "EnableSnapshotBlockPublicAccess"]
    modify = ["ModifyEbsDefaultKmsKeyId", "EnableSnapshotBlockPublicAccess"]
    delete = ["ResetEbsDefaultKmsKeyId", "DisableEbsEncryptionByDefault", "DisableSnapshotBlockPublicAccess"]
    assert emulator.written("module") == [f"ec2:{call}" for call in create + modify + delete]


def test_vpc_endpoints(emulator: Emulator) -> None:
    """Creates, modifies and tags each once, and deletes both at once."""
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    places = [("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1b")]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"] for cidr, zone in places
    ]
    stands = {
        "vpc_id": vpc,
        "subnet_ids": subnets,
        "route_table_ids": [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _each in range(2)],
        "security_group_id": ec2.create_security_group(GroupName="e", Description="e", VpcId=vpc)["GroupId"],
    }
    emulator.run_target("vpc_endpoints", stands, "module", "module")
    modified = ["ec2:ModifyVpcEndpoint", "ec2:CreateTags", "ec2:ModifyVpcEndpoint"]
    assert emulator.written("module") == ["ec2:CreateVpcEndpoint"] * 2 + modified + ["ec2:DeleteVpcEndpoints"]
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    assert interfaces["NetworkInterfaces"] == []


def test_subnets(emulator: Emulator) -> None:
    """Creates each once, changes each attribute once, deletes each once; what is refused comes to nothing."""
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    emulator.run_target("subnets", {"vpc_id": vpc}, "module", "module")
    create = ["CreateSubnet", "CreateSubnet", "ModifySubnetAttribute"]
    modify = ["ModifySubnetAttribute", "CreateTags", "ModifySubnetAttribute"]
    assert emulator.written("module") == [f"ec2:{call}" for call in [*create, *modify, "DeleteSubnet", "DeleteSubnet"]]
    assert ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"] == []


def test_security_groups(emulator: Emulator) -> None:
    """Takes one call for all new rules of a direction, and revokes after it has authorized."""
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    [default] = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    # On AWS the default group comes with this rule.
    among = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": default["GroupId"]}]}]
    ec2.authorize_security_group_ingress(GroupId=default["GroupId"], IpPermissions=among)
    emulator.run_target("security_groups", {"vpc_id": vpc}, "module", "module")
    create = ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress"]
    empty = ["RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "CreateTags"]
    ingress = ["AuthorizeSecurityGroupIngress", "UpdateSecurityGroupRuleDescriptionsIngress", "RevokeSecurityGroupIngress"]
    egress = ["AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress", "CreateTags"]
    calls = [*create, *empty, *ingress, *egress, "DeleteSecurityGroup"]
    assert emulator.written("module") == [f"ec2:{call}" for call in calls]
    [default] = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert default["IpPermissions"] == default["IpPermissionsEgress"] == []


def test_route_tables(emulator: Emulator) -> None:
    """Moves a subnet and leads a route elsewhere in one call each."""
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)
    ]
    interface = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    stands = {"vpc_id": vpc, "subnet_ids": subnets, "gateway_id": gateway, "network_interface_id": interface}
    emulator.run_target("route_tables", stands, "module", "module")
    create = ["CreateRouteTable"] * 2 + ["CreateRoute"] * 2 + ["AssociateRouteTable"] * 2
    modify = ["ReplaceRoute", "DeleteRoute", "CreateTags", "ReplaceRouteTableAssociation"]
    delete = ["DisassociateRouteTable", "DeleteRouteTable"] * 2
    assert emulator.written("module") == [f"ec2:{call}" for call in create + modify + delete]
    [main] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    assert main["Associations"][0]["Main"]


def test_cloudwatch_dashboard(emulator: Emulator) -> None:
    """Writes twice and deletes once."""
    emulator.run_target("cloudwatch_dashboard", {}, "module", "module")
    written = ["cloudwatch:PutDashboard", "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"]
    assert emulator.written("module") == written
    assert emulator.client("cloudwatch").list_dashboards()["DashboardEntries"] == []


def test_metric_alarms(emulator: Emulator) -> None:
    """Puts what differs and nothing else, and deletes all at once, but not those of others."""
    cloudwatch = emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="other-1-cpu", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    emulator.run_target("metric_alarms", {}, "module", "module")
    assert emulator.written("module") == [f"cloudwatch:{call}" for call in ["PutMetricAlarm"] * 5 + ["DeleteAlarms"]]
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["other-1-cpu"]


def test_metric_filters(emulator: Emulator) -> None:
    """Puts what differs and nothing else, and deletes what shall not stand, but not that of others."""
    logs = emulator.client("logs")
    logs.create_log_group(logGroupName="/target")
    metric = {"metricName": "Other", "metricNamespace": "other", "metricValue": "1"}
    logs.put_metric_filter(logGroupName="/target", filterName="other", filterPattern="", metricTransformations=[metric])
    emulator.run_target("metric_filters", {}, "module", "module")
    assert emulator.written("module") == [f"logs:{call}" for call in ["PutMetricFilter"] * 4 + ["DeleteMetricFilter"] * 2]
    assert [one["filterName"] for one in logs.describe_metric_filters()["metricFilters"]] == ["other"]


def test_buckets(emulator: Emulator) -> None:
    """Writes what differs once, closes a new bucket first, and deletes what it holds before it."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="target-foreign")
    s3.put_bucket_tagging(Bucket="target-foreign", Tagging={"TagSet": [{"Key": "Purpose", "Value": "other"}]})
    emulator.run_target("buckets", {"foreign": "target-foreign"}, "module", "module")
    closed = ["CreateBucket", "PutPublicAccessBlock", "PutBucketPolicy", "PutBucketTagging"]
    create = [*closed, "PutBucketEncryption", "PutBucketVersioning", "PutBucketLifecycleConfiguration", *["PutObject"] * 2]
    by_hand = ["PutObject", "PutBucketCors"]
    modify = ["PutBucketTagging", "DeleteBucketCors", "PutBucketVersioning", "PutBucketLifecycleConfiguration", "PutObject"]
    remove = ["DeleteBucketLifecycle"]
    delete = ["CreateMultipartUpload", "AbortMultipartUpload", "DeleteObjects", "DeleteBucket"]
    written = emulator.written("module", "target-first")
    assert written == [f"s3:{call}" for call in create + by_hand + modify + remove + delete]
    assert emulator.written("module", "target-second") == [f"s3:{call}" for call in ("CreateBucket", "PutBucketTagging", "DeleteBucket")]
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["target-foreign"]


def test_environment_lock(emulator: Emulator) -> None:
    """Makes its bucket once, and writes where it is taken, renewed and given back."""
    emulator.run_target("environment_lock", {"mlinfra_project": "target", "mlinfra_environment": "dev"}, "module", "module")
    bucket = ["s3:CreateBucket", "s3:PutBucketTagging", "s3:PutPublicAccessBlock"]
    refused, taken, renewed, freed = (["s3:PutObject"] for _each in range(4))
    seen = taken + freed + refused + taken + freed
    assert emulator.written("module") == refused + bucket + taken + renewed + freed + seen
    s3 = emulator.client("s3")
    assert s3.get_bucket_tagging(Bucket="target-lock")["TagSet"] == [
        {"Key": "Project", "Value": "target"},
    ]


def test_environment_info(emulator: Emulator) -> None:
    """Finds everything of one environment and nothing of the others, and writes nothing."""
    expected = environment.make(emulator.client)
    operator = expected["operator"]
    emulator.enforce_permissions(True)
    try:
        emulator.run_target("environment_info", {"expected": expected}, **operator)
    finally:
        emulator.enforce_permissions(False)
    assert emulator.written(operator["access_key"]) == []
    assert emulator.written(expected["limited"]["access_key"]) == []


def test_bucket_info(emulator: Emulator) -> None:
    """Tells data from markers and what stands from what does not, and writes nothing."""
    s3 = emulator.client("s3")
    full, bare = "target-full", "target-bare"
    for name in (full, bare):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=full, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=full, Tagging={"TagSet": [{"Key": "Purpose", "Value": "target"}]})
    rule = {"ID": "end", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=full, LifecycleConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=full, Key="raw/")
    s3.put_object(Bucket=full, Key="raw/numbers.csv", Body=b"1,2")
    emulator.run_target("bucket_info", {"full": full, "bare": bare}, "module", "module")
    assert emulator.written("module") == []


def test_budget(emulator: Emulator) -> None:
    """Changes what differs, and nothing else of a budget."""
    emulator.run_target("budget", {}, "module", "module")
    create = ["CreateBudget"]
    modify = ["UpdateBudget", "TagResource", *["DeleteNotification"] * 3, *["CreateNotification"] * 2, "CreateBudgetAction"]
    other = ["DeleteNotification", "DeleteNotification", "UpdateBudgetAction"]
    end = ["DeleteBudgetAction", "DeleteBudget"]
    assert emulator.written("module") == [f"budgets:{call}" for call in create + modify + other + end]


def test_scheduler_group(emulator: Emulator) -> None:
    """Makes once, tags once, deletes once."""
    emulator.run_target("scheduler_group", {}, "module", "module")
    calls = ["CreateScheduleGroup", "UntagResource", "TagResource", "DeleteScheduleGroup"]
    assert emulator.written("module") == [f"scheduler:{call}" for call in calls]


def test_trail(emulator: Emulator) -> None:
    """Makes and starts once, writes what differs, deletes once."""
    emulator.client("s3").create_bucket(Bucket="trail-logs")
    emulator.run_target("trail", {"bucket": "trail-logs"}, "module", "module")
    modify = ["UpdateTrail", "PutEventSelectors", "RemoveTags", "AddTags", "StopLogging"]
    calls = ["CreateTrail", "StartLogging", *modify, "DeleteTrail"]
    assert emulator.written("module") == [f"cloudtrail:{call}" for call in calls]


def test_scheduler_schedule(emulator: Emulator) -> None:
    """Makes once, changes once, deletes once; what is refused comes to nothing."""
    emulator.client("scheduler").create_schedule_group(Name="group")
    emulator.run_target("scheduler_schedule", {"group": "group"}, "module", "module")
    calls = ["CreateSchedule", "UpdateSchedule", "DeleteSchedule", "CreateSchedule"]
    assert emulator.written("module") == [f"scheduler:{call}" for call in calls]
    assert emulator.client("scheduler").list_schedules()["Schedules"] == []


def test_s3_bucket_replication(emulator: Emulator) -> None:
    """Writes all rules at once, twice, and ends once; what is refused comes to nothing."""
    s3 = emulator.client("s3")
    for name in ("target-source", "target-replica"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    stands = {"source": "target-source", "replica": "target-replica"}
    emulator.run_target("s3_bucket_replication", stands, "module", "module")
    calls = ["PutBucketReplication", "PutBucketReplication", "DeleteBucketReplication"]
    assert emulator.written("module") == [f"s3:{call}" for call in calls]


def test_s3_replication_info(emulator: Emulator) -> None:
    """Tells what is in a bucket's replica, and writes nothing."""
    s3 = emulator.client("s3")
    for name in ("target-source", "target-replica"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="target-source", Key="before", Body=b"0")
    rule = {
        "ID": "all",
        "Status": "Enabled",
        "Priority": 0,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": "arn:aws:s3:::target-replica"},
    }
    role = "arn:aws:iam::123456789012:role/target"
    s3.put_bucket_replication(Bucket="target-source", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    s3.put_object(Bucket="target-source", Key="kept", Body=b"1")
    s3.put_object(Bucket="target-source", Key="gone", Body=b"2")
    s3.delete_object(Bucket="target-source", Key="gone")
    own = s3.put_object(Bucket="target-replica", Key="kept", Body=b"3")["VersionId"]
    given = {"source": "target-source", "replica": "target-replica", "own": own}
    emulator.run_target("s3_replication_info", given, "module", "module")
    assert emulator.written("module") == []


def test_dlm_lifecycle_policy(emulator: Emulator) -> None:
    """Makes once, writes what differs, deletes once, and leaves the policies of others alone."""
    iam, dlm = emulator.client("iam"), emulator.client("dlm")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    roles = [iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"] for name in ("one", "two")]
    retained = {"CreateRule": {"Interval": 24, "Times": ["01:00"]}, "RetainRule": {"Count": 1}}
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "a", "Value": "b"}], "Schedules": [retained]}
    told = {"Description": "other", "State": "ENABLED", "PolicyDetails": details, "Tags": {"Project": "other"}}
    other = dlm.create_lifecycle_policy(ExecutionRoleArn=roles[0], **told)["PolicyId"]
    emulator.run_target("dlm_lifecycle_policy", {"role": roles[0], "other": roles[1]}, "module", "module")
    modify = ["UpdateLifecyclePolicy", "UntagResource", "TagResource"]
    calls = ["CreateLifecyclePolicy", *modify, "DeleteLifecyclePolicy"]
    assert emulator.written("module") == [f"dlm:{call}" for call in calls]
    assert [policy["PolicyId"] for policy in dlm.get_lifecycle_policies()["Policies"]] == [other]


def test_autoscaling_group_parts(emulator: Emulator) -> None:
    """Puts what differs, deletes what is not named any more, and leaves alone what is named otherwise."""
    ec2, scaling = emulator.client("ec2"), emulator.client("autoscaling")
    data = {"ImageId": ec2.describe_images()["Images"][0]["ImageId"], "InstanceType": "t3.medium"}
    ec2.create_launch_template(LaunchTemplateName="target", LaunchTemplateData=data)
    group = {"AutoScalingGroupName": "target"}
    template = {"LaunchTemplateName": "target", "Version": "$Default"}
    zones = {"MinSize": 0, "MaxSize": 3, "DesiredCapacity": 0, "AvailabilityZones": ["us-east-1a"]}
    scaling.create_auto_scaling_group(**group, LaunchTemplate=template, **zones)
    other = {"ScheduledActionName": "others", "Recurrence": "0 0 * * *", "MinSize": 0}
    scaling.put_scheduled_update_group_action(**group, **other)
    emulator.run_target("autoscaling_group_parts", {}, "module", "module")
    action, hook, pool = "PutScheduledUpdateGroupAction", "PutLifecycleHook", "PutWarmPool"
    made = [action, action, hook, pool]
    modified = ["DeleteScheduledAction", action, hook, pool]
    deleted = ["DeleteScheduledAction", "DeleteLifecycleHook", "DeleteWarmPool"]
    assert emulator.written("module") == [f"autoscaling:{call}" for call in [*made, *modified, *deleted]]
    left = scaling.describe_scheduled_actions(**group)["ScheduledUpdateGroupActions"]
    assert [one["ScheduledActionName"] for one in left] == ["others"]


def test_ssm_association(emulator: Emulator) -> None:
    """Makes once, writes all of it where something differs, deletes once, and leaves others alone."""
    ssm = emulator.client("ssm")
    targets = [{"Key": "tag:PatchGroup", "Values": ["other"]}]
    other = ssm.create_association(Name="AWS-RunPatchBaseline", AssociationName="target-other", Targets=targets)
    emulator.run_target("ssm_association", {}, "module", "module")
    modify = ["UpdateAssociation", "RemoveTagsFromResource", "AddTagsToResource"]
    calls = ["CreateAssociation", *modify, "DeleteAssociation"]
    assert emulator.written("module") == [f"ssm:{call}" for call in calls]
    left = [one["AssociationId"] for one in ssm.list_associations()["Associations"]]
    assert left == [other["AssociationDescription"]["AssociationId"]]


def test_ssm_patch_baseline(emulator: Emulator) -> None:
    """Makes once with its group, writes all of it where something differs, and goes once its groups are free."""
    emulator.run_target("ssm_patch_baseline", {}, "module", "module")
    register, deregister = (f"{word}PatchBaselineForPatchGroup" for word in ("Register", "Deregister"))
    modify = ["UpdatePatchBaseline", deregister, register, "RemoveTagsFromResource", "AddTagsToResource"]
    calls = ["CreatePatchBaseline", register, *modify, deregister, "DeletePatchBaseline"]
    assert emulator.written("module") == [f"ssm:{call}" for call in calls]


def test_guardduty_detector(emulator: Emulator) -> None:
    """Makes once, writes what differs, deletes once, and leaves another's alone."""
    emulator.run_target("guardduty_detector", {}, "module", "module")
    calls = ["CreateDetector", "UpdateDetector", "UntagResource", "TagResource", "DeleteDetector"]
    assert emulator.written("module") == [f"guardduty:{call}" for call in calls]


def test_access_analyzer(emulator: Emulator) -> None:
    """Makes once, tags once, takes another name by another one, deletes once, and leaves another's alone."""
    emulator.run_target("access_analyzer", {}, "module", "module")
    calls = ["CreateAnalyzer", "UntagResource", "TagResource", "DeleteAnalyzer", "CreateAnalyzer", "DeleteAnalyzer"]
    assert emulator.written("module") == [f"accessanalyzer:{call}" for call in calls]


def test_security_hub(emulator: Emulator) -> None:
    """Turns it on once, with no standard but those asked for, writes what differs, turns it off once, and leaves another's alone."""
    emulator.run_target("security_hub", {}, "module", "module")
    create, configure = ["EnableSecurityHub", "BatchEnableStandards"], "UpdateSecurityHubConfiguration"
    modify = [configure, "BatchDisableStandards", "BatchEnableStandards", "UntagResource", "TagResource"]
    bare = ["EnableSecurityHub", configure, "DisableSecurityHub"]
    calls = [*create, *modify, "DisableSecurityHub", *bare]
    assert emulator.written("module") == [f"securityhub:{call}" for call in calls]


def test_event_rule(emulator: Emulator) -> None:
    """Makes once, writes what differs, and deletes once, its targets first."""
    topics = [emulator.client("sns").create_topic(Name=f"target-{name}")["TopicArn"] for name in ("one", "two")]
    emulator.run_target("event_rule", {"topics": topics}, "module", "module")
    modify = ["PutRule", "RemoveTargets", "PutTargets", "UntagResource", "TagResource"]
    calls = ["PutRule", "PutTargets", *modify, "UntagResource", "RemoveTargets", "DeleteRule"]
    assert emulator.written("module") == [f"events:{call}" for call in calls]


def test_config_recorder(emulator: Emulator) -> None:
    """Makes once, with AWS's own role, writes what differs, stops before it deletes, and leaves another's alone."""
    emulator.client("s3").create_bucket(Bucket="target-recorded")
    emulator.run_target("config_recorder", {"bucket": "target-recorded"}, "module", "module")
    create = ["PutConfigurationRecorder", "PutDeliveryChannel", "StartConfigurationRecorder"]
    tag = ["UntagResource", "TagResource"]
    modify = ["PutConfigurationRecorder", "PutDeliveryChannel", *tag, "StopConfigurationRecorder"]
    delete = ["StopConfigurationRecorder", "DeleteDeliveryChannel", "DeleteConfigurationRecorder"]
    calls = [*create, *modify, "StartConfigurationRecorder", *delete]
    assert emulator.written("module") == ["iam:CreateServiceLinkedRole", *(f"config:{call}" for call in calls)]


def test_efs_file_system(emulator: Emulator) -> None:
    """Makes once, writes what differs, deletes once, and leaves another's alone."""
    emulator.run_target("efs_file_system", {}, "module", "module")
    create = ["CreateFileSystem", "PutLifecycleConfiguration"]
    put = ["UpdateFileSystem", "PutLifecycleConfiguration", "PutBackupPolicy", "PutFileSystemPolicy", "UntagResource", "TagResource"]
    calls = [*create, *put, "UpdateFileSystem", "PutLifecycleConfiguration", "DeleteFileSystemPolicy", "DeleteFileSystem"]
    assert emulator.written("module") == [f"efs:{call}" for call in calls]
    assert emulator.client("efs").describe_file_systems()["FileSystems"] == []


def test_efs_mount_targets(emulator: Emulator) -> None:
    """Makes one a subnet, makes room in a zone before the next one comes, and leaves the subnets at the end."""
    ec2, efs = emulator.client("ec2"), emulator.client("efs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = zip(range(3), "abb", strict=True)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{at}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for at, zone in zones
    ]
    groups = [ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"] for name in ("one", "two")]
    file_system = efs.create_file_system(CreationToken="targets")["FileSystemId"]
    emulator.run_target(
        "efs_mount_targets", {"file_system_id": file_system, "subnets": subnets, "groups_made": groups}, "module", "module"
    )
    modify = ["DeleteMountTarget", "CreateMountTarget", "ModifyMountTargetSecurityGroups"]
    calls = ["CreateMountTarget"] * 2 + modify + ["DeleteMountTarget"] * 2
    assert emulator.written("module") == [f"efs:{call}" for call in calls]
    assert ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkInterfaces"] == []


def test_efs_access_points(emulator: Emulator) -> None:
    """Makes each once, tags one, makes another anew before the old one goes, deletes each once."""
    file_system = emulator.client("efs").create_file_system(CreationToken="points")["FileSystemId"]
    emulator.run_target("efs_access_points", {"file_system_id": file_system}, "module", "module")
    calls = ["CreateAccessPoint"] * 2 + ["CreateAccessPoint", "TagResource", "DeleteAccessPoint"] + ["DeleteAccessPoint"] * 2
    assert emulator.written("module") == [f"efs:{call}" for call in calls]


def _cache_subnets(emulator: Emulator, network: str) -> list[str]:
    """Two subnets in two zones."""
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=f"{network}.0.0/16")["Vpc"]["VpcId"]
    zones = enumerate(("us-east-1a", "us-east-1b"))
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"{network}.{at}.0/24", AvailabilityZone=zone) for at, zone in zones]
    return [one["Subnet"]["SubnetId"] for one in made]


def test_elasticache_replication_group(emulator: Emulator) -> None:
    """Makes subnet group, secret and group once, writes what differs, and removes all three; the token is nowhere but in the secret."""
    emulator.run_target("elasticache_replication_group", {"target_subnets": _cache_subnets(emulator, "10.20")}, "module", "module")
    create = ["elasticache:CreateCacheSubnetGroup", "secretsmanager:CreateSecret", "elasticache:CreateReplicationGroup"]
    retag = [f"elasticache:{call}TagsFromResource" if call == "Remove" else "elasticache:AddTagsToResource" for call in ("Remove", "Add")]
    modify = [
        *("elasticache:IncreaseReplicaCount", "elasticache:ModifyReplicationGroup", *retag * 2),
        *("secretsmanager:UntagResource", "secretsmanager:TagResource"),
    ]
    alone = [f"elasticache:{call}" for call in ("ModifyReplicationGroup", "DecreaseReplicaCount", "ModifyCacheSubnetGroup")]
    restored = [
        *("secretsmanager:DeleteSecret", "secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"),
        *("elasticache:ModifyReplicationGroup", "secretsmanager:UpdateSecretVersionStage"),
    ]
    written = emulator.written("module")
    assert written[: len(create + modify + alone)] == create + modify + alone
    rest = written[len(create + modify + alone) :]
    assert rest[: len(restored)] == restored
    assert [call for call in rest if call.startswith("elasticache:")][-4:] == [
        *("elasticache:DeleteReplicationGroup", "elasticache:DeleteCacheSubnetGroup"),
        *("elasticache:AddTagsToResource", "elasticache:DeleteSnapshot"),
    ]
    cache = emulator.client("elasticache")
    assert cache.describe_replication_groups()["ReplicationGroups"] == cache.describe_snapshots()["Snapshots"] == []
    assert emulator.client("secretsmanager").list_secrets()["SecretList"] == []


def test_elasticache_auth_token(emulator: Emulator) -> None:
    """Has the group take both tokens, then the secret tell the new one, then the group take that one alone."""
    emulator.run_target("elasticache_auth_token", {"target_subnets": _cache_subnets(emulator, "10.21")}, "module", "module")
    label, change = "secretsmanager:UpdateSecretVersionStage", "elasticache:ModifyReplicationGroup"
    once = ["secretsmanager:PutSecretValue", change, label, label, change, label, label, label]
    written = emulator.written("module")
    assert written[3:-3] == once * 2


def test_log_archive(emulator: Emulator) -> None:
    """Makes once, writes what differs, and ends deliveries before it deletes."""
    logs, s3 = emulator.client("logs"), emulator.client("s3")
    s3.create_bucket(Bucket="target-archive")
    for group in ("target-one", "target-two"):
        logs.create_log_group(logGroupName=group)
    identities = [f"arn:aws:iam::123456789012:role/target-{name}" for name in ("write", "deliver")]
    more = {"bucket": "arn:aws:s3:::target-archive", "identities": identities, "key": "arn:aws:kms:us-east-1:123456789012:key/target"}
    emulator.run_target("log_archive", more, "module", "module")
    subscribe, unsubscribe = "logs:PutSubscriptionFilter", "logs:DeleteSubscriptionFilter"
    modify = ["firehose:UpdateDestination", "firehose:StartDeliveryStreamEncryption", unsubscribe, subscribe]
    tag = ["firehose:UntagDeliveryStream", "firehose:TagDeliveryStream"]
    delete = [unsubscribe, "firehose:DeleteDeliveryStream"]
    assert emulator.written("module") == ["firehose:CreateDeliveryStream", subscribe, *modify, *tag, *delete]


def test_config_rule(emulator: Emulator) -> None:
    """Makes once, writes what differs, tags alone where these differ, and deletes once."""
    emulator.run_target("config_rule", {}, "module", "module")
    tag = ["UntagResource", "TagResource"]
    calls = ["PutConfigRule", "PutConfigRule", *tag, "UntagResource", "DeleteConfigRule"]
    assert emulator.written("module") == [f"config:{call}" for call in calls]


def test_database_instance(emulator: Emulator) -> None:
    """Creates, modifies and deletes once each; what is refused comes to nothing; the last of it is in a snapshot."""
    ec2, rds = emulator.client("ec2"), emulator.client("rds")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    places = [("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1b")]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"] for cidr, zone in places
    ]
    rds.create_db_subnet_group(DBSubnetGroupName="target", DBSubnetGroupDescription="t", SubnetIds=subnets)
    rds.create_db_parameter_group(DBParameterGroupName="target", DBParameterGroupFamily="postgres17", Description="t")
    group = ec2.create_security_group(GroupName="t", Description="t", VpcId=vpc)["GroupId"]
    stands = {"subnet_group": "target", "parameter_group": "target", "security_group_id": group}
    emulator.run_target("database_instance", stands, "module", "module")
    modify, lift = ["ModifyDBInstance", "RemoveTagsFromResource", "AddTagsToResource"], ["ModifyDBInstance"]
    calls = ["CreateDBInstance", *modify, *lift, "DeleteDBInstance"]
    assert emulator.written("module") == [f"rds:{call}" for call in calls]
    assert rds.describe_db_instances()["DBInstances"] == []
    [last] = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert last["DBSnapshotIdentifier"] == "target-final"
    assert {tag["Key"] for tag in last["TagList"]} == {"Project", "Team"}
    assert emulator.client("secretsmanager").list_secrets()["SecretList"] == []


def test_member_bundle(emulator: Emulator, tmp_path: Path) -> None:
    """Writes each bundle once, and removes for good whatever was there before it, on a bucket that keeps versions."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="target-members")
    s3.put_bucket_versioning(Bucket="target-members", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="target-members", Key="models/other", Body=b"stays")
    for path in ("meta/runtime.yml", "plugins/filter/one.py", "roles/ml_host/tasks/main.yml", "roles/scaling/files/member/member.sh"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    emulator.run_target("member_bundle", {"bucket": "target-members", "source": str(tmp_path)}, "module", "module")
    calls = ["PutObject", "PutObject", "DeleteObjects", "DeleteObjects"]
    assert emulator.written("module") == [f"s3:{call}" for call in calls]
    assert [one["Key"] for one in s3.list_object_versions(Bucket="target-members")["Versions"]] == ["models/other"]
