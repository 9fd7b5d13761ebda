# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role shared_storage makes, but for its security group: a file system, its mount targets and access points. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible_collections.mlinfra.aws.plugins.module_utils.file_system.transform import (
    backup,
    lifecycle,
    posix_user,
    root_directory,
    throughput,
)

from . import values
from .model import Attribute, Entry, Kind, Standing
from .parts import (
    TAGS,
    by_member,
    by_tags,
    entries_of,
    identified_by,
    implied,
    labelled_by,
    labelled_by_tag,
    owned_by,
    plain,
)


def _stands(entry: Entry) -> bool:
    """What is on its way out is gone."""
    return entry.get("LifeCycleState") not in ("deleting", "deleted")


def _of_the_one(kind: str) -> Callable[[Standing], Iterable[Entry]]:
    """Those of a kind that belong to the file system with the environment's name. One that had another name before is left."""

    def entries(standing: Standing) -> Iterable[Entry]:
        name = standing.identity.names.get("file_system")
        system = standing.entry("file_system", "CreationToken", name).get("FileSystemId")
        return [one for one in standing.found.get(kind, []) if one["FileSystemId"] == system and _stands(one)]

    return entries


FILE_SYSTEM = Kind(
    attributes={
        "CreationToken": plain("CreationToken"),
        "Encrypted": plain("Encrypted"),
        # By itself EFS uses AWS's key, whose ARN nobody declares.
        "KmsKeyId": plain("KmsKeyId"),
        "PerformanceMode": plain("PerformanceMode"),
        "ThroughputMode": plain("ThroughputMode"),
        "ProvisionedThroughputInMibps": plain("ProvisionedThroughputInMibps", throughput, default=0),
        "LifecyclePolicies": plain("LifecyclePolicies", lifecycle, default=[]),
        "BackupPolicy": plain("BackupPolicy", backup, default={}),
        "FileSystemPolicy": plain("FileSystemPolicy", values.policy, default={}),
        "Tags": TAGS,
    },
    keys=(by_member("CreationToken"),),
    entries=entries_of("file_system", _stands),
    owner=owned_by("shared_storage"),
    identifier=identified_by("FileSystemId"),
    label=labelled_by("CreationToken"),
    kept=True,
)


def _groups(entry: Entry, standing: Standing) -> list[str]:
    return [standing.name(group) for group in entry.get("SecurityGroups") or []]


MOUNT_TARGET = Kind(
    attributes={
        "SubnetId": plain("SubnetId"),
        "SecurityGroups": Attribute(_groups, values.unordered),
        "LifeCycleState": implied("LifeCycleState", "available"),
    },
    keys=(by_member("SubnetId"),),
    entries=_of_the_one("mount_target"),
    owner=owned_by("shared_storage"),
    identifier=identified_by("MountTargetId"),
    label=labelled_by("MountTargetId"),
)
ACCESS_POINT = Kind(
    attributes={
        "PosixUser": plain("PosixUser", posix_user),
        "RootDirectory": plain("RootDirectory", root_directory),
        "Tags": TAGS,
    },
    keys=(by_tags("Name"),),
    entries=_of_the_one("access_point"),
    owner=owned_by("shared_storage"),
    identifier=identified_by("AccessPointId"),
    label=labelled_by_tag("AccessPointId"),
)

KINDS = {"file_system": FILE_SYSTEM, "mount_target": MOUNT_TARGET, "access_point": ACCESS_POINT}
