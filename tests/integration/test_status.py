# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""status.yml on nothing, on what the roles made, on what rings and talks, on what is stopped and half gone. It only reads."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ..depth import extended
from .environment import user
from .site import CALLER, Emulator, Site, running

SLOT = 43
NAME = "bench-seed"
INSTANCE = f"{NAME}-ml-training-1"
GROUP = f"/aws/ec2/{NAME}-ml-training"
OWN = f"MLInfra/{NAME}"
WIDTH = 80


class Page(HTMLParser):
    """What a page is made of, and where it would look for more."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.titles: list[str] = []
        self.charts: list[str] = []
        self.elsewhere: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.elsewhere += [value for name in ("src", "href", "action") if (value := named.get(name))]
        if tag == "svg":
            self.charts.append(named.get("aria-label") or "")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "h2" and data.strip():
            self.titles.append(data.strip())


class Operator:
    """Asks for the status of the benchmarks' environment."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.emulator = emulator
        self.site = Site(emulator)
        self._report = folder / "status"

    def status(self, *arguments: str, **environment: str) -> tuple[dict[str, Any], str, Page]:
        """Its JSON, what it printed, and its page. It must not write."""
        self.emulator.program("calls", "--clear")
        printed = self.site.playbook("playbooks/status.yml", "-e", f"report={self._report}", *arguments, **environment)
        assert self.emulator.written(environment.get("AWS_ACCESS_KEY_ID", CALLER)) == []
        page = Page(self._report.with_suffix(".html").read_text())
        assert page.elsewhere == []
        assert not {"script", "link", "img", "iframe"} & set(page.tags)
        told = json.loads(self._report.with_suffix(".json").read_text())
        assert (told["environment"], told["region"], told["account"]) == (NAME, "us-east-1", "123456789012")
        assert datetime.fromisoformat(told["asked_at"]) <= datetime.now(UTC)
        return told, text(printed), page

    def instance(self) -> dict[str, Any]:
        """The training instance, as EC2 describes it."""
        filters = [{"Name": "tag:Role", "Values": ["ml-training"]}]
        [reservation] = self.site.client("ec2").describe_instances(Filters=filters)["Reservations"]
        return reservation["Instances"][0]

    def measure(self, namespace: str, name: str, points: list[tuple[datetime, float]], **dimensions: str) -> None:
        """Put measures into CloudWatch, as AWS and the agent do."""
        told = [{"Name": dimension, "Value": of} for dimension, of in dimensions.items()]
        data = [{"MetricName": name, "Dimensions": told, "Timestamp": at, "Value": value} for at, value in points]
        self.site.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def text(printed: str) -> str:
    """What the playbook says to people."""
    return printed.split("msg: |-\n", 1)[1].split("\n\nTASK", 1)[0]


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator on an account with nothing in it."""
    with running(SLOT) as emulator:
        yield Operator(emulator, tmp_path_factory.mktemp("reports"))


@extended
@pytest.mark.weight(150)
@pytest.mark.xdist_group("status")
class TestStatus:
    """In this order."""

    def test_on_nothing(self, operator: Operator) -> None:
        """It works, and says so."""
        told, printed, page = operator.status()
        empty = ("instances", "buckets", "alarms", "sessions", "logs", "attention", "connected", "jobs", "kernels", "hosts")
        assert [told[part] for part in empty] == [[]] * len(empty)
        assert (told["stands"], told["notes"], told["budget"], told["metrics"]) == (False, [], None, {})
        assert (told["cost"]["source"], told["cost"]["amount"]) == ("estimate", 0)
        assert "Nothing stands." in printed
        assert page.charts == []

    def test_on_what_the_roles_made(self, operator: Operator) -> None:
        """All of it is told, and all is well but that the inventory has no hosts."""
        operator.site.playbook("playbooks/provision.yml")
        told, printed, page = operator.status()
        made = operator.instance()
        [instance] = told["instances"]
        assert (instance["id"], instance["name"], instance["state"]) == (made["InstanceId"], INSTANCE, "running")
        assert instance["since"] == made["LaunchTime"].isoformat()
        assert instance["checks"] == {"system": "ok", "instance": "ok", "ebs": ""}
        assert (instance["health"], instance["public_ip"]) == ("checks ok", made["PublicIpAddress"])
        assert [alarm["state"] for alarm in told["alarms"]] == ["INSUFFICIENT_DATA"] * 4
        assert {alarm["instance"] for alarm in told["alarms"]} == {INSTANCE}
        network = told["network"]
        assert [gateway["state"] for gateway in network["nat_gateways"]] == ["available"]
        assert [endpoint["service"] for endpoint in network["endpoints"]] == ["com.amazonaws.us-east-1.s3"]
        assert [(log["state"], log["delivery"]) for log in network["flow_logs"]] == [("ACTIVE", "SUCCESS")]
        kinds = [re.sub(r".*-(datasets|models|operations)-.*", r"\1", bucket["name"]) for bucket in told["buckets"]]
        assert kinds == ["datasets", "models", "operations"]
        assert [bucket["bytes"] for bucket in told["buckets"]] == [None, None, None]
        assert [entry["text"] for entry in told["attention"]] == [f"{INSTANCE} says nothing: the inventory does not have it"]
        assert told["hosts"][0]["answered"] is False
        assert (told["stands"], told["notes"]) == (True, [])
        assert f"{INSTANCE}  running" in printed
        assert page.charts == ["When the instances ran this month"]

    def test_without_the_hosts(self, operator: Operator) -> None:
        """AWS alone: nobody misses them."""
        told, printed, _page = operator.status("-e", "ask_hosts=false")
        assert (told["hosts"], told["attention"]) == (None, [])
        assert "all is well" in printed
        assert "Jobs" not in printed

    def test_what_rings_runs_and_talks(self, operator: Operator) -> None:
        """An alarm, figures of the day and of the month, lines of logs, who is connected: each where it belongs."""
        self._let_something_happen(operator)
        told, printed, page = operator.status("-e", "ask_hosts=false")
        [instance] = told["instances"]
        first, *others = told["alarms"]
        assert (first["name"], first["state"], first["reason"]) == (f"{INSTANCE}-cpu", "ALARM", "97 is too much")
        assert [alarm["state"] for alarm in others] == ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "OK"]
        assert [entry["tone"] for entry in told["attention"]] == ["bad", "warn"]
        assert told["attention"][1]["text"] == f"{INSTANCE}: 1 of its jobs ran and did nothing"
        assert instance["now"] == {"cpu": 97.0, "memory": 41.5, "disk": 22.0, "network_in": 1000.0, "stalled_jobs": 1.0}
        measures = told["metrics"][instance["id"]]
        assert [value for _at, value in measures["cpu"]] == [12.0, 97.0]
        assert instance["hours"] == 0.5
        [jupyter] = told["logs"]
        assert (jupyter["instance"], jupyter["log"]) == (INSTANCE, "jupyter")
        assert [line["message"] for line in jupyter["lines"]] == ["one", "two", "x" * 200]
        assert [(one["kind"], one["instance"]) for one in told["sessions"]] == [("shell", INSTANCE), ("tunnel", INSTANCE)]
        datasets = next(bucket for bucket in told["buckets"] if "datasets" in bucket["name"])
        assert (datasets["objects"], round(datasets["bytes"] / 1e9)) == (1234, 42)
        assert "1 ALARM, 2 INSUFFICIENT_DATA, 1 OK" in printed
        assert "operator by Session Manager tunnel" in printed
        assert "42.0 GB in 1,234 objects" in printed
        assert page.charts == [
            f"Use of {INSTANCE}",
            f"Network of {INSTANCE}",
            f"Jobs that do nothing on {INSTANCE}",
            "When the instances ran this month",
            "What the month has cost so far",
        ]
        assert {"Who is connected", "Alarms", "Network", "Buckets", f"Log jupyter of {INSTANCE}"} <= set(page.titles)

    @pytest.mark.parametrize("columns", [80, 120])
    def test_the_text_fits_the_terminal(self, operator: Operator, columns: int) -> None:
        """Ansible's own margin included."""
        _told, printed, _page = operator.status("-e", "ask_hosts=false", "-e", f"columns={columns}")
        widest = max(printed.splitlines(), key=len)
        assert len(widest) <= columns, widest
        assert columns == WIDTH or len(widest) > WIDTH

    def test_as_many_lines_as_wanted(self, operator: Operator) -> None:
        """From the end, and none that are older."""
        [newest] = operator.status("-e", "log_lines=2")[0]["logs"]
        assert [line["message"][:5] for line in newest["lines"]] == ["two", "xxxxx"]
        [recent] = operator.status("-e", "log_lines=9", "-e", "log_minutes=6")[0]["logs"]
        assert [line["message"][:5] for line in recent["lines"]] == ["xxxxx"]
        assert operator.status("-e", "log_lines=0")[0]["logs"] == []

    def test_what_was_spent(self, operator: Operator) -> None:
        """Cost Explorer is asked where somebody wants it, and not otherwise: it takes money for it."""
        assert self._explorer(operator, "-e", "ask_hosts=false") == []
        self._spend(operator, 12.345)
        told, printed, page = operator.status("-e", "actuals=true")
        assert (told["cost"]["source"], told["cost"]["amount"]) == ("actuals", 12.34)
        assert "GetCostForecast" in told["cost"]["reason"]
        assert "Cost         12.34 USD" in printed
        assert "Spent day by day" in page.charts
        assert self._explorer(operator, "-e", "actuals=true") == ["GetCostAndUsage", "GetCostForecast"]

    def test_a_permission_that_is_missing(self, operator: Operator) -> None:
        """Its part is empty and says why; the rest comes."""
        keys = user(operator.site.client("iam"), "limited", "ec2:DescribeInstanceStatus", "ec2:DescribeNatGateways")
        environment = {"AWS_ACCESS_KEY_ID": keys["access_key"], "AWS_SECRET_ACCESS_KEY": keys["secret_key"]}
        operator.emulator.enforce_permissions(True)
        try:
            told, printed, page = operator.status("-e", "ask_hosts=false", **environment)
        finally:
            operator.emulator.enforce_permissions(False)
        assert {note["part"] for note in told["notes"]} == {"checks", "network"}
        assert all("permission" in note["text"] for note in told["notes"])
        assert (told["network"]["nat_gateways"], len(told["network"]["endpoints"])) == ([], 1)
        assert told["instances"][0]["health"] == ""
        assert "Not seen" in printed
        assert "What could not be asked" in page.titles

    def test_a_budget(self, operator: Operator) -> None:
        """Where guardrails has one."""
        operator.site.playbook("playbooks/provision.yml", "-e", "guardrails_budget_amount=200")
        told, printed, page = operator.status("-e", "ask_hosts=false", "-e", "guardrails_budget_amount=200")
        assert (told["budget"]["name"], told["budget"]["limit"], told["budget"]["currency"]) == (NAME, 200.0, "USD")
        assert "Budget       200.00 USD" in printed
        assert "Budget" in page.charts

    def test_what_is_stopped(self, operator: Operator) -> None:
        """Since when, and that nobody misses its host; its hours of this month stay on the bill."""
        operator.site.client("ec2").stop_instances(InstanceIds=[operator.instance()["InstanceId"]])
        told, printed, _page = operator.status()
        [instance] = told["instances"]
        assert (instance["state"], instance["stopped_by"]) == ("stopped", "Client.UserInitiatedShutdown")
        age = datetime.now(UTC) - datetime.fromisoformat(instance["since"])
        assert timedelta(0) <= age < timedelta(minutes=5)
        assert (instance["now"], told["connected"]) == ({}, [])
        assert told["hosts"][0]["reason"] == "the instance is stopped"
        assert [entry["text"] for entry in told["attention"] if "says nothing" in entry["text"]] == []
        [bill] = [entry for entry in told["cost"]["resources"] if entry["kind"] == "instance"]
        assert bill["hours"] == 0.5
        assert f"{INSTANCE}  stopped" in printed

    def test_check_mode_says_the_same_and_writes_no_report(self, operator: Operator) -> None:
        printed = operator.site.playbook("playbooks/status.yml", "--check", "-e", "report=/nowhere/status")
        assert f"{INSTANCE}  stopped" in text(printed)

    def test_what_is_half_gone(self, operator: Operator) -> None:
        """Without its instance and its log group, what is left is told."""
        operator.site.client("ec2").terminate_instances(InstanceIds=[operator.instance()["InstanceId"]])
        operator.site.client("logs").delete_log_group(logGroupName=GROUP)
        told, printed, _page = operator.status()
        assert (told["instances"], told["logs"], told["stands"]) == ([], [], True)
        assert len(told["alarms"]) == 4
        assert "1 NAT gateway" in printed

    def test_settings_that_can_not_be(self, operator: Operator) -> None:
        """One message, and no call."""
        operator.emulator.program("calls", "--clear")
        for argument, message in (
            ("mlinfra_environment=", "mlinfra_environment"),
            ("log_lines=-1", "log_lines must be from 0"),
            ("log_lines=many", "log_lines"),
        ):
            done = operator.site.run("playbooks/status.yml", "-e", argument)
            assert done.returncode != 0
            assert message in done.stdout + done.stderr
        assert operator.emulator.program("calls", "--caller", CALLER) == ""

    @staticmethod
    def _let_something_happen(operator: Operator) -> None:
        now, instance = datetime.now(UTC), operator.instance()["InstanceId"]
        site, five = operator.site, timedelta(minutes=5)
        alarms = site.client("cloudwatch")
        alarms.set_alarm_state(AlarmName=f"{INSTANCE}-disk", StateValue="OK", StateReason="22 is fine")
        alarms.set_alarm_state(AlarmName=f"{INSTANCE}-cpu", StateValue="ALARM", StateReason="97 is too much")
        of_instance = {"InstanceId": instance}
        operator.measure("AWS/EC2", "CPUUtilization", [(now - timedelta(hours=9), 12), (now - five, 97)], **of_instance)
        operator.measure("AWS/EC2", "NetworkIn", [(now - five, 300_000)], **of_instance)
        for name, value in (("mem_used_percent", 41.5), ("disk_used_percent", 22), ("stalled_jobs", 1)):
            operator.measure(OWN, name, [(now - five, value)], **of_instance)
        # Half an hour: EC2 looks once a minute.
        checks = [(now - timedelta(seconds=at), 0.0) for at in range(30)]
        operator.measure("AWS/EC2", "StatusCheckFailed", checks, **of_instance)
        [bucket] = [one["Name"] for one in site.client("s3").list_buckets()["Buckets"] if "datasets" in one["Name"]]
        for name, kind, value in (
            ("BucketSizeBytes", "StandardStorage", 42e9),
            ("NumberOfObjects", "AllStorageTypes", 1234),
        ):
            operator.measure("AWS/S3", name, [(now - timedelta(days=1), value)], BucketName=bucket, StorageType=kind)
        logs, stream = site.client("logs"), f"{instance}/jupyter"
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        logs.create_log_stream(logGroupName=GROUP, logStreamName=f"{instance}/tensorboard")
        lines = [(20, "one"), (10, "two"), (5, "x" * 200)]
        events = [
            {"timestamp": int((now - timedelta(minutes=ago)).timestamp() * 1000), "message": message} for ago, message in lines
        ]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)
        ssm, ports = site.client("ssm"), {"portNumber": ["8888"], "localPortNumber": ["8888"]}
        ssm.start_session(Target=instance)
        ssm.start_session(Target=instance, DocumentName="AWS-StartPortForwardingSession", Parameters=ports)

    @staticmethod
    def _explorer(operator: Operator, *arguments: str) -> list[str]:
        """What Cost Explorer is asked."""
        operator.status(*arguments)
        calls = map(json.loads, operator.emulator.program("calls", "--caller", CALLER).splitlines())
        return sorted(call["action"] for call in calls if call["service"] == "ce")

    @staticmethod
    def _spend(operator: Operator, amount: float) -> None:
        """Let Cost Explorer's next answers be this."""
        groups = [{"Keys": ["Amazon EC2"], "Metrics": {"UnblendedCost": {"Amount": str(amount), "Unit": "USD"}}}]
        period = {"Start": "2026-11-01", "End": "2026-11-02"}
        answer = {"ResultsByTime": [{"TimePeriod": period, "Groups": groups, "Total": {}, "Estimated": True}]}
        request = urllib.request.Request(
            f"{operator.emulator.plain_endpoint}/moto-api/static/ce/cost-and-usage-results",
            json.dumps({"results": [answer, answer]}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10):
            pass
