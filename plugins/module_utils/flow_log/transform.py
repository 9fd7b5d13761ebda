# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which flow log is meant, what of it differs, and what to ask EC2 for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

# The arguments that can't be changed once a flow log stands, and EC2's words for them.
IMMUTABLE = {
    "resource_id": "ResourceId",
    "traffic_type": "TrafficType",
    "log_destination_type": "LogDestinationType",
    "log_group_name": "LogGroupName",
    "log_destination": "LogDestination",
    "deliver_logs_permission_arn": "DeliverLogsPermissionArn",
    "max_aggregation_interval": "MaxAggregationInterval",
    "log_format": "LogFormat",
}
# Where these are not asked for, a replacement takes them from the flow log that it replaces.
_KEPT = ("max_aggregation_interval", "log_format")

_RESOURCE_TYPES = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}


class AmbiguousFlowLog(ValueError):
    """More than one flow log answers to the arguments."""


def resource_type(resource_id: str) -> str:
    """EC2's word for the type of a resource.

    Raises:
        ValueError: for an id of a kind that has no flow logs here.
    """
    prefix = resource_id.partition("-")[0]
    if prefix not in _RESOURCE_TYPES:
        raise ValueError(f"{resource_id} is not the id of a VPC (vpc-), a subnet (subnet-) or a network interface (eni-)")
    return _RESOURCE_TYPES[prefix]


def normalize(flow_log: Mapping[str, Any]) -> dict[str, Any]:
    """A flow log of EC2's in the module's words, its tags as a dictionary."""
    plain = camel_dict_to_snake_dict({key: value for key, value in flow_log.items() if key != "Tags"})
    return {**plain, "tags": boto3_tag_list_to_ansible_dict(flow_log.get("Tags", []))}


def wanted_attributes(params: Mapping[str, Any]) -> dict[str, Any]:
    """Those immutable attributes that the arguments ask for."""
    return {key: params[key] for key in IMMUTABLE if params.get(key) is not None}


def wanted_tags(params: Mapping[str, Any]) -> dict[str, str] | None:
    """The tags that the arguments ask for, the name among them; None where they ask for none."""
    name = {"Name": params["name"]} if params.get("name") else {}
    given = params.get("tags")
    return {**given, **name} if given is not None else name or None


def _comparable(key: str, value: Any) -> Any:
    return value.rstrip("/") if key == "log_destination" and isinstance(value, str) else value


def _goes_to(flow_log: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    keys = [key for key in ("log_group_name", "log_destination") if key in wanted]
    return bool(keys) and all(
        _comparable(key, flow_log.get(key)) == _comparable(key, wanted[key]) for key in (*keys, "log_destination_type")
    )


def find(
    flow_logs: Sequence[Mapping[str, Any]], params: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The flow log that the arguments mean: by id, else by name, else by where it writes, else the only one.

    The last is for arguments that say no more than the resource. Of several with one name, one is meant that is as asked
    for, or else one that writes to the same place, or else the first.

    Args:
        flow_logs: those of the resource, normalized.
        params: the module's arguments.
        wanted: the attributes asked for.

    Raises:
        AmbiguousFlowLog: where more than one answers.
    """
    if params.get("flow_log_id"):
        chosen = [log for log in flow_logs if log["flow_log_id"] == params["flow_log_id"]]
    else:
        name = params.get("name")
        specific = bool(name or params.get("log_group_name") or params.get("log_destination"))
        named = [log for log in flow_logs if name and log["tags"].get("Name") == name]
        chosen = sorted(named, key=lambda log: (len(differences(log, wanted)), not _goes_to(log, wanted)))[:1]
        chosen = chosen or [log for log in flow_logs if _goes_to(log, wanted) or not specific]
    if len(chosen) > 1:
        ids = ", ".join(log["flow_log_id"] for log in chosen)
        raise AmbiguousFlowLog(f"{ids} all answer to these arguments; say which one with flow_log_id")
    return chosen[0] if chosen else None


def differences(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What of a flow log is not as asked for, one sentence for each attribute."""
    return [
        f"{key} is {current.get(key)}, asked for is {value}"
        for key, value in wanted.items()
        if _comparable(key, current.get(key)) != _comparable(key, value)
    ]


def replacement(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of the flow log that takes the place of another."""
    return {**{key: current[key] for key in _KEPT if current.get(key) is not None}, **wanted}


def tags_after(current: Mapping[str, str], tags: Mapping[str, str] | None, purge: bool) -> dict[str, str]:
    """The tags that a flow log ends with. AWS's own, aws:*, stay."""
    if tags is None:
        return dict(current)
    kept = {key: value for key, value in current.items() if not purge or key.startswith("aws:")}
    return {**kept, **{key: str(value) for key, value in tags.items()}}


def request(attributes: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """What CreateFlowLogs is called with."""
    words = {IMMUTABLE[key]: value for key, value in attributes.items() if key != "resource_id"}
    own = {key: value for key, value in tags.items() if not key.startswith("aws:")}
    if own:
        listed = ansible_dict_to_boto3_tag_list(own)
        words["TagSpecifications"] = [{"ResourceType": "vpc-flow-log", "Tags": listed}]
    resource_id = attributes["resource_id"]
    return {"ResourceIds": [resource_id], "ResourceType": resource_type(resource_id), **words}
