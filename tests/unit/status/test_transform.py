# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From AWS's answers to what status tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.api import CallError
from ansible_collections.mlinfra.aws.plugins.module_utils.status import transform
from ansible_collections.mlinfra.aws.plugins.module_utils.status.api import KINDS, Answers

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
STARTED = datetime(2026, 11, 28, 8, tzinfo=UTC)
GB = 1024**3


def instance(identifier: str = "i-1", state: str = "running", **more: Any) -> dict[str, Any]:
    """An instance as EC2 describes it."""
    tags = more.pop("tags", {"Name": f"ml-{identifier}", "Role": "ml-training", "Index": identifier[-1]})
    return {
        "InstanceId": identifier,
        "InstanceType": "t3.medium",
        "State": {"Name": state},
        "LaunchTime": STARTED,
        "Placement": {"AvailabilityZone": "us-east-1a"},
        "PrivateIpAddress": "10.0.1.4",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        **more,
    }


def one(entry: dict[str, Any], status: dict[str, Any] | None = None, ran: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is told of one instance."""
    statuses = [{"InstanceId": entry["InstanceId"], **status}] if status else []
    [told] = transform.instances([entry], statuses, {entry["InstanceId"]: ran} if ran else {})
    return told


def test_a_running_instance():
    status = {
        "SystemStatus": {"Status": "ok"},
        "InstanceStatus": {"Status": "impaired"},
        "AttachedEbsStatus": {"Status": "ok"},
    }
    ran = {"hours": 12.5, "spans": [["a", "b"]]}
    assert one(instance(PublicIpAddress="198.51.100.8"), status, ran) == {
        "id": "i-1",
        "name": "ml-i-1",
        "role": "ml-training",
        "type": "t3.medium",
        "state": "running",
        "since": STARTED.isoformat(),
        "stopped_by": "",
        "availability_zone": "us-east-1a",
        "private_ip": "10.0.1.4",
        "public_ip": "198.51.100.8",
        "checks": {"system": "ok", "instance": "impaired", "ebs": "ok"},
        "events": [],
        "hours": 12.5,
        "ran": [["a", "b"]],
    }


@pytest.mark.parametrize("zone", ["GMT", "UTC"])
def test_when_somebody_stopped_an_instance(zone):
    """EC2 tells it in words."""
    stopped = instance(
        state="stopped",
        StateTransitionReason=f"User initiated (2026-11-27 20:15:01 {zone})",
        StateReason={"Code": "Client.UserInitiatedShutdown", "Message": "…"},
    )
    told = one(stopped)
    assert (told["since"], told["stopped_by"]) == ("2026-11-27T20:15:01+00:00", "Client.UserInitiatedShutdown")


def test_when_an_instance_stopped_itself():
    """EC2 does not tell when: its last checks do, and without them nobody does."""
    stopped = instance(state="stopped", StateTransitionReason="", StateReason={"Code": "Client.InstanceInitiatedShutdown"})
    assert one(stopped, ran={"hours": 1, "spans": [["a", "b"], ["c", "2026-11-27T21:00:00+00:00"]]})["since"] == (
        "2026-11-27T21:00:00+00:00"
    )
    assert one(stopped)["since"] == ""


def test_training_comes_first_by_index_and_nat_last():
    entries = [instance("i-9", tags={"Name": "nat", "Role": "nat"}), instance("i-2"), instance("i-1")]
    assert [told["name"] for told in transform.instances(entries, [], {})] == ["ml-i-1", "ml-i-2", "nat"]


def test_events_that_are_over_are_left_out():
    events = [
        {"Code": "system-reboot", "Description": "[Completed] reboot", "NotBefore": STARTED},
        {"Code": "instance-retirement", "Description": "hardware", "NotBefore": NOW, "NotAfter": NOW},
    ]
    assert one(instance(), {"Events": events})["events"] == [
        {"code": "instance-retirement", "description": "hardware", "not_before": NOW.isoformat(), "not_after": NOW.isoformat()}
    ]


def alarm(name: str, state: str, minute: int, **more: Any) -> dict[str, Any]:
    """An alarm as CloudWatch describes it."""
    return {
        "AlarmName": name,
        "StateValue": state,
        "StateReason": "because",
        "StateUpdatedTimestamp": NOW.replace(minute=minute),
        "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
        "ActionsEnabled": True,
        "AlarmActions": ["arn"],
        **more,
    }


def test_alarms_that_ring_come_first_and_the_newest_of_them():
    """And those without data before those that are fine."""
    found = [
        alarm("old", "ALARM", 1),
        alarm("fine", "OK", 5),
        alarm("unknown", "INSUFFICIENT_DATA", 4),
        alarm("new", "ALARM", 2),
        alarm("older than it seems", "OK", 9, StateTransitionedTimestamp=NOW.replace(minute=0)),
    ]
    told = transform.alarms(found, {"i-1": "ml-1"})
    assert [one["name"] for one in told] == ["new", "old", "unknown", "fine", "older than it seems"]
    assert told[0] == {
        "name": "new",
        "state": "ALARM",
        "since": NOW.replace(minute=2).isoformat(),
        "reason": "because",
        "description": "",
        "instance": "ml-1",
        "tells": True,
    }


@pytest.mark.parametrize("silent", [{"ActionsEnabled": False}, {"AlarmActions": []}])
def test_an_alarm_that_tells_nobody(silent):
    assert not transform.alarms([alarm("a", "OK", 1, **silent)], {})[0]["tells"]


def test_a_composite_alarm_watches_no_instance():
    composite = {"AlarmName": "c", "StateValue": "OK", "StateUpdatedTimestamp": NOW, "AlarmRule": "ALARM(a)"}
    assert transform.alarms([composite], {})[0]["instance"] == ""


def session(owner: str, target: str = "i-1", **more: Any) -> dict[str, Any]:
    return {"SessionId": f"s-{owner[-3:]}", "Owner": owner, "Target": target, "StartDate": STARTED, **more}


@pytest.mark.parametrize(
    ("owner", "user"),
    [
        ("arn:aws:iam::123456789012:user/alice", "alice"),
        ("arn:aws:iam::123456789012:user/team/bob", "bob"),
        ("arn:aws:sts::123456789012:assumed-role/Admin/carol@example.org", "carol@example.org (Admin)"),
        ("arn:aws:iam::123456789012:root", "root"),
    ],
)
def test_who_is_connected(owner, user):
    [told] = transform.sessions([session(owner)], {"i-1": "ml-1"})
    assert (told["user"], told["instance"], told["kind"], told["since"]) == (user, "ml-1", "shell", STARTED.isoformat())


def test_sessions_of_other_instances_are_nobody_s_business():
    assert transform.sessions([session("arn:aws:iam::123456789012:user/a", "i-9")], {"i-1": "ml-1"}) == []


def test_a_tunnel_is_no_shell():
    tunnel = session("arn:aws:iam::123456789012:user/a", DocumentName="AWS-StartPortForwardingSession")
    assert transform.sessions([tunnel], {"i-1": "ml-1"})[0]["kind"] == "tunnel"


def test_lines_of_logs():
    """By instance and log; streams without a line are left out."""
    events = {
        "i-1/jupyter": [{"timestamp": 1_764_331_200_000, "message": "one\n"}],
        "i-1/idle": [],
    }
    assert transform.logs(events, {"i-1": "ml-1"}) == [
        {
            "stream": "i-1/jupyter",
            "instance": "ml-1",
            "log": "jupyter",
            "lines": [{"time": "2025-11-28T12:00:00+00:00", "message": "one"}],
        }
    ]


def test_a_budget():
    found = {
        "BudgetName": "b",
        "BudgetLimit": {"Amount": "200.0", "Unit": "USD"},
        "CalculatedSpend": {"ActualSpend": {"Amount": "12.345", "Unit": "USD"}},
    }
    assert transform.budget(found) == {"name": "b", "limit": 200.0, "actual": 12.34, "forecast": None, "currency": "USD"}
    assert transform.budget({"BudgetName": "b"})["limit"] is None
    assert transform.budget(None) is None


@pytest.mark.parametrize(
    ("service", "permission", "part"),
    [
        ("ec2", "ec2:DescribeInstances", "instances"),
        ("ec2", "ec2:DescribeInstanceStatus", "checks"),
        ("ec2", "ec2:DescribeNatGateways", "network"),
        ("cloudwatch", "cloudwatch:DescribeAlarms", "alarms"),
        ("cloudwatch", "cloudwatch:GetMetricData", "metrics"),
        ("logs", "logs:GetLogEvents", "logs"),
        ("ssm", "ssm:DescribeSessions", "sessions"),
        ("resourcegroupstaggingapi", "tag:GetResources", "buckets"),
        ("budgets", "budgets:ViewBudget", "budget"),
        ("cloudtrail", "cloudtrail:DescribeTrails", "trails"),
    ],
)
def test_a_refused_call_is_noted_once_with_its_part(service, permission, part):
    error = CallError(service, permission, "AccessDenied", "no")
    text = f"the permission {permission} is missing: AccessDenied: no"
    assert transform.notes([error, error]) == [{"part": part, "text": text}]


def test_a_call_that_fails_for_another_reason_says_so():
    [note] = transform.notes([CallError("ssm", "ssm:DescribeSessions", "InternalServerError", "oh")])
    assert note["text"] == "ssm:DescribeSessions was refused: InternalServerError: oh"


def test_nothing_stands():
    """Everything is there, and empty."""
    nothing = Answers("123456789012", {kind: [] for kind in KINDS}, [], [], {}, {}, [], {}, None)
    told = transform.told(nothing, [], NOW)
    assert told["asked_at"] == "2026-11-28T12:00:00+00:00"
    assert told["network"] == {"vpc_ids": [], "nat_gateways": [], "endpoints": [], "flow_logs": []}
    lists = ("instances", "buckets", "databases", "trails", "alarms", "sessions", "logs", "notes")
    assert [told[part] for part in lists] == [[]] * len(lists)
    assert (told["metrics"], told["budget"]) == ({}, None)


OWN = {"Name": "p-dev", "TrailARN": "own"}
OTHER = {"Name": "all", "TrailARN": "other", "IsLogging": True}


@pytest.mark.parametrize(
    ("own", "state", "told"),
    [
        ([OWN], {"IsLogging": True, "StartLoggingTime": STARTED}, ("p-dev", True, True, STARTED.isoformat(), "")),
        ([OWN], {"IsLogging": False, "LatestDeliveryError": "AccessDenied"}, ("p-dev", True, False, "", "AccessDenied")),
        ([OWN], {"LatestDigestDeliveryError": "no"}, ("p-dev", True, None, "", "no")),
        ([OWN], {}, ("p-dev", True, None, "", "")),
        ([], {}, ("all", False, True, "", "")),
    ],
    ids=["records", "stopped", "no digests", "not told", "somebody else's"],
)
def test_the_trail(own, state, told):
    [trail] = transform.trails({"trail": own, "covering_trail": [OTHER]}, {"own": state})
    assert tuple(trail[part] for part in ("name", "own", "records", "since", "reason")) == told


def test_when_the_trail_last_delivered():
    state = {"IsLogging": True, "LatestDeliveryTime": STARTED, "LatestDigestDeliveryTime": STARTED}
    [trail] = transform.trails({"trail": [OWN], "covering_trail": []}, {"own": state})
    assert trail["delivered"] == trail["digested"] == STARTED.isoformat()


def test_the_network_and_the_buckets():
    found: dict[str, list[dict[str, Any]]] = {
        **{kind: [] for kind in KINDS},
        "vpc": [{"VpcId": "vpc-1"}],
        "nat_gateway": [
            {
                "NatGatewayId": "nat-1",
                "State": "failed",
                "CreateTime": STARTED,
                "FailureMessage": "no address",
                "NatGatewayAddresses": [{"AllocationId": "eipalloc-1"}, {"PublicIp": "198.51.100.7"}],
                "Tags": [{"Key": "Name", "Value": "nat-2"}],
            }
        ],
        "vpc_endpoint": [
            {"VpcEndpointId": "vpce-1", "ServiceName": "s3", "VpcEndpointType": "Gateway", "State": "Available"}
        ],
        "flow_log": [{"FlowLogId": "fl-1", "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "FAILED", "LogGroupName": "/g"}],
        "bucket": [{"Name": "data", "CreationDate": STARTED}, {"Name": "a", "CreationDate": STARTED}],
    }
    bucket = {"kind": "bucket", "name": "data", "id": "arn:aws:s3:::data", "attributes": {}}
    month = {"q0": [(NOW, 2.0 * GB)], "q1": [(NOW, 1.0 * GB)], "o0": [(NOW, 7.0)]}
    told = transform.told(Answers("1", found, [bucket], [], {}, month, [], {}, None), [], NOW)
    [gateway], [endpoint], [log] = (told["network"][part] for part in ("nat_gateways", "endpoints", "flow_logs"))
    assert (gateway["name"], gateway["state"], gateway["reason"]) == ("nat-2", "failed", "no address")
    assert gateway["public_ips"] == ["198.51.100.7"]
    assert (endpoint["state"], endpoint["since"]) == ("available", "")
    assert (log["delivery"], log["destination"]) == ("FAILED", "/g")
    since = STARTED.isoformat()
    assert told["buckets"] == [
        {"name": "a", "since": since, "objects": None, "bytes": None},
        {"name": "data", "since": since, "objects": 7, "bytes": 3 * GB},
    ]
