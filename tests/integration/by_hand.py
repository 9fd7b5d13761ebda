# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody could change by hand in a converged environment, each change with what the comparison is to say of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Outputs = Mapping[str, Mapping[str, Any]]
NOBODY = "198.51.100.77/32"


@dataclass
class Hands:
    """A way into the account, and what the roles made in it.

    Attributes:
        client: gives boto3's client of a service.
        outputs: the outputs of the roles.
    """

    client: Callable[[str], Any]
    outputs: Outputs

    def __getattr__(self, service: str) -> Any:
        """The client of a service, as an attribute."""
        return self.client(service)

    @property
    def instance(self) -> str:
        """The id of the one instance."""
        return self.outputs["compute"]["instances"][0]["id"]

    @property
    def alarm(self) -> str:
        """The name of its first alarm."""
        return self.outputs["monitoring"]["alarm_names"][0]

    def put_alarm(self, **changes: Any) -> None:
        """Put the alarm anew, as it stands but for the changes."""
        [standing] = self.cloudwatch.describe_alarms(AlarmNames=[self.alarm])["MetricAlarms"]
        kept = (
            "AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "MetricName", "Namespace", "Statistic",
            "Dimensions", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData",
        )  # fmt: skip
        self.cloudwatch.put_metric_alarm(**{name: standing[name] for name in kept if name in standing} | changes)

    def tag(self, resource: str, **tags: str) -> None:
        """Tag a resource of EC2."""
        self.ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": tags[key]} for key in tags])

    def untag(self, resource: str, *keys: str) -> None:
        """Remove tags of a resource of EC2."""
        self.ec2.delete_tags(Resources=[resource], Tags=[{"Key": key} for key in keys])


@dataclass
class ByHand:
    """One change.

    Attributes:
        title: what somebody did.
        role: the role that answers for what was changed.
        kind: the kind of the resource that differs.
        action: what would put it right.
        attribute: the attribute that differs; empty where the resource as a whole does.
        do: makes the change. What it returns, `undo` gets.
        undo: takes it back.
    """

    title: str
    role: str
    kind: str
    action: str
    attribute: str
    do: Callable[[Hands], Any]
    undo: Callable[[Hands, Any], Any]


def _ingress(cidr: str, port: int = 22) -> list[dict[str, Any]]:
    return [
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr, "Description": "SSH"}]}
    ]


def _network(hands: Hands, output: str) -> str:
    value = hands.outputs["network"][output]
    return value[0] if isinstance(value, list) else value


def _new_subnet(hands: Hands) -> str:
    tags = hands.ec2.describe_vpcs(VpcIds=[_network(hands, "vpc_id")])["Vpcs"][0]["Tags"]
    made = hands.ec2.create_subnet(
        VpcId=_network(hands, "vpc_id"),
        CidrBlock="10.0.99.0/24",
        TagSpecifications=[{"ResourceType": "subnet", "Tags": tags}],
    )
    return made["Subnet"]["SubnetId"]


def _new_address(hands: Hands) -> str:
    tags = hands.ec2.describe_vpcs(VpcIds=[_network(hands, "vpc_id")])["Vpcs"][0]["Tags"]
    made = hands.ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    return made["AllocationId"]


def _new_flow_log(hands: Hands) -> str:
    tags = hands.ec2.describe_vpcs(VpcIds=[_network(hands, "vpc_id")])["Vpcs"][0]["Tags"]
    made = hands.ec2.create_flow_logs(
        ResourceIds=[_network(hands, "vpc_id")],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogGroupName="/aws/vpc/by-hand",
        DeliverLogsPermissionArn=hands.outputs["network"]["flow_log_role_arn"],
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tags}],
    )
    return made["FlowLogIds"][0]


def _main_subnet_association(hands: Hands) -> str:
    [table] = hands.ec2.describe_route_tables(RouteTableIds=[_network(hands, "private_route_table_ids")])["RouteTables"]
    association = table["Associations"][0]
    hands.ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    return association["SubnetId"]


def _datasets(hands: Hands) -> str:
    return hands.outputs["storage"]["datasets_bucket"]


def _put_policy_with(hands: Hands, statement: dict[str, Any]) -> str:
    before = hands.s3.get_bucket_policy(Bucket=_datasets(hands))["Policy"]
    document = json.loads(before)
    document["Statement"].append(statement)
    hands.s3.put_bucket_policy(Bucket=_datasets(hands), Policy=json.dumps(document))
    return before


def _put_lifecycle_without_rules(hands: Hands) -> list[dict[str, Any]]:
    before = hands.s3.get_bucket_lifecycle_configuration(Bucket=_datasets(hands))["Rules"]
    hands.s3.delete_bucket_lifecycle(Bucket=_datasets(hands))
    return before


def _put_bucket_tags(hands: Hands) -> list[dict[str, str]]:
    before = hands.s3.get_bucket_tagging(Bucket=_datasets(hands))["TagSet"]
    changed = [tag for tag in before if tag["Key"] != "Name"]
    hands.s3.put_bucket_tagging(Bucket=_datasets(hands), Tagging={"TagSet": changed})
    return before


def _role(hands: Hands) -> str:
    return hands.outputs["iam"]["instance_role_name"]


def _flow_role(hands: Hands) -> str:
    return hands.outputs["network"]["flow_log_role_arn"].rpartition("/")[2]


def _profile(hands: Hands) -> str:
    return hands.outputs["iam"]["instance_profile_name"]


def _widen_role_policy(hands: Hands) -> dict[str, Any]:
    before = hands.iam.get_role_policy(RoleName=_role(hands), PolicyName="permissions")["PolicyDocument"]
    wide = {**before, "Statement": [*before["Statement"], {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    hands.iam.put_role_policy(RoleName=_role(hands), PolicyName="permissions", PolicyDocument=json.dumps(wide))
    return before


def _widen_trust(hands: Hands) -> dict[str, Any]:
    before = hands.iam.get_role(RoleName=_role(hands))["Role"]["AssumeRolePolicyDocument"]
    wide = {
        **before,
        "Statement": [{**before["Statement"][0], "Principal": {"Service": ["ec2.amazonaws.com", "ecs.amazonaws.com"]}}],
    }
    hands.iam.update_assume_role_policy(RoleName=_role(hands), PolicyDocument=json.dumps(wide))
    return before


def _topic_policy(hands: Hands) -> str:
    arn = hands.outputs["monitoring"]["topic_arn"]
    before = hands.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    wide = json.loads(before)
    wide["Statement"].append(
        {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": arn}
    )
    hands.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(wide))
    return before


def _dashboard_body(hands: Hands) -> str:
    name = hands.outputs["monitoring"]["dashboard_name"]
    before = hands.cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    body = json.loads(before)
    body["widgets"] = body["widgets"][1:]
    hands.cloudwatch.put_dashboard(DashboardName=name, DashboardBody=json.dumps(body))
    return before


def _log_group(hands: Hands) -> str:
    return hands.outputs["monitoring"]["log_groups"]["ec2"]


def _log_group_arn(hands: Hands) -> str:
    [group] = hands.logs.describe_log_groups(logGroupNamePrefix=_log_group(hands))["logGroups"]
    return group["arn"].removesuffix(":*")


def _modify_instance(hands: Hands, **attribute: Any) -> None:
    hands.ec2.modify_instance_attribute(InstanceId=hands.instance, **attribute)


def _require_tokens(hands: Hands, tokens: str, instance: str = "") -> None:
    """With all other options too: the emulator forgets those that are not given."""
    chosen = instance or hands.instance
    [reservation] = hands.ec2.describe_instances(InstanceIds=[chosen])["Reservations"]
    standing = reservation["Instances"][0]["MetadataOptions"]
    names = ("HttpEndpoint", "HttpPutResponseHopLimit", "HttpProtocolIpv6", "InstanceMetadataTags")
    kept = {name: standing[name] for name in names if name in standing}
    hands.ec2.modify_instance_metadata_options(InstanceId=chosen, HttpTokens=tokens, **kept)


def _associate_default_acl(hands: Hands) -> tuple[str, str]:
    ours = _network(hands, "network_acl_id")
    acls = hands.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [_network(hands, "vpc_id")]}])[
        "NetworkAcls"
    ]
    [default] = [acl["NetworkAclId"] for acl in acls if acl["IsDefault"]]
    association = next(acl for acl in acls if acl["NetworkAclId"] == ours)["Associations"][0]
    made = hands.ec2.replace_network_acl_association(
        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=default
    )
    return made["NewAssociationId"], ours


CHANGES = [
    ByHand(
        "let somebody in", "network", "security_group", "modify", "IpPermissions",
        lambda h: h.ec2.authorize_security_group_ingress(GroupId=_network(h, "security_group_id"), IpPermissions=_ingress(NOBODY)),
        lambda h, _: h.ec2.revoke_security_group_ingress(GroupId=_network(h, "security_group_id"), IpPermissions=_ingress(NOBODY)),
    ),
    ByHand(
        "shut somebody out", "network", "security_group", "modify", "IpPermissions",
        lambda h: h.ec2.revoke_security_group_ingress(GroupId=_network(h, "security_group_id"), IpPermissions=_ingress("203.0.113.0/24")),
        lambda h, _: h.ec2.authorize_security_group_ingress(GroupId=_network(h, "security_group_id"), IpPermissions=_ingress("203.0.113.0/24")),
    ),
    ByHand(
        "opened the default group", "network", "security_group", "modify", "IpPermissions",
        lambda h: h.ec2.authorize_security_group_ingress(GroupId=_network(h, "default_security_group_id"), IpPermissions=_ingress(NOBODY)),
        lambda h, _: h.ec2.revoke_security_group_ingress(GroupId=_network(h, "default_security_group_id"), IpPermissions=_ingress(NOBODY)),
    ),
    ByHand(
        "switched host names off", "network", "vpc", "modify", "EnableDnsHostnames",
        lambda h: h.ec2.modify_vpc_attribute(VpcId=_network(h, "vpc_id"), EnableDnsHostnames={"Value": False}),
        lambda h, _: h.ec2.modify_vpc_attribute(VpcId=_network(h, "vpc_id"), EnableDnsHostnames={"Value": True}),
    ),
    ByHand(
        "tagged the VPC", "network", "vpc", "modify", "Tags.Owner",
        lambda h: h.tag(_network(h, "vpc_id"), Owner="somebody"),
        lambda h, _: h.untag(_network(h, "vpc_id"), "Owner"),
    ),
    ByHand(
        "untagged the VPC", "network", "vpc", "modify", "Tags.ManagedBy",
        lambda h: h.untag(_network(h, "vpc_id"), "ManagedBy"),
        lambda h, _: h.tag(_network(h, "vpc_id"), ManagedBy="mlinfra.aws"),
    ),
    ByHand(
        "gave private subnets public addresses", "network", "subnet", "modify", "MapPublicIpOnLaunch",
        lambda h: h.ec2.modify_subnet_attribute(SubnetId=_network(h, "private_subnet_ids"), MapPublicIpOnLaunch={"Value": True}),
        lambda h, _: h.ec2.modify_subnet_attribute(SubnetId=_network(h, "private_subnet_ids"), MapPublicIpOnLaunch={"Value": False}),
    ),
    ByHand(
        "made a subnet", "network", "subnet", "delete", "CidrBlock",
        _new_subnet,
        lambda h, subnet: h.ec2.delete_subnet(SubnetId=subnet),
    ),
    ByHand(
        "added a route", "network", "route_table", "modify", "Routes",
        lambda h: h.ec2.create_route(
            RouteTableId=_network(h, "private_route_table_ids"), DestinationCidrBlock="192.0.2.0/24",
            NatGatewayId=_network(h, "nat_gateway_ids"),
        ),
        lambda h, _: h.ec2.delete_route(RouteTableId=_network(h, "private_route_table_ids"), DestinationCidrBlock="192.0.2.0/24"),
    ),
    ByHand(
        "removed the way out", "network", "route_table", "modify", "Routes",
        lambda h: h.ec2.delete_route(RouteTableId=_network(h, "private_route_table_ids"), DestinationCidrBlock="0.0.0.0/0"),
        lambda h, _: h.ec2.create_route(
            RouteTableId=_network(h, "private_route_table_ids"), DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId=_network(h, "nat_gateway_ids"),
        ),
    ),
    ByHand(
        "took a subnet off its route table", "network", "route_table", "modify", "Subnets",
        _main_subnet_association,
        lambda h, subnet: h.ec2.associate_route_table(RouteTableId=_network(h, "private_route_table_ids"), SubnetId=subnet),
    ),
    ByHand(
        "added a rule to the network ACL", "network", "network_acl", "modify", "Entries",
        lambda h: h.ec2.create_network_acl_entry(
            NetworkAclId=_network(h, "network_acl_id"), RuleNumber=50, Protocol="-1", RuleAction="deny", Egress=False,
            CidrBlock=NOBODY,
        ),
        lambda h, _: h.ec2.delete_network_acl_entry(NetworkAclId=_network(h, "network_acl_id"), RuleNumber=50, Egress=False),
    ),
    ByHand(
        "put a subnet under the default ACL", "network", "network_acl", "modify", "Subnets",
        _associate_default_acl,
        lambda h, made: h.ec2.replace_network_acl_association(AssociationId=made[0], NetworkAclId=made[1]),
    ),
    ByHand(
        "kept an address without a gateway", "network", "elastic_ip", "delete", "Domain",
        _new_address,
        lambda h, address: h.ec2.release_address(AllocationId=address),
    ),
    ByHand(
        "made a second flow log", "network", "flow_log", "delete", "TrafficType",
        _new_flow_log,
        lambda h, log: h.ec2.delete_flow_logs(FlowLogIds=[log]),
    ),
    ByHand(
        "kept flow logs for a year", "network", "log_group", "modify", "retentionInDays",
        lambda h: h.logs.put_retention_policy(logGroupName=h.outputs["network"]["flow_log_group_name"], retentionInDays=365),
        lambda h, _: h.logs.put_retention_policy(logGroupName=h.outputs["network"]["flow_log_group_name"], retentionInDays=7),
    ),
    ByHand(
        "suspended versions", "storage", "bucket", "modify", "VersioningConfiguration.Status",
        lambda h: h.s3.put_bucket_versioning(Bucket=_datasets(h), VersioningConfiguration={"Status": "Suspended"}),
        lambda h, _: h.s3.put_bucket_versioning(Bucket=_datasets(h), VersioningConfiguration={"Status": "Enabled"}),
    ),
    ByHand(
        "allowed public policies", "storage", "bucket", "modify", "PublicAccessBlockConfiguration",
        lambda h: h.s3.delete_public_access_block(Bucket=_datasets(h)),
        lambda h, _: h.s3.put_public_access_block(
            Bucket=_datasets(h),
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            ),
        ),
    ),
    ByHand(
        "let another account read the data", "storage", "bucket", "modify", "Policy",
        lambda h: _put_policy_with(h, {
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{_datasets(h)}/*",
        }),
        lambda h, before: h.s3.put_bucket_policy(Bucket=_datasets(h), Policy=before),
    ),
    ByHand(
        "removed the lifecycle rules", "storage", "bucket", "modify", "LifecycleConfiguration",
        _put_lifecycle_without_rules,
        lambda h, rules: h.s3.put_bucket_lifecycle_configuration(Bucket=_datasets(h), LifecycleConfiguration={"Rules": rules}),
    ),
    ByHand(
        "removed a tag of a bucket", "storage", "bucket", "modify", "Tags.Name",
        _put_bucket_tags,
        lambda h, tags: h.s3.put_bucket_tagging(Bucket=_datasets(h), Tagging={"TagSet": tags}),
    ),
    ByHand(
        "made a bucket a website", "storage", "bucket", "modify", "WebsiteConfiguration",
        lambda h: h.s3.put_bucket_website(Bucket=_datasets(h), WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}),
        lambda h, _: h.s3.delete_bucket_website(Bucket=_datasets(h)),
    ),
    ByHand(
        "deleted a folder", "storage", "object", "create", "Key",
        lambda h: h.s3.delete_object(Bucket=_datasets(h), Key="interim/"),
        lambda h, _: h.s3.put_object(Bucket=_datasets(h), Key="interim/"),
    ),
    ByHand(
        "allowed hosts all of S3", "iam", "role_policy", "modify", "PolicyDocument",
        _widen_role_policy,
        lambda h, before: h.iam.put_role_policy(RoleName=_role(h), PolicyName="permissions", PolicyDocument=json.dumps(before)),
    ),
    ByHand(
        "added a policy to the hosts' role", "iam", "role_policy", "delete", "PolicyName",
        lambda h: h.iam.put_role_policy(
            RoleName=_role(h), PolicyName="everything",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
        ),
        lambda h, _: h.iam.delete_role_policy(RoleName=_role(h), PolicyName="everything"),
    ),
    ByHand(
        "attached a managed policy", "iam", "iam_role", "modify", "ManagedPolicyArns",
        lambda h: h.iam.attach_role_policy(RoleName=_role(h), PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        lambda h, _: h.iam.detach_role_policy(RoleName=_role(h), PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    ByHand(
        "let another service take the role", "iam", "iam_role", "modify", "AssumeRolePolicyDocument",
        _widen_trust,
        lambda h, before: h.iam.update_assume_role_policy(RoleName=_role(h), PolicyDocument=json.dumps(before)),
    ),
    ByHand(
        "protected an instance from being stopped", "compute", "instance", "modify", "DisableApiStop",
        lambda h: _modify_instance(h, DisableApiStop={"Value": True}),
        lambda h, _: _modify_instance(h, DisableApiStop={"Value": False}),
    ),
    ByHand(
        "gave an instance another name", "compute", "instance", "modify", "Tags.Name",
        lambda h: h.tag(h.instance, Name="theirs"),
        lambda h, _: h.tag(h.instance, Name=f"{h.outputs['monitoring']['dashboard_name']}-ml-training-1"),
    ),
    ByHand(
        "untagged an instance", "compute", "instance", "modify", "Tags.Environment, Tags.Index",
        lambda h: h.untag(h.instance, "Environment", "Index"),
        lambda h, _: h.tag(h.instance, Environment="seed", Index="1"),
    ),
    ByHand(
        "allowed the old metadata service", "compute", "instance", "modify", "MetadataOptions.HttpTokens",
        lambda h: _require_tokens(h, "optional"),
        lambda h, _: _require_tokens(h, "required"),
    ),
    ByHand(
        "gave an instance another tag Role", "compute", "instance", "modify", "Tags.Role",
        lambda h: h.tag(h.instance, Role="other"),
        lambda h, _: h.tag(h.instance, Role="ml-training"),
    ),
    ByHand(
        "changed a threshold", "monitoring", "alarm", "modify", "Threshold",
        lambda h: h.put_alarm(Threshold=99.0),
        lambda h, _: h.put_alarm(Threshold=80.0),
    ),
    ByHand(
        "silenced an alarm", "monitoring", "alarm", "modify", "ActionsEnabled",
        lambda h: h.put_alarm(ActionsEnabled=False),
        lambda h, _: h.put_alarm(ActionsEnabled=True),
    ),
    ByHand(
        "let anyone publish to the topic", "monitoring", "sns_topic", "modify", "Policy",
        _topic_policy,
        lambda h, before: h.sns.set_topic_attributes(
            TopicArn=h.outputs["monitoring"]["topic_arn"], AttributeName="Policy", AttributeValue=before
        ),
    ),
    ByHand(
        "took a widget off the dashboard", "monitoring", "dashboard", "modify", "DashboardBody",
        _dashboard_body,
        lambda h, before: h.cloudwatch.put_dashboard(
            DashboardName=h.outputs["monitoring"]["dashboard_name"], DashboardBody=before
        ),
    ),
    ByHand(
        "kept the hosts' logs for ever", "monitoring", "log_group", "modify", "retentionInDays",
        lambda h: h.logs.delete_retention_policy(logGroupName=_log_group(h)),
        lambda h, _: h.logs.put_retention_policy(logGroupName=_log_group(h), retentionInDays=7),
    ),
    ByHand(
        "tagged a log group", "monitoring", "log_group", "modify", "Tags.Owner",
        lambda h: h.logs.tag_resource(resourceArn=_log_group_arn(h), tags={"Owner": "somebody"}),
        lambda h, _: h.logs.untag_resource(resourceArn=_log_group_arn(h), tagKeys=["Owner"]),
    ),
]  # fmt: skip


def _new_gateway(hands: Hands) -> tuple[str, str]:
    address = hands.ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = hands.ec2.create_nat_gateway(SubnetId=_network(hands, "public_subnet_ids"), AllocationId=address)
    return made["NatGateway"]["NatGatewayId"], address


def _remove_gateway(hands: Hands, made: tuple[str, str]) -> None:
    hands.ec2.delete_nat_gateway(NatGatewayId=made[0])
    hands.ec2.release_address(AllocationId=made[1])


def _put_endpoint_policy(hands: Hands, action: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    policy = {"Version": "2008-10-17", "Statement": [statement]}
    hands.ec2.modify_vpc_endpoint(VpcEndpointId=_network(hands, "s3_endpoint_id"), PolicyDocument=json.dumps(policy))


def _rename_rule(hands: Hands, description: str) -> None:
    rules = [
        {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "IpRanges": [{"CidrIp": "203.0.113.0/24", "Description": description}],
        }
    ]
    hands.ec2.update_security_group_rule_descriptions_ingress(
        GroupId=_network(hands, "security_group_id"), IpPermissions=rules
    )


def _disassociate_profile(hands: Hands) -> None:
    of_instance = [{"Name": "instance-id", "Values": [hands.instance]}]
    [association] = hands.ec2.describe_iam_instance_profile_associations(Filters=of_instance)[
        "IamInstanceProfileAssociations"
    ]
    hands.ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])


def _root_volume(hands: Hands) -> str:
    return hands.outputs["compute"]["instances"][0]["root_volume_id"]


def _keep_root_volume(hands: Hands, keep: bool) -> None:
    [reservation] = hands.ec2.describe_instances(InstanceIds=[hands.instance])["Reservations"]
    root = reservation["Instances"][0]["RootDeviceName"]
    _modify_instance(hands, BlockDeviceMappings=[{"DeviceName": root, "Ebs": {"DeleteOnTermination": not keep}}])


def _new_instance(hands: Hands) -> str:
    [reservation] = hands.ec2.describe_instances(InstanceIds=[hands.instance])["Reservations"]
    like = reservation["Instances"][0]
    tags = [{**tag, "Value": "by-hand"} if tag["Key"] == "Name" else tag for tag in like["Tags"]]
    made = hands.ec2.run_instances(
        ImageId=like["ImageId"],
        InstanceType="t3.micro",
        SubnetId=like["SubnetId"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    return made["Instances"][0]["InstanceId"]


def _delete_alarm(hands: Hands) -> dict[str, Any]:
    name = hands.outputs["monitoring"]["alarm_names"][1]
    [standing] = hands.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    hands.cloudwatch.delete_alarms(AlarmNames=[name])
    unwanted = ("AlarmArn", "AlarmConfigurationUpdatedTimestamp", "Metrics")
    return {name: standing[name] for name in standing if name not in unwanted and not name.startswith("State")}


def _datasets_rules(hands: Hands) -> list[dict[str, Any]]:
    before = hands.s3.get_bucket_lifecycle_configuration(Bucket=_datasets(hands))["Rules"]
    more = {"ID": "by-hand", "Status": "Enabled", "Filter": {"Prefix": "raw/"}, "Expiration": {"Days": 1}}
    hands.s3.put_bucket_lifecycle_configuration(
        Bucket=_datasets(hands), LifecycleConfiguration={"Rules": [*before, more]}
    )
    return before


def _encrypt(hands: Hands) -> dict[str, Any]:
    """Let a bucket encrypt by the account's key for S3, and return how it did."""
    before = hands.s3.get_bucket_encryption(Bucket=_models(hands))["ServerSideEncryptionConfiguration"]
    _put_encryption(hands, {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
    return before


def _put_encryption(hands: Hands, encryption: dict[str, Any]) -> None:
    hands.s3.put_bucket_encryption(Bucket=_models(hands), ServerSideEncryptionConfiguration=encryption)


def _models(hands: Hands) -> str:
    return hands.outputs["storage"]["models_bucket"]


def _own_objects(hands: Hands, owner: str) -> None:
    hands.s3.put_bucket_ownership_controls(
        Bucket=_models(hands), OwnershipControls={"Rules": [{"ObjectOwnership": owner}]}
    )


# Changes that do not meet in the same attribute, so that all of them can stand at once.
TOGETHER = [
    ByHand(
        "gave the VPC another range", "network", "vpc", "modify", "CidrBlockAssociationSet",
        lambda h: h.ec2.associate_vpc_cidr_block(VpcId=_network(h, "vpc_id"), CidrBlock="10.99.0.0/16")["CidrBlockAssociation"],
        lambda h, made: h.ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"]),
    ),
    ByHand(
        "untagged a route table", "network", "route_table", "modify", "Tags.ManagedBy",
        lambda h: h.untag(_network(h, "public_route_table_id"), "ManagedBy"),
        lambda h, _: h.tag(_network(h, "public_route_table_id"), ManagedBy="mlinfra.aws"),
    ),
    ByHand(
        "made a route table", "network", "route_table", "delete", "",
        lambda h: h.ec2.create_route_table(VpcId=_network(h, "vpc_id"))["RouteTable"]["RouteTableId"],
        lambda h, table: h.ec2.delete_route_table(RouteTableId=table),
    ),
    ByHand(
        "made a network ACL", "network", "network_acl", "delete", "",
        lambda h: h.ec2.create_network_acl(VpcId=_network(h, "vpc_id"))["NetworkAcl"]["NetworkAclId"],
        lambda h, acl: h.ec2.delete_network_acl(NetworkAclId=acl),
    ),
    ByHand(
        "made a security group", "network", "security_group", "delete", "",
        lambda h: h.ec2.create_security_group(GroupName="by-hand", Description="By hand", VpcId=_network(h, "vpc_id"))["GroupId"],
        lambda h, group: h.ec2.delete_security_group(GroupId=group),
    ),
    ByHand(
        "made an endpoint", "network", "vpc_endpoint", "delete", "",
        lambda h: h.ec2.create_vpc_endpoint(
            VpcId=_network(h, "vpc_id"), ServiceName="com.amazonaws.us-east-1.dynamodb", VpcEndpointType="Gateway"
        )["VpcEndpoint"]["VpcEndpointId"],
        lambda h, endpoint: h.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint]),
    ),
    ByHand(
        "narrowed what the endpoint lets through", "network", "vpc_endpoint", "modify", "PolicyDocument",
        lambda h: _put_endpoint_policy(h, "s3:GetObject"),
        lambda h, _: _put_endpoint_policy(h, "*"),
    ),
    ByHand(
        "took a route table off the endpoint", "network", "vpc_endpoint", "modify", "RouteTables",
        lambda h: h.ec2.modify_vpc_endpoint(
            VpcEndpointId=_network(h, "s3_endpoint_id"), RemoveRouteTableIds=[_network(h, "public_route_table_id")]
        ),
        lambda h, _: h.ec2.modify_vpc_endpoint(
            VpcEndpointId=_network(h, "s3_endpoint_id"), AddRouteTableIds=[_network(h, "public_route_table_id")]
        ),
    ),
    ByHand(
        "described a rule otherwise", "network", "security_group", "modify", "IpPermissions",
        lambda h: _rename_rule(h, "by hand"),
        lambda h, _: _rename_rule(h, "SSH"),
    ),
    ByHand(
        "made a NAT gateway", "network", "nat_gateway", "delete", "",
        _new_gateway,
        _remove_gateway,
    ),
    ByHand(
        "gave the NAT gateway another name", "network", "nat_gateway", "modify", "Tags.Name",
        lambda h: h.tag(_network(h, "nat_gateway_ids"), Name="by-hand"),
        lambda h, _: h.tag(_network(h, "nat_gateway_ids"), Name=f"{h.outputs['monitoring']['dashboard_name']}-nat-2"),
    ),
    ByHand(
        "attached a policy to the role of the flow logs", "network", "iam_role", "modify", "ManagedPolicyArns",
        lambda h: h.iam.attach_role_policy(RoleName=_flow_role(h), PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        lambda h, _: h.iam.detach_role_policy(RoleName=_flow_role(h), PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    ByHand(
        "encrypted a bucket with another key", "storage", "bucket", "modify", "BucketEncryption",
        _encrypt,
        _put_encryption,
    ),
    ByHand(
        "let writers own their objects", "storage", "bucket", "modify", "OwnershipControls",
        lambda h: _own_objects(h, "ObjectWriter"),
        lambda h, _: _own_objects(h, "BucketOwnerEnforced"),
    ),
    ByHand(
        "let other sites read a bucket", "storage", "bucket", "modify", "CORSConfiguration",
        lambda h: h.s3.put_bucket_cors(
            Bucket=_models(h), CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
        ),
        lambda h, _: h.s3.delete_bucket_cors(Bucket=_models(h)),
    ),
    ByHand(
        "added a lifecycle rule", "storage", "bucket", "modify", "LifecycleConfiguration",
        _datasets_rules,
        lambda h, rules: h.s3.put_bucket_lifecycle_configuration(Bucket=_datasets(h), LifecycleConfiguration={"Rules": rules}),
    ),
    ByHand(
        "bounded the hosts' role", "iam", "iam_role", "modify", "PermissionsBoundary",
        lambda h: h.iam.put_role_permissions_boundary(RoleName=_role(h), PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        lambda h, _: h.iam.delete_role_permissions_boundary(RoleName=_role(h)),
    ),
    ByHand(
        "tagged the hosts' role", "iam", "iam_role", "modify", "Tags.Owner",
        lambda h: h.iam.tag_role(RoleName=_role(h), Tags=[{"Key": "Owner", "Value": "somebody"}]),
        lambda h, _: h.iam.untag_role(RoleName=_role(h), TagKeys=["Owner"]),
    ),
    ByHand(
        "took the role out of the profile", "iam", "instance_profile", "modify", "Roles",
        lambda h: h.iam.remove_role_from_instance_profile(InstanceProfileName=_profile(h), RoleName=_role(h)),
        lambda h, _: h.iam.add_role_to_instance_profile(InstanceProfileName=_profile(h), RoleName=_role(h)),
    ),
    ByHand(
        "took the profile off an instance", "compute", "instance", "modify", "IamInstanceProfile",
        _disassociate_profile,
        lambda h, _: h.ec2.associate_iam_instance_profile(InstanceId=h.instance, IamInstanceProfile={"Name": _profile(h)}),
    ),
    ByHand(
        "put an instance into another group", "compute", "instance", "modify", "SecurityGroupIds",
        lambda h: _modify_instance(h, Groups=[_network(h, "default_security_group_id")]),
        lambda h, _: _modify_instance(h, Groups=[_network(h, "security_group_id")]),
    ),
    ByHand(
        "protected an instance from being terminated", "compute", "instance", "modify", "DisableApiTermination",
        lambda h: _modify_instance(h, DisableApiTermination={"Value": True}),
        lambda h, _: _modify_instance(h, DisableApiTermination={"Value": False}),
    ),
    ByHand(
        "let an instance forward packets", "compute", "instance", "modify", "SourceDestCheck",
        lambda h: _modify_instance(h, SourceDestCheck={"Value": False}),
        lambda h, _: _modify_instance(h, SourceDestCheck={"Value": True}),
    ),
    ByHand(
        "asked for metrics every minute", "compute", "instance", "modify", "Monitoring",
        lambda h: h.ec2.monitor_instances(InstanceIds=[h.instance]),
        lambda h, _: h.ec2.unmonitor_instances(InstanceIds=[h.instance]),
    ),
    ByHand(
        "made the root volume faster", "compute", "instance", "modify", "BlockDeviceMappings.Throughput",
        lambda h: h.ec2.modify_volume(VolumeId=_root_volume(h), Throughput=250),
        lambda h, _: h.ec2.modify_volume(VolumeId=_root_volume(h), Throughput=125),
    ),
    ByHand(
        "let the root volume outlive the instance", "compute", "instance", "modify", "BlockDeviceMappings.DeleteOnTermination",
        lambda h: _keep_root_volume(h, True),
        lambda h, _: _keep_root_volume(h, False),
    ),
    ByHand(
        "untagged the root volume", "compute", "instance", "modify", "VolumeTags.ManagedBy",
        lambda h: h.untag(_root_volume(h), "ManagedBy"),
        lambda h, _: h.tag(_root_volume(h), ManagedBy="mlinfra.aws"),
    ),
    ByHand(
        "launched an instance", "compute", "instance", "delete", "",
        _new_instance,
        lambda h, instance: h.ec2.terminate_instances(InstanceIds=[instance]),
    ),
    ByHand(
        "deleted an alarm", "monitoring", "alarm", "create", "",
        _delete_alarm,
        lambda h, alarm: h.cloudwatch.put_metric_alarm(**alarm),
    ),
    ByHand(
        "told the topic when all is well", "monitoring", "alarm", "modify", "OKActions",
        lambda h: h.put_alarm(OKActions=[h.outputs["monitoring"]["topic_arn"]]),
        lambda h, _: h.put_alarm(OKActions=[]),
    ),
    ByHand(
        "subscribed to the topic", "monitoring", "sns_topic", "modify", "Subscriptions",
        lambda h: h.sns.subscribe(TopicArn=h.outputs["monitoring"]["topic_arn"], Protocol="email", Endpoint="spy@example.org"),
        lambda h, made: h.sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"]),
    ),
    ByHand(
        "gave the topic another name to show", "monitoring", "sns_topic", "modify", "DisplayName",
        lambda h: h.sns.set_topic_attributes(
            TopicArn=h.outputs["monitoring"]["topic_arn"], AttributeName="DisplayName", AttributeValue="by hand"
        ),
        lambda h, _: h.sns.set_topic_attributes(
            TopicArn=h.outputs["monitoring"]["topic_arn"], AttributeName="DisplayName",
            AttributeValue=h.outputs["monitoring"]["topic_arn"].rpartition(":")[2],
        ),
    ),
]  # fmt: skip


def _new_flow_log_of_the_same_name(hands: Hands) -> None:
    [standing] = hands.ec2.describe_flow_logs(FlowLogIds=[_network(hands, "flow_log_id")])["FlowLogs"]
    hands.ec2.create_flow_logs(
        ResourceIds=[_network(hands, "vpc_id")],
        ResourceType="VPC",
        TrafficType="ACCEPT",
        LogGroupName="/aws/vpc/by-name",
        DeliverLogsPermissionArn=standing["DeliverLogsPermissionArn"],
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": standing["Tags"]}],
    )


def _new_gateway_in_a_new_subnet(hands: Hands) -> None:
    vpc = _network(hands, "vpc_id")
    subnet = hands.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.98.0/24")["Subnet"]["SubnetId"]
    table = hands.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    hands.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    address = hands.ec2.allocate_address(Domain="vpc")["AllocationId"]
    hands.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)


def _new_table_of_a_public_subnet(hands: Hands) -> None:
    [table] = hands.ec2.describe_route_tables(RouteTableIds=[_network(hands, "public_route_table_id")])["RouteTables"]
    made = hands.ec2.create_route_table(VpcId=_network(hands, "vpc_id"))["RouteTable"]["RouteTableId"]
    hands.ec2.replace_route_table_association(
        AssociationId=table["Associations"][0]["RouteTableAssociationId"], RouteTableId=made
    )


def _nothing(hands: Hands, made: Any) -> None:
    """The role takes it back."""


# More that role network puts right, each with all others at once.
REPAIRED = [
    ByHand(
        "gave the VPC another name", "network", "vpc", "modify", "Tags.Name",
        lambda h: h.tag(_network(h, "vpc_id"), Name="by-hand"),
        _nothing,
    ),
    ByHand(
        "took all tags off a route table", "network", "route_table", "modify", "Tags",
        lambda h: h.untag(
            _network(h, "private_route_table_ids"), "Name", "Tier", "Index", "Project", "Environment", "ManagedBy"
        ),
        _nothing,
    ),
    ByHand(
        "took all tags off a subnet", "network", "subnet", "modify", "Tags",
        lambda h: h.untag(_network(h, "private_subnet_ids"), "Name", "Tier", "Index", "Project", "Environment", "ManagedBy"),
        _nothing,
    ),
    ByHand(
        "gave a subnet a route table of its own", "network", "route_table", "delete", "",
        _new_table_of_a_public_subnet,
        _nothing,
    ),
    ByHand(
        "gave the network ACL another name", "network", "network_acl", "modify", "Tags.Name",
        lambda h: h.tag(_network(h, "network_acl_id"), Name="by-hand"),
        _nothing,
    ),
    ByHand(
        "made a flow log of the same name", "network", "flow_log", "delete", "",
        _new_flow_log_of_the_same_name,
        _nothing,
    ),
    ByHand(
        "added a policy to the role of the flow logs", "network", "role_policy", "delete", "",
        lambda h: h.iam.put_role_policy(
            RoleName=_flow_role(h), PolicyName="more",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
        ),
        _nothing,
    ),
    ByHand(
        "bounded the role of the flow logs", "network", "iam_role", "modify", "PermissionsBoundary",
        lambda h: h.iam.put_role_permissions_boundary(RoleName=_flow_role(h), PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        _nothing,
    ),
    ByHand(
        "made a NAT gateway in a subnet of its own", "network", "subnet", "delete", "",
        _new_gateway_in_a_new_subnet,
        _nothing,
    ),
]  # fmt: skip


def _nat_instance(hands: Hands) -> dict[str, Any]:
    [reservation] = hands.ec2.describe_instances(InstanceIds=[_network(hands, "nat_instance_ids")])["Reservations"]
    return reservation["Instances"][0]


def _nat_address(hands: Hands) -> dict[str, Any]:
    here = [{"Name": "instance-id", "Values": [_network(hands, "nat_instance_ids")]}]
    return hands.ec2.describe_addresses(Filters=here)["Addresses"][0]


def _second_nat_instance(hands: Hands) -> None:
    like = _nat_instance(hands)
    hands.ec2.run_instances(
        ImageId=like["ImageId"],
        InstanceType=like["InstanceType"],
        SubnetId=like["SubnetId"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": like["Tags"]}],
    )


def _group_of_way_out(hands: Hands) -> str:
    here = [{"Name": "vpc-id", "Values": [_network(hands, "vpc_id")]}]
    groups = hands.ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    ours = (_network(hands, "security_group_id"), _network(hands, "default_security_group_id"))
    return next(group["GroupId"] for group in groups if group["GroupId"] not in ours)


def _let_into_way_out(hands: Hands) -> None:
    hands.ec2.authorize_security_group_ingress(GroupId=_group_of_way_out(hands), IpPermissions=_ingress(NOBODY))


def _modify_endpoint(hands: Hands, number: int, **changes: Any) -> None:
    hands.ec2.modify_vpc_endpoint(VpcEndpointId=hands.outputs["network"]["interface_endpoint_ids"][number], **changes)


# By the way out of the private subnets: what can be changed of it alone.
WAYS_OUT = {
    "nat_instance": [
        ByHand(
            "kept the NAT instance from forwarding", "network", "nat_instance", "modify", "SourceDestCheck",
            lambda h: h.ec2.modify_instance_attribute(
                InstanceId=_network(h, "nat_instance_ids"), SourceDestCheck={"Value": True}
            ),
            _nothing,
        ),
        ByHand(
            "allowed its old metadata service", "network", "nat_instance", "modify", "MetadataOptions.HttpTokens",
            lambda h: _require_tokens(h, "optional", _network(h, "nat_instance_ids")),
            _nothing,
        ),
        ByHand(
            "untagged its volume", "network", "nat_instance", "modify", "VolumeTags.ManagedBy",
            lambda h: h.untag(_nat_instance(h)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"], "ManagedBy"),
            _nothing,
        ),
        ByHand(
            "launched another", "network", "nat_instance", "delete", "",
            _second_nat_instance,
            _nothing,
        ),
        ByHand(
            "took its address off", "network", "elastic_ip", "modify", "NatInstance",
            lambda h: h.ec2.disassociate_address(AssociationId=_nat_address(h)["AssociationId"]),
            _nothing,
        ),
        ByHand(
            "let somebody into it", "network", "security_group", "modify", "IpPermissions",
            _let_into_way_out,
            _nothing,
        ),
        ByHand(
            "led the private routes past it", "network", "route_table", "modify", "Routes",
            lambda h: h.ec2.replace_route(
                RouteTableId=_network(h, "private_route_table_ids"), DestinationCidrBlock="0.0.0.0/0",
                GatewayId=_network(h, "internet_gateway_id"),
            ),
            _nothing,
        ),
    ],
    "endpoints": [
        ByHand(
            "deleted an endpoint", "network", "vpc_endpoint", "create", "",
            lambda h: h.ec2.delete_vpc_endpoints(VpcEndpointIds=[_network(h, "interface_endpoint_ids")]),
            _nothing,
        ),
        ByHand(
            "made another endpoint", "network", "vpc_endpoint", "delete", "",
            lambda h: h.ec2.create_vpc_endpoint(
                VpcId=_network(h, "vpc_id"), ServiceName="com.amazonaws.us-east-1.kms", VpcEndpointType="Interface",
                SubnetIds=[_network(h, "private_subnet_ids")],
            ),
            _nothing,
        ),
        ByHand(
            "let somebody into the endpoints", "network", "security_group", "modify", "IpPermissions",
            _let_into_way_out,
            _nothing,
        ),
        ByHand(
            "took a zone off an endpoint", "network", "vpc_endpoint", "modify", "Subnets",
            lambda h: _modify_endpoint(h, 1, RemoveSubnetIds=[_network(h, "private_subnet_ids")]),
            _nothing,
        ),
        ByHand(
            "took the private names off an endpoint", "network", "vpc_endpoint", "modify", "PrivateDnsEnabled",
            lambda h: _modify_endpoint(h, 2, PrivateDnsEnabled=False),
            _nothing,
        ),
        ByHand(
            "put an endpoint into another group", "network", "vpc_endpoint", "modify", "SecurityGroups",
            lambda h: _modify_endpoint(
                h, 3, AddSecurityGroupIds=[_network(h, "default_security_group_id")],
                RemoveSecurityGroupIds=[_group_of_way_out(h)],
            ),
            _nothing,
        ),
    ],
}  # fmt: skip
