# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New things are pending behind the proxy for as long as AWS takes, and the critical path is the longest chain."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.critical_path import STEPS
from bench.critical_path import CALLS, WAITS, critical_path
from bench.states import CREATION_SECONDS, States

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
GATEWAY = "<natGateway><natGatewayId>nat-1</natGatewayId><state>available</state></natGateway>"
GATEWAYS = "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><state>available</state></item></natGatewaySet>"
LAUNCHED = (
    "<instancesSet><item><instanceId>i-1</instanceId>"
    "<instanceState><code>16</code><name>running</name></instanceState></item></instancesSet>"
)
INSTANCES = f"<reservationSet><item>{LAUNCHED}</item></reservationSet>"


def answer(action: str, content: str) -> bytes:
    return f'<{action}Response xmlns="{NAMESPACE}">{content}</{action}Response>'.encode()


class Clock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def states(clock) -> States:
    return States({"natgateway": 10.0, "instance": 2.0}, clock)


@pytest.mark.parametrize(
    ("order", "ordered", "question", "listed", "ready", "seconds"),
    [
        ("CreateNatGateway", GATEWAY, "DescribeNatGateways", GATEWAYS, b"available", 10.0),
        ("RunInstances", LAUNCHED, "DescribeInstances", INSTANCES, b"running", 2.0),
        ("RunInstances", LAUNCHED, "DescribeInstanceStatus", LAUNCHED, b"running", 2.0),
    ],
)
def test_is_pending_for_its_time(states, clock, order, ordered, question, listed, ready, seconds):
    first = states.rewrite({"Action": order}, answer(order, ordered))
    clock.now = seconds - 0.1
    before = states.rewrite({"Action": question}, answer(question, listed))
    clock.now = seconds
    after = states.rewrite({"Action": question}, answer(question, listed))
    assert b"pending" in first
    assert b"pending" in before
    assert ready not in before
    assert ready in after
    assert b"pending" not in after


def test_pending_instances_have_the_code_of_pending_ones(states):
    assert b"<code>0</code>" in states.rewrite({"Action": "RunInstances"}, answer("RunInstances", LAUNCHED))


def test_a_filter_for_running_instances_leaves_pending_ones_out(states):
    states.rewrite({"Action": "RunInstances"}, answer("RunInstances", LAUNCHED))
    question = {"Action": "DescribeInstances", "Filter.1.Name": "instance-state-name", "Filter.1.Value.1": "running"}
    assert b"i-1" not in states.rewrite(question, answer("DescribeInstances", INSTANCES))
    assert b"i-1" in states.rewrite({**question, "Filter.1.Value.2": "pending"}, answer("DescribeInstances", INSTANCES))


def test_what_stood_before_and_other_answers_stay_as_they_are(states):
    assert b"running" in states.rewrite({"Action": "DescribeInstances"}, answer("DescribeInstances", INSTANCES))
    assert states.rewrite({"Action": "DescribeVpcs"}, b"<anything") == b"<anything"


def calls(**seconds: float) -> list[dict]:
    """A first apply in which every call takes 0.1 s, but for those named."""
    names = [name.split(":") for name in CALLS]
    return [{"service": service, "action": action, "seconds": seconds.get(action, 0.1)} for service, action in names]


def test_the_path_leads_through_the_nat_gateway():
    path = critical_path(calls(), 0.0, {"natgateway": 10.0, "instance": 2.0})
    assert [step.name for step in path][-3:] == ["natgateway", "ec2:DescribeNatGateways", "ec2:CreateRoute"]
    assert sum(step.seconds for step in path) == pytest.approx(10.5)


def test_the_path_leads_through_the_instance_where_that_takes_longer():
    path = critical_path(calls(), 0.08, {"natgateway": 1.0, "instance": 20.0})
    assert [step.name for step in path][-2:] == ["instance", "ec2:DescribeInstances"]


def test_every_wait_is_ordered_by_a_call_and_waited_for():
    assert set(WAITS.values()) <= set(CALLS)
    assert set(WAITS) <= {step for before in CALLS.values() for step in before}


def test_a_run_that_made_less_has_no_path():
    with pytest.raises(LookupError, match="CreateVpc"):
        critical_path([], 0.0, {"natgateway": 10.0, "instance": 2.0})


def test_the_plan_tells_the_times_that_the_proxy_plays():
    told = {kind.replace("_", ""): dict(steps) for kind, steps in STEPS.items()}
    assert {"natgateway": told["natgateway"]["NAT gateway"], "instance": told["instance"]["instance runs"]} == CREATION_SECONDS
