# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of each resource beyond the listing calls, by the services' real models."""

from __future__ import annotations

from concurrent.futures import Executor, Future

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import configurations
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.api import Reader
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.details import Details

TOPIC = "arn:aws:sns:us-east-1:123456789012:p-alarms"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/p"


class OneAfterTheOther(Executor):
    """Runs at once, so that the calls come in a known order."""

    def submit(self, task, /, *arguments, **named):
        future: Future = Future()
        future.set_result(task(*arguments, **named))
        return future


def add(aws, kind: str, entry: dict, attributes=(), markers=None, refused: int = 0) -> dict:
    reader = Reader(aws)
    detailed = Details(reader, OneAfterTheOther(), attributes, markers or {}).add({kind: [entry]})
    assert len(reader.errors) == refused
    [more] = detailed[kind]
    return {member: value for member, value in more.items() if member not in entry}


def test_a_vpc_has_its_dns_attributes(aws):
    asked = {"VpcId": "vpc-1", "Attribute": "enableDnsSupport"}
    aws.answer("ec2", "describe_vpc_attribute", {"EnableDnsSupport": {"Value": True}}, asked)
    aws.answer("ec2", "describe_vpc_attribute", {"EnableDnsHostnames": {"Value": False}})
    assert add(aws, "vpc", {"VpcId": "vpc-1"}) == {"EnableDnsSupport": True, "EnableDnsHostnames": False}


def test_an_instance_has_its_protection(aws):
    aws.answer("ec2", "describe_instance_attribute", {"DisableApiTermination": {"Value": True}})
    asked = {"InstanceId": "i-1", "Attribute": "disableApiStop"}
    aws.answer("ec2", "describe_instance_attribute", {"DisableApiStop": {"Value": False}}, asked)
    assert add(aws, "instance", {"InstanceId": "i-1"}) == {"DisableApiTermination": True, "DisableApiStop": False}


def test_a_role_has_its_policies(aws):
    aws.answer("iam", "list_role_policies", {"PolicyNames": ["a", "b"]}, {"RoleName": "r"})
    for name in ("a", "b"):
        answer = {"RoleName": "r", "PolicyName": name, "PolicyDocument": "%7B%22Statement%22%3A+%5B%5D%7D"}
        aws.answer("iam", "get_role_policy", answer, {"RoleName": "r", "PolicyName": name})
    attached = {"AttachedPolicies": [{"PolicyName": "m", "PolicyArn": "arn:aws:iam::aws:policy/m"}]}
    aws.answer("iam", "list_attached_role_policies", attached, {"RoleName": "r"})
    read = add(aws, "iam_role", {"RoleName": "r"})
    assert set(read["InlinePolicies"]) == {"a", "b"}
    assert read["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/m"]


def test_a_topic_has_its_attributes_and_who_listens(aws):
    aws.answer("sns", "get_topic_attributes", {"Attributes": {"DisplayName": "p"}}, {"TopicArn": TOPIC})
    one = {"Protocol": "email", "Endpoint": "a@example.org", "SubscriptionArn": "PendingConfirmation"}
    aws.answer("sns", "list_subscriptions_by_topic", {"Subscriptions": [one]}, {"TopicArn": TOPIC})
    aws.answer("sns", "list_tags_for_resource", {"Tags": [{"Key": "a", "Value": "b"}]}, {"ResourceArn": TOPIC})
    assert add(aws, "sns_topic", {"TopicArn": TOPIC}) == {
        "Attributes": {"DisplayName": "p"},
        "Subscriptions": [one],
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_a_log_group_has_tags_and_filters(aws):
    aws.answer("logs", "list_tags_for_resource", {"tags": {"a": "b"}}, {"resourceArn": GROUP})
    aws.answer("logs", "describe_metric_filters", {"metricFilters": [{"filterName": "f"}]}, {"logGroupName": "g"})
    told = add(aws, "log_group", {"logGroupName": "g", "arn": f"{GROUP}:*", "metricFilterCount": 1})
    assert told == {"Tags": [{"Key": "a", "Value": "b"}], "MetricFilters": [{"filterName": "f"}]}


def test_a_trail_has_its_state_its_selectors_and_its_tags(aws):
    selector = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
    aws.answer("cloudtrail", "get_event_selectors", {"AdvancedEventSelectors": [selector]}, {"TrailName": "t"})
    aws.answer("cloudtrail", "get_trail_status", {"IsLogging": True}, {"Name": "t"})
    listed = {"ResourceTagList": [{"TagsList": [{"Key": "a", "Value": "b"}]}]}
    aws.answer("cloudtrail", "list_tags", listed, {"ResourceIdList": ["t"]})
    assert add(aws, "trail", {"TrailARN": "t"}) == {
        "EventSelectors": [selector],
        "IsLogging": True,
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_a_hub_has_its_standards(aws):
    name = "aws-foundational-security-best-practices/v/1.0.0"
    told = {"StandardsArn": f"arn:aws:securityhub:r::standards/{name}", "StandardsInput": {}, "StandardsStatus": "READY"}
    aws.answer("securityhub", "get_enabled_standards", {"StandardsSubscriptions": [{**told, "StandardsSubscriptionArn": "s"}]})
    assert add(aws, "hub", {"HubArn": "h"}) == {"Standards": {name: "s"}}


@pytest.mark.parametrize("channels", [[], [{"name": "default", "s3BucketName": "b"}]])
def test_a_recorder_has_its_state_and_its_channel(aws, channels):
    told = [{"name": "default", "recording": True}]
    aws.answer("config", "describe_configuration_recorder_status", {"ConfigurationRecordersStatus": told})
    aws.answer("config", "describe_delivery_channels", {"DeliveryChannels": channels})
    assert add(aws, "recorder", {"name": "default"}) == {"recording": True, "deliveryChannel": {} if not channels else channels[0]}


def test_a_rule_has_its_targets_and_tags(aws):
    aws.answer("events", "list_targets_by_rule", {"Targets": [{"Id": "a", "Arn": TOPIC}]}, {"Rule": "r"})
    aws.answer("events", "list_tags_for_resource", {"Tags": []}, {"ResourceARN": "arn:r"})
    assert add(aws, "event_rule", {"Name": "r", "Arn": "arn:r"}) == {"Targets": [{"Id": "a", "Arn": TOPIC}], "Tags": []}


def test_a_launch_template_has_the_data_of_its_default_version(aws):
    answer = {"LaunchTemplateVersions": [{"LaunchTemplateData": {"InstanceType": "t3.medium"}}]}
    asked = {"LaunchTemplateId": "lt-1", "Versions": ["$Default"]}
    aws.answer("ec2", "describe_launch_template_versions", answer, asked)
    assert add(aws, "launch_template", {"LaunchTemplateId": "lt-1"}) == {"LaunchTemplateData": {"InstanceType": "t3.medium"}}


def test_a_group_has_what_hangs_on_it(aws):
    named = {"AutoScalingGroupName": "g"}
    told = {
        "ScalingPolicies": ("describe_policies", "ScalingPolicies", [{"PolicyName": "p"}]),
        "ScheduledActions": ("describe_scheduled_actions", "ScheduledUpdateGroupActions", [{"ScheduledActionName": "a"}]),
        "LifecycleHooks": ("describe_lifecycle_hooks", "LifecycleHooks", [{"LifecycleHookName": "h"}]),
        "InstanceRefreshes": ("describe_instance_refreshes", "InstanceRefreshes", [{"InstanceRefreshId": "r"}]),
    }
    for operation, member, entries in told.values():
        aws.answer("autoscaling", operation, {member: entries}, named)
    assert add(aws, "auto_scaling_group", named) == {name: entries for name, (_call, _member, entries) in told.items()}


def test_a_load_balancer_and_a_target_group_have_their_attributes(aws):
    attributes, listeners = [{"Key": "deletion_protection.enabled", "Value": "true"}], [{"ListenerArn": "arn:l"}]
    aws.answer("elbv2", "describe_load_balancer_attributes", {"Attributes": attributes}, {"LoadBalancerArn": "arn:b"})
    aws.answer("elbv2", "describe_listeners", {"Listeners": listeners}, {"LoadBalancerArn": "arn:b"})
    assert add(aws, "load_balancer", {"LoadBalancerArn": "arn:b"}) == {"Attributes": attributes, "Listeners": listeners}
    aws.answer("elbv2", "describe_target_group_attributes", {"Attributes": attributes}, {"TargetGroupArn": "arn:t"})
    assert add(aws, "target_group", {"TargetGroupArn": "arn:t"}) == {"Attributes": attributes}


def test_a_dashboard_has_its_body_and_one_that_went_meanwhile_has_none(aws):
    aws.answer("cloudwatch", "get_dashboard", {"DashboardBody": "{}"}, {"DashboardName": "d"})
    aws.refuse("cloudwatch", "get_dashboard", "ResourceNotFound")
    assert add(aws, "dashboard", {"DashboardName": "d"}) == {"DashboardBody": "{}"}
    assert add(aws, "dashboard", {"DashboardName": "d"}) == {"DashboardBody": ""}


def test_a_bucket_has_what_it_was_asked_for(aws):
    attributes = [one for one in configurations.ATTRIBUTES if one[0] in ("VersioningConfiguration", "Tags")]
    aws.answer("s3", "get_bucket_versioning", {"Status": "Enabled"}, {"Bucket": "b"})
    aws.refuse("s3", "get_bucket_tagging", "NoSuchTagSet")
    read = add(aws, "bucket", {"Name": "b"}, attributes)
    assert read == {"VersioningConfiguration": {"Status": "Enabled"}, "Tags": {}}


def test_what_is_refused_is_kept(aws):
    aws.refuse("s3", "get_bucket_versioning", "AccessDenied")
    attributes = [one for one in configurations.ATTRIBUTES if one[0] == "VersioningConfiguration"]
    assert add(aws, "bucket", {"Name": "b"}, attributes, refused=1) == {"VersioningConfiguration": {}}


@pytest.mark.parametrize("keys", [["raw/"], ["raw/", "interim/"]])
def test_few_objects_tell_of_all_markers_in_one_call(aws, keys):
    page = {"Contents": [{"Key": "raw/"}, {"Key": "raw/a.csv"}], "IsTruncated": False}
    aws.answer("s3", "list_objects_v2", page, {"Bucket": "b", "MaxKeys": 200})
    assert add(aws, "bucket", {"Name": "b"}, markers={"b": keys}) == {"Markers": ["raw/"]}


def test_of_markers_behind_the_first_page_each_is_asked_for(aws):
    page = {"Contents": [{"Key": "interim/"}, {"Key": "interim/z"}], "IsTruncated": True}
    aws.answer("s3", "list_objects_v2", page)
    aws.answer("s3", "head_object", {"ContentLength": 0}, {"Bucket": "b", "Key": "raw/"})
    aws.refuse("s3", "head_object", "404")
    markers = {"b": ["external/", "interim/", "raw/", "processed/"]}
    assert add(aws, "bucket", {"Name": "b"}, markers=markers) == {"Markers": ["interim/", "raw/"]}
