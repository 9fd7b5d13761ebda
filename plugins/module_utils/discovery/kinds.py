# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What discovery knows of each kind of resource: how to ask for it, and which answers need it. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Scope(Enum):
    """Which of a kind's resources are asked for."""

    TAGS = "those with the environment's tags"
    VPC = "those in the environment's VPC, or with its tags where it has none"
    TAGS_AND_VPC = "both: they can stand outside a VPC for a while"
    ALL = "all of the region: few, and what ties them to the environment can't be filtered by the server"


@dataclass(frozen=True)
class Ec2Kind:
    """How EC2 is asked for one kind."""

    kind: str
    operation: str
    result: str
    identifier: str
    scope: Scope
    vpc_filter: str = "vpc-id"
    filters: dict[str, list[str]] = field(default_factory=dict)
    filter_argument: str = "Filters"
    arguments: dict[str, list[str]] = field(default_factory=dict)


_STANDING_INSTANCE = ["pending", "running", "shutting-down", "stopping", "stopped"]
_STANDING_ENDPOINT = ["pendingAcceptance", "pending", "available", "deleting", "rejected", "failed"]
_STANDING_GATEWAY = ["pending", "failed", "available", "deleting"]

EC2_KINDS = {
    entry.kind: entry
    for entry in (
        Ec2Kind("vpc", "describe_vpcs", "Vpcs", "VpcId", Scope.TAGS),
        Ec2Kind("subnet", "describe_subnets", "Subnets", "SubnetId", Scope.VPC),
        Ec2Kind(
            "internet_gateway",
            "describe_internet_gateways",
            "InternetGateways",
            "InternetGatewayId",
            Scope.TAGS_AND_VPC,
            vpc_filter="attachment.vpc-id",
        ),
        Ec2Kind(
            "nat_gateway",
            "describe_nat_gateways",
            "NatGateways",
            "NatGatewayId",
            Scope.VPC,
            filters={"state": _STANDING_GATEWAY},
            filter_argument="Filter",
        ),
        Ec2Kind("elastic_ip", "describe_addresses", "Addresses", "AllocationId", Scope.ALL),
        Ec2Kind("route_table", "describe_route_tables", "RouteTables", "RouteTableId", Scope.VPC),
        Ec2Kind("network_acl", "describe_network_acls", "NetworkAcls", "NetworkAclId", Scope.VPC),
        Ec2Kind(
            "vpc_endpoint",
            "describe_vpc_endpoints",
            "VpcEndpoints",
            "VpcEndpointId",
            Scope.VPC,
            filters={"vpc-endpoint-state": _STANDING_ENDPOINT},
        ),
        Ec2Kind("security_group", "describe_security_groups", "SecurityGroups", "GroupId", Scope.VPC),
        Ec2Kind(
            "network_interface", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", Scope.VPC
        ),
        Ec2Kind("flow_log", "describe_flow_logs", "FlowLogs", "FlowLogId", Scope.ALL),
        Ec2Kind(
            "instance",
            "describe_instances",
            "Reservations",
            "InstanceId",
            Scope.TAGS_AND_VPC,
            filters={"instance-state-name": _STANDING_INSTANCE},
        ),
        Ec2Kind("volume", "describe_volumes", "Volumes", "VolumeId", Scope.TAGS),
        Ec2Kind(
            "snapshot", "describe_snapshots", "Snapshots", "SnapshotId", Scope.TAGS, arguments={"OwnerIds": ["self"]}
        ),
        Ec2Kind("image", "describe_images", "Images", "ImageId", Scope.TAGS, arguments={"Owners": ["self"]}),
        Ec2Kind("key_pair", "describe_key_pairs", "KeyPairs", "KeyPairId", Scope.ALL),
        Ec2Kind(
            "launch_template", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId", Scope.TAGS
        ),
    )
}

# What can outlive its VPC or its tags, by EC2's filter for the ids of a kind and the prefix of these ids.
ID_FILTERS = {
    "instance": ("instance-id", "i-"),
    "volume": ("volume-id", "vol-"),
    "snapshot": ("volume-id", "vol-"),
    "network_interface": ("network-interface-id", "eni-"),
    "nat_gateway": ("nat-gateway-id", "nat-"),
    "internet_gateway": ("internet-gateway-id", "igw-"),
    "vpc": ("vpc-id", "vpc-"),
}

# Kinds of the other services, which are found by name (and, for resources, by tag).
NAMED_KINDS = (
    "bucket",
    "iam_role",
    "instance_profile",
    "iam_policy",
    "log_group",
    "sns_topic",
    "alarm",
    "dashboard",
    "ssm_parameter",
    "dns_record",
    "schedule_group",
    "schedule",
    "budget",
    "kms_key",
    "trail",
    "snapshot_policy",
    "auto_scaling_group",
    "load_balancer",
    "target_group",
    "patch_baseline",
    "ssm_association",
    "detector",
    "analyzer",
    "hub",
    "recorder",
    "config_rule",
    "event_rule",
    "file_system",
    "mount_target",
    "access_point",
    "replication_group",
    "log_archive",
    "db_subnet_group",
    "db_parameter_group",
    "db_instance",
    "db_snapshot",
)
# The account's own settings of a region, others' trails, and what others look for threats with. They belong to no environment, and
# no list of its resources has them.
ACCOUNT_KINDS = ("ebs_defaults", "covering_trail", "foreign_detection")
# What an account has one of in a region, whoever made it, by what the ARNs of those have in them.
DETECTION_KINDS = {"detector": ":guardduty:", "analyzer": ":access-analyzer:", "hub": ":securityhub:", "recorder": ":config:"}

# The end of a key of `names` says which kind the name is of.
NAME_SUFFIXES = {
    "bucket": "bucket",
    "iam_role": "role",
    "instance_profile": "profile",
    "log_group": "log_group",
    "sns_topic": "topic",
    "dashboard": "dashboard",
    "ssm_parameter": "parameter",
    "key_pair": "key_pair",
    "ssm_association": "association",
    "event_rule": "rule",
}

# Resource types of ARNs that are described directly, so that the tagging service's (late) word on them isn't needed.
DESCRIBED_ARN_TYPES = {
    "ec2": {
        "elastic-ip",
        "image",
        "instance",
        "internet-gateway",
        "key-pair",
        "launch-template",
        "natgateway",
        "network-acl",
        "network-interface",
        "route-table",
        "security-group",
        "snapshot",
        "subnet",
        "volume",
        "vpc",
        "vpc-endpoint",
        "vpc-flow-log",
    },
    "s3": {""},
    "sns": {""},
    "logs": {"log-group"},
    "cloudwatch": {"alarm"},
    "ssm": {"parameter", "association", "patchbaseline"},
    "iam": {"role", "instance-profile", "policy"},
    "scheduler": {"schedule-group"},
    "budgets": {"budget"},
    "kms": {"key"},
    "cloudtrail": {"trail"},
    "dlm": {"policy"},
    "autoscaling": {"autoScalingGroup"},
    "elasticloadbalancing": {"loadbalancer", "targetgroup"},
    "guardduty": {"detector"},
    "access-analyzer": {"analyzer"},
    "securityhub": {"hub"},
    "config": {"configuration-recorder", "config-rule"},
    "events": {"rule"},
    "elasticfilesystem": {"file-system", "access-point"},
    # Nodes carry the tags of their group.
    "elasticache": {"replicationgroup", "cluster"},
    "firehose": {"deliverystream"},
    "rds": {"db", "subgrp", "pg", "snapshot"},
}

# The kinds that each answer is made of.
GATHER = {
    "encryption": {"kms_key"},
    "network": {
        "vpc",
        "subnet",
        "internet_gateway",
        "nat_gateway",
        "route_table",
        "network_acl",
        "vpc_endpoint",
        "security_group",
        "instance",
        "flow_log",
        "log_group",
        "iam_role",
    },
    "storage": {"bucket"},
    "audit": {"trail", "covering_trail", "log_group", "iam_role", "alarm"},
    "iam": {"iam_role", "instance_profile"},
    "shared_storage": {"file_system", "mount_target", "access_point", "security_group", "alarm"},
    "database": {"db_subnet_group", "db_parameter_group", "db_instance", "security_group", "log_group", "alarm"},
    "cache": {"replication_group", "security_group", "log_group", "alarm"},
    "compute": {"instance", "key_pair"},
    "scaling": {
        "launch_template",
        "auto_scaling_group",
        "load_balancer",
        "target_group",
        "security_group",
        "ssm_association",
    },
    "monitoring": {"log_group", "sns_topic", "alarm", "dashboard", "log_archive"},
    "guardrails": {"schedule_group", "schedule", "budget", "iam_role"},
    "recovery": {"snapshot_policy", "bucket", "iam_role"},
    "patching": {"patch_baseline", "ssm_association"},
    "detection": {*DETECTION_KINDS, "config_rule", "event_rule", "foreign_detection"},
    "resources": {*EC2_KINDS, *NAMED_KINDS},
    "lock": set(),
}
# Those of them that are made only where somebody names them: they ask services that hardly any environment has to do with.
BY_CHOICE = ("shared_storage", "database", "cache", "detection")
