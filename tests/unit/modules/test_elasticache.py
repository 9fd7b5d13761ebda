# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of ElastiCache do: that nobody is locked out wherever the replacement of a token is cut short, and that all is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import attribute_changes
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache import api, transform
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache.rotation import Rotation
from ansible_collections.mlinfra.aws.plugins.modules import elasticache_auth_token, elasticache_replication_group

FIRST = "the-first-of-all-tokens"


class Killed(Exception):
    """The run ended there."""


class Cloud:
    """A group and its secret, as both services keep them, and a run that is cut short before or after one of its calls.

    Args:
        dies_at: which writing call, from 0 on; -1 for none.
        after: whether the call was carried out before the run ended.
    """

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.tokens, self.values, self.labels = [FIRST], {"v0": FIRST}, {"v0": ["AWSCURRENT"]}
        self.changed, self.calls, self.dies_at, self.after = self.now, 0, -1, False
        self.met = self.called = 0

    def usable(self) -> bool:
        """Whether a client that reads the secret now is let in."""
        [current] = [version for version, labels in self.labels.items() if "AWSCURRENT" in labels]
        return self.values[current] in self.tokens

    def _write(self, change: Any) -> None:
        self.called += 1
        dies = self.called - 1 == self.dies_at
        if not dies or self.after:
            change()
            assert self.usable(), "a client that reads the secret is locked out"
        if dies:
            raise Killed

    # Of ElastiCache.
    def describe_replication_groups(self, ReplicationGroupId: str) -> dict[str, Any]:
        group = {"ARN": "arn", "Status": "available", "AuthTokenLastModifiedDate": self.changed, "MemberClusters": []}
        return {"ReplicationGroups": [{"ReplicationGroupId": ReplicationGroupId, **group}]}

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self) -> Any:
        return self

    def build_full_result(self) -> dict[str, Any]:
        return {"CacheClusters": []}

    def list_tags_for_resource(self, ResourceName: str) -> dict[str, Any]:
        return {"TagList": []}

    def get_waiter(self, name: str) -> Any:
        assert name == "replication_group_available"
        return self

    def wait(self, **asked: Any) -> None:
        self.met += 1

    def modify_replication_group(self, AuthToken: str, AuthTokenUpdateStrategy: str, **named: Any) -> None:
        assert named["ApplyImmediately"]

        def change() -> None:
            # Whoever rotates twice loses the older one; whoever sets has rotated before.
            assert AuthTokenUpdateStrategy == "ROTATE" or AuthToken in self.tokens
            assert not (AuthTokenUpdateStrategy == "ROTATE" and AuthToken in self.tokens), "the group has it already"
            assert not (AuthTokenUpdateStrategy == "SET" and self.tokens == [AuthToken]), "the group has it alone already"
            self.tokens = [AuthToken] if AuthTokenUpdateStrategy == "SET" else [self.tokens[-1], AuthToken]
            self.changed += timedelta(seconds=1)

        self._write(change)

    # Of Secrets Manager.
    def describe_secret(self, SecretId: str) -> dict[str, Any]:
        return {"Name": SecretId, "VersionIdsToStages": {version: list(labels) for version, labels in self.labels.items() if labels}}

    def put_secret_value(self, SecretId: str, SecretString: str, VersionStages: list[str]) -> None:
        def change() -> None:
            version = f"v{len(self.values)}"
            for labels in self.labels.values():
                labels[:] = [one for one in labels if one not in VersionStages]
            self.values[version], self.labels[version] = SecretString, list(VersionStages)

        self._write(change)

    def get_secret_value(self, SecretId: str, VersionId: str) -> dict[str, str]:
        return {"SecretString": self.values[VersionId]}

    def update_secret_version_stage(
        self, SecretId: str, VersionStage: str, MoveToVersionId: str = "", RemoveFromVersionId: str = ""
    ) -> None:
        def change() -> None:
            if RemoveFromVersionId:
                self.labels[RemoveFromVersionId].remove(VersionStage)
            if MoveToVersionId:
                self.labels[MoveToVersionId].append(VersionStage)

        self._write(change)


def rotation(cloud: Cloud) -> Rotation:
    return Rotation(cloud, cloud, "group", "secret", timeout=60)


WRITES = 8


def test_a_token_is_replaced():
    cloud = Cloud()
    result = elasticache_auth_token.ensure(rotation(cloud), replaces=True, check=False)
    assert result["steps"] == elasticache_auth_token.STEPS
    assert result["diff"] == {"before": {"version": "v0"}, "after": {"version": "v1"}}
    assert cloud.called == WRITES
    assert cloud.tokens == [cloud.values["v1"]] != [FIRST]
    assert {version: labels for version, labels in cloud.labels.items() if labels} == {"v1": ["AWSCURRENT"]}
    assert FIRST not in str(result)
    assert cloud.values["v1"] not in str(result)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(WRITES))
def test_a_replacement_that_was_cut_short_is_gone_on_with(at, after):
    cloud = Cloud()
    cloud.dies_at, cloud.after = at, after
    with pytest.raises(Killed):
        rotation(cloud).replace()
    cloud.dies_at = -1
    told = elasticache_auth_token.ensure(rotation(cloud), replaces=True, check=True)
    done = elasticache_auth_token.ensure(rotation(cloud), replaces=True, check=False)
    if at < WRITES - 1 or not after:  # else the first run was through
        assert told["steps"] == done["steps"]
        assert len(cloud.values) == 2, "no second token is made meanwhile"
    assert cloud.usable()
    assert len(cloud.tokens) == 1
    assert elasticache_auth_token.ensure(rotation(cloud), replaces=False, check=False)["steps"] == []


@pytest.mark.parametrize("at", range(WRITES))
def test_one_that_is_cut_short_again_and_again_comes_to_its_end(at):
    cloud = Cloud()
    for number in range(2 * WRITES):
        cloud.called, cloud.dies_at, cloud.after = 0, 0, bool(number % 2) or number > at
        try:
            rotation(cloud).replace()
        except Killed:
            continue
    cloud.dies_at = -1
    rotation(cloud).finish()
    assert cloud.usable()
    assert len(cloud.tokens) == 1


def test_where_the_date_of_the_change_stays_as_it_was_nothing_is_done_twice():
    cloud = Cloud()
    change = cloud.modify_replication_group

    def undated(**asked: Any) -> None:
        before = cloud.changed
        change(**asked)
        cloud.changed = before

    cloud.modify_replication_group = undated
    assert rotation(cloud).replace() == elasticache_auth_token.STEPS
    assert cloud.usable()
    assert len(cloud.tokens) == 1


def test_in_check_mode_nothing_is_written():
    cloud = Cloud()
    result = elasticache_auth_token.ensure(rotation(cloud), replaces=True, check=True)
    assert (result["changed"], result["steps"], cloud.called) == (True, elasticache_auth_token.STEPS, 0)


def test_a_token_of_a_group_that_stood_counts_once_the_group_has_it():
    lost = {"v": ["AWSCURRENT", "AWSPENDING", "since-1"]}
    assert not transform.stored({"VersionIdsToStages": lost})
    assert transform.stored({"VersionIdsToStages": {"v": [*lost["v"], "rotated-2"]}})
    assert transform.stored({"VersionIdsToStages": {"v": ["AWSCURRENT"]}})
    assert not transform.stored({})


PARAMS = {
    "name": "cache", "description": "", "engine": "valkey", "engine_version": "8.0", "node_type": "cache.t4g.micro", "replicas": 1,
    "automatic_failover": True, "multi_az": True, "subnet_group": "cache", "subnet_ids": ["subnet-1", "subnet-2"],
    "security_group_ids": ["sg-1"], "kms_key_id": "", "auth_secret": "token", "secret_kms_key_id": "", "snapshot_days": 7,
    "snapshot_window": "03:00-04:00", "maintenance_window": "sun:04:00-sun:05:00", "auto_minor_version_upgrade": True, "logs": {},
    "tags": {"Owner": "o"}, "wait_timeout": 60,
}  # fmt: skip
STANDING = {
    "ReplicationGroupId": "cache", "Description": "cache", "Status": "available", "ARN": "arn", "Engine": "valkey",
    "CacheNodeType": "cache.t4g.micro", "MemberClusters": ["cache-001", "cache-002"], "AutomaticFailover": "enabled", "MultiAZ": "enabled",
    "AtRestEncryptionEnabled": True, "TransitEncryptionEnabled": True, "TransitEncryptionMode": "required", "AuthTokenEnabled": True,
    "SnapshotRetentionLimit": 7, "SnapshotWindow": "03:00-04:00", "AutoMinorVersionUpgrade": True,
    "NodeGroups": [{"PrimaryEndpoint": {"Address": "a", "Port": 6379}, "ReaderEndpoint": {"Address": "b", "Port": 6379}}],
    "CacheClusters": [{
        "CacheClusterId": "cache-001", "EngineVersion": "8.0.1", "CacheSubnetGroupName": "cache",
        "PreferredMaintenanceWindow": "sun:04:00-sun:05:00", "SecurityGroups": [{"SecurityGroupId": "sg-1"}],
    }],
    "CacheSubnetGroup": {
        "CacheSubnetGroupName": "cache", "Subnets": [{"SubnetIdentifier": "subnet-2"}, {"SubnetIdentifier": "subnet-1"}],
        "ARN": "arn-subnets", "Tags": {"Owner": "o"},
    },
    "AuthSecret": {"Name": "token", "VersionIdsToStages": {"v": ["AWSCURRENT"]}, "Tags": [{"Key": "Owner", "Value": "o"}]},
    "Tags": {"Owner": "o"},
}  # fmt: skip


def changes(standing: dict[str, Any], **wanted: Any) -> list[str]:
    want = elasticache_replication_group.wanted({**PARAMS, **wanted})
    return [change.attribute for change in attribute_changes("replication_group", want, standing)]


@pytest.mark.parametrize("version", ["8.0", "8.0.1", "8.1.0"])
def test_a_group_as_asked_is_left_alone(version):
    nodes = [{**STANDING["CacheClusters"][0], "EngineVersion": version}]
    assert changes({**STANDING, "CacheClusters": nodes}) == []


@pytest.mark.parametrize("wanted", ["8.1", "9.0", "7.2"])
def test_an_older_version_and_another_major_one_differ(wanted):
    assert changes(STANDING, engine_version=wanted) == ["EngineVersion"]


def test_what_somebody_changed_differs():
    assert changes({**STANDING, "AuthSecret": {}}) == ["AuthSecret", "AuthTokenStored", "SecretTags"]
    assert changes({**STANDING, "UserGroupIds": ["others"]}) == ["UserGroupIds"]
    assert changes({**STANDING, "CacheSubnetGroup": {**STANDING["CacheSubnetGroup"], "Tags": {}}}) == ["SubnetGroupTags"]


def test_a_group_is_asked_for_whole():
    want = elasticache_replication_group.wanted({**PARAMS, "kms_key_id": "key", "logs": {"slow-log": "/logs"}})
    request = transform.create_request(want)
    assert (request["KmsKeyId"], request["NumCacheClusters"], request["Port"]) == ("key", 2, 6379)
    assert [(one["LogType"], one["Enabled"]) for one in request["LogDeliveryConfigurations"]] == [("slow-log", True)]
    assert request["AtRestEncryptionEnabled"]
    assert request["TransitEncryptionEnabled"]
    assert not [line for line in transform.problems(want) if line]


def test_a_call_tells_what_goes_together():
    want = elasticache_replication_group.wanted({**PARAMS, "logs": {"engine-log": "/logs"}})
    found = {**STANDING, "LogDeliveryConfigurations": [{"LogType": "slow-log"}]}
    assert transform.modify_request(want, found, {"MultiAZEnabled"}) == {"AutomaticFailoverEnabled": True, "MultiAZEnabled": True}
    assert transform.modify_request(want, found, {"Engine"}) == {"Engine": "valkey", "EngineVersion": "8.0"}
    told = transform.modify_request(want, found, {"LogDeliveryConfigurations"})["LogDeliveryConfigurations"]
    assert [(one["LogType"], one["Enabled"]) for one in told] == [("engine-log", True), ("slow-log", False)]
    assert transform.modify_request(want, found, {"Tags", "NumCacheClusters"}) == {}


def test_a_group_is_waited_for(aws):
    telling = {"ReplicationGroups": [{"ReplicationGroupId": "cache", "Status": "creating"}]}
    aws.answer("elasticache", "describe_replication_groups", telling, {"ReplicationGroupId": "cache"})
    ready = {"ReplicationGroups": [{"ReplicationGroupId": "cache", "Status": "available"}]}
    aws.answer("elasticache", "describe_replication_groups", ready, {"ReplicationGroupId": "cache"})
    api.wait(aws("elasticache"), "cache", "available", timeout=1, delay=0.01)


def test_a_secret_is_made_and_goes_for_good(aws):
    told = {"Name": "token", "Description": "d", "KmsKeyId": "key", "SecretString": FIRST, "Tags": [{"Key": "Owner", "Value": "o"}]}
    aws.answer("secretsmanager", "create_secret", {}, told)
    aws.answer("secretsmanager", "delete_secret", {}, {"SecretId": "token", "ForceDeleteWithoutRecovery": True})
    api.create_secret(aws("secretsmanager"), "token", "d", FIRST, "key", {"Owner": "o"})
    api.delete_secret(aws("secretsmanager"), "token")


def test_a_secret_on_its_way_out_counts_as_none(aws):
    aws.answer("secretsmanager", "describe_secret", {"Name": "token", "DeletedDate": datetime(2026, 1, 1, tzinfo=UTC)})
    assert api.secret(aws("secretsmanager"), "token") is None
