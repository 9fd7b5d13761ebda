# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ElastiCache's calls on replication groups with all that goes with them, and Secrets Manager's on the secret with the token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

Entry = dict[str, Any]

MISSING = (
    "ReplicationGroupNotFoundFault",
    "CacheSubnetGroupNotFoundFault",
    "SnapshotNotFoundFault",
    "ResourceNotFoundException",
)


class ErrorHandler(AWSErrorHandler):
    """Knows how both services say that something is not there."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code(list(MISSING))


@ErrorHandler.list_error_handler("read the replication group", None)
def group(client: Any, name: str) -> Entry | None:
    """A replication group with its nodes and its tags; None where none has the name."""
    found = client.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
    members = set(found.get("MemberClusters") or [])
    listed = client.get_paginator("describe_cache_clusters").paginate().build_full_result()["CacheClusters"]
    nodes = [one for one in listed if one["CacheClusterId"] in members]
    return {**found, "CacheClusters": nodes, "Tags": tags(client, found["ARN"])}


@ErrorHandler.list_error_handler("read the subnet group", None)
def subnet_group(client: Any, name: str) -> Entry | None:
    """A subnet group with its tags; None where none has the name."""
    found = client.describe_cache_subnet_groups(CacheSubnetGroupName=name)["CacheSubnetGroups"][0]
    return {**found, "Tags": tags(client, found["ARN"])}


@ErrorHandler.common_error_handler("read tags of ElastiCache")
def tags(client: Any, arn: str) -> dict[str, str]:
    """The tags of something in ElastiCache."""
    return boto3_tag_list_to_ansible_dict(client.list_tags_for_resource(ResourceName=arn).get("TagList", []))


@ErrorHandler.list_error_handler("read the secret", None)
def secret(client: Any, name: str) -> Entry | None:
    """What Secrets Manager tells of a secret without its value; None where none has the name, or it is on its way out."""
    found = client.describe_secret(SecretId=name)
    return None if found.get("DeletedDate") else found


@ErrorHandler.common_error_handler("tag with ElastiCache")
def change_tags(client: Any, arn: str, to_set: Mapping[str, str], to_unset: Iterable[str]) -> None:
    """Sets and removes tags; calls nothing where there is nothing to do."""
    if gone := sorted(to_unset):
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=gone)
    if to_set:
        client.add_tags_to_resource(ResourceName=arn, Tags=ansible_dict_to_boto3_tag_list(dict(to_set)))


@ErrorHandler.common_error_handler("create the subnet group")
def create_subnet_group(client: Any, name: str, description: str, subnet_ids: Sequence[str], told: Mapping[str, str]) -> None:
    """Creates a subnet group."""
    client.create_cache_subnet_group(
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription=description,
        SubnetIds=list(subnet_ids),
        Tags=ansible_dict_to_boto3_tag_list(dict(told)),
    )


@ErrorHandler.common_error_handler("change the subnet group")
def change_subnet_group(client: Any, name: str, subnet_ids: Sequence[str]) -> None:
    """Gives a subnet group other subnets."""
    client.modify_cache_subnet_group(CacheSubnetGroupName=name, SubnetIds=list(subnet_ids))


@ErrorHandler.deletion_error_handler("delete the subnet group")
def delete_subnet_group(client: Any, name: str) -> None:
    """Deletes a subnet group that nothing uses; one that is gone already counts as deleted."""
    client.delete_cache_subnet_group(CacheSubnetGroupName=name)


@ErrorHandler.common_error_handler("create the replication group")
def create_group(client: Any, request: Mapping[str, Any], token: str, told: Mapping[str, str]) -> None:
    """Creates a replication group with its first token."""
    client.create_replication_group(**request, AuthToken=token, Tags=ansible_dict_to_boto3_tag_list(dict(told)))


@ErrorHandler.common_error_handler("change the replication group")
def change_group(client: Any, name: str, request: Mapping[str, Any]) -> None:
    """Changes a replication group now, not in its maintenance window."""
    client.modify_replication_group(ReplicationGroupId=name, ApplyImmediately=True, **request)


@ErrorHandler.common_error_handler("change the number of replicas")
def change_replicas(client: Any, name: str, now: int, then: int) -> None:
    """Gives a replication group more or fewer replicas.

    Args:
        client: ElastiCache's client.
        name: the group's.
        now: how many it has.
        then: how many it is to have.
    """
    call = client.increase_replica_count if then > now else client.decrease_replica_count
    call(ReplicationGroupId=name, NewReplicaCount=then, ApplyImmediately=True)


@ErrorHandler.deletion_error_handler("delete the replication group")
def delete_group(client: Any, name: str, snapshot: str) -> None:
    """Deletes a replication group, with a last snapshot where it has a name; one that is gone already counts as deleted."""
    client.delete_replication_group(ReplicationGroupId=name, **({"FinalSnapshotIdentifier": snapshot} if snapshot else {}))


@ErrorHandler.common_error_handler("wait for the replication group")
def wait(client: Any, name: str, state: str, timeout: float, delay: float = 15) -> None:
    """Waits until a replication group is available or deleted.

    Args:
        client: ElastiCache's client.
        name: the group's.
        state: available or deleted.
        timeout: seconds to wait at most.
        delay: seconds between two looks.
    """
    waiter = client.get_waiter(f"replication_group_{state}")
    looks = max(1, int(timeout // delay))
    waiter.wait(ReplicationGroupId=name, WaiterConfig={"Delay": delay, "MaxAttempts": looks})


@ErrorHandler.list_error_handler("list the snapshots", [])
def snapshots(client: Any, start: str) -> list[Entry]:
    """The snapshots that somebody took whose names begin so, each with its tags."""
    listed = client.get_paginator("describe_snapshots").paginate(SnapshotSource="user").build_full_result()["Snapshots"]
    own = [one for one in listed if one["SnapshotName"].startswith(start)]
    return [{**one, "Tags": tags(client, one["ARN"])} for one in own]


@ErrorHandler.deletion_error_handler("delete the snapshot")
def delete_snapshot(client: Any, name: str) -> None:
    """Deletes a snapshot; one that is gone already counts as deleted."""
    client.delete_snapshot(SnapshotName=name)


@ErrorHandler.common_error_handler("create the secret")
def create_secret(client: Any, name: str, description: str, token: str, key: str, told: Mapping[str, str]) -> None:
    """Creates a secret, with its value where there is one already.

    Args:
        client: Secrets Manager's client.
        name: the secret's.
        description: what it says of itself.
        token: its value; empty for one that has none yet.
        key: the KMS key that encrypts it; empty for AWS's own.
        told: its tags.
    """
    more = {**({"KmsKeyId": key} if key else {}), **({"SecretString": token} if token else {})}
    client.create_secret(Name=name, Description=description, Tags=ansible_dict_to_boto3_tag_list(dict(told)), **more)


@ErrorHandler.common_error_handler("encrypt the secret")
def encrypt_secret(client: Any, name: str, key: str) -> None:
    """Has another KMS key encrypt a secret."""
    client.update_secret(SecretId=name, KmsKeyId=key or "alias/aws/secretsmanager")


@ErrorHandler.common_error_handler("tag the secret")
def change_secret_tags(client: Any, name: str, to_set: Mapping[str, str], to_unset: Iterable[str]) -> None:
    """Sets and removes a secret's tags; calls nothing where there is nothing to do."""
    if gone := sorted(to_unset):
        client.untag_resource(SecretId=name, TagKeys=gone)
    if to_set:
        client.tag_resource(SecretId=name, Tags=ansible_dict_to_boto3_tag_list(dict(to_set)))


@ErrorHandler.common_error_handler("store a new token")
def put_token(client: Any, name: str, token: str, labels: Sequence[str]) -> None:
    """Keeps a token as a version of a secret with these labels."""
    client.put_secret_value(SecretId=name, SecretString=token, VersionStages=list(labels))


@ErrorHandler.common_error_handler("read the token")
def token(client: Any, name: str, version: str) -> str:
    """The token in a version of a secret."""
    return client.get_secret_value(SecretId=name, VersionId=version)["SecretString"]


@ErrorHandler.common_error_handler("label the token")
def label(client: Any, name: str, what: str, onto: str = "", off: str = "") -> None:
    """Puts a label onto a version of a secret, and takes it off another.

    Args:
        client: Secrets Manager's client.
        name: the secret's.
        what: the label.
        onto: the version that gets it; empty for none.
        off: the version that loses it; empty for none.
    """
    versions = {**({"MoveToVersionId": onto} if onto else {}), **({"RemoveFromVersionId": off} if off else {})}
    client.update_secret_version_stage(SecretId=name, VersionStage=what, **versions)


@ErrorHandler.deletion_error_handler("delete the secret")
def delete_secret(client: Any, name: str) -> None:
    """Deletes a secret for good: what it opens is gone. One that is gone already counts as deleted."""
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
