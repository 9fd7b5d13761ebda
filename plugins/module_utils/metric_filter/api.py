# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch Logs' calls on metric filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

Filter = dict[str, Any]


class ErrorHandler(AWSErrorHandler):
    """Knows how CloudWatch Logs says that a log group or a filter is not there."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code("ResourceNotFoundException")


@ErrorHandler.list_error_handler("list metric filters", [])
def list_filters(client: Any, log_group: str) -> list[Filter]:
    """The metric filters of a log group; none where the log group does not stand."""
    paginator = client.get_paginator("describe_metric_filters")
    return paginator.paginate(logGroupName=log_group).build_full_result()["metricFilters"]


@ErrorHandler.common_error_handler("put a metric filter")
def put_filter(client: Any, log_group: str, request: Mapping[str, Any]) -> None:
    """Creates a filter, or replaces the one with its name."""
    client.put_metric_filter(logGroupName=log_group, **request)


@ErrorHandler.deletion_error_handler("delete a metric filter")
def delete_filter(client: Any, log_group: str, name: str) -> None:
    """Deletes a filter; one that is gone already counts as deleted."""
    client.delete_metric_filter(logGroupName=log_group, filterName=name)
