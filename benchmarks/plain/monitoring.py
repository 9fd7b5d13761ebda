# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The topic, the alarms and the dashboard."""

from __future__ import annotations

import json
from typing import Any

from plain import documents, logs
from plain.aws import Aws, differs, found, tag_list, tags_of
from plain.settings import Settings


def apply(aws: Aws, settings: Settings, instance_id: str) -> None:
    """Watch the instance."""
    logs.ensure_log_group(aws, settings, settings.host_log_group)
    _ensure_topic(aws.client("sns"), settings)
    cloudwatch, wanted = aws.client("cloudwatch"), _alarms(settings, instance_id)
    standing = {
        alarm["AlarmName"]: alarm
        for alarm in cloudwatch.describe_alarms(AlarmNamePrefix=f"{settings.host}-")["MetricAlarms"]
    }
    for alarm in wanted:
        if differs(standing.get(alarm["AlarmName"], {}), alarm):
            cloudwatch.put_metric_alarm(**alarm)
    if surplus := standing.keys() - {alarm["AlarmName"] for alarm in wanted}:
        cloudwatch.delete_alarms(AlarmNames=sorted(surplus))
    body = documents.dashboard(settings, instance_id, [alarm["AlarmName"] for alarm in wanted])
    missing = ("ResourceNotFound", "DashboardNotFoundError")
    answer = found(cloudwatch.get_dashboard, *missing, DashboardName=settings.name)
    if answer is None or json.loads(answer["DashboardBody"]) != body:
        cloudwatch.put_dashboard(DashboardName=settings.name, DashboardBody=json.dumps(body))


def _ensure_topic(sns: Any, settings: Settings) -> None:
    arn, policy = settings.topic_arn, documents.topic_policy(settings)
    name = arn.rsplit(":", 1)[1]
    answer = found(sns.get_topic_attributes, "NotFound", TopicArn=arn)
    if answer is None:
        attributes = {"DisplayName": name, "Policy": json.dumps(policy)}
        sns.create_topic(Name=name, Attributes=attributes, Tags=tag_list(settings.tags))
        return
    if answer["Attributes"]["DisplayName"] != name:
        sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue=name)
    if json.loads(answer["Attributes"]["Policy"]) != policy:
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))
    for subscription in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    tags = tags_of(sns.list_tags_for_resource(ResourceArn=arn))
    if settings.tags.items() - tags.items():
        sns.tag_resource(ResourceArn=arn, Tags=tag_list(settings.tags))
    if surplus := tags.keys() - settings.tags.keys():
        sns.untag_resource(ResourceArn=arn, TagKeys=list(surplus))


def _alarms(settings: Settings, instance_id: str) -> list[dict[str, Any]]:
    own = f"MLInfra/{settings.name}"
    watches: list[tuple[str, str, str, str, str, float, int]] = [
        ("cpu", "CPU is busy: check whether training is efficient", "AWS/EC2", "CPUUtilization", "Average", 80.0, 2),
        (
            "status-check",
            "EC2 finds something wrong with the instance or the hardware under it",
            "AWS/EC2",
            "StatusCheckFailed",
            "Maximum",
            0.0,
            1,
        ),
        (
            "disk",
            "The root file system fills up: clean up or let the volume grow",
            own,
            "disk_used_percent",
            "Maximum",
            85.0,
            1,
        ),
        ("memory", "Memory runs out: processes may be killed", own, "mem_used_percent", "Average", 90.0, 2),
    ]
    return [
        {
            "AlarmName": f"{settings.host}-1-{watch}",
            "AlarmDescription": description,
            "Namespace": namespace,
            "MetricName": metric,
            "Statistic": statistic,
            "Threshold": threshold,
            "Period": 300,
            "EvaluationPeriods": periods,
            "ComparisonOperator": "GreaterThanThreshold",
            "Dimensions": [{"Name": "InstanceId", "Value": instance_id}],
            "TreatMissingData": "missing",
            "AlarmActions": [settings.topic_arn],
        }
        for watch, description, namespace, metric, statistic, threshold, periods in watches
    ]


def destroy(aws: Aws, settings: Settings) -> None:
    """Stop watching."""
    cloudwatch, sns = aws.client("cloudwatch"), aws.client("sns")
    missing = ("ResourceNotFound", "DashboardNotFoundError")
    found(cloudwatch.delete_dashboards, *missing, DashboardNames=[settings.name])
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=f"{settings.host}-")["MetricAlarms"]
    if alarms:
        cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in alarms])
    found(sns.delete_topic, "NotFound", TopicArn=settings.topic_arn)
    logs.delete_log_group(aws, settings.host_log_group)
