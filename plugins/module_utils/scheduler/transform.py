# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Schedules between the module's words and those of AWS. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# What AWS takes where nothing is said.
RETRY_SECONDS = 86400
RETRIES = 185


def wanted(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the module's arguments ask for, in the form of `normalize`."""
    return {
        "name": params["name"],
        "group": params["group"],
        "description": params["description"],
        "expression": params["expression"],
        "timezone": params["timezone"],
        "enabled": params["enabled"],
        "flexible_minutes": params["flexible_minutes"],
        "target_arn": params["target_arn"],
        "role_arn": params["role_arn"],
        "input": input_of(params["input"]),
        "retry_seconds": params["retry_seconds"],
        "retries": params["retries"],
    }


def input_of(text: str | None) -> Any:
    """The input of a target: what its JSON means, or the text where it is none."""
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text


def normalize(schedule: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule of AWS's in the module's words."""
    target = schedule["Target"]
    retry = target.get("RetryPolicy") or {}
    return {
        "arn": schedule["Arn"],
        "name": schedule["Name"],
        "group": schedule["GroupName"],
        "description": schedule.get("Description", ""),
        "expression": schedule["ScheduleExpression"],
        "timezone": schedule.get("ScheduleExpressionTimezone", "UTC"),
        "enabled": schedule.get("State", "ENABLED") == "ENABLED",
        "flexible_minutes": (schedule.get("FlexibleTimeWindow") or {}).get("MaximumWindowInMinutes") or 0,
        "target_arn": target["Arn"],
        "role_arn": target["RoleArn"],
        "input": input_of(target.get("Input")),
        "retry_seconds": retry.get("MaximumEventAgeInSeconds", RETRY_SECONDS),
        "retries": retry.get("MaximumRetryAttempts", RETRIES),
    }


def request(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateSchedule and UpdateSchedule are called with."""
    minutes = asked["flexible_minutes"]
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes} if minutes else {"Mode": "OFF"}
    text = asked["input"] if isinstance(asked["input"], str) else json.dumps(asked["input"], sort_keys=True)
    return {
        "Name": asked["name"],
        "GroupName": asked["group"],
        "Description": asked["description"],
        "ScheduleExpression": asked["expression"],
        "ScheduleExpressionTimezone": asked["timezone"],
        "State": "ENABLED" if asked["enabled"] else "DISABLED",
        "FlexibleTimeWindow": window,
        "Target": {
            "Arn": asked["target_arn"],
            "RoleArn": asked["role_arn"],
            "Input": text,
            "RetryPolicy": {
                "MaximumEventAgeInSeconds": asked["retry_seconds"],
                "MaximumRetryAttempts": asked["retries"],
            },
        },
    }
