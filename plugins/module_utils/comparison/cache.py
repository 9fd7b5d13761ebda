# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role cache makes besides a log group and alarms: a replication group, and the security group of its nodes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache import transform

from . import values
from .model import Attribute, Attributes, Entry, Kind, Standing
from .parts import TAGS, by_member, entries_of, identified_by, implied, labelled_by, owned_by, plain


def _node(member: str) -> Attribute:
    """What only the nodes tell."""
    return Attribute(lambda group, standing: transform.first_cluster(group).get(member, ""))


def _of(read: Callable[[Entry], Any], form: Callable[[Any], Any] = lambda value: value, **more: Any) -> Attribute:
    return Attribute(lambda group, standing: read(group), form, **more)


def _part(member: str) -> Callable[[Entry], Entry]:
    return lambda group: group.get(member) or {}


_secret, _subnet_group = _part("AuthSecret"), _part("CacheSubnetGroup")


def _tags_of_part(part: Callable[[Entry], Entry]) -> Attribute:
    """What goes with the group carries its tags."""

    def own(attributes: Attributes) -> Any:
        return attributes.get("Tags", {})

    return Attribute(lambda group, standing: tags_of(part(group)) if part(group) else None, _tags_or_none, implied=own)


def _tags_or_none(value: Any) -> Any:
    return None if value is None else values.tags(value)


def _same_version(declared: str, found: str, standing: Standing) -> bool:
    return transform.runs(declared, found)


REPLICATION_GROUP = Kind(
    attributes={
        "ReplicationGroupId": plain("ReplicationGroupId"),
        "Description": plain("Description", default=""),
        "Engine": plain("Engine"),
        "EngineVersion": Attribute(lambda group, standing: transform.first_cluster(group).get("EngineVersion", ""), same=_same_version),
        "CacheNodeType": plain("CacheNodeType"),
        "NumCacheClusters": _of(lambda group: len(group.get("MemberClusters") or [])),
        "AutomaticFailoverEnabled": _of(lambda group: group.get("AutomaticFailover") in ("enabled", "enabling")),
        "MultiAZEnabled": _of(lambda group: group.get("MultiAZ") == "enabled"),
        "CacheSubnetGroupName": _node("CacheSubnetGroupName"),
        "SubnetIds": _of(transform.subnets, values.unordered),
        "SecurityGroupIds": _of(transform.security_groups, values.unordered),
        "Port": _of(transform.port),
        "AtRestEncryptionEnabled": plain("AtRestEncryptionEnabled", default=False),
        "KmsKeyId": plain("KmsKeyId", default=""),
        "TransitEncryptionEnabled": plain("TransitEncryptionEnabled", default=False),
        "TransitEncryptionMode": plain("TransitEncryptionMode", default="required"),
        "AuthTokenEnabled": plain("AuthTokenEnabled", default=False),
        "AuthSecret": _of(lambda group: _secret(group).get("Name", "")),
        "AuthTokenStored": implied(lambda group, standing: transform.stored(_secret(group)), True),
        "SecretKmsKeyId": _of(lambda group: _secret(group).get("KmsKeyId", "").replace("alias/aws/secretsmanager", "")),
        "SnapshotRetentionLimit": plain("SnapshotRetentionLimit", default=0),
        "SnapshotWindow": plain("SnapshotWindow"),
        "PreferredMaintenanceWindow": _node("PreferredMaintenanceWindow"),
        "AutoMinorVersionUpgrade": plain("AutoMinorVersionUpgrade", default=False),
        "LogDeliveryConfigurations": plain("LogDeliveryConfigurations", transform.logs, default=[]),
        "UserGroupIds": implied(lambda group, standing: sorted(group.get("UserGroupIds") or []), []),
        "Tags": TAGS,
        "SubnetGroupTags": _tags_of_part(_subnet_group),
        "SecretTags": _tags_of_part(_secret),
    },
    keys=(by_member("ReplicationGroupId"),),
    entries=entries_of("replication_group", lambda group: group.get("Status") != "deleting"),
    owner=owned_by("cache"),
    identifier=identified_by("ARN"),
    label=labelled_by("ReplicationGroupId"),
)


def _is_cache_group(group: Entry, standing: Standing) -> bool:
    return group["GroupName"] == standing.identity.names.get("cache_security_group")


# The group of the nodes. Whom it lets in, it names by an id: the instances' group is another role's.
CACHE_GROUP = Kind(
    attributes={
        "GroupName": plain("GroupName"),
        "Description": plain("Description"),
        "IpPermissions": plain("IpPermissions", values.permissions, default=[]),
        "IpPermissionsEgress": plain("IpPermissionsEgress", values.permissions, default=[]),
        "Tags": TAGS,
    },
    keys=(by_member("GroupName"),),
    entries=lambda standing: [group for group in standing.found.get("security_group", []) if _is_cache_group(group, standing)],
    owner=owned_by("cache"),
    identifier=identified_by("GroupId"),
    label=labelled_by("GroupName"),
)

KINDS = {"cache_security_group": CACHE_GROUP, "replication_group": REPLICATION_GROUP}
