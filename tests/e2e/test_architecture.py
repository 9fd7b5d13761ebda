# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every fact of the architecture, as AWS's own API tells it."""

from __future__ import annotations

import json

import pytest

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.weight(900)]

PORTS = [22, 6006, 8888]


@pytest.fixture(scope="module")
def subnets(platform):
    found = platform.tagged("describe_subnets", "Subnets")
    return {subnet["CidrBlock"]: subnet for subnet in found}


def test_vpc(platform):
    [vpc] = platform.tagged("describe_vpcs", "Vpcs")
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    ec2 = platform.client("ec2")
    for attribute in ("EnableDnsHostnames", "EnableDnsSupport"):
        name = attribute[0].lower() + attribute[1:]
        assert ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=name)[attribute]["Value"]


def test_subnets(subnets):
    assert set(subnets) == {"10.0.1.0/24", "10.0.2.0/24", "10.0.11.0/24", "10.0.12.0/24"}
    for cidr, subnet in subnets.items():
        assert subnet["MapPublicIpOnLaunch"] is (cidr in {"10.0.1.0/24", "10.0.2.0/24"}), cidr
    zone = {cidr: subnet["AvailabilityZone"] for cidr, subnet in subnets.items()}
    assert zone["10.0.1.0/24"] == zone["10.0.11.0/24"] != zone["10.0.2.0/24"] == zone["10.0.12.0/24"]


def test_internet_and_nat_gateway(platform, subnets):
    [vpc] = platform.tagged("describe_vpcs", "Vpcs")
    [gateway] = platform.tagged("describe_internet_gateways", "InternetGateways")
    assert [attachment["VpcId"] for attachment in gateway["Attachments"]] == [vpc["VpcId"]]
    ec2 = platform.client("ec2")
    [nat] = ec2.describe_nat_gateways(Filters=[{"Name": "state", "Values": ["available"]}])["NatGateways"]
    assert nat["SubnetId"] == subnets["10.0.2.0/24"]["SubnetId"]
    [address] = ec2.describe_addresses()["Addresses"]
    assert [entry["AllocationId"] for entry in nat["NatGatewayAddresses"]] == [address["AllocationId"]]


def test_route_tables(platform, subnets):
    tables = platform.tagged("describe_route_tables", "RouteTables")
    assert len(tables) == 2
    by_subnet = {
        association["SubnetId"]: {
            route["DestinationCidrBlock"]: route.get("GatewayId") or route.get("NatGatewayId")
            for route in table["Routes"]
            if "DestinationCidrBlock" in route
        }
        for table in tables
        for association in table["Associations"]
        if "SubnetId" in association
    }
    for cidr, subnet in subnets.items():
        target = by_subnet[subnet["SubnetId"]]["0.0.0.0/0"]
        assert target.startswith("igw-" if subnet["MapPublicIpOnLaunch"] else "nat-"), cidr


def test_network_acl_allows_by_default(platform, subnets):
    [acl] = [acl for acl in platform.tagged("describe_network_acls", "NetworkAcls") if not acl["IsDefault"]]
    assert {entry["SubnetId"] for entry in acl["Associations"]} == {s["SubnetId"] for s in subnets.values()}
    for egress in (True, False):
        rules = [rule for rule in acl["Entries"] if rule["Egress"] is egress and rule["RuleNumber"] < 32767]
        assert [(r["RuleAction"], r["CidrBlock"], r["Protocol"]) for r in rules] == [("allow", "0.0.0.0/0", "-1")]


def test_s3_endpoint(platform):
    [endpoint] = platform.tagged("describe_vpc_endpoints", "VpcEndpoints")
    assert (endpoint["VpcEndpointType"], endpoint["ServiceName"]) == ("Gateway", "com.amazonaws.us-east-1.s3")
    tables = {table["RouteTableId"] for table in platform.tagged("describe_route_tables", "RouteTables")}
    assert set(endpoint["RouteTableIds"]) == tables


def test_flow_logs(platform):
    [vpc] = platform.tagged("describe_vpcs", "Vpcs")
    [flow_log] = platform.client("ec2").describe_flow_logs()["FlowLogs"]
    assert flow_log["ResourceId"] == vpc["VpcId"]
    assert flow_log["TrafficType"] == "ALL"
    assert flow_log["LogGroupName"] == "/aws/vpc/mlinfra-local"
    role = flow_log["DeliverLogsPermissionArn"].rsplit("/", 1)[-1]
    trust = platform.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}


def test_security_groups(platform):
    [vpc] = platform.tagged("describe_vpcs", "Vpcs")
    groups = platform.client("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
    by_name = {group["GroupName"]: group for group in groups["SecurityGroups"]}
    assert by_name["default"]["IpPermissions"] == by_name["default"]["IpPermissionsEgress"] == []
    host = by_name["mlinfra-local-ml-instance"]
    assert sorted(rule["FromPort"] for rule in host["IpPermissions"]) == PORTS
    for rule in host["IpPermissions"]:
        assert rule["FromPort"] == rule["ToPort"]
        assert [entry["CidrIp"] for entry in rule["IpRanges"]] == ["0.0.0.0/0"]
    [outbound] = host["IpPermissionsEgress"]
    assert outbound["IpProtocol"] == "-1"
    assert [entry["CidrIp"] for entry in outbound["IpRanges"]] == ["0.0.0.0/0"]


@pytest.mark.parametrize(
    ("kind", "prefixes"),
    [
        ("datasets", {"raw/", "processed/", "interim/", "external/"}),
        ("models", {"trained/", "artifacts/", "experiments/", "production/"}),
    ],
)
def test_bucket(platform, kind, prefixes):
    s3, bucket = platform.client("s3"), platform.bucket(kind)
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    found = s3.list_objects_v2(Bucket=bucket, Delimiter="/")["CommonPrefixes"]
    assert prefixes <= {entry["Prefix"] for entry in found}
    [statement] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_lifecycle(platform):
    s3 = platform.client("s3")

    def rules(kind):
        return s3.get_bucket_lifecycle_configuration(Bucket=platform.bucket(kind))["Rules"]

    datasets, models = rules("datasets"), rules("models")
    moves = [move for rule in datasets for move in rule.get("Transitions", [])]
    assert [(move["Days"], move["StorageClass"]) for move in moves] == [(90, "GLACIER")]
    archived = [move for rule in models for move in rule.get("NoncurrentVersionTransitions", [])]
    assert [(move["NoncurrentDays"], move["StorageClass"]) for move in archived] == [(30, "GLACIER")]
    expired = [rule["NoncurrentVersionExpiration"] for rule in models if "NoncurrentVersionExpiration" in rule]
    assert [entry["NoncurrentDays"] for entry in expired] == [365]
    for found in (datasets, models):
        assert [r["AbortIncompleteMultipartUpload"] for r in found if "AbortIncompleteMultipartUpload" in r] == [
            {"DaysAfterInitiation": 7}
        ]


def test_instance_role(platform):
    iam = platform.client("iam")
    profile = platform.instance["IamInstanceProfile"]["Arn"].rsplit("/", 1)[-1]
    [role] = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    name = role["RoleName"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert "AmazonSSMManagedInstanceCore" in {policy["PolicyName"] for policy in attached}
    documents = [
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    own = [policy["PolicyArn"] for policy in attached if ":aws:policy/" not in policy["PolicyArn"]]
    for arn in own:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        documents.append(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
    statements = [s for document in documents for s in document["Statement"] if s["Effect"] == "Allow"]
    buckets = {
        resource.split(":::")[1].split("/")[0]
        for statement in statements
        for resource in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
        if ":s3:::" in resource
    }
    assert buckets == {platform.bucket("datasets"), platform.bucket("models")}
    metrics = [s for s in statements if "cloudwatch:PutMetricData" in json.dumps(s["Action"])]
    assert [list(s["Condition"].values())[0] for s in metrics] == [{"cloudwatch:namespace": "MLInfra/mlinfra-local"}]


def test_instance(platform, subnets):
    instance, ec2 = platform.instance, platform.client("ec2")
    assert instance["InstanceType"] == "t3.medium"
    assert instance["SubnetId"] == subnets["10.0.1.0/24"]["SubnetId"]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    newest = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert instance["ImageId"] == platform.client("ssm").get_parameter(Name=newest)["Parameter"]["Value"]
    volumes = [mapping["Ebs"]["VolumeId"] for mapping in instance["BlockDeviceMappings"]]
    [volume] = ec2.describe_volumes(VolumeIds=volumes)["Volumes"]
    assert (volume["Size"], volume["VolumeType"], volume["Encrypted"]) == (50, "gp3", True)
    tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
    assert tags["Name"] == "mlinfra-local-ml-training-1"
    assert (tags["Project"], tags["Environment"], tags["ManagedBy"]) == ("mlinfra", "local", "mlinfra.aws")


def test_log_groups(platform):
    groups = platform.client("logs").describe_log_groups()["logGroups"]
    kept = {group["logGroupName"]: group.get("retentionInDays") for group in groups}
    names = ("/aws/vpc/mlinfra-local", "/aws/ec2/mlinfra-local-ml-training", "/aws/cloudtrail/mlinfra-local")
    assert kept == dict.fromkeys(names, 7)


def test_trail(platform):
    cloudtrail = platform.client("cloudtrail")
    [trail] = cloudtrail.describe_trails()["trailList"]
    assert trail["IsMultiRegionTrail"]
    assert trail["LogFileValidationEnabled"]
    assert (trail["S3BucketName"], trail["S3KeyPrefix"]) == (platform.bucket("logs"), "trail")
    assert cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
    for kind in ("datasets", "models", "operations"):
        logged = platform.client("s3").get_bucket_logging(Bucket=platform.bucket(kind))["LoggingEnabled"]
        assert logged["TargetBucket"] == platform.bucket("logs")


def test_alarms(platform):
    alarms = platform.client("cloudwatch").describe_alarms()["MetricAlarms"]
    audit = [alarm for alarm in alarms if alarm["Namespace"] == "MLInfra/mlinfra-local/audit"]
    assert len(audit) == 15
    own = {alarm["MetricName"]: alarm for alarm in alarms}
    cpu, status = own["CPUUtilization"], own["StatusCheckFailed"]
    assert (cpu["Threshold"], cpu["Period"], cpu["EvaluationPeriods"]) == (80, 300, 2)
    assert (status["Threshold"], status["Period"]) == (0, 300)
    assert status["ComparisonOperator"] == "GreaterThanThreshold"
    assert own["disk_used_percent"]["Threshold"] == 85
    assert "mem_used_percent" in own
    [topic] = platform.client("sns").list_topics()["Topics"]
    for alarm in alarms:
        assert topic["TopicArn"] in alarm["AlarmActions"]
        of_instance = {"Name": "InstanceId", "Value": platform.instance["InstanceId"]}
        assert alarm["Dimensions"] == ([] if alarm in audit else [of_instance])


def test_dashboard(platform):
    body = json.loads(platform.client("cloudwatch").get_dashboard(DashboardName="mlinfra-local")["DashboardBody"])
    shown = json.dumps(body["widgets"])
    for metric in ("CPUUtilization", "EBSReadBytes", "NetworkIn", "mem_used_percent"):
        assert metric in shown, metric
