# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of role detection call and return: botocore checks each request against the service's model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.access_analyzer.api import Analyzer
from ansible_collections.mlinfra.aws.plugins.module_utils.access_analyzer.transform import external
from ansible_collections.mlinfra.aws.plugins.module_utils.config_recorder import transform as config
from ansible_collections.mlinfra.aws.plugins.module_utils.config_recorder.api import Recorder
from ansible_collections.mlinfra.aws.plugins.module_utils.event_rule.api import Rule
from ansible_collections.mlinfra.aws.plugins.module_utils.guardduty import transform as guardduty
from ansible_collections.mlinfra.aws.plugins.module_utils.guardduty.api import Detector
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import settle
from ansible_collections.mlinfra.aws.plugins.module_utils.security_hub import transform as security_hub
from ansible_collections.mlinfra.aws.plugins.module_utils.security_hub.api import Hub
from ansible_collections.mlinfra.aws.plugins.modules import (
    access_analyzer,
    config_recorder,
    event_rule,
    guardduty_detector,
)
from ansible_collections.mlinfra.aws.plugins.modules import security_hub as security_hub_module

TAGS, OTHER = {"Project": "p"}, {"Project": "other"}
ROLE = "arn:aws-cn:iam::123456789012:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"
DETECTOR = {"enabled": True, "frequency": "ONE_HOUR", "features": ["S3_DATA_EVENTS"], "tags": TAGS}
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/r"
RULE = {"name": "r", "description": "d", "pattern": {"source": ["aws.guardduty"]}, "enabled": True, "targets": {"a": TOPIC}, "tags": TAGS}
ANALYZER_ARN = "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/one"
HUB_ARN = "arn:aws-us-gov:securityhub:us-gov-west-1:123456789012:hub/default"
BEST, NEWEST = "aws-foundational-security-best-practices/v/1.0.0", "cis-aws-foundations-benchmark/v/5.0.0"
HUB = {"standards": [BEST], "auto_enable_controls": True, "tags": TAGS}


def detector(aws: Any, **told: Any) -> Detector:
    """One that GuardDuty tells of, in answer to what it is asked first."""
    features = [*guardduty.features(["S3_DATA_EVENTS"]), {"Name": "DNS_LOGS", "Status": "ENABLED"}]
    standing = {"Status": "ENABLED", "FindingPublishingFrequency": "ONE_HOUR", "Features": features, "Tags": TAGS}
    aws.answer("guardduty", "list_detectors", {"DetectorIds": ["d"]})
    aws.answer("guardduty", "get_detector", {"ServiceRole": ROLE, **standing, **told}, {"DetectorId": "d"})
    return Detector(aws("guardduty"))


@pytest.mark.parametrize("check", [True, False])
def test_a_detector_that_is_as_asked_is_left_alone(aws, check):
    result = settle(detector(aws), guardduty_detector.wanted(DETECTOR), TAGS, check)
    assert (result["changed"], result["foreign"], result["diff"]) == (False, False, {"before": {}, "after": {}})


@pytest.mark.parametrize("asked", [None, guardduty_detector.wanted({**DETECTOR, "enabled": False})])
def test_another_ones_detector_is_left_alone(aws, asked):
    result = settle(detector(aws, Tags=OTHER), asked, TAGS, check=False)
    assert (result["changed"], result["action"], result["foreign"]) == (False, "none", True)


def test_a_detector_without_tags_is_another_ones(aws):
    assert settle(detector(aws, Tags={}), None, TAGS, check=False)["foreign"]


def test_a_new_detector_has_the_features_asked_for_and_no_other(aws):
    aws.answer("guardduty", "list_detectors", {"DetectorIds": []})
    asked = guardduty_detector.wanted(DETECTOR)
    states = {one["Name"]: one["Status"] for one in asked["Features"]}
    assert states == {**dict.fromkeys(guardduty.FEATURES, "DISABLED"), "S3_DATA_EVENTS": "ENABLED"}
    request = {"Enable": True, "FindingPublishingFrequency": "ONE_HOUR", "Features": asked["Features"], "Tags": TAGS}
    aws.answer("guardduty", "create_detector", {"DetectorId": "d"}, request)
    assert settle(Detector(aws("guardduty")), asked, TAGS, check=False)["action"] == "create"


def test_a_detector_is_tagged_by_an_arn_of_its_own_partition(aws):
    arn = "arn:aws-cn:guardduty:us-east-1:123456789012:detector/d"
    thing = detector(aws)
    aws.answer("guardduty", "untag_resource", {}, {"ResourceArn": arn, "TagKeys": ["Project"]})
    aws.answer("guardduty", "tag_resource", {}, {"ResourceArn": arn, "Tags": {"Owner": "o"}})
    asked = guardduty_detector.wanted({**DETECTOR, "tags": {"Owner": "o"}})
    assert settle(thing, asked, TAGS, check=False)["changes"] == ["Tags.Owner", "Tags.Project"]


@pytest.mark.parametrize("check", [True, False])
def test_a_detector_is_deleted(aws, check):
    thing = detector(aws)
    if not check:
        aws.answer("guardduty", "delete_detector", {}, {"DetectorId": "d"})
    result = settle(thing, None, TAGS, check)
    assert (result["action"], result["diff"]["before"]["Tags"], result["diff"]["after"]) == ("delete", TAGS, {})


def analyzers(aws: Any, *told: dict[str, Any]) -> Analyzer:
    """Those that Access Analyzer tells of."""
    same = {"arn": ANALYZER_ARN, "createdAt": "2026-01-01T00:00:00Z", "status": "ACTIVE"}
    aws.answer("accessanalyzer", "list_analyzers", {"analyzers": [{**same, **one} for one in told]})
    return Analyzer(aws("accessanalyzer"))


def test_the_analyzer_of_an_organization_is_another_ones(aws):
    thing = analyzers(aws, {"name": "all", "type": "ORGANIZATION"})
    assert settle(thing, access_analyzer.wanted({"name": "one", "tags": TAGS}), TAGS, check=False)["foreign"]


def test_an_analyzer_of_another_sort_is_none(aws):
    thing = analyzers(aws, {"name": "unused", "type": "ACCOUNT_UNUSED_ACCESS", "tags": TAGS})
    aws.answer("accessanalyzer", "create_analyzer", {"arn": ANALYZER_ARN}, {"analyzerName": "one", "type": "ACCOUNT"})
    assert settle(thing, access_analyzer.wanted({"name": "one", "tags": {}}), {}, check=False)["action"] == "create"


def test_the_accounts_own_analyzer_comes_first():
    listed = [{"type": "ORGANIZATION", "name": "all"}, {"type": "ACCOUNT", "name": "one"}]
    assert external(listed) == {"type": "ACCOUNT", "name": "one", "Tags": {}}
    assert external([]) is None


def rule(aws: Any, **told: Any) -> Rule:
    """One that EventBridge tells of."""
    standing = {"Name": "r", "Arn": RULE_ARN, "Description": "d", "State": "ENABLED", "EventPattern": json.dumps(RULE["pattern"])}
    tags = [{"Key": "Project", "Value": "p"}]
    aws.answer("events", "describe_rule", {**standing, **told}, {"Name": "r"})
    aws.answer("events", "list_targets_by_rule", {"Targets": [{"Id": "a", "Arn": TOPIC}]}, {"Rule": "r"})
    aws.answer("events", "list_tags_for_resource", {"Tags": tags}, {"ResourceARN": RULE_ARN})
    return Rule(aws("events"), "r")


def test_a_pattern_is_compared_by_what_it_means(aws):
    thing = rule(aws, EventPattern='{\n  "source": [ "aws.guardduty" ]\n}')
    assert not settle(thing, event_rule.wanted(RULE), {}, check=False)["changed"]


def test_a_change_of_targets_writes_no_rule(aws):
    thing = rule(aws)
    other = f"{TOPIC}-2"
    aws.answer("events", "remove_targets", {"FailedEntryCount": 0, "FailedEntries": []}, {"Rule": "r", "Ids": ["a"]})
    asked = {"Rule": "r", "Targets": [{"Id": "b", "Arn": other}]}
    aws.answer("events", "put_targets", {"FailedEntryCount": 0, "FailedEntries": []}, asked)
    result = settle(thing, event_rule.wanted({**RULE, "targets": {"b": other}}), {}, check=False)
    assert result["changes"] == ["Targets.a", "Targets.b"]


def test_a_target_that_is_refused_is_no_silent_pass(aws):
    thing = rule(aws)
    failed = [{"TargetId": "b", "ErrorCode": "c", "ErrorMessage": "not of this region"}]
    aws.answer("events", "put_targets", {"FailedEntryCount": 1, "FailedEntries": failed})
    with pytest.raises(AnsibleAWSError, match="b: not of this region"):
        settle(thing, event_rule.wanted({**RULE, "targets": {"a": TOPIC, "b": "arn:x"}}), {}, check=False)


def hub(aws: Any, **told: Any) -> Hub:
    """One that Security Hub tells of, with one standard and one that ends."""
    standing = {"HubArn": HUB_ARN, "AutoEnableControls": True, "ControlFindingGenerator": "SECURITY_CONTROL"}
    arn = security_hub.arn_of(BEST, "aws-us-gov", "us-gov-west-1")
    subscribed = {"StandardsArn": arn, "StandardsSubscriptionArn": f"s/{BEST}", "StandardsInput": {}, "StandardsStatus": "READY"}
    going = {**subscribed, "StandardsArn": security_hub.arn_of(NEWEST, "aws", "r"), "StandardsStatus": "DELETING"}
    aws.answer("securityhub", "describe_hub", {**standing, **told})
    aws.answer("securityhub", "get_enabled_standards", {"StandardsSubscriptions": [subscribed, going]})
    aws.answer("securityhub", "list_tags_for_resource", {"Tags": TAGS}, {"ResourceArn": HUB_ARN})
    return Hub(aws("securityhub"))


@pytest.mark.parametrize("check", [True, False])
def test_a_hub_that_is_as_asked_is_left_alone(aws, check):
    assert not settle(hub(aws), security_hub_module.wanted(HUB), TAGS, check)["changed"]


def test_a_standard_is_asked_for_in_the_partition_and_region_of_the_hub(aws):
    thing = hub(aws)
    aws.answer("securityhub", "batch_disable_standards", {}, {"StandardsSubscriptionArns": [f"s/{BEST}"]})
    arn = f"arn:aws-us-gov:securityhub:us-gov-west-1::standards/{NEWEST}"
    aws.answer("securityhub", "batch_enable_standards", {}, {"StandardsSubscriptionRequests": [{"StandardsArn": arn}]})
    asked = security_hub_module.wanted({**HUB, "standards": [NEWEST]})
    assert settle(thing, asked, TAGS, check=False)["changes"] == ["Standards"]


def test_a_hub_is_not_on_where_the_account_never_turned_it_on(aws):
    aws.refuse("securityhub", "describe_hub", "InvalidAccessException")
    assert settle(Hub(aws("securityhub")), None, TAGS, check=False)["action"] == "none"


def test_a_hub_that_nobody_may_look_at_is_no_hub_that_is_off(aws):
    aws.refuse("securityhub", "describe_hub", "AccessDeniedException")
    with pytest.raises(AnsibleAWSError, match="read the hub"):
        settle(Hub(aws("securityhub")), None, TAGS, check=False)


def test_a_new_hub_begins_without_aws_own_choice_of_standards(aws):
    aws.refuse("securityhub", "describe_hub", "InvalidAccessException")
    first = {"EnableDefaultStandards": False, "ControlFindingGenerator": "SECURITY_CONTROL", "Tags": TAGS}
    aws.answer("securityhub", "enable_security_hub", {}, first)
    aws.answer("securityhub", "describe_hub", {"HubArn": HUB_ARN})
    arn = "arn:aws-us-gov:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"
    aws.answer("securityhub", "batch_enable_standards", {}, {"StandardsSubscriptionRequests": [{"StandardsArn": arn}]})
    asked = security_hub_module.wanted({**HUB, "standards": ["cis-aws-foundations-benchmark/v/1.2.0"]})
    assert settle(Hub(aws("securityhub")), asked, TAGS, check=False)["action"] == "create"


def test_an_arn_without_a_standard_is_told_as_it_is():
    assert security_hub.name_of("arn:aws:securityhub:us-east-1::standards/strange") == "arn:aws:securityhub:us-east-1::standards/strange"


RECORDER_ARN = "arn:aws:config:us-east-1:123456789012:configuration-recorder/default/0123456789abcdef"
RECORDER = {"role_arn": config.role_arn("aws", "123456789012"), "bucket": "logs", "prefix": "config", "frequency": "CONTINUOUS"}
RECORDER = {**RECORDER, "global_resources": True, "recording": True, "tags": TAGS}
GROUP = {"allSupported": True, "includeGlobalResourceTypes": True}
WRITTEN = {"roleARN": RECORDER["role_arn"], "recordingGroup": GROUP, "recordingMode": {"recordingFrequency": "CONTINUOUS"}}
CHANNEL = {"name": "default", "s3BucketName": "logs", "s3KeyPrefix": "config"}


def recorder(aws: Any, channel: dict[str, Any] | None = None, recording: bool = True, **told: Any) -> Recorder:
    """One that AWS Config tells of, by another name than the module gives."""
    strategy = {"recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}, "resourceTypes": []}
    standing = {**WRITTEN, "recordingGroup": {**GROUP, **strategy}, "name": "mine", "arn": RECORDER_ARN}
    aws.answer("config", "describe_configuration_recorders", {"ConfigurationRecorders": [{**standing, **told}]})
    status = [{"name": "mine", "recording": recording}]
    aws.answer("config", "describe_configuration_recorder_status", {"ConfigurationRecordersStatus": status})
    aws.answer("config", "describe_delivery_channels", {"DeliveryChannels": [channel] if channel else []})
    aws.answer("config", "list_tags_for_resource", {"Tags": [{"Key": "Project", "Value": "p"}]}, {"ResourceArn": RECORDER_ARN})
    return Recorder(aws("config"), aws("iam"))


def no_recorder(aws: Any) -> Recorder:
    """None stands, nor a channel."""
    aws.answer("config", "describe_configuration_recorders", {"ConfigurationRecorders": []})
    return Recorder(aws("config"), aws("iam"))


@pytest.mark.parametrize("check", [True, False])
def test_a_recorder_that_is_as_asked_is_left_alone(aws, check):
    assert not settle(recorder(aws, CHANNEL), config_recorder.wanted(RECORDER), TAGS, check)["changed"]


def test_a_new_recorder_gets_the_role_of_aws_own_and_starts(aws):
    thing = no_recorder(aws)
    aws.refuse("iam", "get_role", "NoSuchEntity")
    aws.answer("iam", "create_service_linked_role", {}, {"AWSServiceName": "config.amazonaws.com"})
    asked = {"ConfigurationRecorder": {"name": "default", **WRITTEN}, "Tags": [{"Key": "Project", "Value": "p"}]}
    aws.answer("config", "put_configuration_recorder", {}, asked)
    aws.answer("config", "describe_delivery_channels", {"DeliveryChannels": []})
    aws.answer("config", "put_delivery_channel", {}, {"DeliveryChannel": CHANNEL})
    aws.answer("config", "start_configuration_recorder", {}, {"ConfigurationRecorderName": "default"})
    assert settle(thing, config_recorder.wanted(RECORDER), TAGS, check=False)["action"] == "create"


def test_a_channel_that_is_left_over_is_used_again(aws):
    thing = no_recorder(aws)
    role = {"RoleName": "r", "Path": "/", "RoleId": "i" * 16, "Arn": RECORDER["role_arn"], "CreateDate": 0}
    aws.answer("iam", "get_role", {"Role": role}, {"RoleName": "AWSServiceRoleForConfig"})
    aws.answer("config", "put_configuration_recorder", {})
    aws.answer("config", "describe_delivery_channels", {"DeliveryChannels": [{"name": "old", "s3BucketName": "gone"}]})
    aws.answer("config", "put_delivery_channel", {}, {"DeliveryChannel": {**CHANNEL, "name": "old"}})
    assert settle(thing, config_recorder.wanted({**RECORDER, "recording": False}), TAGS, check=False)["changed"]


def test_a_recorder_that_an_interrupted_run_left_is_finished(aws):
    thing = recorder(aws, recording=False)
    aws.answer("config", "put_delivery_channel", {}, {"DeliveryChannel": CHANNEL})
    aws.answer("config", "start_configuration_recorder", {}, {"ConfigurationRecorderName": "mine"})
    changes = settle(thing, config_recorder.wanted(RECORDER), TAGS, check=False)["changes"]
    assert changes == ["recording", "deliveryChannel.s3BucketName", "deliveryChannel.s3KeyPrefix"]


def test_a_recorder_for_some_kinds_alone_records_all_again(aws):
    thing = recorder(aws, CHANNEL, recordingGroup={"allSupported": False, "resourceTypes": ["AWS::S3::Bucket"]})
    aws.answer("config", "put_configuration_recorder", {}, {"ConfigurationRecorder": {"name": "mine", **WRITTEN}})
    assert settle(thing, config_recorder.wanted(RECORDER), TAGS, check=False)["changes"] == ["recordingGroup"]


def test_exceptions_from_the_frequency_are_seen(aws):
    override = {"resourceTypes": ["AWS::S3::Bucket"], "recordingFrequency": "DAILY"}
    thing = recorder(aws, CHANNEL, recordingMode={"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": [override]})
    assert settle(thing, config_recorder.wanted(RECORDER), TAGS, check=True)["changes"] == ["recordingMode"]


@pytest.mark.parametrize(("channel", "recording"), [(CHANNEL, True), (None, False)])
def test_a_recorder_goes_with_its_channel(aws, channel, recording):
    thing = recorder(aws, channel, recording)
    if recording:
        aws.answer("config", "stop_configuration_recorder", {}, {"ConfigurationRecorderName": "mine"})
    if channel:
        aws.answer("config", "delete_delivery_channel", {}, {"DeliveryChannelName": "default"})
    aws.answer("config", "delete_configuration_recorder", {}, {"ConfigurationRecorderName": "mine"})
    assert settle(thing, None, TAGS, check=False)["action"] == "delete"
