# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody should look after."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.status.attention import attention

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MODEL = {"model": "digits", "state": "serving", "version": "3", "failed": None}
FINE = {
    "instances": [
        {
            "id": "i-1",
            "name": "ml-1",
            "role": "ml-training",
            "state": "running",
            "since": "2026-11-28T08:00:00+00:00",
            "checks": {"system": "ok", "instance": "ok", "ebs": ""},
            "events": [],
        }
    ],
    "alarms": [{"name": "ml-1-cpu", "state": "OK", "since": "", "reason": "", "description": "CPU", "tells": True}],
    "network": {
        "nat_gateways": [{"name": "nat", "state": "available", "reason": ""}],
        "endpoints": [{"service": "s3", "state": "available"}],
        "flow_logs": [{"id": "fl-1", "delivery": "SUCCESS", "reason": ""}],
    },
    "databases": [{"name": "p-dev", "state": "available"}],
    "trails": [{"name": "p-dev", "own": True, "records": True, "digested": "", "reason": ""}],
    "metrics": {"i-1": {"memory": [["2026-11-28T11:55:00+00:00", 40]], "stalled_jobs": [["2026-11-28T11:55:00+00:00", 0]]}},
    "budget": {"limit": 100.0, "actual": 10.0, "forecast": 50.0, "currency": "USD"},
    "hosts": [
        {
            "name": "ml-1",
            "answered": True,
            "reason": "",
            "services": [{"name": "mlinfra-jupyter", "state": "active"}],
            "models": [MODEL],
            "nodes": [],
            "disks": [{"path": "/", "total": 100e9, "free": 50e9}],
            "unread": [],
        }
    ],
    "jobs": [],
    "notes": [],
}


def status(**changes: Any) -> dict[str, Any]:
    return {**FINE, **changes}


def only(part: str, **changes: Any) -> dict[str, Any]:
    """All fine, but for members of the one entry of a part."""
    [entry] = FINE[part]
    return status(**{part: [{**entry, **changes}]})


def network(part: str, **changes: Any) -> dict[str, Any]:
    [entry] = FINE["network"][part]
    return status(network={**FINE["network"], part: [{**entry, **changes}]})


def test_all_is_well():
    assert attention(FINE, NOW) == []
    assert attention(status(hosts=None, budget=None), NOW) == []


STOPPED_NAT = {**FINE["instances"][0], "id": "i-2", "name": "nat", "role": "nat", "state": "stopped", "checks": {}}
EVENT = {"code": "instance-stop", "description": "bad disk", "not_before": "2026-11-30T08:00:00+00:00"}
STALLED = {"name": "python a.py (1)", "instance": "ml-1", "stalled": True}
UNREADY = {"i-1": {"memory": FINE["metrics"]["i-1"]["memory"], "unready_models": [["2026-11-28T11:55:00+00:00", 2]]}}
LAST = {"i-1": {"memory": FINE["metrics"]["i-1"]["memory"], "stalled_jobs": [["2026-11-28T11:55:00+00:00", 2]]}}


@pytest.mark.parametrize(
    ("found", "tone", "text"),
    [
        (only("instances", checks={"system": "ok", "instance": "impaired", "ebs": "ok"}), "bad", "ml-1: instance check impaired"),
        (only("instances", checks={"system": "insufficient-data"}), "warn", "ml-1: system check insufficient-data"),
        (only("instances", state="shutting-down"), "bad", "ml-1 is shutting-down"),
        (
            status(instances=[*FINE["instances"], STOPPED_NAT]),
            "warn",
            "nat is stopped: private subnets have no way out",
        ),
        (only("instances", events=[EVENT]), "bad", "ml-1: EC2 plans instance-stop for 30 Nov 08:00: bad disk"),
        (
            only("alarms", state="ALARM", since="2026-11-28T11:48:00+00:00"),
            "bad",
            "ml-1-cpu is in ALARM since 11:48: CPU",
        ),
        (only("alarms", tells=False), "warn", "ml-1-cpu tells nobody: its actions are switched off"),
        (network("nat_gateways", state="failed", reason="no address"), "bad", "NAT gateway nat is failed: no address"),
        (network("endpoints", state="rejected"), "bad", "endpoint s3 is rejected"),
        (network("flow_logs", delivery="FAILED", reason="Access error"), "warn", "flow log fl-1 can't deliver: Access error"),
        (only("databases", state="storage-full"), "bad", "database p-dev is storage-full"),
        (only("trails", records=False), "bad", "the trail p-dev does not record what is done in the account"),
        (
            only("trails", digested="2026-11-28T08:00:00+00:00"),
            "warn",
            "the trail p-dev has delivered no digest since 08:00",
        ),
        (only("trails", reason="AccessDenied"), "warn", "the trail p-dev can't deliver: AccessDenied"),
        (only("hosts", answered=False, reason="it can't be reached"), "warn", "ml-1 says nothing: it can't be reached"),
        (only("hosts", services=[{"name": "mlinfra-jupyter", "state": "failed"}]), "bad", "ml-1: mlinfra-jupyter is failed"),
        (
            only("hosts", models=[{**MODEL, "failed": {"version": "4", "reason": "Its answer is off.", "at": ""}}]),
            "bad",
            "ml-1: digits 4 failed and is not served: Its answer is off.",
        ),
        (status(metrics=UNREADY, hosts=[]), "warn", "ml-1: 2 of its models did not answer"),
        (only("hosts", models=[{**MODEL, "state": "empty", "version": None}]), "warn", "ml-1: no version of digits is served"),
        (only("hosts", nodes=[{"address": "10.0.1.5", "state": "dead"}]), "warn", "ml-1: 10.0.1.5 has left its cluster"),
        (
            only("hosts", disks=[{"path": "/", "total": 100e9, "free": 5e9}]),
            "warn",
            "ml-1: / is 95 % full, 5.0 GB are free",
        ),
        (only("hosts", unread=["the GPU can't be read: x"]), "warn", "ml-1: the GPU can't be read: x"),
        (status(jobs=[STALLED]), "warn", "ml-1: python a.py (1) runs and does nothing"),
        (status(metrics=LAST), "warn", "ml-1: 2 of its jobs ran and did nothing"),
        (status(metrics={}), "warn", "ml-1: no figures came from its CloudWatch agent in the last 24 hours"),
        (
            status(budget={"limit": 100.0, "actual": 101.0, "forecast": 150.0, "currency": "USD"}),
            "bad",
            "the budget of 100.00 USD is spent: 101.00",
        ),
        (
            status(budget={"limit": 100.0, "actual": None, "forecast": 150.0, "currency": "USD"}),
            "warn",
            "the month will cost 150.00, more than the budget of 100.00 USD",
        ),
    ],
)
def test_what_to_look_after(found, tone, text):
    assert attention(found, NOW) == [{"tone": tone, "text": text}]


@pytest.mark.parametrize(
    "found",
    [
        only("instances", state="stopped", checks={"system": "not-applicable"}),
        only("instances", checks={"system": "initializing", "instance": "initializing"}),
        only("hosts", answered=False, reason="the instance is stopped"),
        {**only("instances", since="2026-11-28T11:30:00+00:00"), "metrics": {}},
        status(metrics={}, notes=[{"part": "metrics", "text": "no"}]),
        {**only("instances", state="stopped"), "metrics": LAST},
        {**only("instances", role="nat"), "metrics": {}},
        status(instances=[STOPPED_NAT]),
    ],
    ids=[
        *("stopped", "starting", "no host of a stopped one", "the agent starts", "metrics may not be read", "what was"),
        *("a NAT instance has no agent", "nobody needs a way out"),
    ],
)
def test_what_nobody_needs_to_look_after(found):
    assert attention(found, NOW) == []


def test_the_worst_comes_first_and_nothing_twice():
    """A stalled job that the host names is not told by its metric again."""
    found = {**only("alarms", state="ALARM", since="2026-11-28T11:48:00+00:00"), "jobs": [STALLED], "metrics": LAST}
    assert [entry["tone"] for entry in attention(found, NOW)] == ["bad", "warn"]
