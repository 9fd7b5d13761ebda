#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_instance
version_added: 0.1.0
short_description: Manage a PostgreSQL database of RDS whose password nobody knows
description:
  - Makes, changes and deletes a database of RDS for PostgreSQL that is private and encrypted, and whose master password RDS makes,
    keeps in Secrets Manager and rotates. M(amazon.aws.rds_instance) takes a password from whoever calls it instead.
  - A new database can be used some ten minutes later, which the module does not wait for. Before a change it waits until the database
    takes it, and after a deletion until it is gone.
  - One of somebody else's that has the name stays as it is, with O(owner_tags).
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  state:
    description: Whether the database stands. Its automated backups go with it, its snapshots stay.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Its identifier.
    type: str
    required: true
  engine_version:
    description: The version of PostgreSQL, such as V(17) or V(17.4). A later minor version that stands is as good.
    type: str
  instance_class:
    description: Its class, such as V(db.t4g.small).
    type: str
  allocated_storage:
    description: GiB of storage. Storage that stands is never less than it was, and more of it is as good.
    type: int
  max_allocated_storage:
    description: GiB up to which storage grows by itself where it runs out. V(0) does not let it grow.
    type: int
    default: 0
  storage_type:
    description: The type of the storage.
    type: str
    choices: [gp2, gp3]
    default: gp3
  kms_key_id:
    description: The ARN of the key that storage and secret are encrypted by. Empty for AWS's own.
    type: str
    default: ""
  database:
    description: The name of the database that it begins with.
    type: str
  username:
    description: The name of the master user.
    type: str
  multi_az:
    description: Whether a standby in another zone takes over where this one fails. It costs as much again.
    type: bool
    default: true
  subnet_group:
    description: The name of its subnet group.
    type: str
  security_group_ids:
    description: The security groups that say who may reach it.
    type: list
    elements: str
    default: []
  parameter_group:
    description: The name of its parameter group.
    type: str
  port:
    description: The port that it listens on.
    type: int
    default: 5432
  backup_retention_days:
    description: Days that automated backups are kept.
    type: int
    default: 7
  backup_window:
    description: When it is backed up, as V(03:00-04:00) in UTC.
    type: str
  maintenance_window:
    description: When RDS may work on it, as V(sun:04:30-sun:05:30) in UTC.
    type: str
  deletion_protection:
    description: Whether it can't be deleted as long as that is so.
    type: bool
    default: true
  iam_authentication:
    description: Whether users of the database may come in by tokens of IAM.
    type: bool
    default: false
  log_exports:
    description: Which of its logs go to CloudWatch Logs.
    type: list
    elements: str
    choices: [postgresql, upgrade, iam-db-auth-error]
    default: []
  performance_insights:
    description: Whether Performance Insights keeps what its load was for seven days, which is free.
    type: bool
    default: false
  minor_upgrades:
    description: Whether RDS puts in later minor versions by itself.
    type: bool
    default: true
  major_upgrade:
    description: Whether it may be changed to another major version. It can't be used meanwhile, and there is no way back.
    type: bool
    default: false
  tags:
    description: All of its tags. Its snapshots get them too.
    type: dict
    default: {}
  owner_tags:
    description:
      - What stands is changed or deleted only where it carries these tags. Where it does not, somebody else made it, and
        RV(foreign) is true.
      - Empty for whoever made it.
    type: dict
    default: {}
  unprotect:
    description: With O(state=absent), whether its protection against deletion is lifted for that. Where it is not, this is an error.
    type: bool
    default: false
  final_snapshot:
    description: With O(state=absent), the name of the snapshot that is taken of it first. Empty for none.
    type: str
    default: ""
  wait_timeout:
    description: Seconds to wait for what a further call needs.
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
- name: Make a database over two zones
  mlinfra.aws.database_instance:
    name: mlinfra-dev
    engine_version: "17"
    instance_class: db.t4g.small
    allocated_storage: 20
    database: ml
    username: mladmin
    subnet_group: mlinfra-dev
    security_group_ids: [sg-0a1b2c3d4e5f60718]
    parameter_group: mlinfra-dev-postgres17
    backup_window: 03:00-04:00
    maintenance_window: sun:04:30-sun:05:30
    tags: &tags {Project: mlinfra, Environment: dev}
    owner_tags: *tags

- name: Delete it, and keep what is in it
  mlinfra.aws.database_instance:
    name: mlinfra-dev
    owner_tags: {Project: mlinfra, Environment: dev}
    unprotect: true
    final_snapshot: mlinfra-dev-final
    state: absent
"""

RETURN = r"""
action:
  description: C(create), C(modify), C(delete) or C(none).
  returned: success
  type: str
  sample: modify
changes:
  description: The attributes that differed of what stood and stands, in the words of CreateDBInstance.
  returned: success
  type: list
  elements: str
  sample: [DBInstanceClass]
diff:
  description: What differs.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes that differ, as they stood. Empty where nothing stood.
      type: dict
      returned: always
    after:
      description: The same, as they stand then. Empty where nothing stands any more.
      type: dict
      returned: always
foreign:
  description: Whether it stands and is somebody else's, so that it was left alone.
  returned: success
  type: bool
  sample: false
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.database.api import Database
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import manage

# The options in the words of CreateDBInstance.
NAMES = {
    "name": "DBInstanceIdentifier",
    "engine_version": "EngineVersion",
    "instance_class": "DBInstanceClass",
    "allocated_storage": "AllocatedStorage",
    "max_allocated_storage": "MaxAllocatedStorage",
    "storage_type": "StorageType",
    "kms_key_id": "KmsKeyId",
    "database": "DBName",
    "username": "MasterUsername",
    "multi_az": "MultiAZ",
    "subnet_group": "DBSubnetGroupName",
    "security_group_ids": "VpcSecurityGroupIds",
    "parameter_group": "DBParameterGroupName",
    "port": "Port",
    "backup_retention_days": "BackupRetentionPeriod",
    "backup_window": "PreferredBackupWindow",
    "maintenance_window": "PreferredMaintenanceWindow",
    "deletion_protection": "DeletionProtection",
    "iam_authentication": "EnableIAMDatabaseAuthentication",
    "log_exports": "EnableCloudwatchLogsExports",
    "performance_insights": "EnablePerformanceInsights",
    "minor_upgrades": "AutoMinorVersionUpgrade",
}
REQUIRED = [
    *("engine_version", "instance_class", "allocated_storage", "database", "username", "subnet_group", "parameter_group"),
    *("backup_window", "maintenance_window"),
]


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The database as it shall stand, in the words of CreateDBInstance."""
    return {
        **{told: params[option] for option, told in NAMES.items()},
        "Engine": "postgres",
        "StorageEncrypted": True,
        "PubliclyAccessible": False,
        "CopyTagsToSnapshot": True,
        "ManageMasterUserPassword": True,
        "Tags": {key: str(value) for key, value in params["tags"].items()},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            **{name: {"type": "str"} for name in ("engine_version", "instance_class", "database", "username")},
            **{name: {"type": "str"} for name in ("subnet_group", "parameter_group", "backup_window", "maintenance_window")},
            "allocated_storage": {"type": "int"},
            "max_allocated_storage": {"type": "int", "default": 0},
            "storage_type": {"type": "str", "choices": ["gp2", "gp3"], "default": "gp3"},
            "kms_key_id": {"type": "str", "default": ""},
            "multi_az": {"type": "bool", "default": True},
            "security_group_ids": {"type": "list", "elements": "str", "default": []},
            "port": {"type": "int", "default": 5432},
            "backup_retention_days": {"type": "int", "default": 7},
            "deletion_protection": {"type": "bool", "default": True},
            "iam_authentication": {"type": "bool", "default": False},
            "log_exports": {
                "type": "list",
                "elements": "str",
                "choices": ["postgresql", "upgrade", "iam-db-auth-error"],
                "default": [],
            },
            "performance_insights": {"type": "bool", "default": False},
            "minor_upgrades": {"type": "bool", "default": True},
            "major_upgrade": {"type": "bool", "default": False},
            "tags": {"type": "dict", "default": {}},
            "owner_tags": {"type": "dict", "default": {}},
            "unprotect": {"type": "bool", "default": False},
            "final_snapshot": {"type": "str", "default": ""},
            "wait_timeout": {"type": "int", "default": 3600},
        },
        required_if=[("state", "present", REQUIRED)],
        supports_check_mode=True,
    )
    params = module.params

    def made() -> Database:
        return Database(
            one_client(module, "rds"),
            params["name"],
            present=params["state"] == "present",
            check=module.check_mode,
            timeout=params["wait_timeout"],
            major_upgrade=params["major_upgrade"],
            unprotect=params["unprotect"],
            final_snapshot=params["final_snapshot"],
        )

    manage(module, made, wanted)


if __name__ == "__main__":
    main()
