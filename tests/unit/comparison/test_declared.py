# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the roles really declare, worked out as the action does it: the comparison knows all of it.

This is the test that fails where a role declares a kind or an attribute that no comparison heeds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import compare, unknown_words
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import INPUTS
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

from ...programs import answers

ROLES = list(INPUTS)
# Settings that change what is declared, and not only its values.
CHOICES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "strict": {"mlinfra_security_preset": "strict", "storage_models_bucket": "mine", "network_endpoint_buckets": ["others"]},
    "a gateway in each zone": {
        "network_egress": "nat_gateway_per_az",
        "network_allowed_cidrs": ["192.0.2.0/24", "2001:db8::/32"],
        "network_security_group_name": "other",
    },
    "an instance as the way out": {"network_egress": "nat_instance", "network_nat_instance_type": "t3.micro"},
    "an image for it": {"network_egress": "nat_instance", "network_nat_instance_image_id": "ami-1"},
    "endpoints as the way out": {
        "network_egress": "endpoints",
        "network_interface_endpoints": ["ssm", "com.amazonaws.us-east-1.ecr.api"],
        "network_interface_endpoints_in_every_zone": False,
    },
    "ACLs that let answers through": {"network_acl_preset": "standard", "network_allowed_cidrs": ["192.0.2.0/24"]},
    "ACLs that let little through": {"network_acl_preset": "strict", "network_egress": "endpoints"},
    "no way out": {"network_egress": "none", "network_s3_endpoint": False, "network_flow_logs": False},
    "ssh": {
        "ml_host_connection": "ssh",
        "iam_permissions_boundary": "arn:aws:iam::123456789012:policy/b",
        "iam_log_groups": [],
        "storage_datasets_bucket": "mine",
    },
    "instances": {"compute_public_key": "ssh-ed25519 AAAA", "compute_instance_count": 3, "compute_running": False},
    "an image": {"compute_image_id": "ami-1", "compute_subnet_tier": "private"},
    "a GPU": {"compute_instance_type": "g5.xlarge"},
    "a GPU beside Graviton": {"compute_instance_type": "g5g.xlarge", "compute_architecture": "arm64"},
    "a driver without a GPU": {"compute_image": "gpu"},
    "a GPU without a driver": {"compute_instance_type": "g5.xlarge", "compute_image": "system"},
    "baked images only": {"compute_image": "baked"},
    "an image for V100": {"compute_instance_type": "p3.2xlarge", "compute_image_id": "ami-1"},
    "inference": {"ml_host_serving": True},
    "alarms": {"monitoring_email": "somebody@example.org", "monitoring_auto_recovery": True},
    "logs kept": {"monitoring_log_archive": "present", "monitoring_archive_late_seconds": 0},
    "logs kept by a key": {
        "monitoring_log_archive": "present",
        "encryption_key": True,
        "iam_permissions_boundary": "arn:aws:iam::123456789012:policy/b",
        "monitoring_archived_log_groups": ["/aws/cloudtrail/p-dev"],
    },
    "logs kept no more": {"monitoring_log_archive": "absent"},
    "guards": {
        "guardrails_budget_amount": 200,
        "guardrails_budget_cap": 100,
        "guardrails_budget_emails": ["somebody@example.org"],
        "guardrails_schedule": {"start": "cron(0 8 ? * MON-FRI *)", "stop": "cron(0 20 ? * MON-FRI *)"},
        "guardrails_schedule_group": "mine",
    },
    "a key for all but buckets": {"encryption_key": True, "guardrails_budget_amount": 200},
    "strict with MFA": {"mlinfra_security_preset": "strict", "storage_mfa_delete_data": True, "network_egress": "nat_instance"},
    "objects on the trail": {"audit_data_events": "write", "audit_kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/k"},
    "a trail without alarms": {"audit_alarms": False, "audit_trail_name": "mine"},
    "snapshots": {"recovery_snapshots": True, "recovery_cold_days": 365, "compute_instance_count": 2},
    "copies elsewhere": {"recovery_replication_region": "eu-west-1", "recovery_replication_time_control": True},
    "copies by a key": {
        "storage_encryption": "kms",
        "recovery_replication_region": "eu-west-1",
        "recovery_replica_kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/k",
    },
    "patches": {"patching_operation": "install", "patching_reboot": True, "compute_os": "al2", "scaling_enabled": True},
    "no trail": {"audit_trail": False},
    "a cache": {"cache_enabled": True, "encryption_key": True, "network_egress": "endpoints"},
    "a cache of one node": {"cache_enabled": True, "cache_engine": "redis", "cache_replicas": 0, "cache_logs": [], "cache_alarms": False},
    "all that looks for threats": {
        "detection_guardduty": True,
        "detection_access_analyzer": True,
        "detection_security_hub": True,
        "detection_config": True,
        "detection_severity": 9,
        "detection_hub_rule": "mine",
        "detection_config_rules": {"ACCESS_KEYS_ROTATED": {"maxAccessKeyAge": 90}},
        "encryption_key": True,
    },
    "a shared file system": {
        "shared_storage_enabled": True,
        "shared_storage_throughput_mode": "elastic",
        "shared_storage_archive_days": 90,
        "encryption_key": True,
        "iam_instance_role_name": "mine",
    },
    "a shared file system of one throughput": {
        "shared_storage_enabled": True, "shared_storage_throughput_mode": "provisioned", "shared_storage_provisioned_throughput": 64,
        "shared_storage_alarms": False, "shared_storage_infrequent_access_days": 0, "shared_storage_back_on_use": False,
        "shared_storage_backup": False,
    },
    "a recorder by whose records AWS judges": {"detection_config": True},
    "a detector that tells nobody": {"detection_guardduty": True, "detection_alarms": False, "detection_guardduty_features": []},
    "a database": {"database_enabled": True, "database_iam_user": "ml", "encryption_key": True},
    "a database of one zone": {
        "database_enabled": True, "database_multi_az": False, "database_alarms": False, "database_log_exports": [],
        "database_identifier": "mine", "database_version": "16.4", "mlinfra_security_preset": "strict",
    },
    "members that configure themselves": {"scaling_enabled": True, "scaling_configure": True, "ml_host_user": "somebody"},
    "a group": {"scaling_enabled": True, "scaling_desired": 2, "encryption_key": True, "compute_public_key": "ssh-ed25519 AAAA"},
    "a group of one size": {
        "scaling_enabled": True, "scaling_cpu_target": 0, "compute_subnet_tier": "private", "compute_image": "baked",
        "scaling_instance_types": ["g5.xlarge", "g6.xlarge"], "scaling_spot_max_price": "", "scaling_group_name": "mine",
    },
    "a group behind a load balancer": {
        "scaling_enabled": True, "scaling_load_balancer": True, "scaling_target_port": 80,
        "scaling_load_balancer_allowed_cidrs": ["192.0.2.0/24", "2001:db8::/32"],
    },
    "an internal load balancer with a certificate": {
        "scaling_enabled": True, "scaling_load_balancer": True, "scaling_load_balancer_internal": True,
        "scaling_load_balancer_logs": False, "scaling_load_balancer_protected": True, "scaling_target_protocol": "HTTPS",
        "scaling_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
    },
    "a group whose jobs get time": {
        "scaling_enabled": True, "scaling_drain_seconds": 600, "scaling_refresh": True, "scaling_warm_pool": True,
        "scaling_on_demand_percentage": 100, "scaling_cpu_target": 0,
        "scaling_schedule": [{"name": "evening", "recurrence": "0 20 * * *", "desired": 0}],
    },
    "no role": {"iam_state": "absent", "iam_parameters": ["/mine"]},
    "a mistake": {"network_tags": "{{ no_such_variable }}"},
}
RIGHT = [choice for choice in CHOICES if choice != "a mistake"]


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What is declared with each choice of settings."""
    return answers(Path(__file__).with_name("declare.py"), CHOICES)


@pytest.mark.parametrize("choice", RIGHT)
def test_every_kind_and_attribute_is_known(told, choice):
    assert told[choice]["unknown"] == {}
    entries = [entry for declared in told[choice]["declared"].values() for entry in declared]
    assert [word for entry in entries for word in unknown_words(entry)] == []


@pytest.mark.parametrize("choice", RIGHT)
def test_where_nothing_stands_everything_is_to_be_created(told, choice):
    declared, request = told[choice]["declared"], told[choice]["request"]
    compared = compare(declared, {}, Identity(request["name"], request["tags"], request["names"]))
    wanted = [(role, entry["kind"], entry["name"]) for role in ROLES for entry in declared[role]]
    assert sorted((one.role, one.kind, one.name) for one in compared.differences) == sorted(wanted)
    assert {one.action for one in compared.differences} == {"create"}
    assert len(set(wanted)) == len(wanted)


@pytest.mark.parametrize(("choice", "processor"), [("an instance as the way out", "x86_64"), ("an image for it", "arm64")])
def test_the_type_of_a_nat_instance_says_its_processor(told, choice, processor):
    [instance] = [one for one in told[choice]["declared"]["network"] if one["kind"] == "nat_instance"]
    assert instance["attributes"]["Architecture"] == processor
    image = f"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{processor}"
    assert instance["attributes"]["ImageId"] == ("ami-1" if choice == "an image for it" else image)


_PUBLIC = "resolve:ssm:/aws/service"
_AMAZON = f"{_PUBLIC}/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
_GPU = f"{_PUBLIC}/deeplearning/ami/{{}}/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id"


@pytest.mark.parametrize(
    ("choice", "image", "system"),
    [
        ("defaults", _AMAZON, "al2023"),
        ("a GPU", _GPU.format("x86_64"), "al2023-gpu"),
        ("a GPU beside Graviton", _GPU.format("arm64"), "al2023-gpu"),
        ("a driver without a GPU", _GPU.format("x86_64"), "al2023-gpu"),
        ("a GPU without a driver", _AMAZON, "al2023"),
        ("baked images only", "resolve:baked", "al2023"),
        ("an image for V100", "ami-1", "al2023"),
    ],
)
def test_the_type_chooses_the_image(told, choice, image, system):
    [instance] = [one for one in told[choice]["declared"]["compute"] if one["kind"] == "instance"]
    assert (instance["attributes"]["ImageId"], instance["attributes"]["Tags"]["OperatingSystem"]) == (image, system)


_GPUS, _MODELS = ("nvidia_smi_temperature_gpu", "nvidia_smi_utilization_gpu"), ("unready_models", "unready_models")


@pytest.mark.parametrize(
    ("choice", "watched", "alarm", "chart"),
    [
        ("defaults", False, *_GPUS),
        ("a GPU", True, *_GPUS),
        ("an image for V100", True, *_GPUS),
        ("defaults", False, *_MODELS),
        ("inference", True, *_MODELS),
    ],
)
def test_what_some_hosts_have_is_watched_there(told, choice, watched, alarm, chart):
    declared = told[choice]["declared"]["monitoring"]
    metrics = [one["attributes"]["MetricName"] for one in declared if one["kind"] == "alarm"]
    assert (alarm in metrics) is watched
    [dashboard] = [one for one in declared if one["kind"] == "dashboard"]
    assert (chart in json.dumps(dashboard)) is watched


_NO_KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("choice", "keyed", "algorithm"),
    [
        ("defaults", False, "AES256"),
        ("a key for all but buckets", True, "AES256"),
        ("strict", True, "aws:kms"),
    ],
)
def test_everything_is_encrypted_by_the_key_where_there_is_one(told, choice, keyed, algorithm):
    declared = told[choice]["declared"]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in (entry for entries in declared.values() for entry in entries):
        kinds.setdefault(entry["kind"], []).append(entry["attributes"])
    assert len(kinds.get("kms_key", [])) == keyed
    keys = [group["kmsKeyId"] for group in kinds["log_group"]] + [topic["KmsMasterKeyId"] for topic in kinds["sns_topic"]]
    volumes = [one["BlockDeviceMappings"][0]["Ebs"] for one in kinds["instance"] + kinds.get("nat_instance", [])]
    keys += [volume.get("KmsKeyId", "") for volume in volumes]
    assert set(keys) == {_NO_KEY if keyed else ""}
    buckets = [entry for entry in declared["storage"] if entry["kind"] == "bucket"]
    # S3 delivers access logs to no bucket that a customer's key encrypts.
    ruled = {bucket["name"]: bucket["attributes"]["BucketEncryption"]["Rules"][0] for bucket in buckets}
    logs = [ruled.pop(name) for name in list(ruled) if name.startswith("p-dev-logs-")]
    assert [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in logs] == ["AES256"]
    rules = ruled.values()
    assert {rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules} == {algorithm}
    assert {rule.get("BucketKeyEnabled", False) for rule in rules} == {algorithm == "aws:kms"}
    [policy] = [one["PolicyDocument"] for one in kinds["role_policy"] if one["RoleName"] == "p-dev-ml-instance"]
    assert ("EncryptObjects" in json.dumps(policy)) is keyed


def test_the_key_serves_budgets_only_where_there_is_one(told):
    for choice, served in (("a key for all but buckets", True), ("strict", False)):
        [key] = [one["attributes"] for one in told[choice]["declared"]["encryption"] if one["kind"] == "kms_key"]
        assert ("budgets.amazonaws.com" in json.dumps(key["KeyPolicy"])) is served


def test_what_a_bucket_keeps_goes_only_with_mfa_where_that_is_asked_for(told):
    for choice, sids in (("defaults", []), ("strict with MFA", ["BucketByMfaOnly", "ObjectsByMfaOnly", "VersionsByMfaOnly"])):
        buckets = [one for one in told[choice]["declared"]["storage"] if one["kind"] == "bucket"]
        told_sids = [
            sorted(one["Sid"] for one in bucket["attributes"]["Policy"]["Statement"] if one["Sid"].endswith("ByMfaOnly"))
            for bucket in buckets
        ]
        assert told_sids == [sids, sids, [], sids]  # what the operations bucket holds is needed for a moment


def test_endpoints_are_named_by_their_services(told):
    entries = [one for one in told["endpoints as the way out"]["declared"]["network"] if one["kind"] == "vpc_endpoint"]
    services = {one["name"]: one["attributes"]["ServiceName"] for one in entries}
    region = "com.amazonaws.us-east-1"
    assert services == {
        "p-dev-s3": f"{region}.s3",
        "p-dev-ecr.api": f"{region}.ecr.api",
        "p-dev-ssm": f"{region}.ssm",
    }
    assert [one["attributes"]["Subnets"] for one in entries if "Subnets" in one["attributes"]] == [["p-dev-private-1"]] * 2


def test_endpoints_let_everything_through_only_beside_the_internet(told):
    def policies(choice: str) -> list[dict[str, Any]]:
        declared = told[choice]["declared"]["network"]
        return [one["attributes"].get("PolicyDocument") for one in declared if one["kind"] == "vpc_endpoint"]

    assert policies("defaults") == [None]
    for choice in ("strict", "endpoints as the way out"):
        s3, *services = policies(choice)
        [own, packages, *others] = s3["Statement"]
        assert own["Condition"] == {"StringEquals": {"aws:ResourceAccount": "123456789012"}}
        assert packages["Action"] == "s3:GetObject"
        assert [other["Resource"] for other in others] == (
            [["arn:aws:s3:::others", "arn:aws:s3:::others/*"]] if choice == "strict" else []
        )
        named = "arn:aws:s3:::mine/*" in own["Resource"], "arn:aws:s3:::al2023-repos-us-east-1-de612dc2/*" in packages["Resource"]
        assert named == (choice == "strict", True)
        assert all("*" not in arn.removesuffix("/*") for statement in s3["Statement"] for arn in statement["Resource"])
        assert len(services) > 1
        conditions = [one["Condition"] for service in services for one in service["Statement"]]
        assert conditions == [{"StringEquals": {"aws:PrincipalAccount": "123456789012"}}] * len(services)


def test_strict_gives_no_public_address_and_no_way_to_the_internet(told):
    declared = told["strict"]["declared"]
    subnets = [one["attributes"] for one in declared["network"] if one["kind"] == "subnet"]
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    assert {"nat_gateway", "nat_instance", "elastic_ip"} & {one["kind"] for one in declared["network"]} == set()
    acls = {one["name"]: one["attributes"] for one in declared["network"] if one["kind"] == "network_acl"}
    assert {name: len(acl["Subnets"]) for name, acl in acls.items()} == {"p-dev": 2, "p-dev-private": 2}
    assert not any(rule["Protocol"] == "-1" for acl in acls.values() for rule in acl["Entries"])


def test_alarms_are_declared_for_instances_that_do_not_stand_yet(told):
    entries = told["instances"]["declared"]["monitoring"]
    alarms = [entry["attributes"] for entry in entries if entry["kind"] == "alarm"]
    assert {alarm["Dimensions"][0]["Value"] for alarm in alarms} == {"i-00000000000000000"}
    assert len({alarm["AlarmName"].rpartition("-")[0] for alarm in alarms}) >= 3


def test_strict_watches_the_network(told):
    """What an instance sends is compared with what it usually does, and what is rejected is counted where it is watched."""
    declared = told["strict"]["declared"]
    alarms = {one["name"]: one["attributes"] for one in declared["monitoring"] if one["kind"] == "alarm"}
    sent, rejected = alarms["p-dev-ml-training-1-network"], alarms["p-dev-ml-training-rejected-flows"]
    [bytes_out, band] = sent["Metrics"]
    assert bytes_out["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "InstanceId", "Value": "i-00000000000000000"}]
    assert (band["Id"], band["Expression"]) == (sent["ThresholdMetricId"], "ANOMALY_DETECTION_BAND(bytes, 4)")
    [group] = [one for one in declared["network"] if one["kind"] == "log_group"]
    [metric] = group["attributes"]["MetricFilters"][0]["metricTransformations"]
    assert (metric["metricNamespace"], metric["metricName"]) == (rejected["Namespace"], rejected["MetricName"])
    assert rejected["Threshold"] == 1000.0
    assert not [one for one in told["defaults"]["declared"]["monitoring"] if "network" in one["name"]]


def test_names_that_a_role_chooses_itself_are_looked_for(told):
    assert told["a gateway in each zone"]["request"]["names"]["security_group"] == "other"
    request = told["ssh"]["request"]
    assert request["names"]["datasets_bucket"] == "mine"
    assert request["markers"]["mine"] == ["raw/", "processed/", "interim/", "external/"]


def test_an_absent_role_declares_nothing(told):
    assert told["no role"]["declared"]["iam"] == []
    assert told["no role"]["request"]["absent"] == ["iam"]
    assert "/mine" in told["no role"]["request"]["names"].values()


def test_what_can_not_be_worked_out_is_said_of_the_role_that_needs_it(told):
    assert list(told["a mistake"]["unknown"]) == ["network"]
    assert told["a mistake"]["unknown"]["network"]


def _group(told: dict[str, Any], choice: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The launch template and the group."""
    template, group = (entry["attributes"] for entry in told[choice]["declared"]["scaling"])
    return template, group


def test_without_a_word_there_is_no_group(told):
    assert told["defaults"]["declared"]["scaling"] == []


def test_members_are_what_the_settings_of_compute_say(told):
    template, group = _group(told, "a group")
    [volume] = template["BlockDeviceMappings"]
    assert template["ImageId"] == f"resolve:own:al2023:x86_64:{_AMAZON.removeprefix('resolve:ssm:')}"
    assert template["InstanceType"] == "t3.medium"
    assert template["KeyName"] == "p-dev-ml-training"
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    assert (volume["Ebs"]["Encrypted"], volume["Ebs"]["VolumeType"], volume["Ebs"]["KmsKeyId"]) == (True, "gp3", _NO_KEY)
    assert {one["ResourceType"] for one in template["TagSpecifications"]} == {"instance", "volume"}
    assert (group["MinSize"], group["MaxSize"], group["InitialCapacity"]) == (1, 10, 2)
    assert group["InstancesDistribution"]["SpotMaxPrice"] == "0.05"
    assert [policy["PolicyName"] for policy in group["ScalingPolicies"]] == ["p-dev-ml-member-cpu"]


def test_a_group_that_follows_no_load_is_held_at_its_size(told):
    template, group = _group(told, "a group of one size")
    assert template["ImageId"] == "resolve:own:al2023-gpu:x86_64:"
    assert group["AutoScalingGroupName"] == "mine"
    assert group["Overrides"] == [{"InstanceType": "g5.xlarge"}, {"InstanceType": "g6.xlarge"}]
    assert (group["DesiredCapacity"], group["ScalingPolicies"]) == (1, [])
    assert "InitialCapacity" not in group


def test_the_key_is_there_for_the_volumes_of_members(told):
    def sids(choice: str) -> set[str]:
        [key] = [one for one in told[choice]["declared"]["encryption"] if one["kind"] == "kms_key"]
        return {statement["Sid"] for statement in key["attributes"]["KeyPolicy"]["Statement"]}

    assert sids("a group") - sids("a key for all but buckets") == {"VolumesOfMembers", "VolumesOfMembersOnInstances"}


def test_without_a_word_nothing_looks_for_threats(told):
    assert told["defaults"]["declared"]["detection"] == told["strict"]["declared"]["detection"] == []


def _detection(told: dict[str, Any], choice: str) -> dict[str, list[dict[str, Any]]]:
    """The attributes by kind."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in told[choice]["declared"]["detection"]:
        kinds.setdefault(entry["kind"], []).append(entry["attributes"])
    return kinds


def test_the_topic_is_told_of_what_is_severe_enough(told):
    kinds = _detection(told, "all that looks for threats")
    rules = {rule["Name"]: rule for rule in kinds.pop("event_rule")}
    assert {kind: len(entries) for kind, entries in kinds.items()} == {
        "detector": 1,
        "analyzer": 1,
        "hub": 1,
        "recorder": 1,
        "config_rule": 1,
    }
    assert rules.keys() == {"p-dev-guardduty", "p-dev-analyzer", "p-dev-compliance", "mine"}
    assert rules["p-dev-guardduty"]["EventPattern"]["detail"] == {"severity": [{"numeric": [">=", 9]}]}
    assert rules["mine"]["EventPattern"]["detail"]["findings"]["Severity"] == {"Label": ["CRITICAL"]}
    topic = "arn:aws:sns:us-east-1:123456789012:p-dev-alarms"
    assert [rule["Targets"] for rule in rules.values()] == [[{"Id": "alarms", "Arn": topic}]] * 4


def test_the_filters_of_the_trail_name_calls(told):
    [group] = [one["attributes"] for one in told["defaults"]["declared"]["audit"] if one["kind"] == "log_group"]
    patterns = {one["filterName"]: one["filterPattern"] for one in group["MetricFilters"]}
    assert patterns["p-dev-audit-key-removals"] == (
        "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}"
    )
    assert patterns["p-dev-audit-trail-changes"] == (
        "{($.eventName=CreateTrail) || ($.eventName=UpdateTrail) || ($.eventName=DeleteTrail) || ($.eventName=StartLogging)"
        " || ($.eventName=StopLogging)}"
    )
    assert len(patterns) == 15
    # More characters CloudWatch Logs does not take.
    assert all(pattern.isprintable() and len(pattern) <= 1024 for pattern in patterns.values())


def _log_days(told: dict[str, Any], choice: str) -> dict[str, int | None]:
    """By what keys begin with, days after which S3 deletes logs."""
    [bucket] = [one["attributes"] for one in told[choice]["declared"]["storage"] if "-logs-" in one["name"]]
    rules = bucket["LifecycleConfiguration"]["Rules"]
    return {rule["Filter"]["Prefix"]: rule.get("Expiration", {}).get("Days") for rule in rules}


def test_what_is_archived_outlives_other_logs(told):
    assert _log_days(told, "defaults") == {"": 7}
    kept = {"": None, "trail/": 7, "config/": 7, "access/": 7, "logs/": 365}
    assert _log_days(told, "logs kept") == _log_days(told, "logs kept no more") == kept


def test_an_archive_is_encrypted_by_the_environments_key_where_it_has_one(told):
    def archive(choice: str) -> dict[str, Any]:
        [found] = [one["attributes"] for one in told[choice]["declared"]["monitoring"] if one["kind"] == "log_archive"]
        return found

    plain, keyed = archive("logs kept"), archive("logs kept by a key")
    assert plain["DeliveryStreamEncryptionConfiguration"] == {"KeyType": "AWS_OWNED_CMK"}
    assert keyed["DeliveryStreamEncryptionConfiguration"]["KeyType"] == "CUSTOMER_MANAGED_CMK"
    key = keyed["DeliveryStreamEncryptionConfiguration"]["KeyARN"]
    assert keyed["Destination"]["EncryptionConfiguration"] == {"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}
    assert [one["logGroupName"] for one in keyed["Subscriptions"]] == ["/aws/cloudtrail/p-dev"]
    assert not [one for one in told["logs kept no more"]["declared"]["monitoring"] if one["kind"] == "log_archive"]


def test_security_hub_brings_rules_of_its_own(told):
    """So without it AWS Config has some of ours, and the topic is told of what does not comply."""
    kinds = _detection(told, "a recorder by whose records AWS judges")
    assert kinds.keys() == {"recorder", "config_rule", "event_rule"}
    assert len(kinds["config_rule"]) == 13
    assert kinds["event_rule"][0]["EventPattern"]["detail"]["configRuleName"] == [{"prefix": "p-dev-"}]


def test_only_those_rules_publish_and_the_key_lets_them(told):
    def statements(choice: str) -> tuple[dict[str, Any], dict[str, Any]]:
        declared = told[choice]["declared"]
        [topic] = [one["attributes"]["Policy"] for one in declared["monitoring"] if one["kind"] == "sns_topic"]
        [key] = [one["attributes"]["KeyPolicy"] for one in declared["encryption"] if one["kind"] == "kms_key"]
        return tuple({one["Sid"]: one for one in policy["Statement"]} for policy in (topic, key))

    topic, key = statements("all that looks for threats")
    arns = topic["FindingsOfThisAccountPublish"]["Condition"]["ArnEquals"]["aws:SourceArn"]
    start = "arn:aws:events:us-east-1:123456789012:rule/"
    assert arns == [f"{start}p-dev-guardduty", f"{start}p-dev-analyzer", f"{start}mine", f"{start}p-dev-compliance"]
    assert key["FindingsToTopics"]["Principal"] == {"Service": "events.amazonaws.com"}
    topic, key = statements("strict")
    assert "FindingsOfThisAccountPublish" not in topic
    assert "FindingsToTopics" not in key


def test_a_detector_can_tell_nobody(told):
    kinds = _detection(told, "a detector that tells nobody")
    assert [(one["Status"], one["Features"]) for one in kinds.pop("detector")] == [("ENABLED", [])]
    assert kinds == {}


def test_aws_config_writes_to_the_bucket_of_logs_where_it_records(told):
    def written(choice: str) -> list[Any]:
        [logs] = [one["attributes"] for one in told[choice]["declared"]["storage"] if one["name"].startswith("p-dev-logs-")]
        statements = logs["Policy"]["Statement"]
        return [one["Resource"] for one in statements if one["Principal"] == {"Service": "config.amazonaws.com"}]

    [recorder] = _detection(told, "all that looks for threats")["recorder"]
    bucket, prefix = recorder["deliveryChannel"]["s3BucketName"], recorder["deliveryChannel"]["s3KeyPrefix"]
    assert written("all that looks for threats") == [
        f"arn:aws:s3:::{bucket}",
        f"arn:aws:s3:::{bucket}/{prefix}/AWSLogs/123456789012/Config/*",
    ]
    assert written("defaults") == []


def _shared(told: dict[str, Any], choice: str) -> dict[str, list[dict[str, Any]]]:
    """The attributes by kind."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in told[choice]["declared"]["shared_storage"]:
        kinds.setdefault(entry["kind"], []).append(entry["attributes"])
    return kinds


def test_without_a_word_hosts_share_nothing(told):
    assert told["defaults"]["declared"]["shared_storage"] == told["strict"]["declared"]["shared_storage"] == []


def test_the_shared_file_system_lets_in_the_instances_alone(told):
    kinds = _shared(told, "a shared file system")
    [system], [group] = kinds["file_system"], kinds["security_group"]
    assert (system["Encrypted"], system["KmsKeyId"], system["BackupPolicy"]) == (True, _NO_KEY, {"Status": "ENABLED"})
    rules = [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToArchive": "AFTER_90_DAYS"}]
    assert system["LifecyclePolicies"] == [*rules, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]
    allow, deny = system["FileSystemPolicy"]["Statement"]
    assert allow["Principal"] == {"AWS": "arn:aws:iam::123456789012:role/mine"}
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    [rule] = group["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], rule.keys() & {"IpRanges", "Ipv6Ranges"}) == (2049, 2049, set())
    [alarm] = kinds["alarm"]  # elastic throughput has no credits
    assert (alarm["AlarmName"], alarm["MetricName"]) == ("p-dev-shared-storage-io-limit", "PercentIOLimit")


def test_the_shared_file_system_is_what_its_settings_say(told):
    kinds = _shared(told, "a shared file system of one throughput")
    [system] = kinds["file_system"]
    assert (system["ThroughputMode"], system["ProvisionedThroughputInMibps"]) == ("provisioned", 64.0)
    assert (system["LifecyclePolicies"], system["BackupPolicy"]) == ([], {"Status": "DISABLED"})
    assert "KmsKeyId" not in system
    assert "alarm" not in kinds


def test_the_dashboard_shows_what_the_shared_file_system_is_watched_for(told):
    def shown(choice: str) -> list[str]:
        [board] = [one["attributes"] for one in told[choice]["declared"]["monitoring"] if one["kind"] == "dashboard"]
        widgets = [one["properties"] for one in board["DashboardBody"]["widgets"] if one["type"] == "metric"]
        return [arn for one in widgets for arn in one.get("annotations", {}).get("alarms", [])]

    assert shown("a shared file system") == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:p-dev-shared-storage-io-limit"]
    assert shown("defaults") == shown("a shared file system of one throughput") == []


def _balancing(told: dict[str, Any], choice: str) -> dict[str, dict[str, Any]]:
    """What balances the load, by its name."""
    kinds = ("security_group", "target_group", "load_balancer")
    return {one["name"]: one["attributes"] for one in told[choice]["declared"]["scaling"] if one["kind"] in kinds}


def test_a_load_balancer_lets_in_whom_the_settings_name_and_members_let_in_the_load_balancer(told):
    declared = _balancing(told, "a group behind a load balancer")
    assert list(declared) == ["p-dev-ml-balancer", "p-dev-ml-member", "p-dev-ml-80", "p-dev-ml"]
    [permission] = declared["p-dev-ml-balancer"]["IpPermissions"]
    assert (permission["FromPort"], permission["ToPort"]) == (80, 80)
    assert [one["CidrIp"] for one in permission["IpRanges"]] == ["192.0.2.0/24"]
    assert [one["CidrIpv6"] for one in permission["Ipv6Ranges"]] == ["2001:db8::/32"]
    [permission] = declared["p-dev-ml-member"]["IpPermissions"]
    assert [one["GroupId"] for one in permission["UserIdGroupPairs"]] == ["p-dev-ml-balancer"]
    assert "IpRanges" not in permission
    template, group = (entry["attributes"] for entry in told["a group behind a load balancer"]["declared"]["scaling"][-2:])
    assert template["SecurityGroupIds"][1:] == ["p-dev-ml-member"]
    assert (group["HealthCheckType"], group["TargetGroups"]) == ("ELB", ["p-dev-ml-80"])
    assert _group(told, "a group")[1]["HealthCheckType"] == "EC2"


def test_without_a_word_a_load_balancer_lets_nobody_in(told):
    declared = _balancing(told, "an internal load balancer with a certificate")
    assert declared["p-dev-ml-balancer"]["IpPermissions"] == []
    assert declared["p-dev-ml-balancer"]["IpPermissionsEgress"][0]["IpRanges"][0]["CidrIp"] == "10.0.0.0/16"


def test_with_a_certificate_plain_http_leads_to_tls(told):
    balancer = _balancing(told, "an internal load balancer with a certificate")["p-dev-ml-internal"]
    plainly, secure = balancer["Listeners"]
    assert plainly["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    assert (secure["Port"], secure["SslPolicy"]) == (443, "ELBSecurityPolicy-TLS13-1-2-2021-06")
    assert secure["DefaultActions"] == [{"Type": "forward", "TargetGroupName": "p-dev-ml-i8080s"}]
    assert (balancer["Scheme"], balancer["Attributes"]["deletion_protection.enabled"]) == ("internal", "true")


@pytest.mark.parametrize(
    ("choice", "writes"),
    [("a group behind a load balancer", True), ("an internal load balancer with a certificate", False), ("defaults", False)],
)
def test_the_bucket_of_logs_takes_what_a_load_balancer_writes(told, choice, writes):
    [logs] = [one["attributes"] for one in told[choice]["declared"]["storage"] if one["name"].startswith("p-dev-logs-")]
    resources = {one["Sid"]: one["Resource"] for one in logs["Policy"]["Statement"]}
    assert ("BalancerWrites" in resources) is writes
    if writes:
        attributes = _balancing(told, choice)["p-dev-ml"]["Attributes"]
        start = f"arn:aws:s3:::{attributes['access_logs.s3.bucket']}/{attributes['access_logs.s3.prefix']}/AWSLogs/"
        assert resources["BalancerWrites"] == f"{start}123456789012/*"


def test_without_a_word_there_is_no_database(told):
    assert told["defaults"]["declared"]["database"] == told["strict"]["declared"]["database"] == []


def test_only_instances_reach_the_database_and_only_over_tls(told):
    kinds = {entry["kind"]: entry["attributes"] for entry in told["a database"]["declared"]["database"]}
    [permission] = kinds["security_group"]["IpPermissions"]
    assert [pair["GroupId"] for pair in permission["UserIdGroupPairs"]] == ["p-dev-ml-instance"]
    assert (permission["FromPort"], kinds["security_group"]["IpPermissionsEgress"]) == (5432, [])
    assert kinds["db_parameter_group"]["Parameters"]["rds.force_ssl"] == "1"
    database = kinds["db_instance"]
    assert (database["PubliclyAccessible"], database["StorageEncrypted"], database["MultiAZ"]) == (False, True, True)
    assert database["KmsKeyId"].startswith("arn:aws:kms:")


def _statements(told: dict[str, Any], choice: str) -> dict[str, Any]:
    [policy] = [entry for entry in told[choice]["declared"]["iam"] if entry["kind"] == "role_policy"]
    return {one["Sid"]: one for one in policy["attributes"]["PolicyDocument"]["Statement"]}


def test_instances_read_the_secret_of_their_own_database_only(told):
    with_key, without = _statements(told, "a database"), _statements(told, "a database of one zone")
    secret = without["ReadSecretOfDatabase"]
    assert secret["Resource"] == "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-*"
    owner = {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": "arn:aws:rds:us-east-1:123456789012:db:mine"}
    assert secret["Condition"] == {"StringEquals": owner}
    assert with_key["ConnectToDatabase"]["Resource"] == "arn:aws:rds-db:us-east-1:123456789012:dbuser:*/ml"
    assert "DecryptSecretOfDatabase" in with_key
    assert "ConnectToDatabase" not in without
    assert "ReadSecretOfDatabase" not in _statements(told, "defaults")


def test_hosts_without_a_way_out_reach_secrets_manager(told):
    def endpoints(choice: str) -> list[str]:
        return [entry["name"] for entry in told[choice]["declared"]["network"] if entry["kind"] == "vpc_endpoint"]

    assert any("secretsmanager" in name for name in endpoints("a database of one zone"))
    assert not any("secretsmanager" in name for name in endpoints("strict"))


def test_the_database_has_charts_of_its_own(told):
    def charts(choice: str) -> list[str]:
        [board] = [entry["attributes"] for entry in told[choice]["declared"]["monitoring"] if entry["kind"] == "dashboard"]
        return [one["properties"].get("title", "") for one in board["DashboardBody"]["widgets"]]

    assert [title for title in charts("a database") if "database" in title] == [
        "CPU of the database", "Free storage of the database", "Connections to the database",
    ]
    assert not any("database" in title for title in charts("defaults"))


def test_without_a_word_there_is_no_cache(told):
    assert told["defaults"]["declared"]["cache"] == told["strict"]["declared"]["cache"] == []
    assert "ReadCacheToken" not in _statements(told, "defaults")
    boards = [one["attributes"]["DashboardBody"] for one in told["defaults"]["declared"]["monitoring"] if one["kind"] == "dashboard"]
    assert "ElastiCache" not in str(boards)


def test_a_cache_lets_in_the_instances_alone_and_they_read_its_token_alone(told):
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in told["a cache"]["declared"]["cache"]:
        kinds.setdefault(entry["kind"], []).append(entry["attributes"])
    [group], [cache], [logs] = kinds["cache_security_group"], kinds["replication_group"], kinds["log_group"]
    [rule] = group["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], len(rule["UserIdGroupPairs"]), "IpRanges" in rule) == (6379, 6379, 1, False)
    assert group["IpPermissionsEgress"] == []
    assert cache["KmsKeyId"] == cache["SecretKmsKeyId"] == logs["kmsKeyId"] != ""
    for secured in ("TransitEncryptionEnabled", "AtRestEncryptionEnabled", "AuthTokenEnabled"):
        assert cache[secured]
    assert [one["LogType"] for one in cache["LogDeliveryConfigurations"]] == ["engine-log", "slow-log"]
    assert len(kinds["alarm"]) == 6
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:p/dev/cache-token-??????"
    statements = _statements(told, "a cache")
    assert statements["ReadCacheToken"]["Resource"] == secret
    assert statements["DecryptCacheToken"]["Condition"]["ArnLike"] == {"kms:EncryptionContext:SecretARN": secret}
    [key] = [one["attributes"]["KeyPolicy"] for one in told["a cache"]["declared"]["encryption"] if one["kind"] == "kms_key"]
    assert "log-group:/aws/elasticache/p-dev" in str(key)
    services = [one["attributes"]["ServiceName"] for one in told["a cache"]["declared"]["network"] if one["kind"] == "vpc_endpoint"]
    assert "com.amazonaws.us-east-1.secretsmanager" in services
    boards = [one["attributes"]["DashboardBody"] for one in told["a cache"]["declared"]["monitoring"] if one["kind"] == "dashboard"]
    assert str(boards).count("'p-dev-002', 'CacheNodeId'") == 3


def test_a_cache_of_one_node_has_nothing_that_takes_its_place(told):
    [cache] = [one["attributes"] for one in told["a cache of one node"]["declared"]["cache"] if one["kind"] == "replication_group"]
    assert (cache["Engine"], cache["EngineVersion"], cache["NumCacheClusters"]) == ("redis", "7.1", 1)
    assert (cache["AutomaticFailoverEnabled"], cache["MultiAZEnabled"], cache["LogDeliveryConfigurations"]) == (False, False, [])
    assert "DecryptCacheToken" not in _statements(told, "a cache of one node")


def test_what_hangs_on_a_group_is_named_after_it(told):
    _template, group = _group(told, "a group whose jobs get time")
    [action], [hook] = group["ScheduledActions"], group["LifecycleHooks"]
    evening = {"ScheduledActionName": "p-dev-ml-member-evening", "Recurrence": "0 20 * * *", "TimeZone": "UTC", "DesiredCapacity": 0}
    assert action == evening
    assert (hook["LifecycleHookName"], hook["HeartbeatTimeout"], hook["DefaultResult"]) == ("p-dev-ml-member-drain", 600, "CONTINUE")
    assert group["WarmPool"] == {"PoolState": "Stopped", "MinSize": 1, "ReuseOnScaleIn": False}
    # The clock says how large it is.
    assert (group["OutdatedMembers"], "DesiredCapacity" in group) == ([], False)
    _template, plain = _group(told, "a group")
    assert (plain["ScheduledActions"], plain["LifecycleHooks"], plain["WarmPool"]) == ([], [], {})
    assert "OutdatedMembers" not in plain


@pytest.mark.parametrize(("choice", "may"), [("a group whose jobs get time", True), ("a group", False), ("defaults", False)])
def test_members_may_let_their_own_group_know_that_they_go(told, choice, may):
    policies = [one["attributes"]["PolicyDocument"] for one in told[choice]["declared"]["iam"] if one["kind"] == "role_policy"]
    statements = [one for policy in policies for one in policy["Statement"] if "autoscaling" in json.dumps(one["Action"])]
    assert [one["Action"] for one in statements] == ["autoscaling:CompleteLifecycleAction"] * may
    tags = {"Project": "p", "Environment": "dev", "ManagedBy": "mlinfra.aws"}
    conditions = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in tags.items()}}
    assert [one["Condition"] for one in statements] == [conditions] * may
