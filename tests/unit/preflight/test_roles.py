# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of each role: what defaults and inventories hold passes, and each mistake is one line."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import compute, project, scaling
from ansible_collections.mlinfra.aws.plugins.module_utils.roles import ROLES

ROOT = Path(__file__).parents[3]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB3v1V0bVZb0bX5m0E3Vt5l0hV0bVZb0bX5m0E3Vt5l0 somebody"
EVENING = {"name": "evening", "recurrence": "0 20 * * *", "desired": 0}

REPLICA_KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
GOOD = {
    "project": {
        "mlinfra_project": "ml",
        "mlinfra_environment": "dev",
        "mlinfra_region": "eu-central-1",
        "mlinfra_tags": {"Project": "ml"},
        "mlinfra_identity_tags": {"Project": "ml"},
        "mlinfra_extra_tags": {},
        "mlinfra_log_retention_days": 7,
        "ml_host_connection": "ssm",
        "ml_host_login_user": "ec2-user",
        "ml_host_s3_addressing_style": "virtual",
        "mlinfra_lock": "take",
        "mlinfra_lock_timeout": 900,
        "mlinfra_lock_minutes": "30",
    },
    "encryption": {
        "encryption_key": True,
        "encryption_key_alias": "alias/ml-dev",
        "encryption_deletion_days": 30,
        "encryption_tags": {"Project": "ml"},
        "storage_encryption": "kms",
    },
    "network": {
        "network_name": "ml-dev",
        "network_cidr": "10.0.0.0/16",
        "network_public_subnets": ["10.0.1.0/24", "10.0.2.0/24"],
        "network_private_subnets": ["10.0.11.0/24", "10.0.12.0/24"],
        "network_availability_zones": [],
        "network_allowed_cidrs": ["203.0.113.0/24", "2001:db8::/48"],
        "network_ingress_ports": [{"port": 22, "description": "SSH"}],
        "network_log_retention_days": 7,
        "network_tags": {"Project": "ml"},
    },
    "storage": {
        "storage_datasets_bucket": "ml-dev-datasets",
        "storage_models_bucket": "ml-dev-models",
        "storage_operations_bucket": "ml-dev-operations",
        "storage_logs_bucket": "ml-dev-logs",
        "storage_log_days": 7,
        "storage_archive_days": 365,
        "storage_datasets_prefixes": ["raw", "processed/daily"],
        "storage_datasets_glacier_days": 90,
        "storage_models_noncurrent_glacier_days": 30,
        "storage_models_noncurrent_expiration_days": 365,
        "storage_incomplete_upload_days": 7,
    },
    "audit": {
        "audit_trail": True,
        "audit_trail_name": "ml-dev",
        "audit_bucket": "ml-dev-logs",
        "audit_data_events": "write",
        "audit_data_buckets": ["ml-dev-datasets"],
        "audit_kms_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000",
        "audit_alarm_prefix": "ml-dev-audit",
        "audit_log_retention_days": 7,
        "audit_tags": {"Project": "ml"},
        "storage_logs": True,
        "storage_logs_bucket": "ml-dev-logs",
        "preflight_roles": ["storage", "audit"],
    },
    "iam": {
        "iam_instance_role_name": "ml-dev-ml-instance",
        "iam_log_groups": ["/aws/ec2/ml-dev"],
        "iam_parameters": ["/ml/dev/jupyter-token"],
        "iam_permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
        "iam_datasets_bucket": "ml-dev-datasets",
        "iam_metrics_namespace": "MLInfra/ml-dev",
    },
    "compute": {
        "compute_name": "ml-dev-ml-training",
        "compute_instance_count": 1,
        "compute_instance_type": "t3.medium",
        "compute_image_id": "",
        "compute_root_volume_size": 50,
        "compute_root_volume_type": "gp3",
        "compute_root_volume_iops": 3000,
        "compute_root_volume_throughput": 125,
        "compute_elastic_ip": True,
        "compute_dns_zone": "ml.example.org",
        "compute_dns_name": "ml-dev-ml-training",
        "compute_public_key": KEY,
        "compute_subnet_tier": "public",
    },
    "shared_storage": {
        "shared_storage_enabled": True,
        "shared_storage_name": "ml-dev-shared",
        "shared_storage_security_group": "ml-dev-shared-storage",
        "shared_storage_instance_role_name": "ml-dev-ml-instance",
        "shared_storage_alarm_prefix": "ml-dev-shared-storage",
        "shared_storage_topic_name": "ml-dev-alarms",
        "shared_storage_throughput_mode": "elastic",
        "shared_storage_provisioned_throughput": 0.0,
        "shared_storage_infrequent_access_days": 30,
        "shared_storage_archive_days": 90,
        "shared_storage_access_points": [
            {"name": "common", "path": "/common", "uid": 10000, "gid": 10000},
            {"name": "team_1", "path": "/teams/one", "uid": 10001, "gid": 10000, "permissions": "0750"},
        ],
        "shared_storage_io_limit_percent": 95,
        "shared_storage_least_credits_gb": 200,
        "shared_storage_tags": {"Project": "ml"},
        "iam_instance_role_name": "ml-dev-ml-instance",
        "monitoring_topic_name": "ml-dev-alarms",
        "network_acl_preset": "strict",
        "compute_subnet_tier": "private",
        "preflight_roles": ["network", "iam", "shared_storage", "monitoring"],
    },
    "database": {
        "database_enabled": True,
        "database_identifier": "ml-dev",
        "database_subnet_group": "ml-dev",
        "database_parameter_prefix": "ml-dev",
        "database_security_group": "ml-dev-database",
        "database_alarm_prefix": "ml-dev-database",
        "database_topic_name": "ml-dev-alarms",
        "database_version": "17",
        "database_instance_class": "db.t4g.small",
        "database_multi_az": True,
        "database_allocated_storage": 20,
        "database_max_storage": 100,
        "database_name": "ml",
        "database_user": "mladmin",
        "database_port": 5432,
        "database_iam_user": "",
        "database_password": "",
        "database_parameters": {"rds.force_ssl": "1"},
        "database_backup_retention": 7,
        "database_backup_window": "03:00-04:00",
        "database_maintenance_window": "sun:04:30-sun:05:30",
        "database_alarms": True,
        "database_free_storage_threshold": 10,
        "database_cpu_threshold": 80,
        "database_connections_threshold": 150,
        "database_tags": {"Project": "ml"},
        "compute_subnet_tier": "private",
        "network_egress": "endpoints",
        "network_private_subnets": ["10.0.11.0/24", "10.0.12.0/24"],
        "monitoring_topic_name": "ml-dev-alarms",
        "preflight_roles": ["network", "database", "monitoring"],
    },
    "scaling": {
        "mlinfra_region": "us-east-1",
        "scaling_enabled": True,
        "scaling_group_name": "ml-dev-ml-member",
        "scaling_launch_template": "ml-dev-ml-member",
        "scaling_min": 1,
        "scaling_max": 10,
        "scaling_desired": 2,
        "scaling_instance_types": ["t3.medium", "t3a.medium"],
        "scaling_on_demand_base": 1,
        "scaling_on_demand_percentage": 0,
        "scaling_spot_max_price": "0.05",
        "scaling_cpu_target": 60,
        "scaling_health_check_grace": 300,
        "scaling_tags": {"Project": "ml"},
        "scaling_schedule": [{"name": "evening", "recurrence": "0 20 * * MON-FRI", "time_zone": "Europe/Zurich", "min": 0, "desired": 0}],
        "scaling_drain_seconds": 600,
        "scaling_refresh": True,
        "scaling_refresh_healthy": 90,
        "scaling_warm_pool": False,
        "scaling_warm_pool_size": 1,
        "scaling_warm_pool_state": "Stopped",
        "scaling_load_balancer": True,
        "scaling_load_balancer_internal": False,
        "scaling_load_balancer_name": "ml-dev-ml",
        "scaling_target_group_name": "ml-dev-ml-8080",
        "scaling_load_balancer_allowed_cidrs": ["192.0.2.0/24"],
        "scaling_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000",
        "scaling_load_balancer_logs": True,
        "scaling_target_port": 8080,
        "scaling_health_check_path": "/v2/health/ready",
        "scaling_health_check_port": "traffic-port",
        "scaling_health_check_interval": 30,
        "scaling_health_check_healthy": 2,
        "scaling_health_check_unhealthy": 3,
        "scaling_deregistration_seconds": 120,
        "scaling_configure": True,
        "scaling_association_name": "ml-dev-members",
        "scaling_configure_bucket": "ml-dev-models",
        "ml_host_connection": "ssm",
        "compute_os": "al2023",
        "preflight_member_settings": {"ml_host_environment": {"AWS_ENDPOINT_URL": "https://localhost"}, "mlinfra_names": {"cache_secret": "x"}},
        "storage_logs": True,
    },
    "monitoring": {
        "monitoring_topic_name": "ml-dev-alarms",
        "monitoring_cpu_threshold": 80,
        "monitoring_cpu_period": 300,
        "monitoring_cpu_evaluation_periods": 2,
        "monitoring_log_retention_days": 7,
        "monitoring_email": "ml+alarms@example.org",
        "monitoring_instance_name": "ml-dev-ml-training",
        "monitoring_log_archive": "present",
        "monitoring_archived_log_groups": ["/aws/ec2/ml-dev-ml-training"],
        "monitoring_archive_bucket": "ml-dev-logs",
        "monitoring_archive_prefix": "logs/",
        "monitoring_archive_buffer_seconds": 300,
        "monitoring_archive_late_seconds": 7200,
        "monitoring_archive_name": "ml-dev-logs",
        "monitoring_archive_role_name": "ml-dev-archive",
        "monitoring_log_delivery_role_name": "ml-dev-log-delivery",
    },
    "guardrails": {
        "guardrails_budget_name": "ml-dev",
        "guardrails_budget_amount": 200.0,
        "guardrails_budget_currency": "USD",
        "guardrails_budget_alerts": [{"type": "actual", "threshold": 80.0}],
        "guardrails_budget_emails": ["ml@example.org"],
        "guardrails_budget_topic": True,
        "guardrails_budget_cap": 120,
        "guardrails_schedule_group": "ml-dev",
        "guardrails_schedule": {
            "start": "cron(0 8 ? * MON-FRI *)",
            "stop": "cron(0 20 ? * MON-FRI *)",
            "timezone": "Europe/Zurich",
        },
        "guardrails_idle_stop": True,
        "guardrails_idle_minutes": 60,
    },
    "recovery": {
        "mlinfra_region": "eu-central-1",
        "storage_encryption": "kms",
        "recovery_snapshots": True,
        "recovery_snapshot_time": "03:00",
        "recovery_snapshot_keep": 7,
        "recovery_cold_days": 365,
        "recovery_cold_day": 1,
        "recovery_instance_count": 1,
        "recovery_replication_region": "eu-west-1",
        "recovery_datasets_bucket": "ml-dev-datasets",
        "recovery_models_bucket": "ml-dev-models",
        "recovery_datasets_replica": "ml-dev-datasets-eu-west-1",
        "recovery_models_replica": "ml-dev-models-eu-west-1",
        "recovery_replica_version_days": 90,
        "recovery_replica_upload_days": 7,
        "recovery_replica_kms_key_arn": REPLICA_KEY,
        "recovery_tags": {"Project": "ml"},
    },
    "cache": {
        "cache_enabled": True,
        "cache_engine": "valkey",
        "cache_engine_version": "8.0",
        "cache_node_type": "cache.t4g.micro",
        "cache_replicas": 1,
        "cache_automatic_failover": True,
        "cache_multi_az": True,
        "cache_snapshot_days": 7,
        "cache_snapshot_window": "03:00-04:00",
        "cache_maintenance_window": "sun:04:00-sun:05:00",
        "cache_log_retention_days": 7,
        "cache_cpu_threshold": 80,
        "cache_memory_threshold": 80,
        "cache_evictions_threshold": 100,
        "cache_wait_timeout": 3600,
        "cache_name": "ml-dev",
        "cache_subnet_group": "ml-dev",
        "cache_security_group_name": "ml-dev-cache",
        "cache_secret_name": "ml/dev/cache-token",
        "cache_log_group": "/aws/elasticache/ml-dev",
        "cache_alarm_prefix": "ml-dev-cache",
        "cache_topic_name": "ml-dev-alarms",
        "cache_tags": {"Project": "ml"},
    },
    "patching": {
        "patching_operation": "install",
        "patching_schedule": "cron(0 3 ? * SUN *)",
        "patching_classifications": ["Security"],
        "patching_severities": ["Critical"],
        "patching_approve_after_days": 7,
        "patching_rejected_patches": ["kernel*"],
        "patching_reboot": True,
        "patching_max_concurrency": "1",
        "patching_max_errors": "10%",
        "patching_baseline_name": "ml-dev",
        "patching_association_name": "ml-dev-patching",
        "patching_tags": {"Project": "ml"},
    },
    "detection": {
        "detection_guardduty": True,
        "detection_guardduty_rule": "ml-dev-guardduty",
        "detection_access_analyzer": True,
        "detection_analyzer_name": "ml-dev",
        "detection_analyzer_rule": "ml-dev-analyzer",
        "detection_security_hub": True,
        "detection_security_hub_standards": ["aws-foundational-security-best-practices/v/1.0.0"],
        "detection_hub_rule": "ml-dev-security-hub",
        "detection_config": True,
        "detection_config_bucket": "ml-dev-logs",
        "detection_config_rules": {"ACCESS_KEYS_ROTATED": {"maxAccessKeyAge": 90}},
        "detection_compliance_rule": "ml-dev-compliance",
        "detection_alarms": True,
        "detection_severity": 7,
        "detection_topic_name": "ml-dev-alarms",
        "detection_tags": {"Project": "ml"},
        "monitoring_topic_name": "ml-dev-alarms",
        "storage_logs": True,
        "storage_logs_bucket": "ml-dev-logs",
        "preflight_roles": ["storage", "monitoring", "detection"],
    },
}
SSH = {
    "ml_host_connection": "ssh",
    "preflight_roles": ["network", "compute"],
    "network_allowed_cidrs": ["203.0.113.0/24"],
}
ENDPOINTS = {"network_egress": "endpoints", "network_interface_endpoints": ["ssm", "ssmmessages", "ec2messages"]}
PRIVATE = {
    "preflight_roles": ["network", "compute"],
    "compute_subnet_tier": "private",
    "compute_instance_count": 1,
    "ml_host_connection": "ssm",
}
SETTING_OF_EACH_CASE = [
    ("project", {"mlinfra_lock": "steal"}, "mlinfra_lock: steal is not known; choose one of take, break, none"),
    ("project", {"mlinfra_lock_timeout": -1}, "mlinfra_lock_timeout: -1 is out of range; choose a number from 0 to 86400"),
    ("project", {"mlinfra_lock_timeout": "long"}, "mlinfra_lock_timeout: long has the wrong type; give a whole number"),
    ("project", {"mlinfra_lock_minutes": 1}, "mlinfra_lock_minutes: 1 is out of range; choose a number from 5 to 1440"),
    ("project", {"mlinfra_project": ""}, "mlinfra_project: (empty) is missing"),
    ("project", {"mlinfra_project": None}, "mlinfra_project: (empty) is missing"),
    ("project", {"mlinfra_environment": ""}, "mlinfra_environment: (empty) is missing"),
    ("project", {"mlinfra_project": 7}, "put it between quotation marks"),
    ("project", {"mlinfra_project": "ML_lab"}, "lower-case letters"),
    ("project", {"mlinfra_environment": "dev;id"}, "lower-case letters"),
    ("project", {"mlinfra_environment": "-dev"}, "lower-case letters"),
    ("project", {"mlinfra_region": "useast1"}, "mlinfra_region: useast1"),
    ("project", {"mlinfra_log_retention_days": 8}, "1, 3, 5, 7, 14"),
    ("project", {"mlinfra_tags": {"aws:x": "y"}}, "mlinfra_tags"),
    ("project", {"mlinfra_extra_tags": {"Project": "other"}}, "mlinfra_extra_tags.Project: other"),
    ("project", {"ml_host_connection": "telnet"}, "ssm, ssh"),
    ("project", {"ml_host_login_user": "ec2 user"}, "ml_host_login_user"),
    ("network", {"network_name": "a" * 129}, "129 characters"),
    (
        "network",
        {"network_cidr": "10.0.0.0/8", "network_public_subnets": []},
        "network_cidr: 10.0.0.0/8 has the prefix /8",
    ),
    (
        "network",
        {"network_cidr": "10.1.0.0/16"},
        "network_public_subnets[0]: 10.0.1.0/24 is not inside network_cidr (10.1.0.0/16)",
    ),
    (
        "network",
        {"network_public_subnets": ["10.0.1.0/24", "10.0.1.128/25"]},
        "overlaps network_public_subnets[0] (10.0.1.0/24)",
    ),
    (
        "network",
        {"network_private_subnets": ["10.0.1.0/24", "10.0.12.0/24"]},
        "network_private_subnets[0]: 10.0.1.0/24 overlaps",
    ),
    ("network", {"network_public_subnets": ["10.0.1.0/24"]}, "has 1 ranges; list 2"),
    ("network", {"network_availability_zones": ["us-east-1a"]}, "has 1 zones"),
    ("network", {"network_availability_zones": ["us-east-1a", "us-east-1a"]}, "is listed twice"),
    (
        "network",
        {"network_allowed_cidrs": ["0.0.0.0/0"]},
        "lets in the whole Internet; name your own ranges, or set network_demo_open",
    ),
    ("network", {"network_allowed_cidrs": ["::/0"]}, "lets in the whole Internet"),
    ("network", {"network_allowed_cidrs": ["::/0"], "mlinfra_environment": "prod"}, "never in prod"),
    ("network", {"network_demo_open": True, "mlinfra_environment": "prod"}, "network_demo_open: true is not for"),
    ("network", {"network_allowed_cidrs": ["203.0.113.1/24"]}, "the range is 203.0.113.0/24"),
    (
        "network",
        {"network_allowed_cidrs": ["203.0.113.0/24"] * 2},
        "network_allowed_cidrs[1]: 203.0.113.0/24 is listed twice",
    ),
    ("network", {"network_ingress_ports": [{"port": 65536}]}, "network_ingress_ports[0].port: 65536"),
    ("network", {"network_peer_ports": ["26000"]}, "network_peer_ports[0]: 26000 is no range of ports"),
    ("network", {"network_peer_ports": ["1-2", "300-200"]}, "network_peer_ports[1]: 300-200 is no range of ports"),
    ("network", {"network_peer_ports": ["1-65536"]}, "network_peer_ports[0]: 1-65536 is no range of ports"),
    (
        "network",
        {"network_ingress_ports": [{"port": 22}, {"port": 22}]},
        "network_ingress_ports[1].port: 22 is listed twice",
    ),
    ("network", {"network_log_retention_days": 10}, "network_log_retention_days: 10"),
    ("network", {"network_tags": {"k": True}}, "network_tags.k"),
    (
        "network",
        {"network_egress": "nat_instance", "network_nat_instance_type": "nano"},
        "network_nat_instance_type: nano is not an instance type",
    ),
    (
        "network",
        {"network_egress": "nat_instance", "network_nat_instance_image_id": "ami-x"},
        "network_nat_instance_image_id: ami-x is not the id of an image",
    ),
    (
        "network",
        {"network_egress": "endpoints", "network_interface_endpoints": []},
        "network_interface_endpoints: (empty) contradicts network_egress: endpoints",
    ),
    ("network", {**ENDPOINTS, "network_s3_endpoint": False}, "the data come from S3"),
    ("network", {"network_endpoint_buckets": ["fine", "arn:aws:s3:::a"]}, "[1]: arn:aws:s3:::a is not the name of a bucket"),
    (
        "network",
        {"network_egress": "nat_instance", "network_public_addresses": False},
        "network_public_addresses: false contradicts network_egress: nat_instance",
    ),
    (
        "network",
        {**PRIVATE, "compute_subnet_tier": "public", "network_public_addresses": False},
        "network_public_addresses: false contradicts compute_subnet_tier: public",
    ),
    ("network", {"network_acl_egress_ports": [443, 0]}, "network_acl_egress_ports[1]: 0 is not a port"),
    ("network", {"network_acl_egress_ports": [443, 443]}, "network_acl_egress_ports[1]: 443 is listed twice"),
    (
        "network",
        {"network_acl_preset": "strict", "network_allowed_cidrs": [f"192.0.2.{number}/32" for number in range(30)]},
        "network_acl_preset: strict needs 32 rules of a network ACL in one direction, and AWS takes 20",
    ),
    ("network", {**ENDPOINTS, "network_interface_endpoints": ["ssm", "ssm"]}, "[1]: ssm is listed twice"),
    ("network", {**ENDPOINTS, "network_interface_endpoints": ["s3"]}, "[0]: s3 has an endpoint of another type"),
    ("network", {**ENDPOINTS, "network_interface_endpoints": ["SSM"]}, "[0]: SSM is not the name of a service"),
    (
        "network",
        {**PRIVATE, **ENDPOINTS, "network_interface_endpoints": ["logs", "ssm"]},
        "network_interface_endpoints: logs, ssm keeps Session Manager from hosts in private subnets; add ssmmessages",
    ),
    (
        "network",
        {**PRIVATE, "network_egress": "none"},
        "network_egress: none contradicts compute_subnet_tier: private",
    ),
    ("storage", {"storage_models_bucket": "ml-dev-datasets"}, "is the name of storage_datasets_bucket too"),
    ("storage", {"storage_datasets_bucket": "a" * 64}, "has 64 characters, and an S3 bucket's name has at most 63"),
    ("storage", {"storage_datasets_prefixes": ["/raw"]}, "storage_datasets_prefixes[0]: /raw"),
    ("storage", {"storage_datasets_prefixes": ["raw", "raw"]}, "storage_datasets_prefixes[1]: raw is listed twice"),
    ("storage", {"storage_datasets_glacier_days": 0}, "from 1 to"),
    (
        "storage",
        {"storage_models_noncurrent_expiration_days": 30},
        "is not after storage_models_noncurrent_glacier_days (30)",
    ),
    ("iam", {"iam_instance_role_name": "a" * 65}, "has 65 characters, and an IAM role's name has at most 64"),
    ("iam", {"iam_datasets_bucket": "A"}, "iam_datasets_bucket: A"),
    ("iam", {"iam_log_groups": ["a b"]}, "iam_log_groups[0]: a b"),
    ("iam", {"iam_parameters": ["/aws/x"]}, "iam_parameters[0]: /aws/x"),
    ("iam", {"iam_permissions_boundary": "boundary"}, "is not the ARN of a policy"),
    ("network", {"network_permissions_boundary": "boundary"}, "network_permissions_boundary: boundary is not the ARN"),
    ("audit", {"audit_permissions_boundary": "boundary"}, "audit_permissions_boundary: boundary is not the ARN"),
    ("guardrails", {"guardrails_permissions_boundary": "boundary"}, "guardrails_permissions_boundary: boundary is not the ARN"),
    (
        "compute",
        {"compute_instance_count": 101},
        "compute_instance_count: 101 is out of range; choose a number from 0 to 100",
    ),
    ("compute", {"compute_instance_type": "g3.4xlarge"}, "too old for today's PyTorch; choose g4dn, g5"),
    ("compute", {"compute_instance_type": "p3.2xlarge"}, "has V100 GPUs, for which no Deep Learning base image"),
    ("compute", {"compute_image": "gpu", "compute_os": "al2"}, "compute_image: gpu is of Amazon Linux 2023"),
    ("compute", {"compute_image": "baked", "compute_image_id": "ami-0123456789abcdef0"}, "contradicts compute_image_id"),
    ("compute", {"compute_instance_count": -1}, "compute_instance_count: -1"),
    ("compute", {"compute_instance_type": "medium"}, "compute_instance_type: medium is not an instance type"),
    ("compute", {"compute_image_id": "ami-xyz"}, "compute_image_id: ami-xyz"),
    ("compute", {"compute_root_volume_size": 7}, "from 8 to 16384 (GiB)"),
    ("compute", {"compute_root_volume_size": 16385}, "from 8 to 16384 (GiB)"),
    ("compute", {"compute_root_volume_size": 1025, "compute_root_volume_type": "standard"}, "from 8 to 1024"),
    ("compute", {"compute_root_volume_type": "st1"}, "st1 can't be a root"),
    ("compute", {"compute_root_volume_iops": 20000}, "from 3000 to 16000"),
    ("compute", {"compute_root_volume_size": 8, "compute_root_volume_iops": 5000}, "too much for 8 GiB"),
    ("compute", {"compute_root_volume_throughput": 1000}, "set compute_root_volume_iops to 4000 or more"),
    ("compute", {"compute_elastic_ip": True, "compute_subnet_tier": "private"}, "leads nowhere in private subnets"),
    ("compute", {"compute_dns_zone": "example"}, "is not the name of a zone"),
    ("compute", {"compute_dns_zone": "example.org", "compute_dns_name": "ml_1"}, "can't begin the name of a host"),
    (
        "compute",
        {**SSH, "compute_subnet_tier": "private"},
        "compute_subnet_tier: private contradicts ml_host_connection: ssh",
    ),
    ("compute", {**SSH, "compute_public_key": ""}, "compute_public_key: (empty) contradicts"),
    ("compute", {**SSH, "network_allowed_cidrs": []}, "network_allowed_cidrs: (empty) contradicts"),
    ("compute", {**SSH, "network_ingress_ports": [{"port": 8888}]}, "network_ingress_ports: 8888 contradicts"),
    ("monitoring", {"monitoring_cpu_threshold": 101}, "from 0 to 100 (per cent)"),
    ("monitoring", {"monitoring_cpu_period": 90}, "monitoring_cpu_period: 90"),
    ("monitoring", {"monitoring_cpu_period": 30}, "monitoring_cpu_period: 30"),
    ("monitoring", {"monitoring_cpu_evaluation_periods": 0}, "monitoring_cpu_evaluation_periods: 0"),
    ("monitoring", {"monitoring_cpu_evaluation_periods": 289}, "choose 288 or fewer"),
    ("monitoring", {"monitoring_cpu_period": 3600, "monitoring_cpu_evaluation_periods": 169}, "choose 168 or fewer"),
    ("monitoring", {"monitoring_log_retention_days": 0}, "monitoring_log_retention_days: 0"),
    ("monitoring", {"monitoring_email": "ml alarms@example.org"}, "is not an e-mail address"),
    ("monitoring", {"monitoring_email": "ml@localhost"}, "is not an e-mail address"),
    ("monitoring", {"monitoring_instance_name": "a" * 239}, "259 characters"),
    (
        "monitoring",
        {"preflight_roles": ["iam"], "monitoring_metrics_namespace": "A", "iam_metrics_namespace": "B"},
        "monitoring_metrics_namespace: A gets no metrics",
    ),
    (
        "monitoring",
        {"preflight_roles": ["iam"], "monitoring_log_group": "/a", "iam_log_groups": ["/b"]},
        "monitoring_log_group: /a gets no events",
    ),
    ("monitoring", {"monitoring_archive_prefix": "logs"}, "monitoring_archive_prefix: logs is no prefix of keys"),
    ("monitoring", {"monitoring_archive_prefix": "!{timestamp:yyyy}/"}, "is no prefix of keys for an archive"),
    ("monitoring", {"monitoring_archive_prefix": "trail/mine/"}, "is where CloudTrail writes"),
    ("monitoring", {"monitoring_archive_buffer_seconds": 30}, "from 60 to 900 (seconds)"),
    ("monitoring", {"monitoring_archive_late_seconds": 90000}, "from 0 to 86400 (seconds)"),
    ("monitoring", {"monitoring_archived_log_groups": []}, "monitoring_archived_log_groups: [] archives nothing"),
    ("monitoring", {"monitoring_archived_log_groups": ["/a b"]}, "monitoring_archived_log_groups: /a b"),
    (
        "monitoring",
        {"preflight_roles": ["storage"], "storage_logs": False, "storage_logs_bucket": "ml-dev-logs"},
        "monitoring_archive_bucket: ml-dev-logs is not there with storage_logs: false",
    ),
    ("monitoring", {"monitoring_archive_name": "a/b"}, "monitoring_archive_name: a/b"),
    ("monitoring", {"preflight_roles": ["compute"], "compute_name": "other"}, "is no instance's name"),
    ("encryption", {"encryption_key_alias": "ml-dev"}, "encryption_key_alias: ml-dev"),
    ("encryption", {"encryption_key_alias": "alias/aws/s3"}, "and not aws/ at its start"),
    ("encryption", {"encryption_deletion_days": 6}, "encryption_deletion_days: 6 is out of range; choose a number from 7 to 30"),
    ("encryption", {"encryption_key": False}, "encryption_key: false contradicts storage_encryption: kms"),
    ("encryption", {"encryption_state": "absent"}, "would remove the key that storage_encryption: kms encrypts by"),
    ("storage", {"storage_archive_days": 0}, "storage_archive_days: 0 is out of range"),
    ("storage", {"storage_log_days": 0}, "storage_log_days: 0 is out of range"),
    ("storage", {"storage_logs_bucket": "ml-dev-models"}, "is the name of storage_models_bucket too"),
    ("audit", {"audit_trail_name": "ml"}, "has 2 characters, and a trail's name has at least 3"),
    ("audit", {"audit_trail_name": "-ml-"}, "audit_trail_name: -ml- is not a trail's name"),
    ("audit", {"audit_kms_key_arn": "alias/ml"}, "audit_kms_key_arn: alias/ml is not the ARN of a key"),
    ("audit", {"audit_log_retention_days": 8}, "audit_log_retention_days: 8 is not a number of days"),
    ("audit", {"audit_alarm_prefix": "a" * 240}, "has 263 characters, and an alarm's name has at most 255"),
    ("audit", {"audit_data_buckets": ["Ml"]}, "audit_data_buckets[0]: Ml has 2 characters"),
    ("audit", {"audit_data_buckets": []}, "audit_data_buckets: (empty) leaves no object to record"),
    ("audit", {"audit_tags": {"aws:a": "b"}}, "audit_tags"),
    ("audit", {"storage_logs": False}, "audit_trail: true needs the bucket that storage_logs leaves out"),
    ("audit", {"storage_logs_bucket": "other-logs"}, "audit_bucket: ml-dev-logs is not what the bucket of logs is for"),
    ("audit", {"storage_trail_name": "other"}, "storage has storage_trail_name (other): make them the same"),
    (
        "scaling",
        {"ml_host_connection": "ssh"},
        "scaling_configure: true needs Systems Manager, and ml_host_connection is ssh; set ml_host_connection: ssm",
    ),
    ("scaling", {"compute_os": "al2"}, "scaling_configure: true is not for Amazon Linux 2"),
    ("scaling", {"scaling_association_name": "a b"}, "scaling_association_name: a b"),
    (
        "scaling",
        {"preflight_member_settings": {"ml_host_jupyter_password": "x"}},
        "scaling_configure: true would put ml_host_jupyter_password into a bucket",
    ),
    ("scaling", {"scaling_min": 11}, "scaling_min: 11 is more than scaling_max (10); lower it, or raise scaling_max"),
    ("scaling", {"scaling_desired": 11}, "scaling_desired: 11 is not between scaling_min and scaling_max; choose a number from 1 to 10"),
    ("scaling", {"scaling_desired": 0}, "scaling_desired: 0 is not between"),
    ("scaling", {"scaling_max": 501}, "scaling_max: 501 is out of range; choose a number from 0 to 500"),
    ("scaling", {"scaling_on_demand_base": -1}, "scaling_on_demand_base: -1 is out of range"),
    ("scaling", {"scaling_on_demand_percentage": 101}, "from 0 to 100 (per cent)"),
    ("scaling", {"scaling_cpu_target": 101}, "scaling_cpu_target: 101 is out of range"),
    ("scaling", {"scaling_health_check_grace": 7201}, "from 0 to 7200 (seconds)"),
    ("scaling", {"scaling_instance_types": []}, "scaling_instance_types: [] is not what a group takes; name from 1 to 40 types"),
    ("scaling", {"scaling_instance_types": ["t3.medium", "nano"]}, "scaling_instance_types[1]: nano is not an instance type"),
    ("scaling", {"scaling_instance_types": ["t3.medium"] * 2}, "scaling_instance_types[1]: t3.medium is there twice"),
    ("scaling", {"scaling_instance_types": ["t3.medium", "g5.xlarge"]}, "[1]: g5.xlarge and t3.medium are not alike"),
    ("scaling", {"scaling_spot_max_price": "cheap"}, "scaling_spot_max_price: cheap is not a price; write USD an hour"),
    ("scaling", {"scaling_spot_max_price": "0.0"}, "scaling_spot_max_price: 0.0 is not a price"),
    ("scaling", {"scaling_spot_max_price": "1e-1"}, "scaling_spot_max_price: 1e-1 is not a price"),
    ("scaling", {"scaling_spot_max_price": "0.001"}, "0.001 is less than AWS ever sold t3a.medium for, which is 0.0376 on demand"),
    ("scaling", {"scaling_spot_max_price": "0.001"}, "choose 0.00376 or more"),
    ("scaling", {"scaling_group_name": "a b"}, "scaling_group_name: a b is not a group's name"),
    ("scaling", {"scaling_launch_template": "ab"}, "has 2 characters, and a launch template's name has at least 3"),
    ("scaling", {"scaling_schedule": [{**EVENING, "name": "a b"}]}, "scaling_schedule[0].name: a b is not a name of an action"),
    ("scaling", {"scaling_schedule": [EVENING, EVENING]}, "scaling_schedule[1].name: evening is there twice"),
    ("scaling", {"scaling_schedule": [{**EVENING, "recurrence": "20:00"}]}, "[0].recurrence: 20:00 is not a schedule in cron's form"),
    ("scaling", {"scaling_schedule": [{**EVENING, "recurrence": "0 24 * * *"}]}, "0 24 * * * is not a schedule"),
    ("scaling", {"scaling_schedule": [{**EVENING, "time_zone": "Zurich"}]}, "scaling_schedule[0].time_zone: Zurich is not a time zone"),
    ("scaling", {"scaling_schedule": [{**EVENING, "desired": None}]}, "scaling_schedule[0]: evening changes nothing"),
    ("scaling", {"scaling_schedule": [{**EVENING, "min": 3, "max": 2}]}, "scaling_schedule[0].min: 3 is more than its max (2)"),
    ("scaling", {"scaling_schedule": [{**EVENING, "min": 3}]}, "scaling_schedule[0].desired: 0 is not between"),
    ("scaling", {"scaling_schedule": [{**EVENING, "max": 501}]}, "scaling_schedule[0].max: 501 is out of range"),
    ("scaling", {"scaling_refresh_healthy": 101}, "scaling_refresh_healthy: 101 is out of range"),
    ("scaling", {"scaling_drain_seconds": 29}, "scaling_drain_seconds: 29 is out of range; choose a number from 30 to 7200 (seconds), or 0"),
    ("scaling", {"scaling_warm_pool": True}, "scaling_warm_pool: true is not for a group with spot instances"),
    ("scaling", {"scaling_warm_pool": True, "scaling_warm_pool_size": 501}, "scaling_warm_pool_size: 501 is out of range"),
    ("scaling", {"scaling_warm_pool": True, "scaling_warm_pool_state": "Hibernated"}, "scaling_warm_pool_state: Hibernated needs members"),
    ("scaling", {"scaling_load_balancer_name": "internal-ml"}, "scaling_load_balancer_name: internal-ml is not a name of a load balancer"),
    ("scaling", {"scaling_target_group_name": "m" * 33}, "has 33 characters, and a name of a load balancer or a target group has at most 32"),
    ("scaling", {"scaling_load_balancer_allowed_cidrs": ["all"]}, "scaling_load_balancer_allowed_cidrs[0]: all"),
    ("scaling", {"scaling_load_balancer_allowed_cidrs": ["192.0.2.0/24"] * 2}, "allowed_cidrs[1]: 192.0.2.0/24 is listed twice"),
    ("scaling", {"scaling_load_balancer_allowed_cidrs": ["0.0.0.0/0"], "scaling_certificate_arn": ""}, "without encryption; set scaling_certificate_arn"),
    (
        "scaling",
        {"scaling_load_balancer_allowed_cidrs": ["::/0"], "scaling_load_balancer_internal": True},
        "::/0 is not for an internal load balancer",
    ),
    ("scaling", {"network_acl_preset": "strict"}, "network_acl_preset: strict lets nobody in to the ports of the load balancer"),
    ("scaling", {"scaling_certificate_arn": "mine"}, "scaling_certificate_arn: mine is not the ARN of a certificate"),
    (
        "scaling",
        {"scaling_certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/c"},
        "is of eu-west-1, and the load balancer stands in us-east-1; request or import one in us-east-1",
    ),
    ("scaling", {"scaling_target_port": 0}, "scaling_target_port: 0 is out of range"),
    ("scaling", {"scaling_health_check_path": "up"}, "scaling_health_check_path: up is not a path"),
    ("scaling", {"scaling_health_check_port": "0"}, "scaling_health_check_port: 0 is not a port"),
    ("scaling", {"scaling_health_check_interval": 5}, "scaling_health_check_interval: 5 is out of range"),
    ("scaling", {"scaling_health_check_healthy": 1}, "scaling_health_check_healthy: 1 is out of range"),
    ("scaling", {"scaling_health_check_unhealthy": 11}, "scaling_health_check_unhealthy: 11 is out of range"),
    ("scaling", {"scaling_deregistration_seconds": 3601}, "from 0 to 3600 (seconds)"),
    ("scaling", {"storage_logs": False}, "scaling_load_balancer_logs: true needs the bucket that storage_logs leaves out"),
    ("scaling", {"compute_state": "absent"}, "scaling_enabled: true needs what compute_state: absent takes away"),
    ("scaling", {"scaling_tags": {"aws:a": "b"}}, "scaling_tags"),
    (
        "shared_storage",
        {"shared_storage_provisioned_throughput": 5},
        "5 does not go with throughput that is elastic; set it to 0, or shared_storage_throughput_mode to provisioned",
    ),
    (
        "shared_storage",
        {"shared_storage_throughput_mode": "provisioned", "shared_storage_archive_days": 0},
        "shared_storage_provisioned_throughput: 0.0 is out of range; choose a number from 1 to 3414",
    ),
    ("shared_storage", {"shared_storage_throughput_mode": "bursting"}, "90 does not go with throughput that is bursting"),
    ("shared_storage", {"shared_storage_archive_days": 30}, "30 is not later than shared_storage_infrequent_access_days (30)"),
    ("shared_storage", {"shared_storage_access_points": []}, "(empty) leaves no way into the file system"),
    *(
        ("shared_storage", {"shared_storage_access_points": [{"name": "a", "path": "/a", "uid": 1, "gid": 1}, point]}, told)
        for point, told in (
            ({"name": "a", "path": "/b", "uid": 1, "gid": 1}, "access_points[1].name: a is there twice"),
            ({"name": "b", "path": "/a", "uid": 1, "gid": 1}, "access_points[1].path: /a is there twice"),
            ({"name": "../b", "path": "/b", "uid": 1, "gid": 1}, "../b is no name of a folder on the hosts"),
            ({"name": "b", "path": "b", "uid": 1, "gid": 1}, "path: b is not the path of a folder"),
            ({"name": "b", "path": "/", "uid": 1, "gid": 1}, "path: / is not the path of a folder"),
            ({"name": "b", "path": "/b/..", "uid": 1, "gid": 1}, "path: /b/.. is not the path of a folder"),
            ({"name": "b", "path": "/b" * 5, "uid": 1, "gid": 1}, "is not the path of a folder; write an absolute path of four"),
            ({"name": "b", "path": "/b", "uid": 0, "gid": 1}, "uid: 0 is out of range; choose a number from 1 to 4294967295"),
            ({"name": "b", "path": "/b", "uid": 1, "gid": 2**32}, "gid: 4294967296 is out of range"),
            ({"name": "b", "path": "/b", "uid": 1, "gid": 1, "permissions": "rwx"}, "permissions: rwx is not the mode of a folder"),
        )
    ),
    ("shared_storage", {"shared_storage_io_limit_percent": 101}, "101 is out of range; choose a number from 1 to 100"),
    ("shared_storage", {"shared_storage_least_credits_gb": 0}, "0 is out of range; choose a number at least 1"),
    ("shared_storage", {"network_state": "absent"}, "true needs the network that network_state: absent takes away"),
    ("shared_storage", {"compute_subnet_tier": "public"}, "network_acl_preset: strict keeps hosts in public subnets from"),
    ("shared_storage", {"iam_instance_role_name": "other"}, "iam has iam_instance_role_name (other): make them the same"),
    ("shared_storage", {"monitoring_topic_name": "other"}, "monitoring has monitoring_topic_name (other): make them the same"),
    ("shared_storage", {"shared_storage_name": "n" * 65}, "has 65 characters, and a file system's name has at most 64"),
    ("shared_storage", {"shared_storage_tags": {"aws:a": "b"}}, "shared_storage_tags"),
    ("database", {"database_identifier": "ML"}, "database_identifier: ML is not a database's identifier"),
    ("database", {"database_identifier": "a--b"}, "database_identifier: a--b is not a database's identifier"),
    ("database", {"database_identifier": "d" * 64}, "has 64 characters, and a database's identifier has at most 63"),
    ("database", {"database_version": "9"}, "database_version: 9 is not a version"),
    ("database", {"database_instance_class": "t4g.small"}, "t4g.small is not a class of databases"),
    ("database", {"database_allocated_storage": 19}, "database_allocated_storage: 19 is out of range; choose a number from 20 to 65536 (GiB)"),
    ("database", {"database_max_storage": 21}, "database_max_storage: 21 leaves 20 GiB no room to grow"),
    ("database", {"database_name": "1st"}, "database_name: 1st is not a name in PostgreSQL"),
    ("database", {"database_name": "postgres"}, "database_name: postgres is a name that PostgreSQL or RDS keeps to itself"),
    ("database", {"database_user": "admin"}, "database_user: admin is a name that PostgreSQL or RDS keeps to itself"),
    ("database", {"database_iam_user": "rds_iam"}, "database_iam_user: rds_iam is a name that"),
    ("database", {"database_iam_user": "mladmin"}, "database_iam_user: mladmin is database_user too"),
    ("database", {"database_password": "s3cret"}, "database_password: what it holds would be a password that everybody reads"),
    ("database", {"database_port": 80}, "database_port: 80 is out of range"),
    ("database", {"database_parameters": {"rds.force_ssl": "0"}}, "database_parameters.rds.force_ssl: 0 lets people in without TLS"),
    ("database", {"database_backup_retention": 36}, "database_backup_retention: 36 is out of range"),
    ("database", {"database_backup_retention": 0}, "database_backup_retention: 0 keeps no backup, and a standby is made from one"),
    ("database", {"database_backup_window": "03:00-03:20"}, "database_backup_window: 03:00-03:20 is not a window of a day"),
    ("database", {"database_backup_window": "3-4"}, "database_backup_window: 3-4 is not a window of a day"),
    ("database", {"database_maintenance_window": "04:30-05:30"}, "database_maintenance_window: 04:30-05:30 is not a window of a week"),
    ("database", {"database_maintenance_window": "sun:03:30-sun:04:30"}, "overlaps with database_backup_window (03:00-04:00)"),
    ("database", {"database_maintenance_window": "sat:23:30-sun:03:10"}, "overlaps with database_backup_window"),
    ("database", {"database_cpu_threshold": 101}, "database_cpu_threshold: 101 is out of range"),
    ("database", {"database_free_storage_threshold": 0}, "database_free_storage_threshold: 0 is out of range"),
    ("database", {"database_connections_threshold": 0}, "database_connections_threshold: 0 is out of range"),
    ("database", {"network_private_subnets": ["10.0.11.0/24"]}, "network_private_subnets: 1 subnets are too few"),
    ("database", {"network_state": "absent"}, "database_enabled: true needs what network_state: absent takes away"),
    ("database", {"network_egress": "none"}, "network_egress: none lets no private host fetch the database's password"),
    ("database", {"monitoring_state": "absent"}, "database_alarms: true needs the topic that monitoring_state: absent takes away"),
    ("database", {"database_topic_name": "other"}, "monitoring has monitoring_topic_name (ml-dev-alarms): make them the same"),
    ("database", {"database_tags": {"aws:a": "b"}}, "database_tags"),
    ("detection", {"detection_severity": 0}, "detection_severity: 0 is out of range; choose a number from 1 to 10"),
    ("detection", {"detection_severity": 11}, "detection_severity: 11 is out of range"),
    ("detection", {"detection_analyzer_name": "1st"}, "detection_analyzer_name: 1st is not an analyzer's name"),
    ("detection", {"detection_hub_rule": "a b"}, "detection_hub_rule: a b is not a rule's name"),
    ("detection", {"detection_hub_rule": "r" * 65}, "has 65 characters, and a rule's name has at most 64"),
    ("detection", {"detection_hub_rule": "ml-dev-guardduty"}, "ml-dev-guardduty is detection_guardduty_rule too"),
    ("detection", {"detection_security_hub_standards": []}, "detection_security_hub_standards: (empty) leaves nothing to judge by"),
    ("detection", {"detection_security_hub_standards": ["cis"]}, "detection_security_hub_standards[0]: cis is not a standard"),
    ("detection", {"detection_security_hub_standards": ["a/v/1"] * 2}, "detection_security_hub_standards[1]: a/v/1 is there twice"),
    ("detection", {"detection_config_rules": {"ec2-imdsv2-check": {}}}, "ec2-imdsv2-check is not a managed rule of AWS Config"),
    ("detection", {"detection_config_rules": {"A" * 128: {}}}, "makes a name of"),
    ("detection", {"detection_config_rules": {"ACCESS_KEYS_ROTATED": 90}}, "detection_config_rules.ACCESS_KEYS_ROTATED: 90 is not a dictionary"),
    ("detection", {"detection_hub_rule": "ml-dev-compliance"}, "detection_compliance_rule: ml-dev-compliance is detection_hub_rule too"),
    ("detection", {"monitoring_state": "absent"}, "detection_alarms: true needs the topic that monitoring_state: absent takes away"),
    ("detection", {"detection_topic_name": "other"}, "monitoring has monitoring_topic_name (ml-dev-alarms): make them the same"),
    ("detection", {"storage_logs": False}, "detection_config: true needs the bucket that storage_logs leaves out"),
    ("detection", {"storage_logs_bucket": "other-logs"}, "detection_config_bucket: ml-dev-logs is not the bucket of logs"),
    ("detection", {"detection_tags": {"aws:a": "b"}}, "detection_tags"),
    ("guardrails", {"guardrails_budget_amount": -1.0}, "guardrails_budget_amount: -1.0 is out of range"),
    ("guardrails", {"guardrails_budget_amount": 0}, "guardrails_budget_cap: 120 caps no budget"),
    ("guardrails", {"guardrails_budget_cap": 1001}, "from 0 to 1000 (per cent)"),
    ("guardrails", {"guardrails_budget_currency": "$"}, "is not a currency"),
    ("guardrails", {"guardrails_budget_alerts": [{"threshold": 0.0}]}, "guardrails_budget_alerts[0].threshold: 0.0"),
    ("guardrails", {"guardrails_budget_alerts": [{"threshold": 1.0}] * 11}, "11 alerts are too many"),
    ("guardrails", {"guardrails_budget_emails": ["ml"]}, "guardrails_budget_emails[0]: ml is not an e-mail address"),
    ("guardrails", {"guardrails_budget_emails": ["a@b.ch"] * 11}, "11 addresses are too many"),
    ("guardrails", {"guardrails_budget_emails": [], "guardrails_budget_topic": False}, "leaves nobody to be told"),
    ("guardrails", {"monitoring_state": "absent"}, "needs the topic that monitoring_state removes"),
    ("guardrails", {"compute_instance_count": 101}, "is more than a cap can stop"),
    ("guardrails", {"guardrails_schedule": {"stop": "20:00"}}, "guardrails_schedule.stop: 20:00 is not a schedule"),
    ("guardrails", {"guardrails_schedule": {"stop": "cron(0 20 * * *)"}}, "is not a schedule"),
    ("guardrails", {"guardrails_schedule": {"timezone": "Zurich"}}, "guardrails_schedule.timezone: Zurich"),
    ("guardrails", {"guardrails_idle_minutes": 5}, "from 15 to 10080 (minutes)"),
    ("guardrails", {"compute_stop_protection": True}, "guardrails_idle_stop: true contradicts compute_stop_protection"),
    ("guardrails", {"compute_stop_protection": True}, "guardrails_schedule.stop: cron(0 20 ? * MON-FRI *) contradicts"),
    ("guardrails", {"compute_stop_protection": True}, "guardrails_budget_cap: 120 contradicts"),
    (
        "recovery",
        {"recovery_copy_images": True, "recovery_replication_region": ""},
        "recovery_copy_images: true has no region to copy to; set recovery_replication_region, or recovery_copy_images: false",
    ),
    ("recovery", {"recovery_snapshot_keep": 0}, "recovery_snapshot_keep: 0 is out of range; choose a number from 1 to 1000"),
    ("recovery", {"recovery_snapshot_time": "24:00"}, "recovery_snapshot_time: 24:00 is not a time of day"),
    ("recovery", {"recovery_cold_days": 89}, "recovery_cold_days: 89 is less than the archive tier keeps; choose 90"),
    ("recovery", {"recovery_cold_day": 31}, "recovery_cold_day: 31 is out of range"),
    ("recovery", {"recovery_instance_count": 51}, "recovery_instance_count: 51 is more than a policy names"),
    ("recovery", {"recovery_replication_region": "eu-central-1"}, "eu-central-1 is the environment's own region"),
    ("recovery", {"recovery_replication_region": "ireland"}, "recovery_replication_region: ireland is not a region's name"),
    ("recovery", {"recovery_replication_region": "cn-north-1"}, "is of another partition than eu-central-1"),
    ("recovery", {"recovery_replica_version_days": 0}, "recovery_replica_version_days: 0 is out of range"),
    ("recovery", {"recovery_replica_kms_key_arn": ""}, "leaves copies without a key"),
    ("recovery", {"recovery_replica_kms_key_arn": "alias/mine"}, "alias/mine is not the ARN of a key"),
    ("recovery", {"recovery_replica_kms_key_arn": REPLICA_KEY.replace("west-1", "west-2")}, "is a key of eu-west-2"),
    ("recovery", {"storage_encryption": "AES256"}, "is of no use to buckets that storage_encryption: AES256 encrypts"),
    ("recovery", {"recovery_models_replica": "ml-dev-datasets"}, "is the name of recovery_datasets_bucket too"),
    ("recovery", {"recovery_datasets_replica": "a" * 64}, "recovery_datasets_replica: "),
    (
        "recovery",
        {"storage_state": "absent", "preflight_roles": ["storage", "recovery"]},
        "needs the buckets that storage_state removes",
    ),
    ("cache", {"cache_node_type": "t4g.micro"}, "cache_node_type: t4g.micro is not a type of nodes"),
    ("cache", {"cache_engine_version": "8"}, "cache_engine_version: 8 is not a version"),
    ("cache", {"cache_engine_version": "5.0"}, "cache_engine_version: 5.0 is not a version of valkey; choose one from 7 to 9"),
    ("cache", {"cache_engine": "redis"}, "cache_engine_version: 8.0 is not a version of redis"),
    ("cache", {"cache_replicas": 6}, "cache_replicas: 6 is out of range; choose a number from 0 to 5"),
    ("cache", {"cache_replicas": 0}, "cache_automatic_failover: true needs a replica, and cache_replicas is 0"),
    ("cache", {"cache_automatic_failover": False}, "cache_multi_az: true needs cache_automatic_failover"),
    ("cache", {"network_private_subnets": ["10.0.1.0/24"]}, "network_private_subnets: 10.0.1.0/24 is not enough for cache_multi_az"),
    (
        "cache",
        {"network_private_subnets": ["10.0.1.0/24", "10.0.2.0/24"], "network_availability_zones": ["us-east-1a"]},
        "network_availability_zones: us-east-1a is one zone only, and cache_multi_az needs two",
    ),
    ("cache", {"cache_snapshot_days": 36}, "cache_snapshot_days: 36 is out of range; choose a number from 0 to 35"),
    ("cache", {"cache_snapshot_window": "3-4"}, "cache_snapshot_window: 3-4 is not a time from and to"),
    ("cache", {"cache_snapshot_window": "03:00-03:30"}, "cache_snapshot_window: 03:00-03:30 is 30 minutes long"),
    ("cache", {"cache_maintenance_window": "sunday"}, "cache_maintenance_window: sunday is not a time from and to"),
    (
        "cache",
        {"cache_snapshot_window": "23:30-04:30"},
        "cache_snapshot_window: 23:30-04:30 and cache_maintenance_window (sun:04:00-sun:05:00) overlap",
    ),
    ("cache", {"cache_cpu_threshold": 0}, "cache_cpu_threshold: 0 is out of range; choose a number from 1 to 100"),
    ("cache", {"cache_log_retention_days": 8}, "cache_log_retention_days: 8"),
    ("cache", {"cache_name": "Ml-dev"}, "cache_name: Ml-dev is not a replication group's id"),
    ("cache", {"cache_name": "m" * 41}, "has 41 characters"),
    ("cache", {"cache_secret_name": "ml-secret"}, "cache_secret_name: ml-secret is not a secret's name"),
    (
        "cache",
        {"preflight_roles": ["cache", "compute"], "compute_subnet_tier": "private", "network_egress": "none"},
        "network_egress: none keeps the instances from Secrets Manager",
    ),
    ("patching", {"patching_schedule": "rate(10 minutes)"}, "patching_schedule: rate(10 minutes) is more often than every 30 minutes"),
    ("patching", {"patching_schedule": "daily"}, "patching_schedule: daily is neither a cron nor a rate expression"),
    ("patching", {"patching_schedule": "cron(0 3 1 JAN ? *)"}, "names months, which State Manager does not know"),
    ("patching", {"patching_approve_after_days": 361}, "patching_approve_after_days: 361 is out of range; choose a number from 0 to 360"),
    ("patching", {"patching_max_errors": "many"}, "patching_max_errors: many is neither a number nor a percentage"),
    ("patching", {"patching_max_concurrency": "0"}, "patching_max_concurrency: 0 is neither a number nor a percentage"),
    ("patching", {"patching_severities": []}, "patching_severities: [] approves no patch at all"),
    ("patching", {"patching_rejected_patches": ["p"] * 51}, "patching_rejected_patches: 51 patches are more than a baseline takes"),
    ("patching", {"patching_operation": "scan"}, "patching_reboot: true is of no use to patching_operation: scan"),
    ("patching", {"patching_baseline_name": "ml"}, "patching_baseline_name: ml"),
    ("recovery", {"recovery_permissions_boundary": "boundary"}, "recovery_permissions_boundary: boundary is not the ARN"),
]


def _problems(role: str, settings: dict) -> list[str]:
    rules = importlib.import_module(f"ansible_collections.mlinfra.aws.plugins.module_utils.preflight.{role}")
    return rules.problems({**GOOD[role], **settings})


@pytest.mark.parametrize("role", GOOD)
def test_good_settings_pass(role: str) -> None:
    """A set of settings without a mistake, and the same by numbers and texts that are as good."""
    assert _problems(role, {}) == []


@pytest.mark.parametrize("role", GOOD)
def test_nothing_to_judge_is_no_problem_but_the_missing_names(role: str) -> None:
    """Settings that could not be read are left out: the rules neither fail nor complain again."""
    rules = importlib.import_module(f"ansible_collections.mlinfra.aws.plugins.module_utils.preflight.{role}")
    assert len(rules.problems({})) == (2 if role == "project" else 0)


@pytest.mark.parametrize(("role", "settings", "line"), SETTING_OF_EACH_CASE)
def test_each_mistake_is_named(role: str, settings: dict, line: str) -> None:
    """The message has the setting, what it holds and what is allowed."""
    assert line in "\n".join(_problems(role, settings))


@pytest.mark.parametrize("role", ROLES)
def test_removal_takes_no_more_than_names(role: str) -> None:
    """What does not matter for removing a thing does not keep it from being removed."""
    wrong = {
        "network_cidr": "x",
        "network_allowed_cidrs": ["0.0.0.0/0"],
        "storage_datasets_glacier_days": -1,
        "audit_kms_key_arn": "x",
        "iam_permissions_boundary": "x",
        "compute_instance_count": -1,
        "scaling_min": 11,
        "monitoring_email": "x",
        "guardrails_budget_amount": -1,
        "detection_severity": 0,
        "database_version": "9",
        "encryption_key": False,
        "storage_encryption": "AES256",
    }
    assert _problems(role, {**wrong, f"{role}_state": "absent"}) == []


def test_a_shared_mistake_is_named_once() -> None:
    """A number of days that roles take from the project is the project's mistake."""
    settings = {"mlinfra_log_retention_days": 8, "network_log_retention_days": 8}
    assert len(_problems("project", settings)) == 1
    assert _problems("network", settings) == []


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("-----BEGIN OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA", "is a private key"),
        ("ecdsa-sha2-nistp256 AAAAE2VjZHNh", "not a public key that EC2 takes"),
        ("AAAAC3NzaC1lZDI1NTE5AAAA", "not a public key that EC2 takes"),
        ("ssh-ed25519", "is not complete"),
        ("ssh-ed25519 b3BlbnNzaC1rZXktdjEAAAAA", "is not complete"),
        ("ssh-ed25519 not*base64", "is not complete"),
        (f"{KEY}\n{KEY}", "more than one line"),
    ],
)
def test_public_keys_are_judged_and_never_repeated(key: str, fault: str) -> None:
    """What may be a secret stays out of the message."""
    line = compute.key_problems("compute_public_key", key)[0]
    assert fault in line
    assert all(word not in line for word in key.split() if len(word) > 15 and "-sha2-" not in word)


def test_a_public_key_may_end_in_a_new_line() -> None:
    """As the file has it that the key is read from."""
    assert compute.key_problems("compute_public_key", f"{KEY}\n") == []


def test_private_hosts_without_a_way_out_are_warned_of() -> None:
    """It can be meant, where the VPC has endpoints of its own."""
    assert compute.warnings({"compute_subnet_tier": "private", "network_egress": "none"})
    assert not compute.warnings({"compute_subnet_tier": "private", "network_egress": "nat_gateway"})
    assert not compute.warnings({"compute_subnet_tier": "private", "network_egress": "none", "compute_state": "absent"})


@pytest.mark.parametrize(
    "settings",
    [
        {**PRIVATE, **ENDPOINTS},
        {**PRIVATE, "network_egress": "none", "compute_instance_count": 0},
        {**PRIVATE, "network_egress": "none", "compute_state": "absent"},
        {**PRIVATE, "network_egress": "none", "preflight_roles": ["network"]},
        {"network_egress": "none", "network_interface_endpoints": []},
        {"network_egress": "nat_instance", "network_nat_instance_type": "t3.micro"},
        {**ENDPOINTS, "network_interface_endpoints": ["ecr.api", "com.amazonaws.us-east-1.ssm"]},
    ],
)
def test_ways_out_that_lead_somewhere_pass(settings: dict) -> None:
    """And so do those that nobody goes."""
    assert _problems("network", settings) == []


def test_private_hosts_behind_endpoints_are_told_what_they_do_not_reach() -> None:
    """The preflight does not know where packages are to come from."""
    [warning] = compute.warnings({"compute_subnet_tier": "private", "network_egress": "endpoints"})
    assert "ml_host_package_environment" in warning


def test_every_judged_setting_exists() -> None:
    """Each setting that the cases above have is a default of a role or of the project: rules follow renamings."""
    known = set(yaml.safe_load((ROOT / "group_vars" / "all.yml").read_text())) | {"preflight_roles", "preflight_member_settings"}
    for role in ROLES:
        known |= set(yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text()))
    used = {name for settings in GOOD.values() for name in settings}
    used |= {name for _role, settings, _line in SETTING_OF_EACH_CASE for name in settings}
    used |= {
        name
        for role in ROLES
        for name in importlib.import_module(
            f"ansible_collections.mlinfra.aws.plugins.module_utils.preflight.{role}"
        ).NAMES
    }
    assert used - known == set()


def test_the_parts_of_the_project_can_be_judged_alone() -> None:
    """The action asks for them first."""
    assert project.part_problems({"mlinfra_project": "ml-lab2"}, "mlinfra_project") == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_begins_with_its_preflight(role: str) -> None:
    """Whether the main job or something else runs it."""
    tasks = ROOT / "roles" / role / "tasks"
    first = yaml.safe_load((tasks / "main.yml").read_text())[0]
    assert "preflight.yml" in first.values()
    assert first["when"] == f"'{role}' not in (preflight_passed | default([]))"
    (preflight,) = yaml.safe_load((tasks / "preflight.yml").read_text())
    assert preflight["mlinfra.aws.preflight"] == {"roles": [role]}


def test_gpus_that_can_be_used_are_no_mistake() -> None:
    """Those of later types, and V100 with an image that somebody made for them."""
    assert _problems("compute", {"compute_instance_type": "g5.xlarge", "compute_image": "auto"}) == []
    assert _problems("compute", {"compute_instance_type": "p3.2xlarge", "compute_image_id": "ami-0123456789abcdef0"}) == []


def test_gpus_without_a_driver_are_warned_of() -> None:
    assert compute.warnings({"compute_os": "al2", "compute_instance_type": "t3.medium"}) == []
    [warning] = compute.warnings({"compute_os": "al2", "compute_instance_type": "g5.xlarge"})
    assert "compute_os: al2023" in warning


@pytest.mark.parametrize(
    "settings",
    [
        {"scaling_spot_max_price": ""},
        {"scaling_spot_max_price": "0.001", "scaling_on_demand_percentage": 100},
        {"scaling_spot_max_price": "0.001", "mlinfra_region": "eu-north-9", "scaling_load_balancer": False},
        {"scaling_spot_max_price": "0.001", "scaling_instance_types": ["t3.medium", "m9.large"]},
        {"scaling_enabled": False, "scaling_min": 11},
    ],
)
def test_a_price_is_judged_where_there_is_spot_and_all_prices_are_known(settings: dict) -> None:
    """Where there is no group nothing of it is judged."""
    assert _problems("scaling", settings) == []


@pytest.mark.parametrize("text", ["0 8 * * MON-FRI", "*/15 0-6/2 1,15 JAN-MAR sun", "5 4 * * 7", "59 23 31 12 0"])
def test_five_fields_are_a_schedule(text: str) -> None:
    """Numbers, words, lists, ranges and steps."""
    assert scaling.is_cron(text)


@pytest.mark.parametrize(
    "text",
    ["", "@daily", "0 8 * *", "0 8 * * * *", "60 * * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "6-3 * * * *", "*/0 * * * *", "1/2 * * * *", "a * * * *"],
)
def test_other_texts_are_none(text: str) -> None:
    """What cron does not know, or Auto Scaling does not take."""
    assert not scaling.is_cron(text)
