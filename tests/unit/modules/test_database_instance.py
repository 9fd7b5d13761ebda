# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What database_instance calls and returns: botocore checks each request against the service's model."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.database import transform
from ansible_collections.mlinfra.aws.plugins.module_utils.database.api import Database
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import settle
from ansible_collections.mlinfra.aws.plugins.modules.database_instance import wanted

TAGS, NAMED = {"Project": "p"}, {"DBInstanceIdentifier": "d"}
ARN = "arn:aws:rds:us-east-1:123456789012:db:d"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
PARAMS = {
    "name": "d", "engine_version": "17", "instance_class": "db.t4g.small", "allocated_storage": 20, "max_allocated_storage": 100,
    "storage_type": "gp3", "kms_key_id": "", "database": "ml", "username": "mladmin", "multi_az": True, "subnet_group": "s",
    "security_group_ids": ["sg-1"], "parameter_group": "g", "port": 5432, "backup_retention_days": 7, "backup_window": "03:00-04:00",
    "maintenance_window": "Sun:04:30-Sun:05:30", "deletion_protection": True, "iam_authentication": True,
    "log_exports": ["upgrade", "postgresql"], "performance_insights": False, "minor_upgrades": True, "tags": TAGS,
}  # fmt: skip
ASKED = wanted(PARAMS)
STANDING = {
    "DBInstanceIdentifier": "d", "DBInstanceArn": ARN, "DBInstanceStatus": "available", "DBInstanceClass": "db.t4g.small",
    "Engine": "postgres", "EngineVersion": "17.4", "DBName": "ml", "MasterUsername": "mladmin", "AllocatedStorage": 25,
    "MaxAllocatedStorage": 100, "StorageType": "gp3", "StorageEncrypted": True, "KmsKeyId": KEY, "MultiAZ": True,
    "PubliclyAccessible": False, "DBSubnetGroup": {"DBSubnetGroupName": "s"}, "DBParameterGroups": [{"DBParameterGroupName": "g"}],
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}], "Endpoint": {"Address": "a", "Port": 5432},
    "BackupRetentionPeriod": 7, "PreferredBackupWindow": "03:00-04:00", "PreferredMaintenanceWindow": "sun:04:30-sun:05:30",
    "DeletionProtection": True, "IAMDatabaseAuthenticationEnabled": True, "EnabledCloudwatchLogsExports": ["postgresql", "upgrade"],
    "AutoMinorVersionUpgrade": True, "CopyTagsToSnapshot": True, "MonitoringInterval": 0, "MasterUserSecret": {"SecretArn": "x"},
    "TagList": [{"Key": "Project", "Value": "p"}],
}  # fmt: skip


def database(aws: Any, *told: dict[str, Any], **more: Any) -> Database:
    """One that RDS tells of, first so and then so."""
    for one in told:
        aws.answer("rds", "describe_db_instances", {"DBInstances": [{**STANDING, **one}]}, NAMED)
    return Database(aws("rds"), "d", **more)


def gone(aws: Any) -> None:
    """RDS knows no such database any more."""
    aws.refuse("rds", "describe_db_instances", "DBInstanceNotFound")


def test_what_is_as_asked_is_left_alone(aws):
    """A later minor version and more storage are as good, and the hours of a window may be written in capitals."""
    assert settle(database(aws, {}), ASKED, TAGS, check=False)["diff"] == {"before": {}, "after": {}}


def test_another_ones_is_left_alone(aws):
    result = settle(database(aws, {"TagList": []}), ASKED, TAGS, check=False)
    assert (result["changed"], result["foreign"]) == (False, True)


def test_a_new_one_has_a_password_that_nobody_gave(aws):
    gone(aws)
    request = transform.creation(ASKED)
    assert request["ManageMasterUserPassword"]
    assert "MasterUserPassword" not in request
    assert "KmsKeyId" not in request
    aws.answer("rds", "create_db_instance", {"DBInstance": {}}, request)
    assert settle(Database(aws("rds"), "d"), ASKED, TAGS, check=False)["action"] == "create"


def test_a_key_encrypts_storage_and_secret():
    request = transform.creation({**ASKED, "KmsKeyId": KEY, "MaxAllocatedStorage": 0})
    assert (request["KmsKeyId"], request["MasterUserSecretKmsKeyId"]) == (KEY, KEY)
    assert "MaxAllocatedStorage" not in request


def test_what_differs_is_written_at_once(aws):
    thing = database(aws, {"DBInstanceClass": "db.t4g.micro", "EnabledCloudwatchLogsExports": ["iam-db-auth-error"]})
    exports = {"EnableLogTypes": ["postgresql", "upgrade"], "DisableLogTypes": ["iam-db-auth-error"]}
    request = {"DBInstanceClass": "db.t4g.small", "CloudwatchLogsExportConfiguration": exports, "ApplyImmediately": True}
    aws.answer("rds", "modify_db_instance", {}, {**NAMED, **request})
    assert settle(thing, ASKED, TAGS, check=False)["changes"] == ["DBInstanceClass", "EnableCloudwatchLogsExports"]


def test_what_is_on_its_way_is_no_difference():
    pending = {"PendingModifiedValues": {"MultiAZ": True, "PendingCloudwatchLogsExports": {"LogTypesToEnable": ["upgrade"]}}}
    told = transform.standing({**STANDING, "MultiAZ": False, "EnabledCloudwatchLogsExports": ["postgresql"], **pending})
    assert (told["MultiAZ"], told["EnableCloudwatchLogsExports"]) == (True, ["postgresql", "upgrade"])


def test_tags_are_changed_while_it_is_stopped(aws):
    thing = database(aws, {"DBInstanceStatus": "stopped"})
    aws.answer("rds", "add_tags_to_resource", {}, {"ResourceName": ARN, "Tags": [{"Key": "Owner", "Value": "o"}]})
    asked = {**ASKED, "Tags": {**TAGS, "Owner": "o"}}
    assert settle(thing, asked, TAGS, check=False)["changes"] == ["Tags.Owner"]


@pytest.mark.parametrize(
    ("told", "more", "words"),
    [
        ({"DBInstanceStatus": "stopped", "MultiAZ": False}, {}, "it stands stopped"),
        ({"MasterUsername": "other"}, {}, "MasterUsername is other for good, and mladmin is asked for"),
        ({"StorageEncrypted": False}, {}, "StorageEncrypted is none for good"),
        ({"EngineVersion": "16.4"}, {}, "only where a major upgrade is allowed"),
        ({"EngineVersion": "18.1"}, {"major_upgrade": True}, "can't become the older 17"),
    ],
)
def test_what_rds_can_not_change_is_refused(aws, told, more, words):
    thing = database(aws, told, **more)
    with pytest.raises(AnsibleAWSError, match=words):
        settle(thing, ASKED, TAGS, check=False)


def test_a_major_upgrade_is_asked_for(aws):
    thing = database(aws, {"EngineVersion": "16.4"}, major_upgrade=True)
    request = {"EngineVersion": "17", "AllowMajorVersionUpgrade": True, "ApplyImmediately": True}
    aws.answer("rds", "modify_db_instance", {}, {**NAMED, **request})
    assert settle(thing, ASKED, TAGS, check=False)["changes"] == ["EngineVersion"]


def test_storage_that_is_to_grow_no_more(aws):
    thing = database(aws, {})
    aws.answer("rds", "modify_db_instance", {}, {**NAMED, "MaxAllocatedStorage": 25, "ApplyImmediately": True})
    assert settle(thing, {**ASKED, "MaxAllocatedStorage": 0}, TAGS, check=False)["changes"] == ["MaxAllocatedStorage"]


def test_a_protected_one_is_not_deleted(aws):
    with pytest.raises(AnsibleAWSError, match="protected against deletion"):
        settle(database(aws, {}, present=False), None, TAGS, check=False)


def test_protection_is_lifted_and_a_snapshot_taken(aws):
    thing = database(aws, {}, present=False, unprotect=True, final_snapshot="last")
    aws.answer("rds", "modify_db_instance", {}, {**NAMED, "DeletionProtection": False, "ApplyImmediately": True})
    last = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": "last", "DeleteAutomatedBackups": True}
    aws.answer("rds", "delete_db_instance", {}, {**NAMED, **last})
    gone(aws)
    assert settle(thing, None, TAGS, check=False)["action"] == "delete"


def test_a_stopped_one_is_started_to_be_deleted(aws):
    thing = database(aws, {"DBInstanceStatus": "stopped"}, present=False, unprotect=True)
    aws.answer("rds", "start_db_instance", {}, NAMED)
    aws.answer("rds", "describe_db_instances", {"DBInstances": [STANDING]}, NAMED)
    aws.answer("rds", "modify_db_instance", {}, {**NAMED, "DeletionProtection": False, "ApplyImmediately": True})
    aws.answer("rds", "delete_db_instance", {}, {**NAMED, "SkipFinalSnapshot": True, "DeleteAutomatedBackups": True})
    gone(aws)
    assert settle(thing, None, TAGS, check=False)["changed"]


def test_one_that_is_being_deleted_is_waited_for(aws):
    thing = database(aws, {"DBInstanceStatus": "deleting"}, present=False)
    gone(aws)
    assert settle(thing, None, TAGS, check=False)["action"] == "delete"


def test_one_that_is_being_deleted_is_made_anew(aws):
    thing = database(aws, {"DBInstanceStatus": "deleting"})
    gone(aws)
    aws.answer("rds", "create_db_instance", {"DBInstance": {}}, transform.creation(ASKED))
    assert settle(thing, ASKED, TAGS, check=False)["action"] == "create"


@pytest.mark.parametrize(
    ("declared", "found", "same"),
    [("17", "17.4", True), ("17.2", "17.4", True), ("17.4", "17.2", False), ("17", "16.9", False), ("17", "18.0", False)],
)
def test_later_minor_versions_are_as_good(declared, found, same):
    assert transform.same_version(declared, found) is same
