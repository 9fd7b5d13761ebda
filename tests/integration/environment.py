# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes an environment through boto3, its neighbours beside it, and says what environment_info should find."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

TAGS = {"Project": "target", "Environment": "dev"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def names(environment: str) -> dict[str, str]:
    """The names of an environment by their purpose."""
    name = f"target-{environment}"
    return {
        "vpc_log_group": f"/aws/vpc/{name}",
        "ec2_log_group": f"/aws/ec2/{name}-ml",
        "flow_log_role": f"{name}-flow-log",
        "instance_role": f"{name}-ml",
        "instance_profile": f"{name}-ml",
        "instance": f"{name}-ml",
        "key_pair": name,
        "security_group": f"{name}-ml",
        "topic": f"{name}-alarms",
        "dashboard": name,
        "token_parameter": f"/target/{environment}/token",
        "datasets_bucket": f"{name}-datasets",
        "models_bucket": f"{name}-models",
        "operations_bucket": f"{name}-operations",
        "trail": name,
    }


def tag_list(**more: str) -> list[dict[str, str]]:
    """The environment's tags, and more, as AWS wants them."""
    return [{"Key": key, "Value": value} for key, value in {**TAGS, **more}.items()]


def specifications(kind: str, **more: str) -> list[dict[str, Any]]:
    """The same for EC2's calls that create."""
    return [{"ResourceType": kind, "Tags": tag_list(**more)}]


def make(client: Callable[[str], Any]) -> dict[str, Any]:
    """Make the environment and return what should be found of it."""
    network = _network(client("ec2"), _named(client))
    instances = _instances(client("ec2"), network["public_subnet_ids"][0])
    _alarms(client("cloudwatch"), instances)
    _trails(client("cloudtrail"))
    return {
        "names": names("dev"),
        "names_of_none": names("none"),
        "network": network,
        "instance_ids": instances,
        "storage": {
            "datasets_bucket": "target-dev-datasets",
            "datasets_bucket_arn": "arn:aws:s3:::target-dev-datasets",
            "models_bucket": "target-dev-models",
            "models_bucket_arn": "arn:aws:s3:::target-dev-models",
            "operations_bucket": "",
            "logs_bucket": "",
        },
        "audit": {
            "trail_arn": "arn:aws:cloudtrail:us-east-1:123456789012:trail/target-dev",
            "log_group": "",
            "alarm_names": [],
            "covered_by": "",
        },
        "iam": {
            "instance_role_name": "target-dev-ml",
            "instance_role_arn": "arn:aws:iam::123456789012:role/target-dev-ml",
            "instance_profile_name": "target-dev-ml",
            "instance_profile_arn": "arn:aws:iam::123456789012:instance-profile/target-dev-ml",
        },
        "monitoring": {
            "log_groups": {"vpc": "/aws/vpc/target-dev", "ec2": "/aws/ec2/target-dev-ml"},
            "topic_arn": "arn:aws:sns:us-east-1:123456789012:target-dev-alarms",
            "alarm_names": ["target-dev-ml-1-cpu", "target-dev-other"],
            "dashboard_name": "target-dev",
            "log_archive_arn": "",
        },
        "kinds": {
            "alarm": 2,
            "bucket": 3,
            "dashboard": 1,
            "elastic_ip": 2,
            "flow_log": 1,
            "iam_policy": 1,
            "iam_role": 2,
            "instance": 2,
            "instance_profile": 1,
            "internet_gateway": 2,
            "key_pair": 1,
            "launch_template": 1,
            "log_group": 3,
            "nat_gateway": 2,
            "network_acl": 1,
            "network_interface": 4,
            "route_table": 4,
            "security_group": 2,
            "snapshot": 1,
            "sns_topic": 1,
            "sqs": 1,
            "ssm_parameter": 1,
            "subnet": 4,
            "trail": 1,
            "volume": 3,
            "vpc": 1,
            "vpc_endpoint": 1,
        },
        "operator": user(client("iam"), "operator"),
        "limited": user(client("iam"), "limited", "sns:ListTopics"),
    }


def _network(ec2: Any, role: str) -> dict[str, Any]:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=specifications("vpc", Name="target-dev"))["Vpc"]["VpcId"]
    ec2.create_vpc(CidrBlock="10.1.0.0/16")  # a neighbour
    subnets = {}
    for tier, index, third in (("public", 2, 2), ("private", 1, 11), ("public", 1, 1), ("private", 2, 12)):
        subnets[tier, index] = ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.0.{third}.0/24",
            AvailabilityZone=f"us-east-1{'ab'[index - 1]}",
            TagSpecifications=specifications("subnet", Tier=tier, Index=str(index)),
        )["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway(TagSpecifications=specifications("internet-gateway"))["InternetGateway"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway["InternetGatewayId"])
    # A run that was killed left one that is attached to nothing.
    ec2.create_internet_gateway(TagSpecifications=specifications("internet-gateway"))
    ec2.allocate_address(Domain="vpc")  # a neighbour's
    nat_ids, nat_ips = {}, {}
    for index in (2, 1):
        address = ec2.allocate_address(Domain="vpc")
        nat_ips[index] = address["PublicIp"]
        nat_ids[index] = ec2.create_nat_gateway(
            SubnetId=subnets["public", index],
            AllocationId=address["AllocationId"],
            TagSpecifications=specifications("natgateway"),
        )["NatGateway"]["NatGatewayId"]
    tables = {}
    for tier, index in (("private", 2), ("public", 1), ("private", 1)):
        tables[tier, index] = ec2.create_route_table(
            VpcId=vpc, TagSpecifications=specifications("route-table", Tier=tier, Index=str(index))
        )["RouteTable"]["RouteTableId"]
    group = ec2.create_security_group(
        GroupName="target-dev-ml", Description="ML", VpcId=vpc, TagSpecifications=specifications("security-group")
    )["GroupId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.s3",
        VpcEndpointType="Gateway",
        TagSpecifications=specifications("vpc-endpoint"),
    )["VpcEndpoint"]["VpcEndpointId"]
    flow_log = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="/aws/vpc/target-dev",
        DeliverLogsPermissionArn=role,
    )["FlowLogIds"][0]
    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    default = [*in_vpc, {"Name": "group-name", "Values": ["default"]}]
    return {
        "vpc_id": vpc,
        "vpc_cidr": "10.0.0.0/16",
        "availability_zones": ["us-east-1a", "us-east-1b"],
        "public_subnet_ids": [subnets["public", index] for index in (1, 2)],
        "private_subnet_ids": [subnets["private", index] for index in (1, 2)],
        "internet_gateway_id": gateway["InternetGatewayId"],
        "nat_gateway_ids": [nat_ids[index] for index in (1, 2)],
        "nat_instance_ids": [],
        "nat_public_ips": [nat_ips[index] for index in (1, 2)],
        "public_route_table_id": tables["public", 1],
        "private_route_table_ids": [tables["private", index] for index in (1, 2)],
        "network_acl_id": ec2.describe_network_acls(Filters=in_vpc)["NetworkAcls"][0]["NetworkAclId"],
        "s3_endpoint_id": endpoint,
        "interface_endpoint_ids": [],
        "flow_log_id": flow_log,
        "flow_log_group_name": "/aws/vpc/target-dev",
        "flow_log_role_arn": role,
        "security_group_id": group,
        "default_security_group_id": ec2.describe_security_groups(Filters=default)["SecurityGroups"][0]["GroupId"],
    }


def _named(client: Callable[[str], Any]) -> str:
    """What is found by its name or through the tagging service; returns the ARN of the role for flow logs."""
    iam, logs, s3 = client("iam"), client("logs"), client("s3")
    role = iam.create_role(RoleName="target-dev-flow-log", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.create_role(RoleName="target-dev-ml", AssumeRolePolicyDocument=TRUST)
    iam.create_role(RoleName="target-dev", AssumeRolePolicyDocument=TRUST)  # a neighbour's
    iam.create_instance_profile(InstanceProfileName="target-dev-ml")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
    iam.create_policy(PolicyName="target-dev-extra", PolicyDocument=json.dumps(policy), Tags=tag_list())
    iam.create_policy(PolicyName="target-dev-not-ours", PolicyDocument=json.dumps(policy))
    for group in ("/aws/vpc/target-dev", "/aws/ec2/target-dev-ml", "/aws/vpc/target-dev-2"):
        logs.create_log_group(logGroupName=group)
    logs.create_log_group(logGroupName="/elsewhere", tags=TAGS)
    for bucket in ("target-dev-datasets", "target-dev-models", "target-dev-datasets-2", "renamed"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_tagging(Bucket="renamed", Tagging={"TagSet": tag_list()})
    for topic in ("target-dev-alarms", "target-dev2-alarms"):
        client("sns").create_topic(Name=topic)
    for dashboard in ("target-dev", "target-dev-2"):
        client("cloudwatch").put_dashboard(DashboardName=dashboard, DashboardBody='{"widgets": []}')
    client("ssm").put_parameter(Name="/target/dev/token", Value="x", Type="SecureString")
    client("sqs").create_queue(QueueName="later", tags=TAGS)
    return role


def _instances(ec2: Any, subnet: str) -> list[str]:
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]
    ids = {}
    for index in (2, 1):
        tags = {"Role": "ml-training", "Index": str(index), "Name": f"target-dev-ml-{index}"}
        ids[index] = ec2.run_instances(
            ImageId=image["ImageId"],
            BlockDeviceMappings=[{"DeviceName": image["RootDeviceName"], "Ebs": {"VolumeSize": 8}}],
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.medium",
            SubnetId=subnet,
            TagSpecifications=specifications("instance", **tags),
        )["Instances"][0]["InstanceId"]
    ec2.create_key_pair(KeyName="target-dev")
    ec2.create_key_pair(KeyName="target")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, TagSpecifications=specifications("volume"))
    ec2.create_snapshot(VolumeId=volume["VolumeId"], TagSpecifications=specifications("snapshot"))
    ec2.create_launch_template(
        LaunchTemplateName="any", LaunchTemplateData={}, TagSpecifications=specifications("launch-template")
    )
    return [ids[1], ids[2]]


def _trails(cloudtrail: Any) -> None:
    """The environment's, and one of somebody else's that records all that it would."""
    for trail in ("target-dev", "target-others"):
        cloudtrail.create_trail(
            Name=trail, S3BucketName="target-dev-models", IsMultiRegionTrail=True, EnableLogFileValidation=True
        )
        cloudtrail.start_logging(Name=trail)


def _alarms(cloudwatch: Any, instances: list[str]) -> None:
    for name, instance in (("target-dev-ml-1-cpu", "i-1"), ("target-dev-other", instances[0]), ("target-dev-x", "i-2")):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Dimensions=[{"Name": "InstanceId", "Value": instance}],
            Statistic="Average",
            Period=300,
            EvaluationPeriods=2,
            Threshold=80,
            ComparisonOperator="GreaterThanThreshold",
        )


def user(iam: Any, name: str, *denied: str) -> dict[str, str]:
    """The keys of a user who may do everything but what is denied."""
    statements = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    statements += [{"Effect": "Deny", "Action": action, "Resource": "*"} for action in denied]
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name,
        PolicyName=name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
