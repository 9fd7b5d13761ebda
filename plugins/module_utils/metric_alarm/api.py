# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch's calls on metric alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

Alarm = dict[str, Any]
# What CloudWatch takes in one call.
MOST_NAMES = 100


@AWSErrorHandler.common_error_handler("list alarms")
def list_alarms(client: Any, prefix: str, names: list[str]) -> list[Alarm]:
    """The alarms whose names begin with a prefix, or those with these names where there is none."""
    paginator = client.get_paginator("describe_alarms")
    if prefix:
        chosen = [{"AlarmNamePrefix": prefix}]
    else:
        chosen = [{"AlarmNames": names[at : at + MOST_NAMES]} for at in range(0, len(names), MOST_NAMES)]
    pages = [paginator.paginate(AlarmTypes=["MetricAlarm"], **choice).build_full_result() for choice in chosen]
    return [alarm for page in pages for alarm in page["MetricAlarms"]]


@AWSErrorHandler.common_error_handler("put an alarm")
def put_alarm(client: Any, request: Mapping[str, Any]) -> None:
    """Creates an alarm, or replaces the one with its name."""
    client.put_metric_alarm(**request)


@AWSErrorHandler.common_error_handler("delete alarms")
def delete_alarms(client: Any, names: list[str]) -> None:
    """Deletes alarms; those that are gone already are passed over."""
    for at in range(0, len(names), MOST_NAMES):
        client.delete_alarms(AlarmNames=names[at : at + MOST_NAMES])
