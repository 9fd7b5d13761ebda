# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role database makes besides a security group and alarms: the database, where it stands, and its parameters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.database.transform import same_version
from ansible_collections.mlinfra.aws.plugins.module_utils.database.transform import standing as as_created

from . import values
from .model import Attribute, Entry, Kind, Standing
from .parts import TAGS, by_member, entries_of, identified_by, implied, labelled_by, owned_by, plain


def _told(member: str) -> Callable[[Entry, Standing], Any]:
    return lambda entry, standing: as_created(entry)[member]


def _asked(*members: str) -> dict[str, Attribute]:
    return {member: Attribute(_told(member)) for member in members}


def _window(value: str | None) -> str:
    """RDS writes days in small letters."""
    return (value or "").lower()


def _groups(entry: Entry, standing: Standing) -> list[str]:
    """By their names, which a declaration knows before they stand; the id of one that nobody has found."""
    ids = as_created(entry)["VpcSecurityGroupIds"]
    return [standing.entry("security_group", "GroupId", one).get("GroupName") or one for one in ids]


DB_INSTANCE = Kind(
    attributes={
        **_asked(
            *("DBInstanceIdentifier", "DBInstanceClass", "Engine", "DBName", "MasterUsername", "MaxAllocatedStorage"),
            *("StorageType", "StorageEncrypted", "MultiAZ", "PubliclyAccessible", "DBSubnetGroupName", "DBParameterGroupName"),
            *("BackupRetentionPeriod", "PreferredBackupWindow", "DeletionProtection", "EnableIAMDatabaseAuthentication"),
            *("EnablePerformanceInsights", "AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "ManageMasterUserPassword"),
        ),
        "EngineVersion": Attribute(_told("EngineVersion"), same=lambda declared, found, standing: same_version(declared, found)),
        # Storage never shrinks, and grows by itself where it may.
        "AllocatedStorage": Attribute(_told("AllocatedStorage"), same=lambda declared, found, standing: (found or 0) >= declared),
        # Of none in particular AWS's own is as good as any.
        "KmsKeyId": Attribute(_told("KmsKeyId"), same=lambda declared, found, standing: declared in ("", found)),
        "Port": Attribute(_told("Port"), same=lambda declared, found, standing: found in (None, declared)),
        "PreferredMaintenanceWindow": Attribute(_told("PreferredMaintenanceWindow"), _window),
        "VpcSecurityGroupIds": Attribute(_groups, values.unordered),
        "EnableCloudwatchLogsExports": Attribute(_told("EnableCloudwatchLogsExports"), values.unordered),
        "MonitoringInterval": implied("MonitoringInterval", 0),
        "Tags": TAGS,
    },
    keys=(by_member("DBInstanceIdentifier"),),
    entries=entries_of("db_instance"),
    owner=owned_by("database"),
    identifier=identified_by("DBInstanceArn"),
    label=labelled_by("DBInstanceIdentifier"),
)


def _subnets(entry: Entry, standing: Standing) -> list[str]:
    return [subnet["SubnetIdentifier"] for subnet in entry.get("Subnets") or []]


DB_SUBNET_GROUP = Kind(
    attributes={
        "DBSubnetGroupName": plain("DBSubnetGroupName"),
        "DBSubnetGroupDescription": plain("DBSubnetGroupDescription", default=""),
        "SubnetIds": Attribute(_subnets, values.unordered),
        "Tags": TAGS,
    },
    keys=(by_member("DBSubnetGroupName"),),
    entries=entries_of("db_subnet_group"),
    owner=owned_by("database"),
    identifier=identified_by("DBSubnetGroupArn"),
    label=labelled_by("DBSubnetGroupName"),
)


def _parameters(value: Any) -> dict[str, str]:
    """By name, of a list of what differs from PostgreSQL's own, or of what is declared."""
    if isinstance(value, Mapping):
        return {name: str(each) for name, each in value.items()}
    listed: Iterable[Mapping[str, Any]] = value or []
    return {one["ParameterName"]: str(one.get("ParameterValue", "")) for one in listed}


DB_PARAMETER_GROUP = Kind(
    attributes={
        "DBParameterGroupName": plain("DBParameterGroupName"),
        "DBParameterGroupFamily": plain("DBParameterGroupFamily"),
        "Description": plain("Description", default=""),
        # Others that somebody has set stay: no module takes a single one back.
        "Parameters": plain("Parameters", _parameters, default=[], partial=True),
        "Tags": TAGS,
    },
    keys=(by_member("DBParameterGroupName"),),
    entries=entries_of("db_parameter_group"),
    owner=owned_by("database"),
    identifier=identified_by("DBParameterGroupArn"),
    label=labelled_by("DBParameterGroupName"),
)

KINDS = {"db_subnet_group": DB_SUBNET_GROUP, "db_parameter_group": DB_PARAMETER_GROUP, "db_instance": DB_INSTANCE}
