# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an environment is, as text: what counts on the first screen, and nothing wider than the terminal."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.filter.status_text import FilterModule
from ansible_collections.mlinfra.aws.plugins.plugin_utils.status.hosts import FACTS
from hypothesis import given
from hypothesis import strategies as st

status_text = FilterModule().filters()["status_text"]

INSTANCE = {
    "name": "p-dev-ml-1",
    "role": "ml-training",
    "type": "t3.medium",
    "state": "running",
    "ago": "3 d 4 h",
    "health": "checks ok",
    "now": {"cpu": 12.4, "disk": 40.0},
    "spark": "▁▂▃",
    "public_ip": "198.51.100.8",
    "private_ip": "10.0.1.4",
}
STOPPED = {**INSTANCE, "name": "p-dev-ml-2", "state": "stopped", "health": "stopped itself", "now": {}, "spark": "▁ ▁"}
ALARM = {"name": "p-dev-ml-1-cpu", "state": "ALARM", "ago": "5 min", "reason": "97 is too much"}
HOST = {
    **FACTS,
    "name": "p-dev-ml-1",
    "answered": True,
    "reason": "",
    "load": [0.52, 0.4, 0.3],
    "cores": 2,
    "memory": {"total": 4.0e9, "available": 3.1e9},
    "disks": [{"path": "/", "total": 50e9, "free": 12e9}],
    "gpus": [{"name": "A10G", "percent": 40.0, "memory_used": 1024.0, "memory_total": 23028.0}],
    "services": [{"name": "mlinfra-jupyter", "state": "active"}],
    "nodes": [{"address": "10.0.1.4", "state": "alive", "head": True, "cpus": 2.0, "gpus": 0}],
    "models": [
        {"model": "digits", "state": "serving", "version": "3", "failed": None},
        {"model": "words", "state": "empty", "version": None, "failed": None},
    ],
    "idle": {"stops": True, "minutes": 12.3, "limit": 60.0, "stop": False, "reasons": ["a job runs", "so does another"]},
}
COST = {
    "source": "estimate",
    "reason": "",
    "how": "Estimated.",
    "start": "2026-11-01",
    "amount": 12.3,
    "by_end": 41.2,
    "currency": "USD",
    "resources": [{"name": "p-dev-nat", "id": "nat-1", "kind": "nat_gateway", "hours": 100.0, "data": 4.5, "amount": 9.0}],
}
NOTHING: dict[str, Any] = {
    "asked_at": "2026-11-28T12:00:00+00:00",
    "account": "123456789012",
    "stands": False,
    **{part: [] for part in ("attention", "instances", "alarms", "connected", "jobs", "kernels", "buckets", "databases", "trails", "logs", "notes")},
    "network": {"vpc_ids": [], "nat_gateways": [], "endpoints": [], "flow_logs": []},
    "hosts": None,
    "budget": None,
    "cost": {**COST, "amount": 0, "by_end": 0, "resources": []},
}
ALL: dict[str, Any] = {
    **NOTHING,
    "stands": True,
    "instances": [INSTANCE, STOPPED],
    "alarms": [ALARM, {**ALARM, "name": "fine", "state": "OK"}],
    "hosts": [HOST, {**FACTS, "name": "p-dev-ml-2", "answered": False, "reason": "the instance is stopped"}],
    "connected": [{"user": "alice", "way": "SSH", "instance": "p-dev-ml-1", "ago": "10 min", "used_ago": "2 min"}],
    "jobs": [{"name": "python a.py (1)", "instance": "p-dev-ml-1", "ago": "1 h", "gpu": True, "stalled": True}],
    "kernels": [
        {"id": "0a", "notebook": "t.ipynb", "instance": "p-dev-ml-1", "busy": True, "used_ago": "1 s"},
        {"id": "0b", "notebook": "", "instance": "p-dev-ml-1", "busy": False, "used_ago": "3 h"},
    ],
    "network": {"vpc_ids": ["vpc-1"], "nat_gateways": [1], "endpoints": [1, 2], "flow_logs": []},
    "databases": [
        {"name": "p-dev", "state": "stopped", "class": "db.t4g.small", "version": "17.4", "standby": True, "address": "",
         "restarts": "2026-01-08T12:00:00+00:00"},
    ],
    "trails": [
        {"name": "p-dev", "own": True, "records": True, "ago": "3 d", "delivered_ago": "4 min", "digested_ago": "40 min"}
    ],
    "buckets": [{"name": "data", "size": "1.5 GB", "objects": 1234}, {"name": "new", "size": "?", "objects": None}],
    "logs": [{"instance": "p-dev-ml-1", "log": "jupyter", "lines": [{"time": "2026-11-28T11:59:58+00:00", "message": "hello"}]}],
    "budget": {"limit": 200.0, "actual": 12.3, "forecast": None, "currency": "USD"},
    "cost": COST,
}


def text(status: dict[str, Any], columns: int = 80, **changes: Any) -> str:
    return status_text({**status, **changes}, "p-dev", "us-east-1", columns=columns)


def test_nothing_stands():
    assert text(NOTHING) == (
        "p-dev in us-east-1, account 123456789012, 2026-11-28 12:00 UTC\n\n"
        "Nothing stands. ansible-playbook site.yml makes it.\n\nEstimated."
    )


def test_all_of_it():
    assert text(ALL).splitlines() == [
        "p-dev in us-east-1, account 123456789012, 2026-11-28 12:00 UTC",
        "",
        "Look after   nothing: all is well",
        "",
        "p-dev-ml-1  running 3 d 4 h, checks ok, t3.medium",
        "  CPU 12 % ▁▂▃  disk 40 %",
        "  198.51.100.8, load 0.5 on 2 cores, 3.1 of 4.0 GB of memory free, idle 12 of 60",
        "  min",
        "",
        "p-dev-ml-2  stopped 3 d 4 h, stopped itself, t3.medium",
        "  CPU of the last 24 h ▁ ▁",
        "",
        "Alarms       1 ALARM, 1 OK",
        "Connected    alice by SSH on ml-1, 10 min, used 2 min ago",
        "Jobs         python a.py (1) on ml-1, 1 h, on the GPU, does nothing",
        "Kernels      t.ipynb on ml-1, busy",
        "             kernel 0b on ml-1, used 3 h ago",
        "Network      1 NAT gateway, 2 endpoints",
        "Buckets      data, 1.5 GB in 1,234 objects",
        "             new",
        "Database     p-dev stopped, db.t4g.small with standby, PostgreSQL 17.4, RDS",
        "             starts it again by itself at 2026-01-08 12:00 UTC",
        "Trail        p-dev, records all regions 3 d, events 4 min ago, digest 40 min ago",
        "Cost         about 12.30 USD so far this month, 41.20 by its end",
        "Budget       200.00 USD, 12.30 spent",
        "",
        "Alarms",
        "  ALARM                5 min  p-dev-ml-1-cpu",
        "    97 is too much",
        "  OK                   5 min  fine",
        "",
        "p-dev-ml-1",
        "  /          12.0 of 50.0 GB free",
        "  GPU        A10G, 40 %, 1024 of 23028 MiB",
        "  Services   mlinfra-jupyter active",
        "  Models     digits version 3 serving",
        "             words empty",
        "  Cluster    10.0.1.4 (head) alive, 2 cores",
        "  Idle stop  stays: a job runs; so does another",
        "",
        "Last lines of the logs",
        "  p-dev-ml-1, jupyter",
        "    11:59:58  hello",
        "",
        "Cost by resource, since 2026-11-01",
        "      9.00  p-dev-nat, nat gateway, 100.0 h, of it 4.50 for data",
        "",
        "Estimated.",
    ]


def test_what_to_look_after_comes_first():
    found = [{"tone": "bad", "text": "word " * 20}, {"tone": "warn", "text": "less"}]
    lines = text(ALL, 60, attention=found).splitlines()[2:6]
    assert lines[0] == "Look after   2 things:"
    assert lines[1].startswith("  ! word")
    assert lines[2].startswith("    word")
    assert lines[-1] == "  - less"
    assert "Look after   1 thing:" in text(ALL, attention=found[:1])


def test_where_there_is_one_instance_nobody_needs_to_hear_its_name():
    assert "alice by SSH, 10 min" in text(ALL, instances=[INSTANCE])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hosts": None, "connected": []}, "Connected    nobody by Session Manager"),
        ({"connected": []}, "Connected    nobody\n"),
        ({"hosts": [{**HOST, "answered": False, "reason": "no"}], "jobs": []}, "Jobs         not known"),
        ({"jobs": [], "kernels": []}, "Jobs         none\nKernels      none"),
        ({"alarms": []}, "Alarms       none stand"),
        ({"network": {"vpc_ids": ["vpc-1"], "nat_gateways": [], "endpoints": [], "flow_logs": []}}, "Network      a VPC"),
        ({"network": NOTHING["network"]}, "Network      none"),
        ({"notes": [{"part": "alarms", "text": "the permission is missing"}]}, "Not seen     alarms: the permission is missing"),
        ({"cost": {**COST, "source": "none", "amount": None, "reason": "no prices"}}, "Cost         not known: no prices"),
        ({"cost": {**COST, "source": "actuals", "by_end": None}}, "Cost         12.30 USD so far this month\n"),
        ({"cost": {**COST, "reason": "no tags"}}, "Cost Explorer: no tags"),
        ({"instances": [{**INSTANCE, "role": "nat"}]}, "t3.medium, NAT"),
    ],
)
def test_what_else_it_may_say(changes, words):
    assert words in text(ALL, **changes)


def test_hosts_that_were_not_asked_have_no_jobs():
    assert "Jobs" not in text(ALL, hosts=None)


def test_a_long_line_of_a_log_is_cut_and_can_t_steer_the_terminal():
    logs = [{"instance": "i", "log": "l", "lines": [{"time": "2026-11-28T11:59:58+00:00", "message": "\x1b[31mred\t" + "x" * 99}]}]
    [line] = [line for line in text(ALL, logs=logs).splitlines() if "11:59:58" in line]
    assert line.startswith("    11:59:58   [31mred x")
    assert (len(line), line[-2:]) == (80, " …")


words = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=200)


@given(columns=st.integers(52, 160), said=words, name=st.text("abc-", min_size=1, max_size=40))
def test_no_line_is_wider_than_the_terminal(columns, said, name):
    """Whatever names and reasons are, but for an alarm's own name, which is never cut."""
    told = text(
        ALL,
        columns,
        attention=[{"tone": "bad", "text": said}],
        instances=[{**INSTANCE, "name": name}],
        jobs=[{**ALL["jobs"][0], "name": said}],
        notes=[{"part": "logs", "text": said}],
        buckets=[{"name": name, "size": "1 GB", "objects": 1}],
        alarms=[{**ALARM, "reason": said}],
        logs=[{"instance": name, "log": "l", "lines": [{"time": "2026-11-28T11:59:58+00:00", "message": said}]}],
    )
    assert max(len(line) for line in told.splitlines() if not line.startswith("p-dev in")) <= columns


@pytest.mark.parametrize("wrong", [{}, None, "text", {**ALL, "hosts": [{}]}])
def test_what_is_no_status_is_an_error(wrong):
    with pytest.raises(AnsibleFilterError, match="no result of environment_status"):
        status_text(wrong, "p-dev", "us-east-1")
