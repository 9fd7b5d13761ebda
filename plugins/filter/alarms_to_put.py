# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: alarms_to_put
short_description: Those of the declared CloudWatch alarms that do not stand as declared
version_added: 0.1.0
description:
  - Leaves out the alarms that stand already as declared, so that only the others cost a call.
  - Attributes that are not declared are not compared.
positional: _input
options:
  _input:
    description: The declared alarms, dictionaries with C(attributes) in PutMetricAlarm's words.
    type: list
    elements: dict
    required: true
  found:
    description: The alarms that stand, as C(metric_alarms) of M(amazon.aws.cloudwatch_metric_alarm_info).
    type: list
    elements: dict
    required: true
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Name the alarms that differ
  ansible.builtin.debug:
    msg: "{{ declared | mlinfra.aws.alarms_to_put(found.metric_alarms) | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The declared alarms that are missing or differ.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict


def alarms_to_put(declared: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The declared alarms that are missing or differ: see RETURN."""
    standing = {alarm["alarm_name"]: alarm for alarm in found}
    return [
        alarm for alarm in declared if _differs(alarm["attributes"], standing.get(alarm["attributes"]["AlarmName"]))
    ]


def _differs(attributes: dict[str, Any], alarm: dict[str, Any] | None) -> bool:
    if alarm is None:
        return True
    wanted = camel_dict_to_snake_dict(attributes)
    return any(_comparable(alarm.get(key)) != _comparable(value) for key, value in wanted.items())


def _comparable(value: Any) -> Any:
    # Actions and dimensions are sets: CloudWatch does not promise their order.
    return sorted(value, key=str) if isinstance(value, list) else value


class FilterModule:
    """Filters about CloudWatch alarms."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"alarms_to_put": alarms_to_put}
