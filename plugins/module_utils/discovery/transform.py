# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From AWS's answers to what belongs to the environment, as one flat list. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from .collect import Found
from .identity import Identity, alarm_owner, tags_of
from .kinds import ACCOUNT_KINDS, DESCRIBED_ARN_TYPES, DETECTION_KINDS, EC2_KINDS, Scope

TagsByArn = Mapping[str, Mapping[str, str]]

# Which member names a resource, and which one identifies it, where it isn't EC2's.
_NAME = {
    "bucket": "Name",
    "iam_role": "RoleName",
    "instance_profile": "InstanceProfileName",
    "iam_policy": "PolicyName",
    "log_group": "logGroupName",
    "alarm": "AlarmName",
    "dashboard": "DashboardName",
    "ssm_parameter": "Name",
    "dns_record": "Name",
    "schedule_group": "Name",
    "schedule": "Name",
    "budget": "BudgetName",
    "kms_key": "AliasName",
    "trail": "Name",
    "auto_scaling_group": "AutoScalingGroupName",
    "load_balancer": "LoadBalancerName",
    "target_group": "TargetGroupName",
    "patch_baseline": "Name",
    "ssm_association": "AssociationName",
    "detector": "DetectorId",
    "analyzer": "name",
    "hub": "HubArn",
    "recorder": "name",
    "config_rule": "ConfigRuleName",
    "event_rule": "Name",
    "file_system": "CreationToken",
    "mount_target": "MountTargetId",
    "replication_group": "ReplicationGroupId",
    "log_archive": "DeliveryStreamName",
    "db_subnet_group": "DBSubnetGroupName",
    "db_parameter_group": "DBParameterGroupName",
    "db_instance": "DBInstanceIdentifier",
    "db_snapshot": "DBSnapshotIdentifier",
    "key_pair": "KeyName",
    "launch_template": "LaunchTemplateName",
    "security_group": "GroupName",
}
_ARN = {
    "iam_role": "Arn",
    "instance_profile": "Arn",
    "iam_policy": "Arn",
    "sns_topic": "TopicArn",
    "alarm": "AlarmArn",
    "dashboard": "DashboardArn",
    "ssm_parameter": "ARN",
    "schedule_group": "Arn",
    "schedule": "Arn",
    "kms_key": "Arn",
    "trail": "TrailARN",
    "snapshot_policy": "PolicyArn",
    "auto_scaling_group": "AutoScalingGroupARN",
    "load_balancer": "LoadBalancerArn",
    "target_group": "TargetGroupArn",
    "detector": "Arn",
    "analyzer": "arn",
    "hub": "HubArn",
    "recorder": "arn",
    "config_rule": "ConfigRuleArn",
    "event_rule": "Arn",
    "file_system": "FileSystemArn",
    "access_point": "AccessPointArn",
    "replication_group": "ARN",
    "log_archive": "DeliveryStreamARN",
    "db_subnet_group": "DBSubnetGroupArn",
    "db_parameter_group": "DBParameterGroupArn",
    "db_instance": "DBInstanceArn",
    "db_snapshot": "DBSnapshotArn",
}


def arn_of(kind: str, resource: Mapping[str, Any], partition: str = "aws") -> str:
    """The ARN of a described resource, or an empty string for EC2's, which come without one."""
    if kind == "bucket":
        return f"arn:{partition}:s3:::{resource['Name']}"
    if kind == "log_group":
        return resource.get("logGroupArn") or resource["arn"].removesuffix(":*")
    return resource.get(_ARN.get(kind, ""), "")


def name_of(kind: str, resource: Mapping[str, Any]) -> str:
    """The name of a described resource: its own, or else its tag Name."""
    if kind == "sns_topic":
        return resource["TopicArn"].rsplit(":", 1)[1]
    if kind in _NAME:
        return resource[_NAME[kind]]
    return tags_of(resource).get("Name", "")


def claim(found: Found, tags: TagsByArn, identity: Identity, partition: str = "aws") -> Found:
    """Those resources that belong to the environment: by tag, by name, or by what they hang on.

    Args:
        found: the described resources by kind.
        tags: the tags by ARN, of resources that are the environment's by their tags.
        identity: the environment.
        partition: of the ARNs.
    """

    found = _tied(found, identity)

    def named(kind: str) -> Callable[[Mapping[str, Any]], bool]:
        names = set(identity.names_of(kind))
        return lambda entry: name_of(kind, entry) in names or arn_of(kind, entry, partition) in tags

    tied_ids = _ids(found, "vpc", "subnet", "network_interface")
    instance_ids = _ids(found, "instance")
    address_ids = {
        address.get("AllocationId")
        for gateway in found.get("nat_gateway", [])
        for address in gateway.get("NatGatewayAddresses", [])
    }
    alarm_names = {"instance": identity.name, **identity.names}

    def owns_alarm(alarm: Mapping[str, Any]) -> bool:
        on_instance = any(dimension["Value"] in instance_ids for dimension in alarm.get("Dimensions", []))
        return on_instance or alarm_owner(alarm["AlarmName"], alarm_names) or alarm["AlarmArn"] in tags

    rules: dict[str, Callable[[Mapping[str, Any]], bool]] = {
        "elastic_ip": lambda address: (
            identity.owns_tags(tags_of(address))
            or address.get("AllocationId") in address_ids
            or address.get("NetworkInterfaceId") in tied_ids
            or address.get("AllocationId") in identity.ids
            or address.get("InstanceId") in instance_ids
        ),
        "flow_log": lambda log: identity.owns_tags(tags_of(log)) or log["ResourceId"] in tied_ids,
        "key_pair": lambda pair: identity.owns_tags(tags_of(pair)) or pair["KeyName"] in identity.names_of("key_pair"),
        "trail": lambda trail: trail["Name"] == identity.names.get("trail"),
        **dict.fromkeys(
            ("iam_policy", "auto_scaling_group", "load_balancer", "target_group", "config_rule", "db_snapshot", *DETECTION_KINDS),
            lambda entry: identity.owns_tags(tags_of(entry)),
        ),
        "alarm": owns_alarm,
        # Asked for by whole names only; not every answer has the ARN.
        "ssm_parameter": lambda parameter: (
            parameter["Name"] in identity.names_of("ssm_parameter")
            or any(arn.endswith(f":parameter/{parameter['Name'].removeprefix('/')}") for arn in tags)
        ),
        **{kind: named(kind) for kind in ("bucket", "log_group", "sns_topic", "dashboard")},
    }
    return {kind: [entry for entry in entries if rules.get(kind, _always)(entry)] for kind, entries in found.items()}


def _always(_entry: Mapping[str, Any]) -> bool:
    return True


def _ids(found: Found, *kinds: str) -> set[str]:
    return {entry[EC2_KINDS[kind].identifier] for kind in kinds for entry in found.get(kind, [])}


def _tied(found: Found, identity: Identity) -> Found:
    """What the server was asked to filter, filtered again: not every endpoint heeds every filter.

    Left are the resources with the environment's tags or ids, in its VPC, or attached to either. A VPC that lost a tag is known
    by the subnets that kept theirs.
    """

    def vpcs_of(kind: str) -> set[str]:
        return {entry.get("VpcId", "") for entry in found.get(kind, []) if identity.owns_tags(tags_of(entry))}

    tied = vpcs_of("vpc") or vpcs_of("subnet") - {""}
    tied |= {entry["InstanceId"] for entry in found.get("instance", []) if identity.owns_tags(tags_of(entry))}

    def hangs_on(entry: Mapping[str, Any]) -> bool:
        holders = (entry, *entry.get("Attachments", []))
        return any(holder.get(member) in tied for holder in holders for member in ("VpcId", "InstanceId"))

    def known(kind: str, entry: Mapping[str, Any]) -> bool:
        return entry.get(EC2_KINDS[kind].identifier) in identity.ids or entry.get("VolumeId") in identity.ids

    filtered = {kind for kind, asked in EC2_KINDS.items() if asked.scope is not Scope.ALL}
    return {
        kind: [
            entry
            for entry in entries
            if kind not in filtered or identity.owns_tags(tags_of(entry)) or hangs_on(entry) or known(kind, entry)
        ]
        for kind, entries in found.items()
    }


def plain(value: Any) -> Any:
    """The value with times as text in ISO 8601, fit for JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items() if key != "ResponseMetadata"}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return value


def flatten(claimed: Found, tags: TagsByArn, identity: Identity, partition: str = "aws") -> list[dict[str, Any]]:
    """One flat list of all resources, ordered by kind and name.

    Args:
        claimed: the environment's resources by kind.
        tags: the tags by ARN, for services that don't list tags with the resource.
        identity: the environment.
        partition: of the ARNs.

    Returns:
        For each its kind, name, id (the ARN where AWS gives no other), attributes in AWS's own words, tags, and whether these
        are the environment's.
    """
    listed = [
        _resource(kind, entry, tags.get(arn_of(kind, entry, partition), {}), partition)
        for kind, entries in claimed.items()
        if kind not in ACCOUNT_KINDS
        for entry in entries
    ]
    whole = [{**entry, "owned": identity.owns_tags(entry["tags"])} for entry in listed + _others(tags)]
    return sorted(whole, key=lambda entry: (entry["kind"], entry["name"], entry["id"]))


def _resource(kind: str, entry: Mapping[str, Any], more_tags: Mapping[str, str], partition: str) -> dict[str, Any]:
    identifier = entry.get(EC2_KINDS[kind].identifier) if kind in EC2_KINDS else arn_of(kind, entry, partition)
    return {
        "kind": kind,
        "name": name_of(kind, entry),
        "id": identifier or name_of(kind, entry),
        "attributes": {key: plain(value) for key, value in entry.items() if key not in ("Tags", "TagSet")},
        "tags": tags_of(entry) or dict(more_tags),
    }


def _others(tags: TagsByArn) -> list[dict[str, Any]]:
    """What carries the environment's tags and is of no kind that discovery describes itself."""
    others = []
    for arn, carried in tags.items():
        service, kind, name = split_arn(arn)
        if kind not in DESCRIBED_ARN_TYPES.get(service, ()):
            others.append(
                {
                    "kind": f"{service}:{kind}" if kind else service,
                    "name": carried.get("Name", name),
                    "id": arn,
                    "attributes": {"ResourceARN": arn},
                    "tags": dict(carried),
                }
            )
    return others


def split_arn(arn: str) -> tuple[str, str, str]:
    """The service, the resource type (empty where the ARN has none) and the name in an ARN."""
    _scheme, _partition, service, _region, _account, rest = arn.split(":", 5)
    for separator in sorted("/:", key=lambda mark: rest.find(mark) if mark in rest else len(rest)):
        if separator in rest:
            kind, name = rest.split(separator, 1)
            return service, kind, name
    return service, "", rest
