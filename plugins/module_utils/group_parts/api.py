# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Auto Scaling's calls about what hangs on a group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

try:
    from botocore.waiter import WaiterModel, create_waiter_with_client
except ImportError:
    pass  # amazon.aws reports it

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from .transform import Call

# Every 15 seconds, for a quarter of an hour at most.
_EMPTIED = {
    "version": 2,
    "waiters": {
        "WarmPoolDeleted": {
            "operation": "DescribeWarmPool",
            "delay": 15,
            "maxAttempts": 60,
            "acceptors": [
                {"matcher": "path", "argument": "WarmPoolConfiguration == null", "expected": True, "state": "success"},
            ],
        }
    },
}


@AWSErrorHandler.list_error_handler("describe the Auto Scaling group", default_value=None)
def _group(client: Any, name: str) -> dict[str, Any] | None:
    listed = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return listed[0] if listed else None


@AWSErrorHandler.common_error_handler("describe what hangs on the Auto Scaling group")
def _parts(client: Any, name: str) -> dict[str, Any]:
    named = {"AutoScalingGroupName": name}
    listed = client.get_paginator("describe_scheduled_actions").paginate(**named).build_full_result()
    return {
        "ScheduledActions": listed.get("ScheduledUpdateGroupActions", []),
        "LifecycleHooks": client.describe_lifecycle_hooks(**named)["LifecycleHooks"],
    }


def read(client: Any, name: str) -> dict[str, Any] | None:
    """What hangs on a group, in AWS's words; None where there is no such group.

    Args:
        client: Auto Scaling's client.
        name: the group's.

    Raises:
        AnsibleAWSError: where AWS refuses it.
    """
    group = _group(client, name)
    return None if group is None else {"WarmPool": group.get("WarmPoolConfiguration"), **_parts(client, name)}


@AWSErrorHandler.common_error_handler("change what hangs on the Auto Scaling group")
def carry_out(client: Any, name: str, calls: Iterable[Call]) -> None:
    """Makes the calls, in their order. One that deletes the warm pool waits until its instances are gone.

    Args:
        client: Auto Scaling's client.
        name: the group's.
        calls: what to call.

    Raises:
        AnsibleAWSError: where AWS refuses it.
    """
    for call in calls:
        getattr(client, call.operation)(AutoScalingGroupName=name, **call.arguments)
        if call.operation == "delete_warm_pool":
            create_waiter_with_client("WarmPoolDeleted", WaiterModel(_EMPTIED), client).wait(AutoScalingGroupName=name)
