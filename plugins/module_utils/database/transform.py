# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases of RDS between what CreateDBInstance takes and what DescribeDBInstances tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]

# What CreateDBInstance is given once, and no call changes after that.
FIXED = ("Engine", "DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId", "DBSubnetGroupName")
STOPPED = ("stopping", "stopped")
# RDS starts a database again by itself after so many days.
DAYS_STOPPED = 7


def described(entry: Entry) -> dict[str, Any]:
    """An answer of RDS with its tags where discovery looks for them."""
    told = {name: value for name, value in entry.items() if name != "TagList"}
    return {**told, "Tags": list(entry.get("TagList") or [])}


def standing(entry: Entry) -> dict[str, Any]:
    """A database as DescribeDBInstances tells of it, in the words of CreateDBInstance.

    What was asked for and is not in force yet counts, since RDS puts it in force by itself.
    """
    pending = entry.get("PendingModifiedValues") or {}
    now = {**entry, **{name: value for name, value in pending.items() if name in entry}}
    exports = set(entry.get("EnabledCloudwatchLogsExports") or [])
    waiting = pending.get("PendingCloudwatchLogsExports") or {}
    exports = (exports | set(waiting.get("LogTypesToEnable") or [])) - set(waiting.get("LogTypesToDisable") or [])
    return {
        **{name: now.get(name) for name in _SAME_NAME},
        "MaxAllocatedStorage": now.get("MaxAllocatedStorage") or 0,
        "KmsKeyId": now.get("KmsKeyId") or "",
        # While it is being made it has no address, and so no port.
        "Port": pending.get("Port") or (entry.get("Endpoint") or {}).get("Port") or entry.get("DbInstancePort"),
        "DBSubnetGroupName": (entry.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", ""),
        "VpcSecurityGroupIds": sorted(
            one["VpcSecurityGroupId"] for one in entry.get("VpcSecurityGroups") or [] if one.get("Status") != "removing"
        ),
        "DBParameterGroupName": next((one["DBParameterGroupName"] for one in entry.get("DBParameterGroups") or []), ""),
        "EnableIAMDatabaseAuthentication": bool(now.get("IAMDatabaseAuthenticationEnabled")),
        "EnableCloudwatchLogsExports": sorted(exports),
        "EnablePerformanceInsights": bool(now.get("PerformanceInsightsEnabled")),
        "ManageMasterUserPassword": bool(entry.get("MasterUserSecret")),
    }


_SAME_NAME = (
    *("DBInstanceIdentifier", "DBInstanceClass", "Engine", "EngineVersion", "DBName", "MasterUsername"),
    *("AllocatedStorage", "StorageType", "StorageEncrypted", "MultiAZ", "PubliclyAccessible", "BackupRetentionPeriod"),
    *("PreferredBackupWindow", "PreferredMaintenanceWindow", "DeletionProtection", "AutoMinorVersionUpgrade"),
    "CopyTagsToSnapshot",
)


def same_version(declared: str, found: str) -> bool:
    """Whether a version that stands is the declared one, or a later minor one of the same major version.

    PostgreSQL's minor versions only mend, and RDS puts them in by itself.
    """
    ours, theirs = (_numbers(version) for version in (declared, found or ""))
    return ours[:1] == theirs[:1] and theirs >= ours


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def major(version: str) -> str:
    """The major version, such as 17 of 17.4."""
    return version.partition(".")[0]


def creation(wanted: Entry) -> dict[str, Any]:
    """What CreateDBInstance is called with.

    Args:
        wanted: the database in the words of comparisons.
    """
    request = {name: value for name, value in wanted.items() if value not in ("", None) and name != "Tags"}
    if not request.get("MaxAllocatedStorage"):
        request.pop("MaxAllocatedStorage", None)
    if request.get("KmsKeyId"):
        request["MasterUserSecretKmsKeyId"] = request["KmsKeyId"]
    return {**request, "Tags": tag_list(wanted["Tags"])}


def modification(entry: Entry, wanted: Entry, changed: Iterable[str]) -> dict[str, Any]:
    """What ModifyDBInstance is called with, nothing where only tags differ.

    Args:
        entry: the database as it stands, as DescribeDBInstances tells of it.
        wanted: the database in the words of comparisons.
        changed: which attributes differ.
    """
    request = {name: wanted[name] for name in changed if name != "Tags"}
    if "Port" in request:
        request["DBPortNumber"] = request.pop("Port")
    if "EnableCloudwatchLogsExports" in request:
        ours, theirs = set(request.pop("EnableCloudwatchLogsExports")), set(standing(entry)["EnableCloudwatchLogsExports"])
        parts = {"EnableLogTypes": sorted(ours - theirs), "DisableLogTypes": sorted(theirs - ours)}
        request["CloudwatchLogsExportConfiguration"] = {name: types for name, types in parts.items() if types}
    # As much as there is: that is how RDS is told that storage no longer grows by itself.
    if request.get("MaxAllocatedStorage") == 0:
        request["MaxAllocatedStorage"] = max(entry.get("AllocatedStorage", 0), wanted["AllocatedStorage"])
    if request.get("ManageMasterUserPassword") and wanted.get("KmsKeyId"):
        request["MasterUserSecretKmsKeyId"] = wanted["KmsKeyId"]
    if "EngineVersion" in request and major(wanted["EngineVersion"]) != major(entry["EngineVersion"]):
        request["AllowMajorVersionUpgrade"] = True
    return request


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as RDS takes them."""
    return [{"Key": key, "Value": str(value)} for key, value in tags.items()]


def refusals(entry: Entry, wanted: Entry, changed: Iterable[str], major_upgrade: bool) -> list[str]:
    """Why a database that stands can't be changed into the wanted one, nothing where it can.

    Args:
        entry: the database as it stands.
        wanted: the database in the words of comparisons.
        changed: which attributes differ.
        major_upgrade: whether another major version is allowed.
    """
    names = set(changed)
    now = standing(entry)
    found = [f"{name} is {now[name] or 'none'} for good, and {wanted[name] or 'none'} is asked for" for name in FIXED if name in names]
    if entry.get("DBInstanceStatus") in STOPPED and names - {"Tags"}:
        found.append("it stands stopped, and RDS changes none that does: start it first")
    if "EngineVersion" in names:
        ours, theirs = wanted["EngineVersion"], now["EngineVersion"]
        if int(major(ours)) < int(major(theirs)):
            found.append(f"version {theirs} can't become the older {ours}")
        elif major(ours) != major(theirs) and not major_upgrade:
            found.append(f"version {theirs} becomes {ours} only where a major upgrade is allowed")
    return found
