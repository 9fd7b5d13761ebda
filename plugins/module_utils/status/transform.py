# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From AWS's answers to what status tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ..cost import usage
from ..discovery.api import CallError
from ..discovery.identity import tags_of
from ..discovery.outputs import index_of
from ..discovery.transform import plain
from . import metrics
from .api import Answers

Entry = dict[str, Any]
Entries = list[Entry]

# What is loud first.
_ALARM_STATES = ("ALARM", "INSUFFICIENT_DATA", "OK")
_STOPPED_AT = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
# What EC2 says before the words of an event that is over or called off.
_PAST_EVENTS = ("[Completed]", "[Canceled]")
# The part of status that a refused call leaves empty, by its permission, and else by its service.
_PARTS = {
    "ec2:DescribeInstances": "instances",
    "ec2:DescribeInstanceStatus": "checks",
    "ec2:DescribeVolumes": "cost",
    "ec2:DescribeSnapshots": "cost",
    "ec2:DescribeAddresses": "cost",
    "logs:DescribeLogGroups": "cost",
    "cloudwatch:DescribeAlarms": "alarms",
    # Without it nobody knows which buckets are the environment's.
    "tag:GetResources": "buckets",
}
_PARTS_OF_SERVICES = {
    "ec2": "network",
    "cloudwatch": "metrics",
    "logs": "logs",
    "rds": "databases",
    "ssm": "sessions",
    "s3": "buckets",
    "budgets": "budget",
    "cloudtrail": "trails",
    "sts": "account",
}


def told(answers: Answers, errors: Iterable[CallError], now: datetime) -> Entry:
    """All that status tells of the AWS side but for what it costs.

    Args:
        answers: what AWS answered.
        errors: what it refused.
        now: the time.
    """
    standing = answers.found["instance"]
    ids = [instance["InstanceId"] for instance in standing]
    ran = metrics.ran(ids, answers.month, now)
    listed = instances(standing, answers.statuses, ran)
    names = {instance["id"]: instance["name"] for instance in listed}
    return {
        "asked_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "account": answers.account,
        "instances": listed,
        "network": network(answers.found),
        "buckets": buckets(answers, now),
        "databases": databases(answers.found),
        "trails": trails(answers.found, answers.trails),
        "alarms": alarms(answers.found["alarm"], names),
        "metrics": metrics.of_day(ids, answers.day),
        "sessions": sessions(answers.sessions, names),
        "logs": logs(answers.events, names),
        "budget": budget(answers.budget),
        "notes": notes(errors),
    }


def name_of(entry: Mapping[str, Any]) -> str:
    """The tag Name of a resource, empty where it has none."""
    return tags_of(entry).get("Name", "")


def instances(
    standing: Iterable[Mapping[str, Any]], statuses: Iterable[Mapping[str, Any]], ran: Mapping[str, Mapping[str, Any]]
) -> Entries:
    """The instances, those for training first, each kind by its tag Index.

    Args:
        standing: as EC2 describes them.
        statuses: of their status checks.
        ran: how long they ran this month, as `metrics.ran` returns it.
    """
    checked = {status["InstanceId"]: status for status in statuses}
    entries = sorted(standing, key=lambda one: (tags_of(one).get("Role") != "ml-training", index_of(one)))
    return [_instance(entry, checked.get(entry["InstanceId"], {}), ran.get(entry["InstanceId"], {})) for entry in entries]


def _instance(entry: Mapping[str, Any], status: Mapping[str, Any], ran: Mapping[str, Any]) -> Entry:
    reason = entry.get("StateReason", {})
    state = entry["State"]["Name"]
    return {
        "id": entry["InstanceId"],
        "name": name_of(entry) or entry["InstanceId"],
        "role": tags_of(entry).get("Role", ""),
        "type": entry["InstanceType"],
        "state": state,
        "since": _since(entry, ran),
        "stopped_by": reason.get("Code", "") if state in ("stopping", "stopped") else "",
        "availability_zone": entry["Placement"]["AvailabilityZone"],
        "private_ip": entry.get("PrivateIpAddress", ""),
        "public_ip": entry.get("PublicIpAddress", ""),
        "checks": {
            "system": status.get("SystemStatus", {}).get("Status", ""),
            "instance": status.get("InstanceStatus", {}).get("Status", ""),
            "ebs": status.get("AttachedEbsStatus", {}).get("Status", ""),
        },
        "events": [_event(event) for event in status.get("Events", []) if not _is_past(event)],
        "hours": ran.get("hours"),
        "ran": ran.get("spans", []),
    }


def _since(entry: Mapping[str, Any], ran: Mapping[str, Any]) -> str:
    """When an instance came into its state, empty where nobody tells.

    EC2 tells when it was started, and in words when somebody stopped it. Of one that ended by itself its last checks tell.
    """
    if entry["State"]["Name"] in ("pending", "running"):
        return plain(entry["LaunchTime"])
    stopped = _STOPPED_AT.search(entry.get("StateTransitionReason", ""))
    if stopped:
        return f"{stopped[1].replace(' ', 'T')}+00:00"
    return ran["spans"][-1][1] if ran.get("spans") else ""


def _event(event: Mapping[str, Any]) -> Entry:
    return {
        "code": event.get("Code", ""),
        "description": event.get("Description", ""),
        "not_before": plain(event.get("NotBefore", "")),
        "not_after": plain(event.get("NotAfter", "")),
    }


def _is_past(event: Mapping[str, Any]) -> bool:
    return event.get("Description", "").startswith(_PAST_EVENTS)


def network(found: Mapping[str, Entries]) -> Entry:
    """NAT gateways, endpoints and flow logs. NAT instances are among the instances."""
    gateways = [
        {
            "id": gateway["NatGatewayId"],
            "name": name_of(gateway) or gateway["NatGatewayId"],
            "state": gateway["State"],
            "since": plain(gateway.get("CreateTime", "")),
            "public_ips": [one["PublicIp"] for one in gateway.get("NatGatewayAddresses", []) if one.get("PublicIp")],
            "reason": gateway.get("FailureMessage", ""),
        }
        for gateway in found["nat_gateway"]
    ]
    endpoints = [
        {
            "id": endpoint["VpcEndpointId"],
            "service": endpoint["ServiceName"],
            "type": endpoint["VpcEndpointType"],
            # AWS writes it in both ways.
            "state": endpoint["State"].lower(),
            "since": plain(endpoint.get("CreationTimestamp", "")),
        }
        for endpoint in found["vpc_endpoint"]
    ]
    flow_logs = [
        {
            "id": log["FlowLogId"],
            "state": log.get("FlowLogStatus", ""),
            "delivery": log.get("DeliverLogsStatus", ""),
            "reason": log.get("DeliverLogsErrorMessage", ""),
            "destination": log.get("LogGroupName") or log.get("LogDestination", ""),
            "since": plain(log.get("CreationTime", "")),
        }
        for log in found["flow_log"]
    ]
    return {
        "vpc_ids": [vpc["VpcId"] for vpc in found["vpc"]],
        "nat_gateways": sorted(gateways, key=lambda one: one["name"]),
        "endpoints": sorted(endpoints, key=lambda one: one["service"]),
        "flow_logs": flow_logs,
    }


def buckets(answers: Answers, now: datetime) -> Entries:
    """The buckets with their size and number of objects, as S3 told them last; None where it has not yet."""
    kept = metrics.used(answers.resources, answers.month, now)
    counted = metrics.objects(answers.resources, answers.month)
    entries = []
    for bucket in sorted(answers.found["bucket"], key=lambda one: one["Name"]):
        sizes = [amount for measure, amount in kept.get(bucket["Name"], {}).items() if measure.endswith("_gb")]
        entries.append(
            {
                "name": bucket["Name"],
                "since": plain(bucket.get("CreationDate", "")),
                "objects": counted.get(bucket["Name"]),
                "bytes": round(sum(sizes) * usage.GB) if sizes else None,
            }
        )
    return entries


# What keeps a trail from the bucket, from the log group, and from telling by digests what was written.
_DELIVERY_ERRORS = ("LatestDeliveryError", "LatestCloudWatchLogsDeliveryError", "LatestDigestDeliveryError")


def databases(found: Mapping[str, Entries]) -> Entries:
    """The databases. Of one that stands stopped, restarts is when RDS starts it again by itself."""
    return [
        {
            "name": one["DBInstanceIdentifier"],
            "class": one["DBInstanceClass"],
            "version": one.get("EngineVersion", ""),
            "state": one["DBInstanceStatus"],
            "standby": bool(one.get("MultiAZ")),
            "size": one.get("AllocatedStorage", 0),
            "address": (one.get("Endpoint") or {}).get("Address", ""),
            "since": plain(one.get("InstanceCreateTime", "")),
            "restarts": plain(one.get("AutomaticRestartTime", "")),
        }
        for one in sorted(found["db_instance"], key=lambda one: one["DBInstanceIdentifier"])
    ]


def trails(found: Mapping[str, Entries], states: Mapping[str, Entry]) -> Entries:
    """The environment's trail; those of others that record all of it where it has none.

    Args:
        found: as CloudTrail describes them.
        states: of the environment's own, by ARN.
    """
    others = [] if found["trail"] else found["covering_trail"]
    return [_trail(trail, states.get(trail["TrailARN"], trail), trail in found["trail"]) for trail in [*found["trail"], *others]]


def _trail(trail: Entry, state: Entry, own: bool) -> Entry:
    return {
        "name": trail["Name"],
        "own": own,
        "records": state.get("IsLogging"),
        "since": plain(state.get("StartLoggingTime", "")),
        "delivered": plain(state.get("LatestDeliveryTime", "")),
        "digested": plain(state.get("LatestDigestDeliveryTime", "")),
        "reason": next((state[error] for error in _DELIVERY_ERRORS if state.get(error)), ""),
    }


def alarms(found: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> Entries:
    """The alarms: those that ring, those without data, and those that are fine; of each the newest first.

    Args:
        found: as CloudWatch describes them.
        names: of the instances, by their ids.
    """
    entries = []
    for alarm in found:
        watched = [one["Value"] for one in alarm.get("Dimensions", []) if one["Name"] == "InstanceId"]
        entries.append(
            {
                "name": alarm["AlarmName"],
                "state": alarm["StateValue"],
                "since": plain(alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp", "")),
                "reason": alarm.get("StateReason", ""),
                "description": alarm.get("AlarmDescription", ""),
                "instance": names.get(watched[0], watched[0]) if watched else "",
                "tells": bool(alarm.get("ActionsEnabled", True) and alarm.get("AlarmActions")),
            }
        )
    newest_first = sorted(entries, key=lambda one: one["since"], reverse=True)
    return sorted(newest_first, key=lambda one: _ALARM_STATES.index(one["state"]))


def sessions(active: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> Entries:
    """Who is connected to the instances through Session Manager, the one who came first before the others.

    Args:
        active: the active sessions of the region.
        names: of the instances, by their ids.
    """
    entries = [
        {
            "id": session["SessionId"],
            "user": _user(session.get("Owner", "")),
            "instance": names[session["Target"]],
            "kind": "tunnel" if "PortForwarding" in session.get("DocumentName", "") else "shell",
            "since": plain(session.get("StartDate", "")),
        }
        for session in active
        if session.get("Target") in names
    ]
    return sorted(entries, key=lambda one: one["since"])


def _user(arn: str) -> str:
    """Who an ARN names: a user by name, and whoever took on a role by the session's name and the role's."""
    kind, _slash, rest = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        role, _slash, session = rest.partition("/")
        return f"{session} ({role})"
    return rest.rpartition("/")[2] or kind


def logs(events: Mapping[str, Entries], names: Mapping[str, str]) -> Entries:
    """The newest lines of each log stream that has any, by instance and log.

    Args:
        events: by stream, whose name is that of an instance and of a log.
        names: of the instances, by their ids.
    """
    entries = []
    for stream, listed in events.items():
        instance, _slash, log = stream.partition("/")
        lines = [{"time": _moment(event["timestamp"]), "message": event["message"].rstrip()} for event in listed]
        if lines:
            entries.append({"stream": stream, "instance": names.get(instance, instance), "log": log, "lines": lines})
    return sorted(entries, key=lambda one: (one["instance"], one["log"]))


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def budget(found: Mapping[str, Any] | None) -> Entry | None:
    """The budget: its limit, what counts as spent, and what AWS foresees. None where there is no budget or no figure."""
    if found is None:
        return None
    spent = found.get("CalculatedSpend", {})
    limit = found.get("BudgetLimit", {})
    return {
        "name": found["BudgetName"],
        "limit": _amount(limit),
        "actual": _amount(spent.get("ActualSpend")),
        "forecast": _amount(spent.get("ForecastedSpend")),
        "currency": limit.get("Unit", "USD"),
    }


def _amount(spend: Mapping[str, Any] | None) -> float | None:
    return float(round(Decimal(spend["Amount"]), 2)) if spend else None


def notes(errors: Iterable[CallError]) -> Entries:
    """What could not be asked, each call once: the part that is empty for it, and what AWS says."""
    listed = []
    for error in errors:
        part = _PARTS.get(error.permission) or _PARTS_OF_SERVICES.get(error.service, error.service)
        needs = f"the permission {error.permission} is missing" if error.denied else f"{error.permission} was refused"
        note = {"part": part, "text": f"{needs}: {error.code}: {error.message}"}
        if note not in listed:
            listed.append(note)
    return listed
