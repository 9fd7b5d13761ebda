# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replication groups as ElastiCache keeps them: moto forgets most of what it is told, changes little, and deletes none.

They hold no data. Each is available a moment after it was made or changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound, InvalidParameterCombinationException
from moto.elasticache.exceptions import InvalidParameterValueException as InvalidValue
from moto.elasticache.models import CacheSubnetGroup, ElastiCacheBackend, Snapshot, elasticache_backends
from moto.elasticache.responses import ElastiCacheResponse
from moto.utilities.utils import get_partition

from emulator.patching import around
from emulator.tagging import list_also

# What a group keeps as it is told, and what ElastiCache does where it is not told.
KEPT: dict[str, Any] = {
    "CacheNodeType": "cache.t4g.micro",
    "Engine": "redis",
    "SnapshotRetentionLimit": 0,
    "SnapshotWindow": "05:00-06:00",
    "AutoMinorVersionUpgrade": True,
}
# What only its nodes tell.
OF_NODES: dict[str, Any] = {"EngineVersion": "7.1", "PreferredMaintenanceWindow": "sun:06:00-sun:07:00"}
FLAGS = {"AutomaticFailoverEnabled": "AutomaticFailover", "MultiAZEnabled": "MultiAZ"}
TOKEN = re.compile(r"[\x21-\x7e]{16,128}")
MOST_REPLICAS = 5
SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
FAMILIES = {
    **dict.fromkeys(("t3", "t4g"), ("micro", "small", "medium")),
    **dict.fromkeys(("m6g", "m7g", "r6g", "r7g"), SIZES),
}


class GroupMissing(ServiceException):
    """ElastiCache's answer where no group has that name."""

    code = "ReplicationGroupNotFoundFault"


class GroupExists(ServiceException):
    """ElastiCache's answer where one has it already."""

    code = "ReplicationGroupAlreadyExists"


class SubnetGroupInUse(ServiceException):
    """ElastiCache's answer where nodes stand in a subnet group that is to go."""

    code = "CacheSubnetGroupInUse"


def kept(backend: ElastiCacheBackend) -> dict[str, dict[str, Any]]:
    """The groups by their names, kept and forgotten with all else of the service."""
    return backend.__dict__.setdefault("rehearsal_groups", {})


def _boolean(value: Any) -> bool:
    return str(value).lower() == "true"


def _told(caller: ElastiCacheResponse, name: str, like: Any) -> Any:
    """A parameter in the type of another value, None where it is not given."""
    value = caller._get_param(name)
    if value is None:
        return None
    return _boolean(value) if isinstance(like, bool) else int(value) if isinstance(like, int) else value


def _named(caller: ElastiCacheResponse) -> dict[str, Any]:
    name = caller._get_param("ReplicationGroupId")
    group = kept(caller.elasticache_backend).get(name)
    if group is None:
        raise GroupMissing(f"ReplicationGroup {name} not found.")
    return group


def _token(group: dict[str, Any], token: str, strategy: str) -> None:
    """Have it take a token: alone, or beside the newest one before it."""
    if not group["TransitEncryptionEnabled"]:
        raise InvalidParameterCombinationException("The AUTH token needs encryption in transit.")
    if not TOKEN.fullmatch(token) or set(token) & set('@"/'):
        raise InvalidValue("The AUTH token must be 16 to 128 printable characters without @, \" and /.")
    if strategy == "SET" and token not in group["tokens"]:
        raise InvalidValue("The AUTH token can be set only once it was rotated.")
    group["tokens"] = [token] if strategy == "SET" else [*group["tokens"][-1:], token]
    # No two changes are at the same time.
    before = group.get("AuthTokenLastModifiedDate")
    now = datetime.now(UTC).replace(microsecond=0)
    group["AuthTokenLastModifiedDate"] = now if before is None or now > before else before + timedelta(seconds=1)
    group["AuthTokenEnabled"] = True


def _logs(group: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    standing = {one["LogType"]: one for one in group["LogDeliveryConfigurations"]}
    for one in asked:
        standing.pop(one["LogType"], None)
        if _boolean(one.get("Enabled", True)):
            told = {name: value for name, value in one.items() if name != "Enabled"}
            standing[one["LogType"]] = {**told, "Status": "active"}
    group["LogDeliveryConfigurations"] = [standing[kind] for kind in sorted(standing)]


def _check(group: dict[str, Any]) -> None:
    """What no group can be."""
    if group["AutomaticFailover"] == "enabled" and group["replicas"] < 1:
        raise InvalidValue("Automatic failover needs at least one replica.")
    if group["MultiAZ"] == "enabled" and group["AutomaticFailover"] != "enabled":
        raise InvalidParameterCombinationException("Multi-AZ needs automatic failover.")
    if not 0 <= group["replicas"] <= MOST_REPLICAS:
        raise InvalidValue(f"The number of replicas must be 0 to {MOST_REPLICAS}.")


def _apply(caller: ElastiCacheResponse, group: dict[str, Any]) -> None:
    """Take over what the request says."""
    for name, like in KEPT.items():
        if (value := _told(caller, name, like)) is not None:
            group[name] = value
    for name in OF_NODES:
        if (value := caller._get_param(name)) is not None:
            group["nodes"][name] = value
    for name, member in FLAGS.items():
        if (value := _told(caller, name, True)) is not None:
            group[member] = "enabled" if value else "disabled"
    if (description := caller._get_param("ReplicationGroupDescription")) is not None:
        group["Description"] = description
    if groups := caller._get_param("SecurityGroupIds"):
        group["nodes"]["SecurityGroups"] = [{"SecurityGroupId": one, "Status": "active"} for one in groups]
    _logs(group, caller._get_param("LogDeliveryConfigurations") or [])


def _zones(caller: ElastiCacheResponse, name: str) -> list[str]:
    subnet_group = caller.elasticache_backend.cache_subnet_groups.get(name)
    if subnet_group is None:
        raise CacheSubnetGroupNotFound(name)
    return sorted({one["subnet_availability_zone"] for one in subnet_group.subnets if "subnet_availability_zone" in one})


def _members(group: dict[str, Any]) -> list[str]:
    return [f"{group['ReplicationGroupId']}-{number:03}" for number in range(1, group["replicas"] + 2)]


def _answer(group: dict[str, Any], status: str = "") -> dict[str, Any]:
    """The group, as ElastiCache tells it."""
    names, host = _members(group), f"{group['ReplicationGroupId']}.rehearsal.cache.amazonaws.com"
    zones = group["zones"]
    members = [
        {
            "CacheClusterId": name,
            "CacheNodeId": "0001",
            "CurrentRole": "replica" if at else "primary",
            "PreferredAvailabilityZone": zones[at % len(zones)] if zones else "",
        }
        for at, name in enumerate(names)
    ]
    ends = {"PrimaryEndpoint": "master", "ReaderEndpoint": "replica"}
    nodes = {
        "NodeGroupId": "0001",
        "Status": "available",
        "NodeGroupMembers": members,
        **{member: {"Address": f"{word}.{host}", "Port": group["nodes"]["Port"]} for member, word in ends.items()},
    }
    inner = ("nodes", "tokens", "replicas", "zones")
    told = {name: value for name, value in group.items() if name not in inner}
    return {**told, "Status": status or group["Status"], "MemberClusters": names, "NodeGroups": [nodes]}


def create(self: ElastiCacheResponse) -> ActionResult:
    """Make a group."""
    backend, name = self.elasticache_backend, self._get_param("ReplicationGroupId")
    if name in kept(backend):
        raise GroupExists(f"Replication group {name} already exists.")
    start = f"arn:{get_partition(self.region)}:elasticache:{self.region}:{backend.account_id}"
    subnet_group = self._get_param("CacheSubnetGroupName")
    group: dict[str, Any] = {
        "ReplicationGroupId": name,
        "Status": "available",
        "ARN": f"{start}:replicationgroup:{name}",
        "ReplicationGroupCreateTime": datetime.now(UTC),
        "ClusterEnabled": False,
        "ClusterMode": "disabled",
        "AuthTokenEnabled": False,
        "LogDeliveryConfigurations": [],
        "UserGroupIds": [],
        "AutomaticFailover": "disabled",
        "MultiAZ": "disabled",
        **KEPT,
        "nodes": {**OF_NODES, "Port": int(self._get_param("Port") or 6379), "CacheSubnetGroupName": subnet_group},
        "replicas": int(self._get_param("NumCacheClusters") or 1) - 1,
        "zones": _zones(self, subnet_group),
        "tokens": [],
    }
    for member in ("AtRestEncryptionEnabled", "TransitEncryptionEnabled"):
        group[member] = _boolean(self._get_param(member))
    if group["TransitEncryptionEnabled"]:
        group["TransitEncryptionMode"] = self._get_param("TransitEncryptionMode") or "required"
    if key := self._get_param("KmsKeyId"):
        group["KmsKeyId"] = key
    _apply(self, group)
    _check(group)
    if group["MultiAZ"] == "enabled" and len(group["zones"]) < 2:
        raise InvalidValue("Multi-AZ needs subnets in at least two zones.")
    if token := self._get_param("AuthToken"):
        _token(group, token, "")
    kept(backend)[name] = group
    backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags") or [])
    return ActionResult({"ReplicationGroup": _answer(group, "creating")})


def describe(self: ElastiCacheResponse) -> ActionResult:
    """Tell all of one group, or of all."""
    groups = [_named(self)] if self._get_param("ReplicationGroupId") else list(kept(self.elasticache_backend).values())
    return ActionResult({"ReplicationGroups": [_answer(one) for one in groups]})


def modify(self: ElastiCacheResponse) -> ActionResult:
    """Change what the request says, and nothing where one thing of it can't be."""
    group = _named(self)
    changed = {**group, "nodes": dict(group["nodes"])}
    if group["Engine"] == "valkey" and self._get_param("Engine") == "redis":
        raise InvalidParameterCombinationException("Valkey can't become Redis.")
    _apply(self, changed)
    _check(changed)
    if token := self._get_param("AuthToken"):
        _token(changed, token, self._get_param("AuthTokenUpdateStrategy") or "ROTATE")
    group.update(changed)
    return ActionResult({"ReplicationGroup": _answer(group, "modifying")})


def resize(self: ElastiCacheResponse) -> ActionResult:
    """Give a group more replicas, or fewer."""
    group = _named(self)
    changed = {**group, "replicas": int(self._get_param("NewReplicaCount"))}
    _check(changed)
    group.update(changed)
    return ActionResult({"ReplicationGroup": _answer(group, "modifying")})


def delete(self: ElastiCacheResponse) -> ActionResult:
    """Delete a group, by choice with a last snapshot. Its own snapshots go with it."""
    backend, group = self.elasticache_backend, _named(self)
    if name := self._get_param("FinalSnapshotIdentifier"):
        backend.snapshots[name] = _snapshot(group, name)
    del kept(backend)[group["ReplicationGroupId"]]
    backend.tagging_service.delete_all_tags_for_resource(group["ARN"])
    return ActionResult({"ReplicationGroup": _answer(group, "deleting")})


def _snapshot(group: dict[str, Any], name: str) -> Snapshot:
    """A snapshot in moto's own form."""
    snapshot = Snapshot.__new__(Snapshot)
    told = {
        "arn": group["ARN"].replace(f":replicationgroup:{group['ReplicationGroupId']}", f":snapshot:{name}"),
        "snapshot_name": name,
        "snapshot_status": "available",
        "snapshot_source": "manual",
        "replication_group_id": group["ReplicationGroupId"],
        "cache_cluster_id": None,
        "cache_node_type": group["CacheNodeType"],
        "engine": group["Engine"],
        "engine_version": group["nodes"]["EngineVersion"],
        "kms_key_id": group.get("KmsKeyId"),
        "tags": [],
    }
    snapshot.__dict__.update(told)
    return snapshot


def _nodes(original: Callable[..., list[Any]], self: ElastiCacheBackend, cache_cluster_id: str | None = None) -> list[Any]:
    """The nodes of groups are clusters, too."""
    own = [
        {
            "CacheClusterId": name,
            "CacheClusterStatus": "available",
            "ReplicationGroupId": group["ReplicationGroupId"],
            "NumCacheNodes": 1,
            **{member: group[member] for member in ("CacheNodeType", "Engine", "AutoMinorVersionUpgrade", "AuthTokenEnabled")},
            **{member: value for member, value in group["nodes"].items() if member != "Port"},
        }
        for group in kept(self).values()
        for name in _members(group)
    ]
    if cache_cluster_id:
        found = [one for one in own if one["CacheClusterId"] == cache_cluster_id]
        return found or original(self, cache_cluster_id)
    return [*original(self, None), *own]


def modify_subnet_group(self: ElastiCacheResponse) -> ActionResult:
    """Give a subnet group other subnets."""
    backend, name = self.elasticache_backend, self._get_param("CacheSubnetGroupName")
    standing = backend.describe_cache_subnet_groups(name)[0]
    told = self._get_param("CacheSubnetGroupDescription") or standing.cache_subnet_group_description
    wanted = self._get_param("SubnetIds") or standing.subnet_ids
    changed = CacheSubnetGroup(backend.account_id, backend.region_name, name, told, wanted, standing.tags)
    backend.cache_subnet_groups[name] = changed
    return ActionResult({"CacheSubnetGroup": changed})


def delete_subnet_group(self: ElastiCacheResponse) -> ActionResult:
    """Delete a subnet group that no group's nodes stand in."""
    backend, name = self.elasticache_backend, self._get_param("CacheSubnetGroupName")
    standing = backend.describe_cache_subnet_groups(name)[0]
    if any(group["nodes"]["CacheSubnetGroupName"] == name for group in kept(backend).values()):
        raise SubnetGroupInUse(f"Cache subnet group {name} is currently in use by a cache cluster.")
    del backend.cache_subnet_groups[name]
    backend.tagging_service.delete_all_tags_for_resource(standing.arn)
    return EmptyResult()


def offerings(self: ElastiCacheResponse) -> ActionResult:
    """The types of nodes that the region has: those of a few families."""
    asked = self._get_param("CacheNodeType")
    types = [f"cache.{family}.{size}" for family, sizes in FAMILIES.items() for size in sizes]
    told = [{"ReservedCacheNodesOfferingId": kind, "CacheNodeType": kind} for kind in types if asked in (None, kind)]
    return ActionResult({"ReservedCacheNodesOfferings": told})


def _tagged(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    backend = elasticache_backends[account][region]
    for group in kept(backend).values():
        yield group["ARN"], backend.tagging_service.get_tag_dict_for_resource(group["ARN"])


def apply() -> None:
    """Put these into moto's place."""
    ElastiCacheResponse.create_replication_group = create
    ElastiCacheResponse.describe_replication_groups = describe
    ElastiCacheResponse.modify_replication_group = modify
    ElastiCacheResponse.increase_replica_count = resize
    ElastiCacheResponse.decrease_replica_count = resize
    ElastiCacheResponse.delete_replication_group = delete
    ElastiCacheResponse.describe_reserved_cache_nodes_offerings = offerings
    ElastiCacheResponse.modify_cache_subnet_group = modify_subnet_group
    ElastiCacheResponse.delete_cache_subnet_group = delete_subnet_group
    around(ElastiCacheBackend, "describe_cache_clusters", _nodes)
    list_also("elasticache:replicationgroup", _tagged)
