# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replication groups: in one form, what calls are to be told, and how far the replacement of a token has come. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]

PORT = 6379
ENGINES = ("valkey", "redis")
# As many replicas as a group has at most.
MOST_REPLICAS = 5
MOST_SNAPSHOT_DAYS = 35
LOG_TYPES = ("slow-log", "engine-log")
# Both do: a letter, then letters, digits and single hyphens. A group's id has 40 characters at most.
ID = re.compile(r"[a-z](?:-?[a-z0-9])*")
LONGEST_ID = 40
NODE_TYPE = re.compile(r"cache\.[a-z][a-z0-9]*\.[a-z0-9]+")
VERSION = re.compile(r"\d{1,2}\.\d{1,2}")
WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
MAINTENANCE = re.compile(rf"{_DAY}:([01]\d|2[0-3]):[0-5]\d-{_DAY}:([01]\d|2[0-3]):[0-5]\d")

# What ModifyReplicationGroup writes, by the names of attributes.
_WRITTEN = {
    "Description": "ReplicationGroupDescription",
    "Engine": "Engine",
    "EngineVersion": "EngineVersion",
    "CacheNodeType": "CacheNodeType",
    "AutomaticFailoverEnabled": "AutomaticFailoverEnabled",
    "MultiAZEnabled": "MultiAZEnabled",
    "SecurityGroupIds": "SecurityGroupIds",
    "SnapshotRetentionLimit": "SnapshotRetentionLimit",
    "SnapshotWindow": "SnapshotWindow",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "AutoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
}
# What a group has for good.
FIXED = (
    "CacheSubnetGroupName",
    "Port",
    "AtRestEncryptionEnabled",
    "KmsKeyId",
    "TransitEncryptionEnabled",
    "TransitEncryptionMode",
    "AuthTokenEnabled",
)

PENDING, CURRENT = "AWSPENDING", "AWSCURRENT"
# Labels of the version that holds a new token, each followed by when the group's token was last changed: before the group
# got this one, and once it takes both.
SINCE, ROTATED = "since-", "rotated-"


def version(text: str) -> tuple[int, ...]:
    """A version as numbers, such as (8, 0, 1)."""
    return tuple(int(part) for part in re.findall(r"\d+", text or ""))


def runs(wanted: str, found: str) -> bool:
    """Whether a version is as new as the wanted one, and of the same major one: there is no way back, and minor ones come by themselves."""
    want, have = version(wanted), version(found)
    return bool(want and have) and want[0] == have[0] and have >= want


def first_cluster(group: Entry) -> Entry:
    """The first of a group's nodes, which are alike in what the group itself does not tell."""
    return next(iter(group.get("CacheClusters") or []), {})


def security_groups(group: Entry) -> list[str]:
    """The ids of the security groups of its nodes."""
    return sorted({one["SecurityGroupId"] for cluster in group.get("CacheClusters") or [] for one in cluster.get("SecurityGroups") or []})


def subnets(group: Entry) -> list[str]:
    """The ids of the subnets that its nodes may stand in."""
    listed = (group.get("CacheSubnetGroup") or {}).get("Subnets") or []
    return sorted(one["SubnetIdentifier"] for one in listed)


def port(group: Entry) -> int:
    """The port that its nodes listen on; 0 while there is none."""
    endpoints = [node.get("PrimaryEndpoint") or {} for node in group.get("NodeGroups") or []]
    return next((int(one["Port"]) for one in endpoints if one.get("Port")), 0)


def endpoints(group: Entry) -> tuple[str, str]:
    """The names that its primary and its replicas answer to, empty while there are none."""
    nodes = next(iter(group.get("NodeGroups") or []), {})
    named = [(nodes.get(member) or {}).get("Address", "") for member in ("PrimaryEndpoint", "ReaderEndpoint")]
    return named[0], named[1]


def logs(value: Iterable[Entry] | None) -> list[dict[str, str]]:
    """Where logs are delivered, in one form: what stands as well as what is wanted."""
    told = [
        {
            "LogType": one["LogType"],
            "LogGroup": ((one.get("DestinationDetails") or {}).get("CloudWatchLogsDetails") or {}).get("LogGroup", ""),
            "LogFormat": one.get("LogFormat", "json"),
        }
        for one in value or []
        if one.get("DestinationType", "cloudwatch-logs") == "cloudwatch-logs"
    ]
    return sorted(told, key=lambda one: one["LogType"])


def log_request(wanted: Iterable[Entry], found: Iterable[Entry] = ()) -> list[dict[str, Any]]:
    """What a call is told of the delivery of logs: what is wanted, and that nothing else is delivered."""
    wanted = list(wanted)
    gone = {one["LogType"] for one in found} - {one["LogType"] for one in wanted}
    return [{**one, "Enabled": True} for one in wanted] + [{"LogType": kind, "Enabled": False} for kind in sorted(gone)]


def create_request(want: Entry) -> dict[str, Any]:
    """What CreateReplicationGroup is told, but for the token and the tags."""
    request = {parameter: want[name] for name, parameter in _WRITTEN.items()}
    request |= {name: want[name] for name in ("AtRestEncryptionEnabled", "TransitEncryptionEnabled", "NumCacheClusters", "Port")}
    request |= {"ReplicationGroupId": want["ReplicationGroupId"], "CacheSubnetGroupName": want["CacheSubnetGroupName"]}
    if want["KmsKeyId"]:
        request["KmsKeyId"] = want["KmsKeyId"]
    if want["LogDeliveryConfigurations"]:
        request["LogDeliveryConfigurations"] = log_request(want["LogDeliveryConfigurations"])
    return request


def modify_request(want: Entry, found: Entry, changed: set[str]) -> dict[str, Any]:
    """What ModifyReplicationGroup is told, empty where it has nothing to change.

    Args:
        want: the group as it shall stand.
        found: as it stands.
        changed: the names of the attributes that differ.
    """
    names = set(changed)
    if "Engine" in names:
        names.add("EngineVersion")  # no version is both engines'
    if "MultiAZEnabled" in names or "AutomaticFailoverEnabled" in names:
        names |= {"MultiAZEnabled", "AutomaticFailoverEnabled"}  # the one is not without the other
    request = {parameter: want[name] for name, parameter in _WRITTEN.items() if name in names}
    if "LogDeliveryConfigurations" in names:
        standing = found.get("LogDeliveryConfigurations") or []
        request["LogDeliveryConfigurations"] = log_request(want["LogDeliveryConfigurations"], standing)
    return request


def stored(secret: Entry) -> bool:
    """Whether a secret holds a token that the group takes: one that was made for a group that stood, it takes once it was told."""
    return any(
        CURRENT in labels and (not _label(labels, SINCE) or bool(_label(labels, ROTATED)))
        for labels in (secret.get("VersionIdsToStages") or {}).values()
    )


def pending(secret: Entry) -> str:
    """The id of the version with a new token that is not in use alone yet; empty where there is none."""
    return next((key for key, labels in (secret.get("VersionIdsToStages") or {}).items() if PENDING in labels), "")


def current(secret: Entry) -> str:
    """The id of the version that clients read; empty where there is none."""
    return next((key for key, labels in (secret.get("VersionIdsToStages") or {}).items() if CURRENT in labels), "")


def _labels(secret: Entry, identifier: str) -> list[str]:
    return list((secret.get("VersionIdsToStages") or {}).get(identifier, []))


def notes(secret: Entry, identifier: str) -> list[str]:
    """The labels of a version that only a replacement needs, in the order in which they may go."""
    told = _labels(secret, identifier)
    return [one for start in (SINCE, PENDING, ROTATED) for one in told if one.startswith(start)]


def _label(told: Iterable[str], start: str) -> str:
    return next((one for one in told if one.startswith(start)), "")


def changed_at(group: Entry) -> str:
    """When the group's token was last changed, as text that differs with each change."""
    told = group.get("AuthTokenLastModifiedDate") or group.get("ReplicationGroupCreateTime") or ""
    return told if isinstance(told, str) else told.isoformat()


def steps(secret: Entry, group: Entry) -> list[str]:
    """What is left to do until the pending token is the only one, in order.

    A step that was done and not noted is known by the date of the group's last change of a token, which is noted before each.

    Returns:
        Some of rotate (the group takes both), note, promote (clients read the new one), set (the group takes it alone), tidy.
    """
    identifier = pending(secret)
    if not identifier:
        return ["tidy"] if notes(secret, current(secret)) else []
    told, now = _labels(secret, identifier), changed_at(group)
    noted = _label(told, ROTATED)
    left = []
    if not noted:
        left += ["rotate"] if f"{SINCE}{now}" in told else []
        left += ["note"]
    if CURRENT not in told:
        left += ["promote"]
    if not noted or noted == f"{ROTATED}{now}":
        left += ["set"]
    return [*left, "tidy"]


def problems(want: Entry) -> list[str]:
    """What ElastiCache would refuse of a group, one line each."""
    found = []
    name = want["ReplicationGroupId"]
    if len(name) > LONGEST_ID or not ID.fullmatch(name):
        found.append(f"name: {name!r} must be 1 to {LONGEST_ID} lower-case letters, digits and single hyphens, a letter first")
    if not NODE_TYPE.fullmatch(want["CacheNodeType"]):
        found.append(f"node_type: {want['CacheNodeType']!r} is not a node type such as cache.t4g.micro")
    if not VERSION.fullmatch(want["EngineVersion"]):
        found.append(f"engine_version: {want['EngineVersion']!r} must be a major and a minor version such as 8.0")
    if not 1 <= want["NumCacheClusters"] <= MOST_REPLICAS + 1:
        found.append(f"replicas: {want['NumCacheClusters'] - 1} must be 0 to {MOST_REPLICAS}")
    if want["AutomaticFailoverEnabled"] and want["NumCacheClusters"] < 2:
        found.append("automatic_failover: needs a replica to fail over to")
    if want["MultiAZEnabled"] and not want["AutomaticFailoverEnabled"]:
        found.append("multi_az: needs automatic_failover")
    if not 0 <= want["SnapshotRetentionLimit"] <= MOST_SNAPSHOT_DAYS:
        found.append(f"snapshot_days: {want['SnapshotRetentionLimit']} must be 0 to {MOST_SNAPSHOT_DAYS}")
    if not WINDOW.fullmatch(want["SnapshotWindow"]):
        found.append(f"snapshot_window: {want['SnapshotWindow']!r} must be such as 03:00-04:00")
    if not MAINTENANCE.fullmatch(want["PreferredMaintenanceWindow"]):
        found.append(f"maintenance_window: {want['PreferredMaintenanceWindow']!r} must be such as sun:04:00-sun:05:00")
    for member, option in (("SubnetIds", "subnet_ids"), ("SecurityGroupIds", "security_group_ids")):
        if not want[member]:
            found.append(f"{option}: is empty")
    return found
