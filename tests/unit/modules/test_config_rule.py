# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module config_rule calls and returns: botocore checks each request against the service's model."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.config_rule.api import ConfigRule
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import settle
from ansible_collections.mlinfra.aws.plugins.modules import config_rule

ARN = "arn:aws:config:us-east-1:123456789012:config-rule/config-rule-1"
PARAMS = {"name": "r", "description": "d", "identifier": "ACCESS_KEYS_ROTATED", "parameters": {"maxAccessKeyAge": 90}, "tags": {"Project": "p"}}
WANTED = config_rule.wanted(PARAMS)
WRITTEN = {
    "ConfigRuleName": "r",
    "Description": "d",
    "Source": {"Owner": "AWS", "SourceIdentifier": "ACCESS_KEYS_ROTATED"},
    "InputParameters": '{"maxAccessKeyAge": "90"}',
}
TAGS = [{"Key": "Project", "Value": "p"}]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def stand(aws: Any, **told: Any) -> None:
    """Has AWS Config tell of the rule."""
    rule = {**WRITTEN, "ConfigRuleArn": ARN, "ConfigRuleState": "ACTIVE", **told}
    aws.answer("config", "describe_config_rules", {"ConfigRules": [rule]}, {"ConfigRuleNames": ["r"]})
    if not rule["ConfigRuleState"].startswith("DELETING"):
        aws.answer("config", "list_tags_for_resource", {"Tags": TAGS}, {"ResourceArn": ARN})


def rule(aws: Any) -> ConfigRule:
    return ConfigRule(aws("config"), "r")


@pytest.mark.parametrize("check", [True, False])
def test_parameters_are_compared_by_what_they_mean(aws, check):
    stand(aws, InputParameters='{\n"maxAccessKeyAge":"90"}')
    assert not settle(rule(aws), WANTED, {}, check)["changed"]


def test_a_rule_without_parameters_is_told_without_them(aws):
    rule_without = {name: value for name, value in WRITTEN.items() if name != "InputParameters"}
    aws.answer("config", "describe_config_rules", {"ConfigRules": [{**rule_without, "ConfigRuleArn": ARN, "ConfigRuleState": "ACTIVE"}]})
    aws.answer("config", "list_tags_for_resource", {"Tags": TAGS}, {"ResourceArn": ARN})
    assert not settle(rule(aws), config_rule.wanted({**PARAMS, "parameters": {}}), {}, check=False)["changed"]


def test_it_waits_for_a_recorder_that_is_new(aws):
    aws.refuse("config", "describe_config_rules", "NoSuchConfigRuleException")
    aws.refuse("config", "put_config_rule", "NoAvailableConfigurationRecorderException")
    aws.answer("config", "put_config_rule", {}, {"ConfigRule": WRITTEN, "Tags": TAGS})
    assert settle(rule(aws), WANTED, {}, check=False)["action"] == "create"


def test_one_that_is_being_deleted_is_waited_for_and_made_anew(aws):
    stand(aws, ConfigRuleState="DELETING_RESULTS")
    aws.refuse("config", "put_config_rule", "ResourceInUseException")
    aws.answer("config", "put_config_rule", {}, {"ConfigRule": WRITTEN, "Tags": TAGS})
    assert settle(rule(aws), WANTED, {}, check=False)["action"] == "create"


def test_a_change_writes_no_tags(aws):
    stand(aws, Description="other")
    aws.answer("config", "put_config_rule", {}, {"ConfigRule": WRITTEN})
    assert settle(rule(aws), WANTED, {}, check=False)["changes"] == ["Description"]


def test_a_rule_that_aws_does_not_have_is_told_at_once(aws):
    aws.refuse("config", "describe_config_rules", "NoSuchConfigRuleException")
    aws.refuse("config", "put_config_rule", "InvalidParameterValueException", "no such rule")
    with pytest.raises(AnsibleAWSError, match="create the rule of AWS Config"):
        settle(rule(aws), WANTED, {}, check=False)


def test_it_is_deleted(aws):
    stand(aws)
    aws.answer("config", "delete_config_rule", {}, {"ConfigRuleName": "r"})
    result = settle(rule(aws), None, {}, check=False)
    assert (result["action"], result["diff"]["before"]["Source"]["SourceIdentifier"]) == ("delete", "ACCESS_KEYS_ROTATED")


def test_another_parameter_and_another_tag_are_written_apart(aws):
    stand(aws)
    aws.answer("config", "put_config_rule", {}, {"ConfigRule": {**WRITTEN, "InputParameters": '{"maxAccessKeyAge": "30"}'}})
    aws.answer("config", "untag_resource", {}, {"ResourceArn": ARN, "TagKeys": ["Project"]})
    aws.answer("config", "tag_resource", {}, {"ResourceArn": ARN, "Tags": [{"Key": "Owner", "Value": "o"}]})
    asked = config_rule.wanted({**PARAMS, "parameters": {"maxAccessKeyAge": 30}, "tags": {"Owner": "o"}})
    changes = settle(rule(aws), asked, {}, check=False)["changes"]
    assert changes == ["InputParameters.maxAccessKeyAge", "Tags.Owner", "Tags.Project"]
