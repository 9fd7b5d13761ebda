# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What autoscaling_group_parts calls: botocore checks each request against the service's model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.group_parts import api, transform
from ansible_collections.mlinfra.aws.plugins.modules import autoscaling_group_parts

NAMED = {"AutoScalingGroupName": "g"}
PARAMS: dict[str, Any] = {
    "schedule": [
        {
            "name": "g-evening",
            "recurrence": "0 20 * * *",
            "time_zone": "UTC",
            "min_size": 0,
            "max_size": None,
            "desired_capacity": 0,
        }
    ],
    "hooks": [{"name": "g-drain", "transition": "terminating", "timeout": 600, "default_result": "CONTINUE"}],
    "warm_pool": {"state": "Stopped", "min_size": 2, "reuse": None},
}
ACTION = {"ScheduledActionName": "g-evening", "Recurrence": "0 20 * * *", "TimeZone": "UTC", "MinSize": 0, "DesiredCapacity": 0}
HOOK = {
    "LifecycleHookName": "g-drain",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
    "HeartbeatTimeout": 600,
    "DefaultResult": "CONTINUE",
}
POOL = {"PoolState": "Stopped", "MinSize": 2, "ReuseOnScaleIn": False}
NOTHING: dict[str, Any] = {"ScheduledActions": [], "LifecycleHooks": [], "WarmPool": {}}
ALL = {"ScheduledActions": [ACTION], "LifecycleHooks": [HOOK], "WarmPool": POOL}
GROUP = {
    **NAMED,
    "MinSize": 0,
    "MaxSize": 1,
    "DesiredCapacity": 0,
    "DefaultCooldown": 300,
    "AvailabilityZones": ["us-east-1a"],
    "HealthCheckType": "EC2",
    "CreatedTime": datetime(2026, 1, 2, tzinfo=UTC),
}


def test_the_options_become_what_aws_calls_them():
    assert autoscaling_group_parts.wanted(PARAMS) == ALL
    assert autoscaling_group_parts.wanted({"schedule": None, "hooks": None, "warm_pool": None}) == {}
    none = {"schedule": [], "hooks": [], "warm_pool": {"state": None, "min_size": None, "reuse": None}}
    assert autoscaling_group_parts.wanted(none) == NOTHING


def test_what_stands_is_read_without_what_others_have_named(aws):
    pool = {"PoolState": "Stopped", "MinSize": 2, "MaxGroupPreparedCapacity": -1}
    told = {"AutoScalingGroups": [{**GROUP, "WarmPoolConfiguration": pool}]}
    aws.answer("autoscaling", "describe_auto_scaling_groups", told, {"AutoScalingGroupNames": ["g"]})
    actions = [{**ACTION, **NAMED, "ScheduledActionARN": "arn:aws:autoscaling"}, {"ScheduledActionName": "others"}]
    aws.answer("autoscaling", "describe_scheduled_actions", {"ScheduledUpdateGroupActions": actions}, NAMED)
    hooks = [{**HOOK, "GlobalTimeout": 60000}, {"LifecycleHookName": "others"}]
    aws.answer("autoscaling", "describe_lifecycle_hooks", {"LifecycleHooks": hooks}, NAMED)
    found = api.read(aws("autoscaling"), "g")
    assert found is not None
    assert autoscaling_group_parts.standing("g", found) == ALL


def test_a_group_that_is_not_there_has_no_parts(aws):
    aws.answer("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": []}, {"AutoScalingGroupNames": ["g"]})
    assert api.read(aws("autoscaling"), "g") is None


def test_all_of_it_is_put(aws):
    aws.answer("autoscaling", "put_scheduled_update_group_action", {}, {**NAMED, **ACTION})
    aws.answer("autoscaling", "put_lifecycle_hook", {}, {**NAMED, **HOOK})
    pool = {"PoolState": "Stopped", "MinSize": 2, "InstanceReusePolicy": {"ReuseOnScaleIn": False}}
    aws.answer("autoscaling", "put_warm_pool", {}, {**NAMED, **pool})
    api.carry_out(aws("autoscaling"), "g", transform.calls(ALL, NOTHING, ALL))


def test_all_of_it_is_deleted_and_the_pool_is_waited_for(aws):
    aws.answer("autoscaling", "delete_scheduled_action", {}, {**NAMED, "ScheduledActionName": "g-evening"})
    aws.answer("autoscaling", "delete_lifecycle_hook", {}, {**NAMED, "LifecycleHookName": "g-drain"})
    aws.answer("autoscaling", "delete_warm_pool", {}, {**NAMED, "ForceDelete": True})
    aws.answer("autoscaling", "describe_warm_pool", {"Instances": []}, NAMED)
    api.carry_out(aws("autoscaling"), "g", transform.calls(ALL, ALL, NOTHING))


def test_only_what_differs_is_put():
    more = [ACTION, {**ACTION, "ScheduledActionName": "g-morning", "MinSize": 1}]
    made = transform.calls(["ScheduledActions"], ALL, {**ALL, "ScheduledActions": more})
    assert made == [transform.Call("put_scheduled_update_group_action", more[1])]


def test_a_pool_that_is_going_is_none():
    assert transform.pool({**POOL, "Status": transform.GOING}) == {}
    assert transform.pool({"PoolState": "Running", "InstanceReusePolicy": {"ReuseOnScaleIn": True}}) == {
        "PoolState": "Running", "MinSize": 0, "ReuseOnScaleIn": True,
    }  # fmt: skip


def test_names_that_the_next_run_would_not_know_are_told():
    params = {"schedule": [{"name": "evening"}, {"name": "g-evening"}], "hooks": None}
    assert autoscaling_group_parts.foreign_names("g", params) == ["evening"]


@pytest.mark.parametrize("operation", ["describe_scheduled_actions", "describe_lifecycle_hooks"])
def test_a_refusal_is_told(aws, operation):
    aws.answer("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [GROUP]})
    if operation == "describe_lifecycle_hooks":
        aws.answer("autoscaling", "describe_scheduled_actions", {"ScheduledUpdateGroupActions": []}, NAMED)
    aws.refuse("autoscaling", operation, "AccessDenied")
    with pytest.raises(AnsibleAWSError, match="describe what hangs on the Auto Scaling group"):
        api.read(aws("autoscaling"), "g")
