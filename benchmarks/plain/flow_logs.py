# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flow logs, the log group that they go to, and the role that delivers them."""

from __future__ import annotations

from typing import Any

from plain import documents, iam, logs
from plain.aws import Aws, Difference, differs, ensure_ec2_tags, filters, specification, when_known
from plain.settings import Settings


def apply(aws: Aws, settings: Settings, vpc: str) -> None:
    """Record the traffic of the VPC."""
    logs.ensure_log_group(aws, settings, settings.vpc_log_group)
    client, role = aws.client("iam"), settings.flow_log_role
    description = f"Delivers the VPC flow logs of {settings.name}"
    new = iam.ensure_role(client, role, description, documents.flow_log_trust(settings), settings.tags)
    iam.ensure_policy(client, role, "deliver-flow-logs", documents.flow_log_delivery(settings), new)
    _ensure_flow_log(aws.client("ec2"), settings, vpc, f"arn:aws:iam::{settings.account}:role/{role}")


def _ensure_flow_log(ec2: Any, settings: Settings, vpc: str, role: str) -> None:
    tags = {**settings.tags, "Name": settings.name}
    wanted = {
        "TrafficType": "ALL",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": settings.vpc_log_group,
        "DeliverLogsPermissionArn": role,
        "MaxAggregationInterval": 600,
    }
    standing = ec2.describe_flow_logs(Filter=filters({"resource-id": vpc}))["FlowLogs"]
    if standing and differs(standing[0], wanted):
        ec2.delete_flow_logs(FlowLogIds=[standing[0]["FlowLogId"]])
        standing = []
    if standing:
        ensure_ec2_tags(ec2, standing[0]["FlowLogId"], standing[0], tags)
        return
    answer = when_known(
        ec2.create_flow_logs,
        "InvalidParameter",
        ResourceIds=[vpc],
        ResourceType="VPC",
        TagSpecifications=specification("vpc-flow-log", tags),
        **wanted,
    )
    if answer["Unsuccessful"]:
        raise Difference(answer["Unsuccessful"][0]["Error"]["Message"])


def stop(ec2: Any, vpc: str) -> None:
    """Stop recording."""
    flow_logs = ec2.describe_flow_logs(Filter=filters({"resource-id": vpc}))["FlowLogs"]
    if flow_logs:
        ec2.delete_flow_logs(FlowLogIds=[entry["FlowLogId"] for entry in flow_logs])


def destroy(aws: Aws, settings: Settings) -> None:
    """Remove the log group and the role."""
    logs.delete_log_group(aws, settings.vpc_log_group)
    iam.delete_role(aws.client("iam"), settings.flow_log_role)
