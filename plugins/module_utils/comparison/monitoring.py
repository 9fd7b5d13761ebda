# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds that role monitoring declares; log groups are role network's too. Pure."""

from __future__ import annotations

import re
from typing import Any

from ..discovery.identity import alarm_owner
from ..log_archive.transform import destination, encryption, subscriptions
from ..metric_filter.transform import normal
from . import values
from .model import Attribute, Entry, Key, Kind, Standing
from .parts import TAGS, by_member, entries_of, identified_by, implied, labelled_by, owned_by, owner_by_name, plain


def _metric_filters(group: Entry, standing: Standing) -> list[dict[str, Any]]:
    return values.unordered(normal(one) for one in group.get("MetricFilters", []))


def _log_group_owner(group: Entry, standing: Standing) -> str:
    """The role is told by the environment's names. The database has a log group for each of its logs."""
    owners = {"vpc_log_group": "network", "ec2_log_group": "monitoring", "trail_log_group": "audit", "cache_log_group": "cache"}
    purposes = [purpose for purpose, name in standing.identity.names.items() if name == group["logGroupName"]]
    of_database = any(re.fullmatch(r"database_\d+_log_group", purpose) for purpose in purposes)
    return "database" if of_database else next((owners[purpose] for purpose in purposes if purpose in owners), "")


LOG_GROUP = Kind(
    attributes={
        "logGroupName": plain("logGroupName"),
        "logGroupClass": implied("logGroupClass", "STANDARD"),
        "kmsKeyId": implied("kmsKeyId", ""),
        "retentionInDays": plain("retentionInDays"),
        "MetricFilters": Attribute(_metric_filters, values.unordered),
        "Tags": TAGS,
    },
    keys=(by_member("logGroupName"),),
    entries=entries_of("log_group"),
    owner=_log_group_owner,
    identifier=lambda group: group.get("logGroupArn") or group.get("arn", "").removesuffix(":*"),
    label=labelled_by("logGroupName"),
)


def _topic_name(topic: Entry, standing: Standing) -> str:
    return topic["TopicArn"].rpartition(":")[2]


def _topic_attribute(name: str, form: Any = str) -> Attribute:
    return Attribute(lambda topic, standing: topic.get("Attributes", {}).get(name, ""), form)


def _implied_topic_attribute(name: str) -> Attribute:
    return implied(lambda topic, standing: topic.get("Attributes", {}).get(name, ""), "")


def _subscriptions(topic: Entry, standing: Standing) -> list[dict[str, str]]:
    return [
        {"Protocol": one["Protocol"], "Endpoint": one["Endpoint"]}
        for one in topic.get("Subscriptions", [])
        if one["SubscriptionArn"] != "Deleted"
    ]


TOPIC = Kind(
    attributes={
        "TopicName": Attribute(_topic_name),
        "Policy": _topic_attribute("Policy", values.policy),
        "DisplayName": _implied_topic_attribute("DisplayName"),
        "KmsMasterKeyId": _implied_topic_attribute("KmsMasterKeyId"),
        "DeliveryPolicy": _implied_topic_attribute("DeliveryPolicy"),
        "Subscriptions": Attribute(_subscriptions, values.unordered),
        "Tags": TAGS,
    },
    keys=(Key(lambda attributes: attributes.get("TopicName"), _topic_name),),
    entries=entries_of("sns_topic"),
    owner=lambda topic, standing: (
        "monitoring" if _topic_name(topic, standing) == standing.identity.names.get("topic") else ""
    ),
    identifier=identified_by("TopicArn"),
    label=lambda topic: topic["TopicArn"].rpartition(":")[2],
)


def _alarm_owner(alarm: Entry, standing: Standing) -> str:
    """Alarms that are called after the instances or the audit, whoever made them."""
    return alarm_owner(alarm["AlarmName"], standing.identity.names)


def _queries(queries: Any) -> list[dict[str, Any]]:
    """The queries of an alarm, with what CloudWatch adds to them: each tells its data unless it says otherwise."""
    return values.unordered({"ReturnData": True, **query} for query in queries or [])


ALARM = Kind(
    attributes={
        "AlarmName": plain("AlarmName"),
        "AlarmDescription": plain("AlarmDescription", default=""),
        "ActionsEnabled": implied("ActionsEnabled", True),
        "Namespace": plain("Namespace"),
        "MetricName": plain("MetricName"),
        "Dimensions": plain("Dimensions", values.unordered, default=[]),
        "Statistic": plain("Statistic"),
        "ExtendedStatistic": implied("ExtendedStatistic", ""),
        "Unit": implied("Unit", ""),
        "Metrics": implied("Metrics", []),
        "ThresholdMetricId": implied("ThresholdMetricId", ""),
        "ComparisonOperator": plain("ComparisonOperator"),
        "Threshold": plain("Threshold"),
        "Period": plain("Period"),
        "EvaluationPeriods": plain("EvaluationPeriods"),
        "DatapointsToAlarm": implied("DatapointsToAlarm", 0),
        "TreatMissingData": plain("TreatMissingData", default="missing"),
        "AlarmActions": plain("AlarmActions", values.unordered, default=[]),
        "OKActions": implied("OKActions", []),
        "InsufficientDataActions": implied("InsufficientDataActions", []),
    },
    keys=(by_member("AlarmName"),),
    entries=entries_of("alarm"),
    owner=_alarm_owner,
    identifier=identified_by("AlarmArn"),
    label=labelled_by("AlarmName"),
)

DASHBOARD = Kind(
    attributes={
        "DashboardName": plain("DashboardName"),
        "DashboardBody": plain("DashboardBody", values.document),
    },
    keys=(by_member("DashboardName"),),
    entries=entries_of("dashboard"),
    owner=owner_by_name("DashboardName", dashboard="monitoring"),
    identifier=identified_by("DashboardArn"),
    label=labelled_by("DashboardName"),
)

LOG_ARCHIVE = Kind(
    attributes={
        "DeliveryStreamName": plain("DeliveryStreamName"),
        "DeliveryStreamEncryptionConfiguration": plain("DeliveryStreamEncryptionConfiguration", encryption),
        "Destination": plain("Destination", destination),
        "Subscriptions": plain("Subscriptions", subscriptions, default=[]),
        "Tags": TAGS,
    },
    keys=(by_member("DeliveryStreamName"),),
    entries=entries_of("log_archive"),
    owner=owned_by("monitoring"),
    identifier=identified_by("DeliveryStreamARN"),
    label=labelled_by("DeliveryStreamName"),
)

KINDS = {"log_group": LOG_GROUP, "sns_topic": TOPIC, "alarm": ALARM, "dashboard": DASHBOARD, "log_archive": LOG_ARCHIVE}
