#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticache_replication_group
version_added: 0.1.0
short_description: Manage a replication group of ElastiCache with its subnet group and its token
description:
  - Makes a replication group of Valkey or Redis that takes TLS and a token only, changes what differs of one that stands, and removes it.
  - The subnet group goes with it, and so does the secret of Secrets Manager that holds the token.
  - The token is made here, of 256 random bits, and kept in the secret alone. No result has it.
  - Waits until the group is available, or gone. A run that was cut short is gone on with by the next.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the group stands.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Its id, 1 to 40 lower-case letters, digits and single hyphens, a letter first.
    type: str
    required: true
  description:
    description: What it says of itself.
    type: str
    default: ""
  engine:
    description: What it runs. Redis can become Valkey, and not the other way round.
    type: str
    choices: [valkey, redis]
    default: valkey
  engine_version:
    description: The major and the minor version. A group that runs a newer one of the same major version is left as it is.
    type: str
    default: "8.0"
  node_type:
    description: The type of its nodes.
    type: str
    default: cache.t4g.micro
  replicas:
    description: How many replicas the primary has, 0 to 5.
    type: int
    default: 1
  automatic_failover:
    description: Whether a replica takes the place of a primary that fails. Needs a replica.
    type: bool
    default: true
  multi_az:
    description: Whether its nodes stand in several zones. Needs O(automatic_failover).
    type: bool
    default: true
  subnet_group:
    description: Name of the subnet group.
    type: str
    required: true
  subnet_ids:
    description: The subnets that its nodes stand in. Required with O(state=present).
    type: list
    elements: str
    default: []
  security_group_ids:
    description: The security groups of its nodes. Required with O(state=present).
    type: list
    elements: str
    default: []
  kms_key_id:
    description: ARN of the KMS key that encrypts it at rest. Empty for AWS's own. It can't be changed.
    type: str
    default: ""
  auth_secret:
    description: Name of the secret with the token.
    type: str
    required: true
  secret_kms_key_id:
    description: ARN of the KMS key that encrypts the secret. Empty for AWS's own.
    type: str
    default: ""
  snapshot_days:
    description: Days that daily snapshots are kept, 0 to 35. V(0) for none.
    type: int
    default: 7
  snapshot_window:
    description: When daily snapshots are taken, in UTC.
    type: str
    default: 03:00-04:00
  maintenance_window:
    description: When ElastiCache may change something, in UTC.
    type: str
    default: sun:04:00-sun:05:00
  auto_minor_version_upgrade:
    description: Whether new minor versions are installed then.
    type: bool
    default: true
  logs:
    description: Which logs go to which log group of CloudWatch, by V(slow-log) and V(engine-log).
    type: dict
    default: {}
  final_snapshot:
    description:
      - With O(state=absent), whether a last snapshot is taken, whose name is O(name), C(-final-) and the time.
      - V(false) deletes those of groups before it with this name, too.
    type: bool
    default: true
  tags:
    description: Tags of the group, the subnet group, the secret and the last snapshot. All others are removed.
    type: dict
    default: {}
  wait_timeout:
    description: Seconds to wait for each change.
    type: int
    default: 3600
attributes:
  check_mode:
    description: Tells what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns what differs, before and after.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make a cache with a replica in a second zone
  mlinfra.aws.elasticache_replication_group:
    name: mlinfra-dev
    description: Cache of mlinfra-dev
    subnet_group: mlinfra-dev
    subnet_ids: [subnet-01234567, subnet-89abcdef]
    security_group_ids: [sg-01234567]
    auth_secret: mlinfra-dev/cache-token
    logs: {slow-log: /mlinfra/dev/cache}

- name: Remove it, and keep a snapshot
  mlinfra.aws.elasticache_replication_group:
    name: mlinfra-dev
    subnet_group: mlinfra-dev
    auth_secret: mlinfra-dev/cache-token
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of a group that stood and stands.
  returned: success
  type: list
  elements: str
  sample: [CacheNodeType]
group:
  description: The group as it stands. Empty where there is none, and where it would be made in check mode.
  returned: success
  type: dict
  contains:
    arn:
      description: Its ARN.
      type: str
      returned: where it stands
    endpoint:
      description: What its primary answers to.
      type: str
      returned: where it stands
    reader_endpoint:
      description: What its replicas answer to.
      type: str
      returned: where it stands
    port:
      description: The port that they listen on.
      type: int
      returned: where it stands
    nodes:
      description: The names of its nodes.
      type: list
      elements: str
      returned: where it stands
    secret_arn:
      description: The ARN of the secret with the token.
      type: str
      returned: where it stands
snapshots:
  description: The names of last snapshots that are kept.
  returned: success
  type: list
  elements: str
  sample: [mlinfra-dev-final-20260131-120000]
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. Empty for a group that did not stand.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. Empty for a group that does not stand any more.
      type: dict
      returned: always
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import attribute_changes, modified
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache import api, transform
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache.rotation import Rotation, new_token

Entry = Mapping[str, Any]

KIND = "replication_group"


def wanted(params: Entry) -> dict[str, Any]:
    """The group as it shall stand, in the words of comparisons."""
    return {
        "ReplicationGroupId": params["name"],
        "Description": params["description"] or params["name"],
        "Engine": params["engine"],
        "EngineVersion": params["engine_version"],
        "CacheNodeType": params["node_type"],
        "NumCacheClusters": params["replicas"] + 1,
        "AutomaticFailoverEnabled": params["automatic_failover"],
        "MultiAZEnabled": params["multi_az"],
        "CacheSubnetGroupName": params["subnet_group"],
        "SubnetIds": params["subnet_ids"],
        "SecurityGroupIds": params["security_group_ids"],
        "Port": transform.PORT,
        "AtRestEncryptionEnabled": True,
        "KmsKeyId": params["kms_key_id"],
        "TransitEncryptionEnabled": True,
        "TransitEncryptionMode": "required",
        "AuthTokenEnabled": True,
        "AuthSecret": params["auth_secret"],
        "SecretKmsKeyId": params["secret_kms_key_id"],
        "SnapshotRetentionLimit": params["snapshot_days"],
        "SnapshotWindow": params["snapshot_window"],
        "PreferredMaintenanceWindow": params["maintenance_window"],
        "AutoMinorVersionUpgrade": params["auto_minor_version_upgrade"],
        "LogDeliveryConfigurations": [
            {
                "LogType": kind,
                "DestinationType": "cloudwatch-logs",
                "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": log_group}},
                "LogFormat": "json",
            }
            for kind, log_group in sorted(params["logs"].items())
        ],
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


class Cache:
    """A replication group with its subnet group and its secret.

    Args:
        cache: ElastiCache's client.
        manager: Secrets Manager's client.
        params: the module's.
        delay: seconds between two looks at something that changes.
    """

    def __init__(self, cache: Any, manager: Any, params: Entry, delay: float = 15) -> None:
        self._cache, self._manager = cache, manager
        self._name, self._subnets, self._secret = params["name"], params["subnet_group"], params["auth_secret"]
        self._timeout, self._delay = params["wait_timeout"], delay
        self._tags = {key: str(value) for key, value in params["tags"].items()}

    def read(self) -> dict[str, Any]:
        """What stands of it: the group, with its subnet group and its secret, each empty where there is none."""
        return {
            **(api.group(self._cache, self._name) or {}),
            "CacheSubnetGroup": api.subnet_group(self._cache, self._subnets) or {},
            "AuthSecret": api.secret(self._manager, self._secret) or {},
        }

    def ensure(self, want: Entry, check: bool) -> dict[str, Any]:
        """Has it stand as wanted, and returns the module's result."""
        found = self.read()
        if found.get("Status", "available") != "available" and not check:
            # A run that was cut short, or somebody else, is at it. What is being deleted is made again.
            self._wait("deleted" if found["Status"] == "deleting" else "available")
            found = self.read()
        if not found.get("ARN"):
            if not check:
                self._create(want, found)
            diff = {"before": {}, "after": dict(want)}
            return {"changed": True, "action": "create", "changes": [], "diff": diff}
        changes = attribute_changes(KIND, want, found)
        names = {change.attribute.partition(".")[0] for change in changes}
        if fixed := sorted(names & set(transform.FIXED)):
            raise AnsibleAWSError(
                message=f"{self._name} has {', '.join(fixed)} for good. Remove it with state: absent, which keeps a snapshot, and make it again"
            )
        if not check:
            self._modify(want, found, names)
        return modified(changes)

    def remove(self, snapshot: bool, check: bool) -> dict[str, Any]:
        """Has nothing of it stand, and returns the module's result.

        Args:
            snapshot: whether a last snapshot is taken, and those of groups before it are kept.
            check: whether nothing may be changed.
        """
        found = self.read()
        last = f"{self._name}-final-"
        kept = api.snapshots(self._cache, last)
        stands = found.get("ARN") and found["Status"] != "deleting"
        untagged = [one for one in kept if snapshot and not self._tags.items() <= one["Tags"].items()]
        gone = [] if snapshot else [one["SnapshotName"] for one in kept]
        before = {name: found[name] for name in ("ReplicationGroupId", "Engine", "CacheNodeType") if name in found}
        parts = {"CacheSubnetGroupName": found["CacheSubnetGroup"].get("CacheSubnetGroupName"), "AuthSecret": found["AuthSecret"].get("Name")}
        before |= {name: value for name, value in parts.items() if value}
        before |= {"Snapshots": gone} if gone else {}
        if not check:
            if stands:
                now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
                self._settle(found)
                api.delete_group(self._cache, self._name, f"{last}{now}" if snapshot else "")
            if found.get("ARN"):
                self._wait("deleted")
            self._remove_parts(found, gone)
            if snapshot and (stands or untagged):
                kept = api.snapshots(self._cache, last)
                for one in kept:
                    api.change_tags(self._cache, one["ARN"], compare_aws_tags(one["Tags"], self._tags, purge_tags=False)[0], [])
        return {
            "changed": bool(before or untagged),
            "action": "delete" if before else "modify" if untagged else "none",
            "changes": [],
            "snapshots": sorted(one["SnapshotName"] for one in kept) if snapshot else [],
            "diff": {"before": before, "after": {}},
        }

    def _remove_parts(self, found: Entry, gone: list[str]) -> None:
        for name in gone:
            api.delete_snapshot(self._cache, name)
        if found["CacheSubnetGroup"]:
            api.delete_subnet_group(self._cache, self._subnets)
        if found["AuthSecret"]:
            api.delete_secret(self._manager, self._secret)

    def _settle(self, found: Entry) -> None:
        """A group that is being changed can't be deleted yet."""
        if found["Status"] in ("creating", "modifying", "snapshotting"):
            self._wait("available")

    def _wait(self, state: str) -> None:
        api.wait(self._cache, self._name, state, self._timeout, self._delay)

    def _create(self, want: Entry, found: Entry) -> None:
        """First the token, which a run that is cut short leaves where the next one finds it."""
        if not found["CacheSubnetGroup"]:
            api.create_subnet_group(self._cache, self._subnets, want["Description"], want["SubnetIds"], self._tags)
        elif transform.subnets(found) != sorted(want["SubnetIds"]):
            api.change_subnet_group(self._cache, self._subnets, want["SubnetIds"])
        version = transform.current(found["AuthSecret"])
        if not found["AuthSecret"]:
            api.create_secret(self._manager, self._secret, self._told(want), new_token(), want["SecretKmsKeyId"], self._tags)
        elif not version:
            api.put_token(self._manager, self._secret, new_token(), [transform.CURRENT])
        version = version or transform.current(api.secret(self._manager, self._secret) or {})
        token = api.token(self._manager, self._secret, version)
        api.create_group(self._cache, transform.create_request(want), token, self._tags)
        self._wait("available")

    def _told(self, want: Entry) -> str:
        return f"Token of {want['ReplicationGroupId']}"

    def _modify(self, want: Entry, found: Entry, names: set[str]) -> None:
        """Subnets and replicas come before what needs them, and go after it."""
        has, wants = len(found.get("MemberClusters") or []), want["NumCacheClusters"]
        stood, subnets = set(transform.subnets(found)), set(want["SubnetIds"])
        if subnets - stood:
            api.change_subnet_group(self._cache, self._subnets, sorted(subnets | stood))
        if wants > has:
            self._replicas(has, wants)
        request = transform.modify_request(want, found, names)
        if request:
            api.change_group(self._cache, self._name, request)
            self._wait("available")
        if wants < has:
            self._replicas(has, wants)
        if stood - subnets:
            api.change_subnet_group(self._cache, self._subnets, want["SubnetIds"])
        if "AuthSecret" in names or "AuthTokenStored" in names:
            self._restore_token(want, found["AuthSecret"])
        elif "SecretKmsKeyId" in names:
            api.encrypt_secret(self._manager, self._secret, want["SecretKmsKeyId"])
        self._retag(want, found, names)

    def _replicas(self, has: int, wants: int) -> None:
        api.change_replicas(self._cache, self._name, has - 1, wants - 1)
        self._wait("available")

    def _restore_token(self, want: Entry, found: Entry) -> None:
        """A group whose token nobody knows gets another one."""
        if not found:
            api.create_secret(self._manager, self._secret, self._told(want), "", want["SecretKmsKeyId"], self._tags)
        Rotation(self._cache, self._manager, self._name, self._secret, self._timeout, self._delay).replace()

    def _retag(self, want: Entry, found: Entry, names: set[str]) -> None:
        if "Tags" in names:
            api.change_tags(self._cache, found["ARN"], *compare_aws_tags(tags_of(found), self._tags))
        if "SubnetGroupTags" in names and found["CacheSubnetGroup"]:
            subnet_group = found["CacheSubnetGroup"]
            api.change_tags(self._cache, subnet_group["ARN"], *compare_aws_tags(tags_of(subnet_group), self._tags))
        if "SecretTags" in names and found["AuthSecret"]:
            api.change_secret_tags(self._manager, self._secret, *compare_aws_tags(tags_of(found["AuthSecret"]), self._tags))


def shown(found: Entry) -> dict[str, Any]:
    """What the module returns of a group."""
    if not found.get("ARN"):
        return {}
    primary, reader = transform.endpoints(found)
    return {
        "arn": found["ARN"],
        "endpoint": primary,
        "reader_endpoint": reader,
        "port": transform.port(found),
        "nodes": sorted(found.get("MemberClusters") or []),
        "secret_arn": found["AuthSecret"].get("ARN", ""),
    }


def main() -> None:
    texts = {"type": "str", "default": ""}
    lists = {"type": "list", "elements": "str", "default": []}
    flags = {"type": "bool", "default": True}
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            **dict.fromkeys(("name", "subnet_group"), {"type": "str", "required": True}),
            # Names of secrets and ids of keys are no secrets.
            "auth_secret": {"type": "str", "required": True, "no_log": False},
            **dict.fromkeys(("kms_key_id", "secret_kms_key_id"), {**texts, "no_log": False}),
            "description": texts,
            "engine": {"type": "str", "choices": list(transform.ENGINES), "default": "valkey"},
            "engine_version": {"type": "str", "default": "8.0"},
            "node_type": {"type": "str", "default": "cache.t4g.micro"},
            "replicas": {"type": "int", "default": 1},
            **dict.fromkeys(("automatic_failover", "multi_az", "auto_minor_version_upgrade", "final_snapshot"), flags),
            **dict.fromkeys(("subnet_ids", "security_group_ids"), lists),
            "snapshot_days": {"type": "int", "default": 7},
            "snapshot_window": {"type": "str", "default": "03:00-04:00"},
            "maintenance_window": {"type": "str", "default": "sun:04:00-sun:05:00"},
            **dict.fromkeys(("logs", "tags"), {"type": "dict", "default": {}}),
            "wait_timeout": {"type": "int", "default": 3600},
        },
        required_if=[("state", "present", ["subnet_ids", "security_group_ids"])],
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    want = wanted(params) if params["state"] == "present" else {}
    problems = transform.problems(want) if want else []
    problems += [f"logs: {one} is none of {', '.join(transform.LOG_TYPES)}" for one in sorted(set(params["logs"]) - set(transform.LOG_TYPES))]
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        clients = Clients(module)
        cache = Cache(clients("elasticache"), clients("secretsmanager"), params)
        if want:
            result = {**cache.ensure(want, check), "snapshots": []}
            result["group"] = shown(cache.read())
        else:
            result = {**cache.remove(params["final_snapshot"], check), "group": {}}
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
