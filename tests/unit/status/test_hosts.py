# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What hosts say of themselves, why they say nothing, and who is connected and what runs by both sides."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.status import hosts, people

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
FACTS = {"uptime": 60, "load": [0.5, 0.4, 0.3], "sessions": [], "jobs": [], "kernels": [], "unread": []}


def instance(name: str = "ml-1", state: str = "running", role: str = "ml-training") -> dict[str, Any]:
    return {"name": name, "state": state, "role": role}


def one(result: Any, state: str = "running") -> dict[str, Any]:
    """What is told of the host of one instance."""
    [told] = hosts.told([instance(state=state)], {} if result is None else {"ml-1": result})
    return told


@pytest.mark.parametrize("around", ["{}", "Warning: new host key\n{}\r\n", "{}\nlogout\n"])
def test_a_host_that_answers(around):
    """Whatever a terminal puts around the answer."""
    told = one({"rc": 0, "stdout": around.replace("{}", json.dumps(FACTS))})
    assert (told["answered"], told["reason"], told["name"]) == (True, "", "ml-1")
    assert (told["uptime"], told["load"], told["gpus"]) == (60, [0.5, 0.4, 0.3], None)


@pytest.mark.parametrize(
    ("result", "state", "reason"),
    [
        (None, "stopped", "the instance is stopped"),
        (None, "running", "the inventory does not have it"),
        ({"unreachable": True, "msg": "Task failed: x\nssh: no route"}, "running", "it can't be reached: ssh: no route"),
        ({"unreachable": True, "msg": "Task failed: refused"}, "running", "it can't be reached: refused"),
        ({"failed": True, "stdout": "", "stderr": "a\nsudo: no\n"}, "running", "it could not be asked: sudo: no"),
        ({"failed": True, "msg": "timed out"}, "running", "it could not be asked: timed out"),
        ({"failed": True, "stderr": "idle: error: unrecognized arguments: --status"}, "running", hosts._OLD),
        ({"stdout": "\r\n", "stderr": ""}, "running", hosts.NOT_CONFIGURED),
        ({"stdout": "{broken"}, "running", "what it says is no JSON"),
    ],
)
def test_a_host_that_says_nothing_has_its_reason(result, state, reason):
    told = one(result, state)
    assert (told["answered"], told["reason"], told["sessions"], told["kernels"]) == (False, reason, [], None)


def test_a_nat_instance_is_no_host_to_ask():
    assert hosts.told([instance(role="nat")], {}) == []


def host(name: str = "ml-1", **facts: Any) -> dict[str, Any]:
    return {**one({"stdout": json.dumps({**FACTS, **facts})}), "name": name}


def session(kind: str = "shell", instance: str = "ml-1") -> dict[str, Any]:
    """One of Session Manager."""
    return {"user": "alice", "instance": instance, "since": "2026-11-28T11:00:00+00:00", "kind": kind}


SESSIONS = [
    {"name": "SSH session of ec2-user", "unused": 30, "since": 600},
    {"name": "SSM session of ssm-user", "unused": 60, "since": 3600},
    {"name": "terminal of root", "unused": 5, "since": 7200},
    {"name": "JupyterLab's terminal 1", "unused": 90, "since": None},
]


def test_who_is_connected_by_the_host():
    told = people.connected([], [host(sessions=SESSIONS)], NOW)
    assert [(entry["user"], entry["way"], entry["since"][11:16], entry["unused"]) for entry in told] == [
        ("", "JupyterLab's terminal 1", "", 90),
        ("root", "a terminal", "10:00", 5),
        ("ssm-user", "Session Manager", "11:00", 60),
        ("ec2-user", "SSH", "11:50", 30),
    ]


def test_of_whom_aws_knows_the_name_the_host_s_word_does_not_count():
    """But a tunnel is no shell, and another host is another host."""
    told = people.connected([session()], [host(sessions=SESSIONS[1:2])], NOW)
    assert [(entry["user"], entry["way"]) for entry in told] == [("alice", "Session Manager")]
    for elsewhere in (session("tunnel"), session(instance="ml-2")):
        told = people.connected([elsewhere], [host(sessions=SESSIONS[1:2])], NOW)
        assert {entry["user"] for entry in told} == {"alice", "ssm-user"}


def test_jobs_that_do_nothing_come_first():
    work = {"name": "python a.py (1)", "since": 60, "cpu": 9, "gpu": True, "stalled": False}
    waits = {"name": "the cell of kernel 0a1b2c3d", "since": None, "cpu": 0, "gpu": False, "stalled": True}
    told = people.jobs([host(jobs=[work, waits]), one(None)], NOW)
    assert [(job["name"], job["instance"], job["since"][11:16]) for job in told] == [
        (waits["name"], "ml-1", ""),
        (work["name"], "ml-1", "11:59"),
    ]


def test_busy_kernels_come_first():
    idle = {"id": "a", "notebook": "", "busy": False, "unused": 5}
    busy = {"id": "b", "notebook": "t.ipynb", "busy": True, "unused": 50}
    told = people.kernels([host(kernels=[idle, busy]), one(None)])
    assert [kernel["id"] for kernel in told] == ["b", "a"]
    assert told[0]["instance"] == "ml-1"
