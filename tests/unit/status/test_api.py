# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What status asks, in one go; botocore checks each request and each answer against the real services."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.module_utils.status import metrics
from ansible_collections.mlinfra.aws.plugins.module_utils.status.api import Asker, Wishes

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STARTED = NOW - timedelta(hours=3)
TAGS = {"Environment": "dev"}
FILTERS = [{"Name": "tag:Environment", "Values": ["dev"]}]
GROUP = "/aws/ec2/p-dev"
NAMES = {"ec2_log_group": GROUP, "trail": "p-dev", "budget": "p-dev", "instance": "p-dev-ml"}
WISHES = Wishes(log_group=GROUP, log_lines=2, log_minutes=60, namespace="MLInfra/p-dev", budget=True)
ACCOUNT = "123456789012"
INSTANCE = {
    "InstanceId": "i-1",
    "InstanceType": "t3.medium",
    "State": {"Name": "running"},
    "LaunchTime": STARTED,
    "Placement": {"AvailabilityZone": "us-east-1a"},
    "Tags": [{"Key": "Environment", "Value": "dev"}],
}
EVENT = {"timestamp": 1_795_000_000_000, "message": "hello", "ingestionTime": 1_795_000_000_001}


class OneAfterTheOther(Executor):
    """Runs at once, so that the calls come in a known order."""

    def submit(self, task, /, *arguments, **named):
        future: Future = Future()
        future.set_result(task(*arguments, **named))
        return future


def asker(aws, wishes: Wishes = WISHES) -> Asker:
    return Asker(aws, Identity("p-dev", TAGS, NAMES), wishes, NOW)


def stands(aws, instances: list[dict], trails: list[dict] | None = None) -> None:
    """Let discovery find these instances and trails, and nothing else."""
    found = {"Reservations": [{"Instances": instances}]}
    states = {"Name": "instance-state-name", "Values": ["pending", "running", "shutting-down", "stopping", "stopped"]}
    aws.answer("ec2", "describe_vpcs", {"Vpcs": []}, {"Filters": FILTERS})
    aws.answer("resourcegroupstaggingapi", "get_resources", {"ResourceTagMappingList": []})
    aws.answer("s3", "list_buckets", {"Buckets": []})
    aws.answer("cloudtrail", "describe_trails", {"trailList": []}, {"includeShadowTrails": True})
    aws.answer("cloudtrail", "describe_trails", {"trailList": trails or []}, {"includeShadowTrails": False})
    aws.answer("ec2", "describe_addresses", {"Addresses": []})
    aws.answer("ec2", "describe_flow_logs", {"FlowLogs": []})
    aws.answer("ec2", "describe_instances", found, {"Filters": [*FILTERS, states]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": []})
    aws.answer("ec2", "describe_volumes", {"Volumes": []})
    aws.answer("ec2", "describe_subnets", {"Subnets": []})
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [], "CompositeAlarms": []})
    aws.answer("logs", "describe_log_groups", {"logGroups": []})
    aws.answer("ec2", "describe_nat_gateways", {"NatGateways": []})
    aws.answer("ec2", "describe_vpc_endpoints", {"VpcEndpoints": []})


def streams(aws, *names: str) -> None:
    """Let the log group have these streams."""
    listed = {"logStreams": [{"logStreamName": name} for name in names]}
    request = {"logGroupName": GROUP, "orderBy": "LastEventTime", "descending": True, "limit": 50}
    aws.answer("logs", "describe_log_streams", listed, request)


def test_everything_is_asked(aws):
    """Each thing once, about what stands alone."""
    session = {"SessionId": "s", "Target": "i-1", "Status": "Connected", "StartDate": NOW, "Owner": "arn:aws:iam::1:user/a"}
    status = {
        "InstanceId": "i-1",
        "InstanceStatus": {"Status": "ok"},
        "SystemStatus": {"Status": "ok"},
        "AttachedEbsStatus": {"Status": "impaired", "Details": [{"Name": "reachability", "Status": "failed"}]},
        "Events": [{"Code": "instance-stop", "Description": "The instance is on degraded hardware", "NotBefore": NOW}],
    }
    budget = {
        "BudgetName": "p-dev",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "CalculatedSpend": {"ActualSpend": {"Amount": "3", "Unit": "USD"}},
    }
    aws.answer("sts", "get_caller_identity", {"Account": ACCOUNT})
    streams(aws, "i-1/jupyter", "i-0/jupyter")
    aws.answer("ssm", "describe_sessions", {"Sessions": [session], "NextToken": "more"}, {"State": "Active"})
    aws.answer("ssm", "describe_sessions", {"Sessions": [session]}, {"State": "Active", "NextToken": "more"})
    stands(aws, [INSTANCE], [{"Name": "p-dev", "TrailARN": "arn:trail"}])
    asked = {"InstanceIds": ["i-1"], "IncludeAllInstances": True}
    aws.answer("ec2", "describe_instance_status", {"InstanceStatuses": [status]}, asked)
    day = {
        "MetricDataQueries": metrics.day_queries(["i-1"], "MLInfra/p-dev"),
        "StartTime": metrics.day_start(NOW),
        "EndTime": NOW,
        "ScanBy": "TimestampAscending",
    }
    cpu = {"Id": "d0_cpu", "Timestamps": [NOW], "Values": [12.5], "StatusCode": "Complete"}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": [cpu]}, day)
    month = {**day, "MetricDataQueries": metrics.month_queries(["i-1"], []), "StartTime": metrics.month_start(NOW)}
    checks = {"Id": "m0", "Timestamps": [NOW], "Values": [60.0], "StatusCode": "Complete"}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": [checks]}, month)
    tail = {
        "logGroupName": GROUP,
        "logStreamName": "i-1/jupyter",
        "startTime": int((NOW - timedelta(hours=1)).timestamp() * 1000),
        "limit": 2,
        "startFromHead": False,
    }
    aws.answer("logs", "get_log_events", {"events": [EVENT], "nextBackwardToken": "b"}, tail)
    aws.answer("cloudtrail", "get_trail_status", {"IsLogging": True}, {"Name": "arn:trail"})
    aws.answer("budgets", "describe_budget", {"Budget": budget}, {"AccountId": ACCOUNT, "BudgetName": "p-dev"})
    answers, errors = asker(aws).read(OneAfterTheOther())
    assert errors == []
    assert (answers.account, answers.budget, answers.statuses) == (ACCOUNT, budget, [status])
    assert answers.sessions == [session, session]
    assert answers.trails["arn:trail"]["IsLogging"] is True
    assert (answers.day, answers.month) == ({"d0_cpu": [(NOW, 12.5)]}, {"m0": [(NOW, 60.0)]})
    assert answers.events == {"i-1/jupyter": [EVENT]}


def test_nothing_stands_and_hardly_anything_is_asked(aws):
    """No metrics, no checks, no logs; a budget that is not there is no error."""
    aws.answer("sts", "get_caller_identity", {"Account": ACCOUNT})
    aws.refuse("logs", "describe_log_streams", "ResourceNotFoundException")
    aws.answer("ssm", "describe_sessions", {"Sessions": []})
    stands(aws, [])
    aws.refuse("budgets", "describe_budget", "NotFoundException")
    answers, errors = asker(aws).read(OneAfterTheOther())
    assert errors == []
    assert (answers.resources, answers.statuses, answers.day, answers.month) == ([], [], {}, {})
    assert (answers.events, answers.budget) == ({}, None)


def test_what_is_refused_leaves_its_part_empty(aws):
    """And is kept with the permission that it needs."""
    aws.answer("sts", "get_caller_identity", {"Account": ACCOUNT})
    aws.refuse("logs", "describe_log_streams", "AccessDeniedException")
    aws.refuse("ssm", "describe_sessions", "AccessDeniedException")
    stands(aws, [INSTANCE])
    aws.refuse("ec2", "describe_instance_status", "UnauthorizedOperation")
    aws.refuse("cloudwatch", "get_metric_data", "AccessDenied")
    aws.refuse("cloudwatch", "get_metric_data", "AccessDenied")
    aws.refuse("budgets", "describe_budget", "AccessDeniedException")
    answers, errors = asker(aws).read(OneAfterTheOther())
    assert [instance["InstanceId"] for instance in answers.found["instance"]] == ["i-1"]
    assert (answers.sessions, answers.statuses, answers.events, answers.budget) == ([], [], {}, None)
    assert all(error.denied for error in errors)
    assert {error.permission for error in errors} == {
        "logs:DescribeLogStreams",
        "ssm:DescribeSessions",
        "ec2:DescribeInstanceStatus",
        "cloudwatch:GetMetricData",
        "budgets:ViewBudget",
    }


def test_no_lines_are_asked_for_where_none_are_wanted(aws):
    assert asker(aws, Wishes(log_group=GROUP, log_lines=0))._streams() == []


def test_an_empty_page_is_not_the_end_of_a_stream(aws):
    """CloudWatch Logs may answer so, with a token that leads to what was before."""
    aws.answer("logs", "get_log_events", {"events": [], "nextBackwardToken": "b1"})
    aws.answer("logs", "get_log_events", {"events": [EVENT], "nextBackwardToken": "b2"})
    assert asker(aws)._tail("i-1/jupyter") == [EVENT]


@pytest.mark.parametrize("tokens", [["b", "b"], ["b1", "b2", "b3"]])
def test_a_stream_without_events_is_given_up(aws, tokens):
    """The same token twice is its end; and nobody looks for ever."""
    for token in tokens:
        aws.answer("logs", "get_log_events", {"events": [], "nextBackwardToken": token})
    assert asker(aws)._tail("i-1/jupyter") == []


def test_many_instances_take_more_calls(aws):
    """EC2 takes a hundred ids at once."""
    ids = [f"i-{number}" for number in range(101)]
    for part in (ids[:100], ids[100:]):
        asked = {"InstanceIds": part, "IncludeAllInstances": True}
        aws.answer("ec2", "describe_instance_status", {"InstanceStatuses": [{"InstanceId": part[0]}]}, asked)
    assert asker(aws)._statuses(ids) == [{"InstanceId": "i-0"}, {"InstanceId": "i-100"}]
