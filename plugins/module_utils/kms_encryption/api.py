# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which KMS key a log group or a topic is encrypted by, and the calls that change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

# What services say of a key, or of its policy, that was written a moment ago.
_NEW_KEY = ["InvalidParameterException", "InvalidParameter", "KMSAccessDenied", "KMSNotFound"]


def _patiently(call: Callable[..., Any], **arguments: Any) -> None:
    """Makes a call again for about half a minute where the service does not know the key yet."""
    AWSRetry.jittered_backoff(retries=6, delay=2, max_delay=10, catch_extra_error_codes=_NEW_KEY)(call)(**arguments)


class Encrypted(Protocol):
    """Something that a KMS key can encrypt."""

    def key(self) -> str | None:
        """The key that it is encrypted by as AWS names it; empty for none, None where it does not stand."""

    def encrypt(self, key: str) -> None:
        """Has it encrypted by a key from now on; by none of KMS where that is empty."""


class LogGroup:
    """A log group of CloudWatch Logs.

    Args:
        client: the client of the service logs.
        name: its name.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    @AWSErrorHandler.common_error_handler("read the log group")
    def key(self) -> str | None:
        """See Encrypted."""
        pages = self._client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self._name)
        named = (group for page in pages for group in page["logGroups"] if group["logGroupName"] == self._name)
        return next((group.get("kmsKeyId", "") for group in named), None)

    @AWSErrorHandler.common_error_handler("encrypt the log group")
    def encrypt(self, key: str) -> None:
        """See Encrypted. Events that it has stay as they were encrypted."""
        if key:
            _patiently(self._client.associate_kms_key, logGroupName=self._name, kmsKeyId=key)
        else:
            self._client.disassociate_kms_key(logGroupName=self._name)


class Topic:
    """A topic of SNS.

    Args:
        client: the client of the service sns.
        arn: its ARN.
    """

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    @AWSErrorHandler.common_error_handler("read the topic")
    def key(self) -> str | None:
        """See Encrypted."""
        try:
            attributes = self._client.get_topic_attributes(TopicArn=self._arn)["Attributes"]
        except is_boto3_error_code(["NotFound", "NotFoundException"]):
            return None
        return attributes.get("KmsMasterKeyId", "")

    @AWSErrorHandler.common_error_handler("encrypt the topic")
    def encrypt(self, key: str) -> None:
        """See Encrypted."""
        _patiently(
            self._client.set_topic_attributes, TopicArn=self._arn, AttributeName="KmsMasterKeyId", AttributeValue=key
        )
