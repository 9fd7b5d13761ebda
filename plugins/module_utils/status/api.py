# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The calls of status. They only read, side by side; what AWS refuses leaves its own part empty, and the rest comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..discovery.api import CallError, Reader
from ..discovery.collect import Collector, Found
from ..discovery.identity import Identity
from ..discovery.transform import claim, flatten
from . import metrics

# What runs or costs anything, and what tells that it is the environment's.
KINDS = {
    *("vpc", "subnet", "instance", "volume", "snapshot", "nat_gateway", "elastic_ip", "vpc_endpoint", "flow_log"),
    *("bucket", "file_system", "log_group", "alarm", "kms_key", "trail", "covering_trail", "db_instance", "db_snapshot", "replication_group"),
}
_IDS_A_CALL = 100
# With 288 values of a day each they stay below what one call may return.
_METRICS_A_CALL = 300
# The newest streams of a log group; each takes a call of its own.
_STREAMS = 50
_STREAMS_READ = 20
# CloudWatch Logs may answer with an empty page though there are events before it.
_PAGES_BACK = 3

Entries = list[dict[str, Any]]


@dataclass(frozen=True)
class Wishes:
    """What is asked for besides what stands.

    Attributes:
        log_group: the log group of the instances, empty for none.
        log_lines: the newest lines of each log stream, as many at most; 0 for none.
        log_minutes: how old they may be.
        namespace: of the metrics that the instances publish themselves.
        budget: whether to look for a budget, though no tag shows that there is one.
    """

    log_group: str = ""
    log_lines: int = 5
    log_minutes: int = 1440
    namespace: str = ""
    budget: bool = False


@dataclass(frozen=True)
class Answers:
    """What AWS answered. What it refused, or does not have, is empty.

    Attributes:
        account: the account's number.
        found: the environment's resources by kind.
        resources: the same as one flat list.
        statuses: of EC2's status checks.
        day: results of `metrics.day_queries`, by their ids.
        month: results of `metrics.month_queries`, by their ids.
        sessions: the active sessions of Session Manager in the region.
        events: the newest events by log stream, the oldest of them first.
        budget: the budget, None where there is none.
        trails: by the ARN of the environment's trail, whether it records and what keeps it from that.
    """

    account: str
    found: Found
    resources: Entries
    statuses: Entries
    day: metrics.Results
    month: metrics.Results
    sessions: Entries
    events: dict[str, Entries]
    budget: dict[str, Any] | None
    trails: dict[str, dict[str, Any]] = field(default_factory=dict)


class Asker:
    """Asks everything of one environment.

    Args:
        clients: gives the client of a service by its name.
        identity: the environment.
        wishes: what else is asked for.
        now: the time.
    """

    def __init__(self, clients: Callable[[str], Any], identity: Identity, wishes: Wishes, now: datetime) -> None:
        self._clients = clients
        self._identity = identity
        self._wishes = wishes
        self._now = now
        self._reader = Reader(clients)

    def read(self, executor: Executor) -> tuple[Answers, list[CallError]]:
        """Everything, and the calls that AWS refused.

        Args:
            executor: makes the calls side by side.

        Raises:
            AnsibleAWSError: where AWS could not be asked at all.
        """
        ask = self._reader
        caller = executor.submit(ask.ask, "sts", "get_caller_identity")
        streams = executor.submit(self._streams)
        sessions = executor.submit(ask.list, "ssm", "describe_sessions", "Sessions", State="Active")
        found, tags = Collector(ask, self._identity, executor).collect(KINDS, tagged=True)
        partition = self._clients("ec2").meta.partition
        claimed = claim(found, tags, self._identity, partition)
        resources = flatten(claimed, tags, self._identity, partition)
        ids = [instance["InstanceId"] for instance in claimed["instance"]]
        statuses = executor.submit(self._statuses, ids)
        trails = executor.submit(self._trails, claimed["trail"])
        day = executor.submit(self._day, ids)
        month = executor.submit(self._month, ids, resources)
        events = self._events(streams.result(), ids, executor)
        account = (caller.result() or {}).get("Account", "")
        guarded = self._wishes.budget or any(":budget/" in arn for arn in tags)
        budget = executor.submit(self._budget, account) if guarded and account else None
        answers = Answers(
            account=account,
            found=claimed,
            resources=resources,
            statuses=statuses.result(),
            day=day.result(),
            month=month.result(),
            sessions=sessions.result(),
            events=events,
            budget=budget.result() if budget else None,
            trails=trails.result(),
        )
        return answers, ask.errors

    def _statuses(self, ids: list[str]) -> Entries:
        return [
            status
            for at in range(0, len(ids), _IDS_A_CALL)
            for status in self._reader.list(
                "ec2",
                "describe_instance_status",
                "InstanceStatuses",
                InstanceIds=ids[at : at + _IDS_A_CALL],
                IncludeAllInstances=True,
            )
        ]

    def _trails(self, trails: Entries) -> dict[str, dict[str, Any]]:
        arns = [trail["TrailARN"] for trail in trails]
        return {arn: self._reader.ask("cloudtrail", "get_trail_status", Name=arn) or {} for arn in arns}

    def _day(self, ids: Iterable[str]) -> metrics.Results:
        return self._measures(metrics.day_queries(ids, self._wishes.namespace), metrics.day_start(self._now))

    def _month(self, ids: Iterable[str], resources: Entries) -> metrics.Results:
        return self._measures(metrics.month_queries(ids, resources), metrics.month_ask_from(self._now))

    def _measures(self, queries: Entries, start: datetime) -> metrics.Results:
        results: Entries = []
        for at in range(0, len(queries), _METRICS_A_CALL):
            results += self._reader.list(
                "cloudwatch",
                "get_metric_data",
                "MetricDataResults",
                MetricDataQueries=queries[at : at + _METRICS_A_CALL],
                StartTime=start,
                EndTime=self._now,
                ScanBy="TimestampAscending",
            )
        return metrics.by_id(results)

    def _streams(self) -> list[str]:
        """The names of the log group's streams, the one that was written to last first."""
        if not self._wishes.log_group or self._wishes.log_lines < 1:
            return []
        listed = self._reader.list(
            "logs",
            "describe_log_streams",
            "logStreams",
            whole=False,
            logGroupName=self._wishes.log_group,
            orderBy="LastEventTime",
            descending=True,
            limit=_STREAMS,
        )
        return [stream["logStreamName"] for stream in listed]

    def _events(self, streams: Iterable[str], ids: Iterable[str], executor: Executor) -> dict[str, Entries]:
        """The newest events of those streams that instances which stand write to. Their names begin with the id."""
        standing = set(ids)
        own = [stream for stream in streams if stream.partition("/")[0] in standing][:_STREAMS_READ]
        return dict(zip(own, executor.map(self._tail, own), strict=True))

    def _tail(self, stream: str) -> Entries:
        start = self._now - timedelta(minutes=self._wishes.log_minutes)
        asked: dict[str, Any] = {
            "logGroupName": self._wishes.log_group,
            "logStreamName": stream,
            "startTime": int(start.timestamp() * 1000),
            "limit": self._wishes.log_lines,
            "startFromHead": False,
        }
        for _page in range(_PAGES_BACK):
            answer = self._reader.ask("logs", "get_log_events", whole=False, **asked) or {}
            token = answer.get("nextBackwardToken")
            if answer.get("events") or not token or token == asked.get("nextToken"):
                return answer.get("events", [])
            asked["nextToken"] = token
        return []

    def _budget(self, account: str) -> dict[str, Any] | None:
        name = self._identity.names.get("budget")
        if not name:
            return None
        asked = {"AccountId": account, "BudgetName": name}
        answer = self._reader.ask("budgets", "describe_budget", "NotFoundException", **asked)
        return answer["Budget"] if answer else None
