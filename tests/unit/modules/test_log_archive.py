# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module log_archive calls and returns: botocore checks each request against the service's model."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.log_archive.api import Archive
from ansible_collections.mlinfra.aws.plugins.module_utils.owned import settle
from ansible_collections.mlinfra.aws.plugins.modules import log_archive

ARN = "arn:aws:firehose:us-east-1:123456789012:deliverystream/a"
ROLE, LOG_ROLE = "arn:aws:iam::123456789012:role/write", "arn:aws:iam::123456789012:role/deliver"
PARAMS: dict[str, Any] = {
    "name": "a",
    "bucket_arn": "arn:aws:s3:::b",
    "prefix": "logs/",
    "error_prefix": "",
    "role_arn": ROLE,
    "log_role_arn": LOG_ROLE,
    "kms_key_arn": "",
    "buffer_seconds": 300,
    "buffer_mib": 5,
    "log_groups": ["one"],
    "tags": {"Project": "p"},
}
WANTED = log_archive.wanted(PARAMS)
NAMED = {"DeliveryStreamName": "a"}
FILTER = {"logGroupName": "one", "filterName": "a", "filterPattern": "", "destinationArn": ARN, "roleArn": LOG_ROLE}
MISSING = "ResourceNotFoundException"


def archive(aws: Any, *groups: str) -> Archive:
    """One that does not wait."""
    return Archive(aws("firehose"), aws("logs"), "a", groups or ("one",), timeout=10, sleep=lambda seconds: None)


def tell(aws: Any, status: str = "ACTIVE", **told: Any) -> None:
    """Has Firehose tell of the stream."""
    destination = {
        **{name: value for name, value in WANTED["Destination"].items() if value},
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }
    description = {
        **NAMED,
        "DeliveryStreamARN": ARN,
        "DeliveryStreamStatus": status,
        "DeliveryStreamType": "DirectPut",
        "DeliveryStreamEncryptionConfiguration": {"KeyType": "AWS_OWNED_CMK", "Status": "ENABLED"},
        "VersionId": "3",
        "Destinations": [{"DestinationId": "d-1", "ExtendedS3DestinationDescription": destination}],
        "HasMoreDestinations": False,
        **told,
    }
    aws.answer("firehose", "describe_delivery_stream", {"DeliveryStreamDescription": description}, NAMED)


def stand(aws: Any, *filters: dict[str, Any], **told: Any) -> None:
    """Has the archive stand as it is asked for."""
    tell(aws, **told)
    aws.answer(
        "logs",
        "describe_subscription_filters",
        {"subscriptionFilters": list(filters or [FILTER])},
        {"logGroupName": "one"},
    )
    tags = [{"Key": "Project", "Value": "p"}]
    aws.answer("firehose", "list_tags_for_delivery_stream", {"Tags": tags, "HasMoreTags": False}, NAMED)


@pytest.mark.parametrize("check", [True, False])
def test_an_archive_that_is_as_asked_is_left_alone(aws, check):
    stand(aws)
    assert settle(archive(aws), WANTED, {}, check)["diff"] == {"before": {}, "after": {}}


def test_it_waits_for_the_stream_and_for_roles_that_are_new(aws):
    aws.refuse("firehose", "describe_delivery_stream", MISSING)
    aws.refuse("firehose", "describe_delivery_stream", MISSING)
    aws.refuse(
        "firehose", "create_delivery_stream", "InvalidArgumentException", "Firehose is unable to assume role write."
    )
    aws.answer("firehose", "create_delivery_stream", {"DeliveryStreamARN": ARN})
    tell(aws, "CREATING")
    tell(aws)
    aws.refuse(
        "logs",
        "put_subscription_filter",
        "InvalidParameterException",
        "Could not deliver test message to specified stream.",
    )
    aws.answer("logs", "put_subscription_filter", {}, FILTER)
    assert settle(archive(aws), WANTED, {}, check=False)["action"] == "create"


def test_a_stream_on_its_way_out_is_none_and_is_waited_for(aws):
    for _time in range(2):
        tell(aws, "DELETING")
    aws.refuse("firehose", "describe_delivery_stream", MISSING)
    aws.answer("firehose", "create_delivery_stream", {"DeliveryStreamARN": ARN})
    tell(aws)
    aws.answer("logs", "put_subscription_filter", {}, FILTER)
    assert settle(archive(aws), WANTED, {}, check=False)["action"] == "create"


def test_a_stream_that_can_not_be_made_says_why(aws):
    aws.refuse("firehose", "describe_delivery_stream", MISSING)
    aws.refuse("firehose", "describe_delivery_stream", MISSING)
    aws.answer("firehose", "create_delivery_stream", {"DeliveryStreamARN": ARN})
    tell(aws, "CREATING_FAILED", FailureDescription={"Type": "CREATE_KMS_GRANT_FAILED", "Details": "no grant"})
    with pytest.raises(AnsibleAWSError, match="could not make or delete the stream a: no grant"):
        settle(archive(aws), WANTED, {}, check=False)


def test_a_stream_that_never_stands_is_told(aws):
    aws.refuse("firehose", "describe_delivery_stream", MISSING)
    aws.refuse("firehose", "describe_delivery_stream", MISSING)
    aws.answer("firehose", "create_delivery_stream", {"DeliveryStreamARN": ARN})
    for _time in range(3):
        tell(aws, "CREATING")
    with pytest.raises(AnsibleAWSError, match="still CREATING after 10 seconds"):
        settle(archive(aws), WANTED, {}, check=False)


def test_another_refusal_is_told_at_once(aws):
    stand(aws, {**FILTER, "roleArn": "old"})
    aws.refuse("logs", "put_subscription_filter", "LimitExceededException", "Resource limit exceeded.")
    with pytest.raises(AnsibleAWSError, match="have the log group one deliver"):
        settle(archive(aws), WANTED, {}, check=False)


def test_filters_to_elsewhere_are_left_alone(aws):
    elsewhere = {**FILTER, "filterName": "theirs", "destinationArn": f"{ARN}-2"}
    stand(aws, elsewhere)
    aws.answer("logs", "put_subscription_filter", {}, FILTER)
    assert settle(archive(aws), WANTED, {}, check=False)["changes"] == ["Subscriptions"]


def test_a_stream_that_lost_its_encryption_gets_it_again(aws):
    stand(aws, DeliveryStreamEncryptionConfiguration={"Status": "DISABLED"})
    asked = {**NAMED, "DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"}}
    aws.answer("firehose", "start_delivery_stream_encryption", {}, asked)
    assert settle(archive(aws), WANTED, {}, check=False)["changes"] == ["DeliveryStreamEncryptionConfiguration"]


def test_a_log_group_that_is_gone_does_not_hinder_the_removal(aws):
    tell(aws)
    aws.refuse("logs", "describe_subscription_filters", MISSING)
    aws.answer("firehose", "list_tags_for_delivery_stream", {"Tags": [], "HasMoreTags": False}, NAMED)
    aws.answer("firehose", "delete_delivery_stream", {}, {**NAMED, "AllowForceDelete": True})
    assert settle(archive(aws), None, {}, check=False)["action"] == "delete"
