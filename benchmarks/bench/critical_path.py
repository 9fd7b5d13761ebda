# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The longest chain of calls that must follow each other in a first apply: nothing that uses AWS can be faster. Pure.

It is made of the calls as they were answered in the same run, and of the times that AWS takes to create things. It knows
nothing of playbooks and tasks, so that it stays the same however they are arranged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What AWS demands: a call, and the steps that must have ended before it.
CALLS: dict[str, tuple[str, ...]] = {
    "ec2:CreateVpc": (),
    "ec2:CreateSubnet": ("ec2:CreateVpc",),
    "ec2:CreateInternetGateway": (),
    "ec2:AttachInternetGateway": ("ec2:CreateInternetGateway", "ec2:CreateVpc"),
    "ec2:AllocateAddress": (),
    "ec2:CreateNatGateway": ("ec2:CreateSubnet", "ec2:AttachInternetGateway", "ec2:AllocateAddress"),
    "ec2:DescribeNatGateways": ("natgateway",),
    "ec2:CreateRouteTable": ("ec2:CreateVpc",),
    "ec2:CreateRoute": ("ec2:CreateRouteTable", "ec2:DescribeNatGateways"),
    "ec2:CreateSecurityGroup": ("ec2:CreateVpc",),
    "iam:CreateRole": (),
    "iam:CreateInstanceProfile": (),
    "iam:AddRoleToInstanceProfile": ("iam:CreateRole", "iam:CreateInstanceProfile"),
    "ec2:RunInstances": ("ec2:CreateSubnet", "ec2:CreateSecurityGroup", "iam:AddRoleToInstanceProfile"),
    "ec2:DescribeInstances": ("instance",),
    "cloudwatch:PutMetricAlarm": ("ec2:RunInstances",),
    "cloudwatch:PutDashboard": ("ec2:RunInstances",),
}
# What AWS takes its time for, and the call that orders it.
WAITS = {"natgateway": "ec2:CreateNatGateway", "instance": "ec2:RunInstances"}


@dataclass(frozen=True)
class Step:
    """One step of the chain."""

    name: str
    seconds: float


def critical_path(calls: list[dict[str, Any]], delay: float, waits: Mapping[str, float]) -> list[Step]:
    """The longest chain.

    Args:
        calls: those of a first apply, as the emulator logs them.
        delay: seconds that are added to each call before the emulator.
        waits: seconds that AWS takes for each of WAITS.

    Raises:
        LookupError: where the run made no such call; then it was no first apply of the whole set.
    """
    ends: dict[str, tuple[float, list[Step]]] = {}

    def end(name: str) -> tuple[float, list[Step]]:
        if name not in ends:
            if name in WAITS:
                own, before = waits[name], (WAITS[name],)
            else:
                own, before = _mean(calls, name) + delay, CALLS[name]
            so_far, chain = max((end(step) for step in before), key=lambda entry: entry[0], default=(0.0, []))
            ends[name] = (so_far + own, [*chain, Step(name, round(own, 3))])
        return ends[name]

    return max((end(name) for name in CALLS), key=lambda entry: entry[0])[1]


def _mean(calls: list[dict[str, Any]], name: str) -> float:
    seconds = [call["seconds"] for call in calls if f"{call['service']}:{call['action']}" == name]
    if not seconds:
        raise LookupError(f"the run never called {name}")
    return sum(seconds) / len(seconds)
