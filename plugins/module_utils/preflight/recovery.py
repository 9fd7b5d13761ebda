# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role recovery."""

from __future__ import annotations

import re
import typing as t

from .iam import boundary_problems
from .names import name_problems, names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {
    "recovery_snapshot_role_name": "role",
    "recovery_replication_role_name": "role",
    "recovery_datasets_bucket": "bucket",
    "recovery_models_bucket": "bucket",
}
# Made of the names above and of the region: nothing where there is none.
REPLICAS = {"recovery_datasets_replica": "bucket", "recovery_models_replica": "bucket"}
# What has to be known to remove the replicas.
ABSENT = ("recovery_replication_region", "recovery_destroy_data", *REPLICAS)
# What Data Lifecycle Manager takes.
MOST_SNAPSHOTS = 1000
MOST_INSTANCES = 50
FEWEST_COLD_DAYS = 90
# Every month has them.
LAST_DAY = 28
TIME = r"([01]\d|2[0-3]):[0-5]\d"
KEY = r"arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+"
# Partitions that S3 does not copy between, by how their regions begin.
PARTITIONS = ("cn-", "us-gov-")
# S3 Lifecycle counts days in a signed 32-bit number.
MOST_DAYS = 2147483647


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of snapshots and replication.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if settings.get("recovery_replication_region"):
        found.extend(names_problems(settings, REPLICAS))
    if not wanted(settings, "recovery"):
        return found
    if settings.get("recovery_copy_images") and not settings.get("recovery_replication_region"):
        remedy = "set recovery_replication_region, or recovery_copy_images: false"
        found.append(problem("recovery_copy_images", True, "has no region to copy to", remedy))
    if settings.get("recovery_snapshots"):
        found.extend(_snapshot_problems(settings))
    if settings.get("recovery_replication_region"):
        found.extend(_replication_problems(settings))
    found.extend(boundary_problems(settings, "recovery_permissions_boundary"))
    if "recovery_tags" in settings:
        found.extend(tags_problems("recovery_tags", settings["recovery_tags"], settings.get("mlinfra_tags")))
    return found


def _snapshot_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the schedule of snapshots."""
    found = number_problems(settings, "recovery_snapshot_keep", 1, MOST_SNAPSHOTS, " (snapshots of each volume)")
    found.extend(number_problems(settings, "recovery_cold_day", 1, LAST_DAY, " (day of the month)"))
    time = settings.get("recovery_snapshot_time")
    if time is not None and not re.fullmatch(TIME, time):
        found.append(problem("recovery_snapshot_time", time, "is not a time of day", 'write it as "03:00", in UTC'))
    cold = settings.get("recovery_cold_days")
    if cold is not None and cold != 0 and cold < FEWEST_COLD_DAYS:
        remedy = f"choose {FEWEST_COLD_DAYS} (days) or more, or 0 to archive none"
        found.append(problem("recovery_cold_days", cold, "is less than the archive tier keeps", remedy))
    count = settings.get("recovery_instance_count")
    if count is not None and count > MOST_INSTANCES:
        fault = "is more than a policy names"
        remedy = f"choose at most {MOST_INSTANCES}, or recovery_snapshots: false"
        found.append(problem("recovery_instance_count", count, fault, remedy))
    return found


def _replication_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the second region and what goes there."""
    found = _region_problems(settings) + _key_problems(settings)
    for variable in ("recovery_replica_version_days", "recovery_replica_upload_days"):
        found.extend(number_problems(settings, variable, 1, MOST_DAYS, " (days)"))
    seen: dict[t.Any, str] = {}
    buckets = ("recovery_datasets_bucket", "recovery_models_bucket", *REPLICAS)
    for variable in (name for name in buckets if name in settings):
        first = seen.setdefault(settings[variable], variable)
        if first != variable:
            fault = f"is the name of {first} too"
            found.append(problem(variable, settings[variable], fault, "each bucket needs a name of its own"))
    if "storage" in settings.get("preflight_roles", ()) and not wanted(settings, "storage"):
        region = settings["recovery_replication_region"]
        fault = "needs the buckets that storage_state removes"
        found.append(problem("recovery_replication_region", region, fault, "set recovery_state: absent, too"))
    return found


def _region_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    variable = "recovery_replication_region"
    second, first = settings[variable], settings.get("mlinfra_region")
    found = name_problems(variable, second, "region")
    if found:
        return found
    if second == first:
        remedy = "choose another region, or leave it empty"
        return [problem(variable, second, "is the environment's own region", remedy)]
    if _partition(second) != _partition(first or ""):
        remedy = f"choose one that an account in {first} reaches"
        return [problem(variable, second, f"is of another partition than {first}", remedy)]
    return []


def _partition(region: str) -> str:
    return next((start for start in PARTITIONS if region.startswith(start)), "")


def _key_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return the problem of copies that can't be encrypted, or not by that key."""
    variable = "recovery_replica_kms_key_arn"
    key, region = settings.get(variable), settings["recovery_replication_region"]
    by_key = settings.get("storage_encryption") == "kms"
    if not key:
        remedy = f"give the ARN of a key in {region}, or set storage_encryption: AES256"
        fault = "leaves copies without a key, which storage_encryption: kms needs"
        return [problem(variable, key, fault, remedy)] if by_key else []
    parts = re.fullmatch(KEY, key)
    if not parts:
        return [problem(variable, key, "is not the ARN of a key", "write arn:aws:kms:region:account:key/id")]
    if parts[1] != region:
        return [problem(variable, key, f"is a key of {parts[1]}", f"give one in {region}")]
    if settings.get("storage_encryption") == "AES256":
        remedy = "drop it, or set storage_encryption: kms"
        return [problem(variable, key, "is of no use to buckets that storage_encryption: AES256 encrypts", remedy)]
    return []
