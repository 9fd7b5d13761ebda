# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policies, and the dashboard's body."""

from __future__ import annotations

from typing import Any

from plain.settings import Settings

Document = dict[str, Any]
PER_CENT = {"left": {"min": 0, "max": 100, "showUnits": True}}
FROM_ZERO = {"left": {"min": 0, "showUnits": True}}


def _policy(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: str | list[str], resources: str | list[str], **condition: Any) -> Document:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def instance_trust() -> Document:
    """Who may take on the role of the instances."""
    service = {"Service": "ec2.amazonaws.com"}
    return _policy({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})


def instance_permissions(settings: Settings) -> Document:
    """What the instances may do."""
    account, region = settings.account, settings.region
    buckets = [f"arn:aws:s3:::{settings.bucket(purpose)}" for purpose in ("datasets", "models")]
    own = {"StringEquals": {"aws:ResourceAccount": account}}
    group = f"arn:aws:logs:{region}:{account}:log-group:{settings.host_log_group}"
    return _policy(
        _allow(
            "ListBuckets",
            ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"],
            buckets,
            **own,
        ),
        _allow(
            "ReadAndWriteObjects",
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
                "s3:RestoreObject",
            ],
            [f"{bucket}/*" for bucket in buckets],
            **own,
        ),
        _allow(
            "PublishMetrics",
            "cloudwatch:PutMetricData",
            "*",
            StringEquals={"cloudwatch:namespace": f"MLInfra/{settings.name}"},
        ),
        _allow(
            "DescribeInstances",
            ["ec2:DescribeInstances", "ec2:DescribeTags", "ec2:DescribeVolumes"],
            "*",
            StringEquals={"aws:RequestedRegion": region},
        ),
        {
            "Sid": "NoOtherParameters",
            "Effect": "Deny",
            "Action": ["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath"],
            "NotResource": [
                f"arn:aws:ssm:{region}:{account}:parameter{settings.token_parameter}",
                f"arn:aws:ssm:{region}::parameter/aws/service/*",
            ],
        },
        _allow("MakeStreams", ["logs:CreateLogStream", "logs:DescribeLogStreams"], [f"{group}:*"]),
        _allow("WriteEvents", "logs:PutLogEvents", [f"{group}:log-stream:*"]),
        _allow(
            "KeepParameters",
            ["ssm:GetParameter", "ssm:PutParameter"],
            [f"arn:aws:ssm:{region}:{account}:parameter{settings.token_parameter}"],
        ),
    )


def flow_log_trust(settings: Settings) -> Document:
    """Who may take on the role that delivers flow logs."""
    source = f"arn:aws:ec2:{settings.region}:{settings.account}:vpc-flow-log/*"
    return _policy(
        {
            "Sid": "FlowLogsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": settings.account},
                "ArnLike": {"aws:SourceArn": source},
            },
        }
    )


def flow_log_delivery(settings: Settings) -> Document:
    """What the role that delivers flow logs may do."""
    groups = f"arn:aws:logs:{settings.region}:{settings.account}:log-group"
    return _policy(
        _allow(
            "Deliver",
            ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            f"{groups}:{settings.vpc_log_group}:*",
        ),
        _allow("FindTheGroup", "logs:DescribeLogGroups", f"{groups}:*"),
    )


def tls_only(bucket: str) -> Document:
    """A bucket refuses what does not come over TLS."""
    return _policy(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def topic_policy(settings: Settings) -> Document:
    """Who may publish to the topic."""
    source = f"arn:aws:cloudwatch:{settings.region}:{settings.account}:alarm:*"
    return _policy(
        {
            "Sid": "AlarmsOfThisAccountPublish",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": settings.topic_arn,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": settings.account},
                "ArnLike": {"aws:SourceArn": source},
            },
        },
        {
            "Sid": "NobodyPublishesWithoutTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": settings.topic_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def dashboard(settings: Settings, instance_id: str, alarms: list[str]) -> Document:
    """The body of the dashboard."""
    own = f"MLInfra/{settings.name}"
    charts: list[tuple[str, Document, list[tuple[str, str, str]]]] = [
        ("CPU", PER_CENT, [("AWS/EC2", "CPUUtilization", "")]),
        ("Memory", PER_CENT, [(own, "mem_used_percent", "")]),
        ("Disk in use", PER_CENT, [(own, "disk_used_percent", "")]),
        ("Disk I/O", FROM_ZERO, [("AWS/EC2", "EBSReadBytes", " read"), ("AWS/EC2", "EBSWriteBytes", " written")]),
        ("Network", FROM_ZERO, [("AWS/EC2", "NetworkIn", " in"), ("AWS/EC2", "NetworkOut", " out")]),
        ("Failed status checks", FROM_ZERO, [("AWS/EC2", "StatusCheckFailed", "")]),
    ]
    arns = [f"arn:aws:cloudwatch:{settings.region}:{settings.account}:alarm:{alarm}" for alarm in alarms]
    widgets = [_widget("alarm", (0, 0, 24, 3), {"title": "Alarms", "alarms": arns})]
    for place, (title, axis, metrics) in enumerate(charts):
        shown = [
            [namespace, metric, "InstanceId", instance_id, {"label": f"{settings.host}-1{label}"}]
            for namespace, metric, label in metrics
        ]
        properties = {
            "title": title,
            "view": "timeSeries",
            "stacked": False,
            "region": settings.region,
            "period": 300,
            "stat": "Average",
            "metrics": shown,
            "yAxis": axis,
        }
        widgets.append(_widget("metric", (place % 3 * 8, 3 + place // 3 * 6, 8, 6), properties))
    query = (
        f"SOURCE '{settings.host_log_group}' | fields @timestamp, @logStream, @message"
        " | sort @timestamp desc | limit 100"
    )
    newest = {"title": "Newest log events", "region": settings.region, "view": "table", "query": query}
    return {"widgets": [*widgets, _widget("log", (0, 15, 24, 6), newest)]}


def _widget(kind: str, place: tuple[int, int, int, int], properties: Document) -> Document:
    return {"type": kind, **dict(zip(("x", "y", "width", "height"), place, strict=True)), "properties": properties}
