# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which kind of thing a module works on, in discovery's words where it knows the kind. Data only."""

from __future__ import annotations

# By the module's name without its collection, where the kind isn't simply called the same.
_OF_MODULES = {
    "ec2_vpc_net": "vpc",
    "ec2_vpc_subnet": "subnet",
    "ec2_vpc_igw": "internet_gateway",
    "ec2_vpc_nat_gateway": "nat_gateway",
    "ec2_vpc_route_table": "route_table",
    "ec2_vpc_nacl": "network_acl",
    "ec2_eip": "elastic_ip",
    "ec2_vol": "volume",
    "ec2_key": "key_pair",
    "ec2_tag": "tags",
    "subnets": "subnet",
    "route_tables": "route_table",
    "security_groups": "security_group",
    "vpc_endpoints": "vpc_endpoint",
    "vpc_flow_log": "flow_log",
    "s3_bucket": "bucket",
    "buckets": "bucket",
    "s3_restore": "object",
    "iam_policy": "role_policy",
    "iam_instance_profile": "instance_profile",
    "cloudwatchlogs_log_group": "log_group",
    "cloudwatch_metric_alarm": "alarm",
    "metric_alarms": "alarm",
    "metric_filters": "metric_filter",
    "cloudwatch_dashboard": "dashboard",
    "route53": "dns_record",
    "autoscaling_group": "auto_scaling_group",
    "autoscaling_policy": "scaling_policy",
    "autoscaling_instance_refresh": "instance_refresh",
    "autoscaling_group_parts": "auto_scaling_group",
    "elb_application_lb": "load_balancer",
    "elb_target_group": "target_group",
    "access_analyzer": "analyzer",
    "config_recorder": "recorder",
    "efs_access_points": "access_point",
    "efs_file_system": "file_system",
    "efs_mount_targets": "mount_target",
    "event_rule": "event_rule",
    "database_instance": "db_instance",
    "rds_instance": "db_instance",
    "rds_subnet_group": "db_subnet_group",
    "rds_instance_param_group": "db_parameter_group",
    "guardduty_detector": "detector",
    "kms_encryption": "encryption",
    "member_bundle": "member_bundle",
    "security_hub": "hub",
    "scheduler_group": "schedule_group",
    "dlm_lifecycle_policy": "snapshot_policy",
    "ssm_patch_baseline": "patch_baseline",
    "elasticache_replication_group": "replication_group",
    "elasticache_auth_token": "auth_token",
    "s3_bucket_replication": "bucket_replication",
    "scheduler_schedule": "schedule",
    "host_files": "files",
    "copy": "file",
    "template": "file",
    "lineinfile": "file",
    "get_url": "file",
    "apt": "package",
    "dnf": "package",
    "systemd": "service",
    "systemd_service": "service",
}
# What such modules work on, only their task's name can say.
_OF_ANYTHING = {"command", "shell", "raw", "script", "debug", "async_status", "set_fact", "uri", "fetch"}

# How EC2's ids of a kind begin.
ID_PREFIXES = {
    "vpc": "vpc-",
    "subnet": "subnet-",
    "internet_gateway": "igw-",
    "nat_gateway": "nat-",
    "route_table": "rtb-",
    "network_acl": "acl-",
    "security_group": "sg-",
    "elastic_ip": "eipalloc-",
    "network_interface": "eni-",
    "vpc_endpoint": "vpce-",
    "flow_log": "fl-",
    "instance": "i-",
    "volume": "vol-",
    "snapshot": "snap-",
    "image": "ami-",
    "key_pair": "key-",
    "launch_template": "lt-",
    "file_system": "fs-",
    "mount_target": "fsmt-",
    "access_point": "fsap-",
}


def kind_of(action: str) -> str:
    """The kind that a module works on; empty where nobody can tell by the module."""
    module = action.rpartition(".")[2]
    if module in _OF_ANYTHING:
        return ""
    return _OF_MODULES.get(module, module.removeprefix("ec2_"))


def kind_of_id(identifier: str) -> str:
    """The kind of what has this id in EC2; empty where it is none of these kinds."""
    return next((kind for kind, prefix in ID_PREFIXES.items() if identifier.startswith(prefix)), "")
