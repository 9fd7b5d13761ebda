# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kms_encryption and ebs_defaults call: botocore checks each request against the service's model."""

from __future__ import annotations

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.kms_encryption.api import LogGroup, Topic
from ansible_collections.mlinfra.aws.plugins.modules import ebs_defaults, kms_encryption

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"


def log_group(aws, *groups: dict) -> LogGroup:
    aws.answer("logs", "describe_log_groups", {"logGroups": list(groups)}, {"logGroupNamePrefix": "/g"})
    return LogGroup(aws("logs"), "/g")


def topic(aws, **attributes: str) -> Topic:
    aws.answer("sns", "get_topic_attributes", {"Attributes": attributes}, {"TopicArn": TOPIC})
    return Topic(aws("sns"), TOPIC)


def test_a_log_group_is_told_from_those_that_begin_alike(aws):
    group = log_group(aws, {"logGroupName": "/g-2", "kmsKeyId": KEY}, {"logGroupName": "/g"})
    aws.answer("logs", "associate_kms_key", {}, {"logGroupName": "/g", "kmsKeyId": KEY})
    assert kms_encryption.settle(group, KEY, check=False) == ""


def test_a_log_group_is_encrypted_by_no_key_any_more(aws):
    group = log_group(aws, {"logGroupName": "/g", "kmsKeyId": KEY})
    aws.answer("logs", "disassociate_kms_key", {}, {"logGroupName": "/g"})
    assert kms_encryption.settle(group, "", check=False) == KEY


@pytest.mark.parametrize("wanted", [KEY, ""])
def test_a_topic_is_encrypted_by_another_key_or_none(aws, wanted):
    made = topic(aws, KmsMasterKeyId="alias/other")
    asked = {"TopicArn": TOPIC, "AttributeName": "KmsMasterKeyId", "AttributeValue": wanted}
    aws.answer("sns", "set_topic_attributes", {}, asked)
    assert kms_encryption.settle(made, wanted, check=False) == "alias/other"


@pytest.mark.parametrize("check", [True, False])
def test_what_is_encrypted_as_asked_is_left_alone(aws, check):
    assert kms_encryption.settle(topic(aws, KmsMasterKeyId=KEY), KEY, check) == KEY


def test_check_mode_writes_nothing_and_takes_what_does_not_stand_for_not_encrypted(aws):
    assert kms_encryption.settle(log_group(aws, {"logGroupName": "/g"}), KEY, check=True) == ""
    assert kms_encryption.settle(log_group(aws), KEY, check=True) == ""


def test_what_does_not_stand_can_not_be_encrypted(aws):
    with pytest.raises(AnsibleAWSError, match="does not stand"):
        kms_encryption.settle(log_group(aws), KEY, check=False)


def ebs(aws, encrypted: bool = False, key: str = "alias/aws/ebs", state: str = "unblocked") -> None:
    """EC2 tells its defaults in the order in which they are asked for."""
    aws.answer("ec2", "get_ebs_default_kms_key_id", {"KmsKeyId": key}, {})
    aws.answer("ec2", "get_ebs_encryption_by_default", {"EbsEncryptionByDefault": encrypted}, {})
    aws.answer("ec2", "get_snapshot_block_public_access_state", {"State": state}, {})


ALL = {"KmsKeyId": KEY, "EbsEncryptionByDefault": True, "SnapshotBlockPublicAccess": "block-all-sharing"}
NONE = {"KmsKeyId": "alias/aws/ebs", "EbsEncryptionByDefault": False, "SnapshotBlockPublicAccess": "unblocked"}


def test_the_key_is_the_default_before_anything_is_encrypted_by_it(aws):
    ebs(aws)
    aws.answer("ec2", "modify_ebs_default_kms_key_id", {"KmsKeyId": KEY}, {"KmsKeyId": KEY})
    aws.answer("ec2", "enable_ebs_encryption_by_default", {"EbsEncryptionByDefault": True}, {})
    asked = {"State": "block-all-sharing"}
    aws.answer("ec2", "enable_snapshot_block_public_access", asked, asked)
    assert ebs_defaults.settle(aws("ec2"), ALL, "", check=False) == (NONE, ALL)


def test_all_of_it_is_taken_back(aws):
    ebs(aws, encrypted=True, key=KEY, state="block-all-sharing")
    aws.answer("ec2", "reset_ebs_default_kms_key_id", {"KmsKeyId": "alias/aws/ebs"}, {})
    aws.answer("ec2", "disable_ebs_encryption_by_default", {"EbsEncryptionByDefault": False}, {})
    aws.answer("ec2", "disable_snapshot_block_public_access", {"State": "unblocked"}, {})
    assert ebs_defaults.settle(aws("ec2"), NONE, "", check=False) == (ALL, NONE)


@pytest.mark.parametrize("check", [True, False])
def test_defaults_that_are_as_asked_are_left_alone(aws, check):
    ebs(aws, key="arn:aws:kms:us-east-1:123456789012:alias/aws/ebs")
    assert ebs_defaults.settle(aws("ec2"), NONE, "", check) == (NONE, NONE)


def test_check_mode_changes_no_default(aws):
    ebs(aws)
    assert ebs_defaults.settle(aws("ec2"), ALL, "", check=True) == (NONE, ALL)


def test_a_key_of_somebody_else_stays_the_default(aws):
    aws.answer("ec2", "get_ebs_default_kms_key_id", {"KmsKeyId": f"{KEY}-other"}, {})
    same = {"KmsKeyId": f"{KEY}-other"}
    assert ebs_defaults.settle(aws("ec2"), {"KmsKeyId": "alias/aws/ebs"}, KEY, check=False) == (same, same)
