# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metric filters are part of a log group, one of a name. moto keeps them beside it, and another each time one is put."""

from __future__ import annotations

from typing import Any

from moto.core.utils import unix_time_millis, utcnow
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend, logs_backends

from emulator.patching import around


def _known_group(backend: LogsBackend, log_group_name: str | None) -> None:
    if log_group_name is not None and log_group_name not in backend.groups:
        raise ResourceNotFoundException(msg="The specified log group does not exist.")


def _others(backend: LogsBackend, log_group_name: str | None, filter_name: str | None = None) -> list[dict[str, Any]]:
    """All filters but those of a group, or but one of them."""
    return [
        one
        for one in backend.filters.metric_filters
        if one["logGroupName"] != log_group_name or filter_name not in {None, one["filterName"]}
    ]


def _put_metric_filter(
    original: Any, self: LogsBackend, filter_name: str, filter_pattern: str, log_group_name: str, *args: Any
) -> None:
    _known_group(self, log_group_name)
    self.filters.metric_filters = _others(self, log_group_name, filter_name)
    original(self, filter_name, filter_pattern, log_group_name, *args)
    self.filters.metric_filters[-1]["creationTime"] = int(unix_time_millis(utcnow()))


def _describe_metric_filters(
    original: Any, self: LogsBackend, prefix: str | None = None, log_group_name: str | None = None, *args: Any
) -> Any:
    _known_group(self, log_group_name)
    return original(self, prefix, log_group_name, *args)


def _delete_metric_filter(
    original: Any, self: LogsBackend, filter_name: str | None = None, log_group_name: str | None = None
) -> None:
    before = self.filters.metric_filters
    self.filters.metric_filters = _others(self, log_group_name, filter_name)
    if len(self.filters.metric_filters) == len(before):
        raise ResourceNotFoundException(msg="The specified metric filter does not exist.")


def _delete_log_group(original: Any, self: LogsBackend, log_group_name: str) -> None:
    original(self, log_group_name)
    self.filters.metric_filters = _others(self, log_group_name)


def _to_describe_dict(original: Any, self: LogGroup) -> dict[str, Any]:
    filters = logs_backends[self.account_id][self.region].filters.metric_filters
    return {**original(self), "metricFilterCount": sum(one["logGroupName"] == self.name for one in filters)}


def apply() -> None:
    """One of a name, in a group that stands and counts it, and gone with it."""
    around(LogGroup, "to_describe_dict", _to_describe_dict)
    around(LogsBackend, "put_metric_filter", _put_metric_filter)
    around(LogsBackend, "describe_metric_filters", _describe_metric_filters)
    around(LogsBackend, "delete_metric_filter", _delete_metric_filter)
    around(LogsBackend, "delete_log_group", _delete_log_group)
