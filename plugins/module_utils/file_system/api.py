# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EFS's calls on file systems, mount targets, access points, and their tags."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known

from . import transform
from .waiters import until_done

Entry = Mapping[str, Any]

_NO_POLICY = "PolicyNotFound"
_NO_FILE_SYSTEM = "FileSystemNotFound"


class ErrorHandler(AWSErrorHandler):
    """Knows how EFS says that something is not there."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code([_NO_FILE_SYSTEM, "MountTargetNotFound", "AccessPointNotFound"])


def _paged(client: Any, operation: str, result: str, **arguments: Any) -> list[dict[str, Any]]:
    return client.get_paginator(operation).paginate(**arguments).build_full_result().get(result, [])


def change_tags(client: Any, identifier: str, before: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Makes tags as wanted; calls nothing where they are.

    Args:
        client: EFS's client.
        identifier: the id of a file system or an access point.
        before: the tags that it has.
        wanted: those that it shall have.
    """
    to_set, to_unset = compare_aws_tags(dict(before), dict(wanted))
    set_tags(client, identifier, to_set, to_unset)


@ErrorHandler.common_error_handler("tag with EFS")
def set_tags(client: Any, identifier: str, to_set: Mapping[str, str], to_unset: Iterable[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do."""
    gone = list(to_unset)
    if gone:
        client.untag_resource(ResourceId=identifier, TagKeys=gone)
    if to_set:
        client.tag_resource(ResourceId=identifier, Tags=ansible_dict_to_boto3_tag_list(dict(to_set)))


def _principal_is_unknown(error: AnsibleAWSError) -> bool:
    """Whether EFS does not know whom a policy names, as it may be with a role that was just made."""
    told = getattr(error.exception, "response", {}).get("Error", {})
    return told.get("Code") == "InvalidPolicyException" and "principal" in told.get("Message", "").lower()


class FileSystem:
    """The file system that was made under a name; see `owned.Owned`.

    Args:
        client: the client of the service efs.
        name: its creation token.
        timeout: seconds to wait for EFS to be done with it.

    Attributes:
        identifier: its id, empty where it does not stand.
    """

    kind = "file_system"

    def __init__(self, client: Any, name: str, timeout: float) -> None:
        self._client = client
        self._name = name
        self._timeout = timeout
        self.identifier = ""

    @ErrorHandler.common_error_handler("read the file system")
    def read(self) -> dict[str, Any] | None:
        """See Owned."""
        found = self._described()
        if not found:
            return None
        self.identifier = found["FileSystemId"]
        named = {"FileSystemId": self.identifier}
        return {
            **found,
            "LifecyclePolicies": self._client.describe_lifecycle_configuration(**named).get("LifecyclePolicies", []),
            "BackupPolicy": self._backup(),
            "FileSystemPolicy": self._policy(),
            "Tags": boto3_tag_list_to_ansible_dict(found.get("Tags", [])),
        }

    def _described(self) -> dict[str, Any] | None:
        try:
            listed = _paged(self._client, "describe_file_systems", "FileSystems", CreationToken=self._name)
        except is_boto3_error_code(_NO_FILE_SYSTEM):
            return None
        standing = [one for one in listed if one["LifeCycleState"] not in ("deleting", "deleted")]
        return standing[0] if standing else None

    def _backup(self) -> dict[str, str]:
        try:
            return self._client.describe_backup_policy(FileSystemId=self.identifier)["BackupPolicy"]
        except is_boto3_error_code(_NO_POLICY):
            return {}

    def _policy(self) -> dict[str, Any]:
        try:
            return json.loads(self._client.describe_file_system_policy(FileSystemId=self.identifier)["Policy"])
        except is_boto3_error_code(_NO_POLICY):
            return {}

    @ErrorHandler.common_error_handler("create the file system")
    def create(self, wanted: Entry) -> None:
        """See Owned. One that a lost answer has left there is that one."""
        request = {name: wanted[name] for name in ("Encrypted", "PerformanceMode", "ThroughputMode")}
        if wanted.get("KmsKeyId"):
            request["KmsKeyId"] = wanted["KmsKeyId"]
        if wanted["ProvisionedThroughputInMibps"]:
            request["ProvisionedThroughputInMibps"] = wanted["ProvisionedThroughputInMibps"]
        try:
            made = self._client.create_file_system(
                CreationToken=self._name,
                Backup=wanted["BackupPolicy"]["Status"] == "ENABLED",
                Tags=ansible_dict_to_boto3_tag_list(wanted["Tags"]),
                **request,
            )
        except is_boto3_error_code("FileSystemAlreadyExists"):
            made = self._described()
            if not made:
                raise
        self.identifier = made["FileSystemId"]
        self._until_available()
        self._write(wanted, {name for name in ("LifecyclePolicies", "FileSystemPolicy") if wanted[name]})

    @ErrorHandler.common_error_handler("change the file system")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned.

        Raises:
            AnsibleAWSError: where something differs that EFS can't change.
        """
        problem = transform.fixed_problem(sorted(changed))
        if problem:
            raise AnsibleAWSError(message=problem)
        self._until_available()
        if changed & {"ThroughputMode", "ProvisionedThroughputInMibps"}:
            amount = wanted["ProvisionedThroughputInMibps"]
            ordered = {"ProvisionedThroughputInMibps": amount} if amount else {}
            self._client.update_file_system(
                FileSystemId=self.identifier, ThroughputMode=wanted["ThroughputMode"], **ordered
            )
            self._until_available()
        self._write(wanted, changed)
        if "Tags" in changed:
            change_tags(self._client, self.identifier, standing["Tags"], wanted["Tags"])

    def _write(self, wanted: Entry, names: set[str]) -> None:
        """Writes those of its configurations that have a call of their own."""
        named = {"FileSystemId": self.identifier}
        if "LifecyclePolicies" in names:
            rules = transform.lifecycle_request(wanted["LifecyclePolicies"])
            self._client.put_lifecycle_configuration(LifecyclePolicies=rules, **named)
        if "BackupPolicy" in names:
            self._client.put_backup_policy(BackupPolicy=dict(wanted["BackupPolicy"]), **named)
        if "FileSystemPolicy" in names and wanted["FileSystemPolicy"]:
            once_the_role_is_known(
                lambda: self._put_policy(wanted["FileSystemPolicy"]), self._timeout, unknown=_principal_is_unknown
            )
        elif "FileSystemPolicy" in names:
            self._client.delete_file_system_policy(**named)

    @ErrorHandler.common_error_handler("put the policy of the file system")
    def _put_policy(self, policy: Entry) -> None:
        self._client.put_file_system_policy(FileSystemId=self.identifier, Policy=json.dumps(policy))

    def _until_available(self) -> None:
        def awaited() -> str:
            state = (self._described() or {}).get("LifeCycleState", "not there")
            return "" if state == "available" else f"the file system {self._name} ({self.identifier}) is {state}"

        until_done(awaited, self._timeout)

    @ErrorHandler.deletion_error_handler("delete the file system")
    def delete(self, standing: Entry) -> None:
        """See Owned. EFS refuses it as long as it has mount targets."""
        self._client.delete_file_system(FileSystemId=standing["FileSystemId"])

        def awaited() -> str:
            return f"the file system {self.identifier} is being deleted" if self._listed() else ""

        until_done(awaited, self._timeout)
        self.identifier = ""

    def _listed(self) -> bool:
        try:
            listed = _paged(self._client, "describe_file_systems", "FileSystems", FileSystemId=self.identifier)
        except is_boto3_error_code(_NO_FILE_SYSTEM):
            return False
        return any(one["LifeCycleState"] != "deleted" for one in listed)


def _of_file_system(client: Any, operation: str, result: str, file_system_id: str) -> list[dict[str, Any]]:
    try:
        return _paged(client, operation, result, FileSystemId=file_system_id)
    except is_boto3_error_code(_NO_FILE_SYSTEM):
        return []


@ErrorHandler.common_error_handler("read the mount targets")
def mount_targets(client: Any, file_system_id: str) -> list[dict[str, Any]]:
    """The mount targets of a file system, each with its security groups; none where it does not stand."""
    return [
        {**target, "SecurityGroups": _groups(client, target)}
        for target in _of_file_system(client, "describe_mount_targets", "MountTargets", file_system_id)
    ]


def _groups(client: Any, target: Entry) -> list[str]:
    """The security groups of a mount target; none of one that is on its way out."""
    try:
        return client.describe_mount_target_security_groups(MountTargetId=target["MountTargetId"])["SecurityGroups"]
    except is_boto3_error_code(["MountTargetNotFound", "IncorrectMountTargetState"]):
        return []


@ErrorHandler.common_error_handler("create a mount target")
def create_mount_target(client: Any, file_system_id: str, request: Entry) -> str:
    """Creates a mount target and returns its id."""
    return client.create_mount_target(FileSystemId=file_system_id, **request)["MountTargetId"]


@ErrorHandler.common_error_handler("change the security groups of a mount target")
def change_groups(client: Any, identifier: str, groups: list[str]) -> None:
    """Gives a mount target other security groups."""
    client.modify_mount_target_security_groups(MountTargetId=identifier, SecurityGroups=groups)


@ErrorHandler.deletion_error_handler("delete a mount target")
def delete_mount_target(client: Any, identifier: str) -> None:
    """Deletes a mount target; one that is gone already counts as deleted. What is mounted by it hangs."""
    client.delete_mount_target(MountTargetId=identifier)


def until_targets_settled(
    client: Any, file_system_id: str, available: set[str], gone: set[str], timeout: float
) -> None:
    """Returns once mount targets can be mounted, and others have left their subnets.

    Args:
        client: EFS's client.
        file_system_id: the file system's.
        available: ids of those that are to become available.
        gone: ids of those that are being deleted.
        timeout: seconds to wait at most.

    Raises:
        AnsibleAWSError: where it takes longer, or one fails.
    """

    @ErrorHandler.common_error_handler("read the mount targets")
    def awaited() -> str:
        listed = _of_file_system(client, "describe_mount_targets", "MountTargets", file_system_id)
        states = {one["MountTargetId"]: one["LifeCycleState"] for one in listed}
        broken = sorted(one for one in available if states.get(one) == "error")
        if broken:
            raise AnsibleAWSError(message=f"EFS could not make the mount target {', '.join(broken)}")
        late = [one for one in available if states.get(one) != "available"]
        late += [one for one in gone if states.get(one, "deleted") != "deleted"]
        return "; ".join(f"the mount target {one} is {states.get(one, 'not there')}" for one in sorted(late))

    if available or gone:
        until_done(awaited, timeout)


@ErrorHandler.common_error_handler("read the access points")
def access_points(client: Any, file_system_id: str) -> list[dict[str, Any]]:
    """The access points of a file system in the order of their ids; none where it does not stand."""
    listed = _of_file_system(client, "describe_access_points", "AccessPoints", file_system_id)
    return sorted(listed, key=lambda one: one["AccessPointId"])


@ErrorHandler.common_error_handler("create an access point")
def create_access_point(client: Any, file_system_id: str, point: Entry) -> str:
    """Creates an access point and returns its id."""
    request = {name: point[name] for name in ("PosixUser", "RootDirectory") if point[name]}
    tags = ansible_dict_to_boto3_tag_list(dict(point["Tags"]))
    return client.create_access_point(FileSystemId=file_system_id, Tags=tags, **request)["AccessPointId"]


@ErrorHandler.deletion_error_handler("delete an access point")
def delete_access_point(client: Any, identifier: str) -> None:
    """Deletes an access point; one that is gone already counts as deleted. The files that it leads to stay."""
    client.delete_access_point(AccessPointId=identifier)
