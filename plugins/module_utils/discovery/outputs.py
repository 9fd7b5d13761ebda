# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of the roles, made from what stands. Pure. What is missing is an empty string or an empty list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..elasticache.transform import endpoints, port
from .collect import Found
from .identity import Identity, alarm_owner, tags_of
from .transform import plain

Resource = Mapping[str, Any]


def first(entries: Iterable[Resource], member: str, default: Any = "") -> Any:
    """A member of the first entry, or the default where there is none."""
    return next((entry.get(member, default) for entry in entries), default)


def index_of(entry: Resource) -> int:
    """The order that tag Index gives, or 0 where it gives none."""
    index = tags_of(entry).get("Index", "")
    return int(index) if index.isdecimal() else 0


def in_order(entries: Iterable[Resource], **tags: str) -> list[Resource]:
    """The entries with these tags, by their tag Index."""
    return sorted((entry for entry in entries if tags.items() <= tags_of(entry).items()), key=index_of)


def of_role(role: str, found: Found, identity: Identity, partition: str) -> dict[str, Any]:
    """The outputs of a role by its name."""
    if role == "storage":
        return storage(found, identity, partition)
    makers = {
        "encryption": encryption,
        "network": network,
        "audit": audit,
        "iam": iam,
        "shared_storage": shared_storage,
        "cache": cache,
        "database": database,
        "compute": compute,
        "scaling": scaling,
        "monitoring": monitoring,
        "guardrails": guardrails,
        "recovery": recovery,
        "patching": patching,
        "detection": detection,
    }
    return makers[role](found, identity)


def encryption(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role encryption: the key that has the alias, or else one that carries the tags."""
    keys = sorted(found["kms_key"], key=lambda key: (not key["AliasName"], key["Arn"]))
    return {"key_arn": first(keys, "Arn"), "key_alias": first(keys, "AliasName")}


def network(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role network."""
    vpcs = sorted(found["vpc"], key=lambda vpc: tags_of(vpc).get("Name") != identity.name)
    vpc_id = first(vpcs, "VpcId")
    subnets = [subnet for subnet in found["subnet"] if subnet["VpcId"] == vpc_id]
    public, private = in_order(subnets, Tier="public"), in_order(subnets, Tier="private")
    place = {subnet["SubnetId"]: index_of(subnet) for subnet in subnets}
    gateways = sorted(
        (gateway for gateway in found["nat_gateway"] if gateway["State"] in ("available", "pending")),
        key=lambda gateway: place.get(gateway["SubnetId"], 0),
    )
    nat_instances = _standing(found["instance"], Role="nat")
    addresses = [address for gateway in gateways for address in gateway.get("NatGatewayAddresses", [])]
    public_ips = [one.get("PublicIp") for one in addresses] + [one.get("PublicIpAddress") for one in nat_instances]
    groups = [group for group in found["security_group"] if group.get("VpcId") == vpc_id]
    logs = [log for log in found["flow_log"] if log["ResourceId"] == vpc_id]
    acls = sorted(found["network_acl"], key=lambda acl: (acl["IsDefault"], tags_of(acl).get("Name") != identity.name))
    vpc_log_group = _existing(found["log_group"], "logGroupName", identity.names.get("vpc_log_group"))
    role = [role for role in found["iam_role"] if role["RoleName"] == identity.names.get("flow_log_role")]
    endpoints = [
        endpoint
        for endpoint in found["vpc_endpoint"]
        if endpoint["ServiceName"].endswith(".s3") and endpoint["VpcEndpointType"] == "Gateway"
    ]
    return {
        "vpc_id": vpc_id,
        "vpc_cidr": first(vpcs, "CidrBlock"),
        "availability_zones": list(dict.fromkeys(subnet["AvailabilityZone"] for subnet in public + private)),
        "public_subnet_ids": [subnet["SubnetId"] for subnet in public],
        "private_subnet_ids": [subnet["SubnetId"] for subnet in private],
        "internet_gateway_id": first(found["internet_gateway"], "InternetGatewayId"),
        "nat_gateway_ids": [gateway["NatGatewayId"] for gateway in gateways],
        "nat_instance_ids": [instance["InstanceId"] for instance in nat_instances],
        "nat_public_ips": [address for address in public_ips if address],
        "public_route_table_id": first(in_order(found["route_table"], Tier="public"), "RouteTableId"),
        "private_route_table_ids": [table["RouteTableId"] for table in in_order(found["route_table"], Tier="private")],
        "network_acl_id": first(acls, "NetworkAclId"),
        "s3_endpoint_id": first(endpoints, "VpcEndpointId"),
        "interface_endpoint_ids": [endpoint["VpcEndpointId"] for endpoint in _interface_endpoints(found, identity)],
        "flow_log_id": first(logs, "FlowLogId"),
        "flow_log_group_name": first(logs, "LogGroupName") or vpc_log_group,
        "flow_log_role_arn": first(role, "Arn") or first(logs, "DeliverLogsPermissionArn"),
        "security_group_id": first(_where(groups, "GroupName", identity.names.get("security_group")), "GroupId"),
        "default_security_group_id": first(_where(groups, "GroupName", "default"), "GroupId"),
    }


def storage(found: Found, identity: Identity, partition: str) -> dict[str, Any]:
    """The outputs of role storage."""
    datasets, models, operations, logs = (
        _existing(found["bucket"], "Name", identity.names.get(f"{purpose}_bucket"))
        for purpose in ("datasets", "models", "operations", "logs")
    )
    return {
        "datasets_bucket": datasets,
        "datasets_bucket_arn": f"arn:{partition}:s3:::{datasets}" if datasets else "",
        "models_bucket": models,
        "models_bucket_arn": f"arn:{partition}:s3:::{models}" if models else "",
        "operations_bucket": operations,
        "logs_bucket": logs,
    }


def audit(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role audit. Somebody else's trail counts only where the environment has none of its own."""
    log_group = _existing(found["log_group"], "logGroupName", identity.names.get("trail_log_group"))
    return {
        "trail_arn": first(found["trail"], "TrailARN"),
        "log_group": log_group,
        "alarm_names": _alarm_names(found, identity, "audit"),
        "covered_by": "" if found["trail"] else first(found["covering_trail"], "TrailARN"),
    }


def iam(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role iam."""
    roles = _where(found["iam_role"], "RoleName", identity.names.get("instance_role"))
    profiles = _where(found["instance_profile"], "InstanceProfileName", identity.names.get("instance_profile"))
    return {
        "instance_role_name": first(roles, "RoleName"),
        "instance_role_arn": first(roles, "Arn"),
        "instance_profile_name": first(profiles, "InstanceProfileName"),
        "instance_profile_arn": first(profiles, "Arn"),
    }


def shared_storage(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role shared_storage: the file system, and the access points to it by their names."""
    systems, groups = found["file_system"], found["security_group"]
    points = ((tags_of(point).get("Name", ""), point) for point in found["access_point"])
    return {
        "file_system_id": first(systems, "FileSystemId"),
        "file_system_arn": first(systems, "FileSystemArn"),
        "mount_target_ids": sorted(target["MountTargetId"] for target in found["mount_target"]),
        "access_points": [
            {"id": point["AccessPointId"], "name": name, "path": (point.get("RootDirectory") or {}).get("Path", "/")}
            for name, point in sorted(points, key=lambda pair: (pair[0], pair[1]["AccessPointId"]))
        ],
        "security_group_id": first(_where(groups, "GroupName", identity.names.get("shared_storage_group")), "GroupId"),
        "alarm_names": _alarm_names(found, identity, "shared_storage"),
    }


def cache(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role cache."""
    names = identity.names
    groups = found["replication_group"]
    primary, reader = endpoints(groups[0]) if groups else ("", "")
    return {
        "group_id": first(groups, "ReplicationGroupId"),
        "endpoint": primary,
        "reader_endpoint": reader,
        "port": port(groups[0]) if groups else 0,
        "nodes": sorted(first(groups, "MemberClusters", [])),
        "secret_name": names.get("cache_secret", "") if first(groups, "AuthTokenEnabled", False) else "",
        "security_group_id": first(_where(found["security_group"], "GroupName", names.get("cache_security_group")), "GroupId"),
        "log_group": _existing(found["log_group"], "logGroupName", names.get("cache_log_group")),
        "alarm_names": _alarm_names(found, identity, "cache"),
    }


def database(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role database. One that is being made has no address yet, and one that is being deleted is none any more."""
    own = [one for one in found["db_instance"] if one["DBInstanceStatus"] != "deleting" and identity.owns_tags(tags_of(one))]
    endpoint, secret = first(own, "Endpoint", {}), first(own, "MasterUserSecret", {})
    groups = _where(found["security_group"], "GroupName", identity.names.get("database_security_group"))
    return {
        "identifier": first(own, "DBInstanceIdentifier"),
        "arn": first(own, "DBInstanceArn"),
        "resource_id": first(own, "DbiResourceId"),
        "status": first(own, "DBInstanceStatus"),
        "address": endpoint.get("Address", ""),
        "port": endpoint.get("Port", 0),
        "name": first(own, "DBName"),
        "user": first(own, "MasterUsername"),
        "secret_arn": secret.get("SecretArn", ""),
        "security_group_id": first(groups, "GroupId"),
    }


def compute(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role compute: the training instances by their tag Index, and what they were made from."""
    instances = _standing(found["instance"], Role="ml-training")
    pairs = _where(found["key_pair"], "KeyName", identity.names.get("key_pair"))
    return {
        "image_id": first(instances, "ImageId"),
        "key_name": first(pairs, "KeyName"),
        "instances": [_instance(instance) for instance in instances],
    }


def scaling(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role scaling: the group, what it launches from, and its members."""
    groups = _where(found["auto_scaling_group"], "AutoScalingGroupName", identity.names.get("scaling_group"))
    templates = _where(found["launch_template"], "LaunchTemplateName", identity.names.get("launch_template"))
    members = sorted(first(groups, "Instances", []), key=lambda member: member["InstanceId"])
    return {
        "group_name": first(groups, "AutoScalingGroupName"),
        "group_arn": first(groups, "AutoScalingGroupARN"),
        "launch_template_id": first(templates, "LaunchTemplateId"),
        "desired": first(groups, "DesiredCapacity", 0),
        "load_balancer_arn": first(found["load_balancer"], "LoadBalancerArn"),
        "load_balancer_dns": first(found["load_balancer"], "DNSName"),
        "target_group_arn": first(found["target_group"], "TargetGroupArn"),
        "members": [
            {
                "id": member["InstanceId"],
                "type": member.get("InstanceType", ""),
                "availability_zone": member["AvailabilityZone"],
                "state": member["LifecycleState"],
                "health": member["HealthStatus"],
            }
            for member in members
        ],
    }


def monitoring(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role monitoring."""
    names = identity.names
    topic = f":{names.get('topic')}"
    return {
        "log_groups": {
            purpose: _existing(found["log_group"], "logGroupName", names.get(f"{purpose}_log_group"))
            for purpose in ("vpc", "ec2")
        },
        "topic_arn": first((entry for entry in found["sns_topic"] if entry["TopicArn"].endswith(topic)), "TopicArn"),
        "alarm_names": _alarm_names(found, identity, "monitoring", ""),
        "dashboard_name": _existing(found["dashboard"], "DashboardName", names.get("dashboard")),
        "log_archive_arn": first(_where(found["log_archive"], "DeliveryStreamName", names.get("log_archive")), "DeliveryStreamARN"),
    }


def guardrails(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role guardrails."""
    names = identity.names
    arns = {role["RoleName"]: role["Arn"] for role in found["iam_role"]}
    return {
        "budget_name": _existing(found["budget"], "BudgetName", names.get("budget")),
        "schedule_group": _existing(found["schedule_group"], "Name", names.get("schedule_group")),
        "schedule_names": sorted(schedule["Name"] for schedule in found["schedule"]),
        "budget_role_arn": arns.get(names.get("budget_identity", ""), ""),
        "schedule_role_arn": arns.get(names.get("scheduler_identity", ""), ""),
    }


def recovery(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role recovery."""
    names = identity.names
    arns = {role["RoleName"]: role["Arn"] for role in found["iam_role"]}
    replicas = [names.get(f"{purpose}_replica_bucket") for purpose in ("datasets", "models")]
    return {
        "snapshot_policy_id": first(found["snapshot_policy"], "PolicyId"),
        "snapshot_role_arn": arns.get(names.get("snapshot_identity", ""), ""),
        "replication_role_arn": arns.get(names.get("replication_identity", ""), ""),
        "replica_buckets": sorted(bucket["Name"] for bucket in found["bucket"] if bucket["Name"] in replicas),
    }


def patching(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role patching."""
    return {
        "baseline_ids": [baseline["BaselineId"] for baseline in found["patch_baseline"]],
        "association_id": first(
            _where(found["ssm_association"], "AssociationName", identity.names.get("patch_association")), "AssociationId"
        ),
    }


def detection(found: Found, identity: Identity) -> dict[str, Any]:
    """The outputs of role detection. What is somebody else's is told apart, by its kind."""
    members = {"detector": "DetectorId", "analyzer": "arn", "hub": "HubArn", "recorder": "arn"}
    return {
        "detector_id": first(found["detector"], "DetectorId"),
        "analyzer_arn": first(found["analyzer"], "arn"),
        "hub_arn": first(found["hub"], "HubArn"),
        "recorder_arn": first(found["recorder"], "arn"),
        "config_rule_names": sorted(rule["ConfigRuleName"] for rule in found["config_rule"]),
        "rule_names": sorted(rule["Name"] for rule in found["event_rule"]),
        "covered_by": {one["Kind"]: one[members[one["Kind"]]] for one in found["foreign_detection"]},
    }


def _alarm_names(found: Found, identity: Identity, *roles: str) -> list[str]:
    names = (alarm["AlarmName"] for alarm in found["alarm"])
    return sorted(name for name in names if alarm_owner(name, identity.names) in roles)


def _standing(instances: Iterable[Resource], **tags: str) -> list[Resource]:
    """The instances with these tags, but for those that are on their way out, by their tag Index."""
    return [instance for instance in in_order(instances, **tags) if instance["State"]["Name"] != "shutting-down"]


def _interface_endpoints(found: Found, identity: Identity) -> list[Resource]:
    """Those that carry the environment's tags, by their service."""
    own = [
        endpoint
        for endpoint in found["vpc_endpoint"]
        if endpoint["VpcEndpointType"] == "Interface" and identity.owns_tags(tags_of(endpoint))
    ]
    return sorted(own, key=lambda endpoint: endpoint["ServiceName"])


def _instance(instance: Resource) -> dict[str, Any]:
    root = [
        mapping["Ebs"]
        for mapping in instance.get("BlockDeviceMappings", [])
        if mapping["DeviceName"] == instance.get("RootDeviceName") and "Ebs" in mapping
    ]
    return {
        "id": instance["InstanceId"],
        "name": tags_of(instance).get("Name", ""),
        "type": instance["InstanceType"],
        "state": instance["State"]["Name"],
        "availability_zone": instance["Placement"]["AvailabilityZone"],
        "subnet_id": instance.get("SubnetId", ""),
        "private_ip": instance.get("PrivateIpAddress", ""),
        "public_ip": instance.get("PublicIpAddress", ""),
        "image_id": instance["ImageId"],
        "root_volume_id": first(root, "VolumeId"),
        "launch_time": plain(instance["LaunchTime"]),
    }


def _where(entries: Iterable[Resource], member: str, value: str | None) -> list[Resource]:
    return [entry for entry in entries if entry.get(member) == value]


def _existing(entries: Iterable[Resource], member: str, value: str | None) -> str:
    """The name, where something with this name stands."""
    return first(_where(entries, member, value), member)
