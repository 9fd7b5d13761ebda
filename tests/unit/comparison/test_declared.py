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
    "a recorder by whose records AWS judges": {"detection_config": True},
    "a detector that tells nobody": {"detection_guardduty": True, "detection_alarms": False, "detection_guardduty_features": []},
    "a group": {"scaling_enabled": True, "scaling_desired": 2, "encryption_key": True, "compute_public_key": "ssh-ed25519 AAAA"},
    "a group of one size": {
        "scaling_enabled": True, "scaling_cpu_target": 0, "compute_subnet_tier": "private", "compute_image": "baked",
        "scaling_instance_types": ["g5.xlarge", "g6.xlarge"], "scaling_spot_max_price": "", "scaling_group_name": "mine",
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


@pytest.mark.parametrize(("choice", "watched"), [("defaults", False), ("a GPU", True), ("an image for V100", True)])
def test_gpus_are_watched_where_the_type_has_any(told, choice, watched):
    declared = told[choice]["declared"]["monitoring"]
    metrics = [one["attributes"]["MetricName"] for one in declared if one["kind"] == "alarm"]
    assert ("nvidia_smi_temperature_gpu" in metrics) is watched
    [dashboard] = [one for one in declared if one["kind"] == "dashboard"]
    assert ("nvidia_smi_utilization_gpu" in json.dumps(dashboard)) is watched


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
