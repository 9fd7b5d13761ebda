# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's calls on flow logs. A refusal that comes inside a successful answer is raised like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from .transform import normalize


def _raise_unsuccessful(description: str, answer: Mapping[str, Any]) -> None:
    for item in answer.get("Unsuccessful") or []:
        error = item["Error"]
        raise AnsibleAWSError(message=f"Failed to {description}: {error['Code']}: {error['Message']}")


@AWSErrorHandler.common_error_handler("list flow logs")
def list_flow_logs(client: Any, filter_name: str, value: str) -> list[dict[str, Any]]:
    """The flow logs that a filter of EC2's chooses, normalized."""
    paginator = client.get_paginator("describe_flow_logs")
    answer = paginator.paginate(Filter=[{"Name": filter_name, "Values": [value]}]).build_full_result()
    return [normalize(flow_log) for flow_log in answer["FlowLogs"]]


@AWSErrorHandler.common_error_handler("create a flow log")
def create_flow_log(client: Any, **request: Any) -> str:
    """Creates one flow log and returns its id. By the token AWS knows the call again where its answer got lost."""
    answer = client.create_flow_logs(ClientToken=uuid4().hex, **request)
    _raise_unsuccessful("create a flow log", answer)
    return answer["FlowLogIds"][0]


@AWSErrorHandler.common_error_handler("delete a flow log")
def delete_flow_log(client: Any, flow_log_id: str) -> None:
    """Deletes one flow log."""
    _raise_unsuccessful("delete a flow log", client.delete_flow_logs(FlowLogIds=[flow_log_id]))


@AWSErrorHandler.common_error_handler("tag a flow log")
def change_tags(client: Any, flow_log_id: str, to_set: Mapping[str, str], to_unset: list[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do."""
    if to_unset:
        client.delete_tags(Resources=[flow_log_id], Tags=[{"Key": key} for key in to_unset])
    if to_set:
        client.create_tags(Resources=[flow_log_id], Tags=ansible_dict_to_boto3_tag_list(to_set))
