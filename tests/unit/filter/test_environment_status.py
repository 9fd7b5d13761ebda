# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an environment is, by AWS and by its hosts, in words that people read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.filter.environment_status import FilterModule

environment_status = FilterModule().filters()["environment_status"]

NOW = "2026-11-28T12:00:00+00:00"
EARLIER = "2026-11-28T08:00:00+00:00"
FACTS = {
    "sessions": [{"name": "SSH session of ec2-user", "unused": 30, "since": 600}],
    "jobs": [{"name": "python a.py (1)", "since": 60, "cpu": 9, "gpu": False, "stalled": False}],
    "kernels": [{"id": "a", "notebook": "t.ipynb", "busy": True, "unused": 5}],
    "unread": [],
}


def instance(**more: Any) -> dict[str, Any]:
    return {
        "id": "i-1",
        "name": "ml-1",
        "role": "ml-training",
        "state": "running",
        "since": EARLIER,
        "stopped_by": "",
        "checks": {"system": "ok", "instance": "ok", "ebs": ""},
        "events": [],
        **more,
    }


def asked(*instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A result of status_info."""
    return {
        "asked_at": NOW,
        "account": "123456789012",
        "instances": list(instances),
        "network": {"vpc_ids": [], "nat_gateways": [], "endpoints": [], "flow_logs": []},
        **{part: [] for part in ("buckets", "databases", "trails", "alarms", "sessions", "logs", "notes")},
        "metrics": {},
        "budget": None,
        "cost": {},
        "changed": False,
        **more,
    }


def test_both_sides_are_one():
    told = environment_status(asked(instance()), {"ml-1": {"stdout": json.dumps(FACTS)}})
    assert told["hosts"][0]["answered"]
    assert told["connected"] == [
        {
            "user": "ec2-user",
            "way": "SSH",
            "instance": "ml-1",
            "since": "2026-11-28T11:50:00+00:00",
            "unused": 30,
            "ago": "10 min",
            "used_ago": "30 s",
        }
    ]
    assert [(job["name"], job["ago"]) for job in told["jobs"]] == [("python a.py (1)", "1 min")]
    assert [(kernel["notebook"], kernel["used_ago"]) for kernel in told["kernels"]] == [("t.ipynb", "5 s")]
    assert told["stands"]


def test_hosts_that_were_not_asked():
    told = environment_status(asked(instance()))
    assert (told["hosts"], told["jobs"], told["kernels"]) == (None, [], [])


def test_what_is_new_of_an_instance():
    """Its newest measures, where they are fresh, and the last day as a line."""
    metrics = {"i-1": {"cpu": [[EARLIER, 90], ["2026-11-28T11:55:00+00:00", 12.5]], "disk": [[EARLIER, 40]]}}
    [told] = environment_status(asked(instance(), metrics=metrics))["instances"]
    assert (told["ago"], told["health"], told["now"]) == ("4 h", "checks ok", {"cpu": 12.5})
    assert told["spark"] == f"{' ' * 20}█  ▂"
    [stopped] = environment_status(asked(instance(state="stopped"), metrics=metrics))["instances"]
    assert stopped["now"] == {}


@pytest.mark.parametrize(
    ("checks", "stopped_by", "health"),
    [
        (("ok", "ok", "ok"), "", "checks ok"),
        (("", "", ""), "", ""),
        (("not-applicable", "not-applicable", ""), "", ""),
        (("not-applicable", "not-applicable", ""), "Client.UserInitiatedShutdown", ""),
        (("not-applicable", "not-applicable", ""), "Client.InstanceInitiatedShutdown", "stopped itself"),
        (("initializing", "initializing", ""), "", "checks begin"),
        (("ok", "initializing", ""), "", "checks begin"),
        (("insufficient-data", "insufficient-data", ""), "", "checks say nothing yet"),
        (("ok", "impaired", "ok"), "", "instance check impaired"),
        (("impaired", "insufficient-data", ""), "", "system check impaired, instance check insufficient-data"),
    ],
)
def test_the_health_of_an_instance(checks, stopped_by, health):
    names = dict(zip(("system", "instance", "ebs"), checks, strict=True))
    [told] = environment_status(asked(instance(checks=names, stopped_by=stopped_by)))["instances"]
    assert told["health"] == health


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({}, False),
        ({"buckets": [{"name": "b", "since": EARLIER, "bytes": None, "objects": None}]}, True),
        ({"network": {"vpc_ids": ["vpc-1"], "nat_gateways": [], "endpoints": [], "flow_logs": []}}, True),
    ],
)
def test_whether_anything_stands(changes, stands):
    assert environment_status(asked(**changes))["stands"] is stands


@pytest.mark.parametrize("wrong", [{}, None, [], "text", {"asked_at": NOW}, {**asked(), "asked_at": "yesterday"}])
def test_what_is_no_result_is_an_error(wrong):
    with pytest.raises(AnsibleFilterError, match="no result of status_info"):
        environment_status(wrong)
