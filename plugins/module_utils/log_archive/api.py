# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The calls of Firehose and CloudWatch Logs on an archive of log groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list, compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known, role_is_unknown

from .transform import delivering, destination, stream, subscriptions

Entry = Mapping[str, Any]
# Seconds between two looks at a stream that is about to stand or to go.
_DELAY = 5.0
_FAILED = {"CREATING_FAILED", "DELETING_FAILED"}


def _unknown(error: AnsibleAWSError) -> bool:
    """Whether a role is too new: CloudWatch Logs only says that it could not deliver a test."""
    return role_is_unknown(error) or "test message" in f"{error.exception}"


class Archive:
    """A stream with the log groups that deliver to it; see `owned.Owned`.

    Args:
        firehose: the client of the service firehose.
        logs: the client of the service logs.
        name: the stream's name, which its subscription filters have, too.
        groups: the log groups that are looked at, besides those that shall deliver.
        timeout: seconds to wait for the stream, and for a role that was just made.
        sleep: waits some seconds.
    """

    kind = "log_archive"

    def __init__(
        self,
        firehose: Any,
        logs: Any,
        name: str,
        groups: Iterable[str],
        timeout: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._firehose = firehose
        self._logs = logs
        self._name = name
        self._groups = sorted(set(groups))
        self._timeout = timeout
        self._sleep = sleep

    @AWSErrorHandler.common_error_handler("read the archive of logs")
    def read(self) -> dict[str, Any] | None:
        """See Owned."""
        told = self._told()
        if told is None or told["DeliveryStreamStatus"] == "DELETING":
            return None
        found = [one for group in self._groups for one in self._filters(group)]
        return {
            **stream(told),
            "Subscriptions": delivering(found, told["DeliveryStreamARN"]),
            "Tags": self._firehose.list_tags_for_delivery_stream(DeliveryStreamName=self._name)["Tags"],
        }

    def create(self, wanted: Entry) -> None:
        """See Owned."""
        self._settled(gone=True)
        tags = ansible_dict_to_boto3_tag_list(dict(wanted["Tags"]))
        request = {
            "DeliveryStreamName": self._name,
            "DeliveryStreamType": "DirectPut",
            "DeliveryStreamEncryptionConfigurationInput": wanted["DeliveryStreamEncryptionConfiguration"],
            "ExtendedS3DestinationConfiguration": _written(wanted["Destination"]),
            **({"Tags": tags} if tags else {}),
        }
        self._once_known("create the archive of logs", self._firehose.create_delivery_stream, **request)
        made = self._settled(gone=False)
        self._subscribe(wanted["Subscriptions"], made["DeliveryStreamARN"])

    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned."""
        if "Destination" in changed:
            self._once_known(
                "change the archive of logs",
                self._firehose.update_destination,
                DeliveryStreamName=self._name,
                CurrentDeliveryStreamVersionId=standing["VersionId"],
                DestinationId=standing["DestinationId"],
                ExtendedS3DestinationUpdate=_written(wanted["Destination"]),
            )
        if "DeliveryStreamEncryptionConfiguration" in changed:
            asked = wanted["DeliveryStreamEncryptionConfiguration"]
            self._once_known(
                "encrypt the archive of logs",
                self._firehose.start_delivery_stream_encryption,
                DeliveryStreamName=self._name,
                DeliveryStreamEncryptionConfigurationInput=asked,
            )
        if "Subscriptions" in changed:
            there, asked = subscriptions(standing["Subscriptions"]), subscriptions(wanted["Subscriptions"])
            self._unsubscribe(one for one in standing["Subscriptions"] if one["logGroupName"] not in asked)
            new = [
                one for one in wanted["Subscriptions"] if there.get(one["logGroupName"]) != asked[one["logGroupName"]]
            ]
            self._subscribe(new, standing["DeliveryStreamARN"])
        if "Tags" in changed:
            self._tag(*compare_aws_tags(tags_of(standing), wanted["Tags"]))

    def delete(self, standing: Entry) -> None:
        """See Owned. First nobody delivers any more, so that nothing is on its way to a stream that is gone."""
        self._unsubscribe(standing["Subscriptions"])
        self._delete()

    def _told(self) -> dict[str, Any] | None:
        try:
            return self._firehose.describe_delivery_stream(DeliveryStreamName=self._name)["DeliveryStreamDescription"]
        except is_boto3_error_code("ResourceNotFoundException"):
            return None

    def _filters(self, group: str) -> list[dict[str, Any]]:
        pages = self._logs.get_paginator("describe_subscription_filters").paginate(logGroupName=group)
        try:
            return [one for page in pages for one in page["subscriptionFilters"]]
        except is_boto3_error_code("ResourceNotFoundException"):
            return []

    @AWSErrorHandler.common_error_handler("wait for the stream of the archive")
    def _settled(self, gone: bool) -> dict[str, Any]:
        """The stream once it stands; or nothing, once none is on its way out any more."""
        waited = 0.0
        while True:
            told = self._told() or {}
            state = told.get("DeliveryStreamStatus", "")
            if state in _FAILED:
                why = told.get("FailureDescription", {}).get("Details", "")
                raise AnsibleAWSError(
                    message=f"Firehose could not make or delete the stream {self._name}: {why or state}"
                )
            if state == ("" if gone else "ACTIVE"):
                return told
            if waited >= self._timeout:
                raise AnsibleAWSError(
                    message=f"The stream {self._name} is still {state or 'missing'} after {waited:.0f} seconds"
                )
            self._sleep(_DELAY)
            waited += _DELAY

    def _once_known(self, what: str, call: Callable[..., Any], **arguments: Any) -> None:
        """Makes a call again while a role in it is too new."""
        handled = AWSErrorHandler.common_error_handler(what)(call)
        once_the_role_is_known(lambda: handled(**arguments), self._timeout, self._sleep, _unknown)

    def _subscribe(self, asked: Iterable[Entry], arn: str) -> None:
        for one in asked:
            named = {"logGroupName": one["logGroupName"], "filterName": self._name}
            request = {**named, "filterPattern": one["filterPattern"], "destinationArn": arn, "roleArn": one["roleArn"]}
            what = f"have the log group {one['logGroupName']} deliver to the archive"
            self._once_known(what, self._logs.put_subscription_filter, **request)

    @AWSErrorHandler.common_error_handler("have log groups deliver no more")
    def _unsubscribe(self, standing: Iterable[Entry]) -> None:
        for one in standing:
            self._logs.delete_subscription_filter(logGroupName=one["logGroupName"], filterName=one["filterName"])

    @AWSErrorHandler.common_error_handler("tag the archive of logs")
    def _tag(self, to_set: Mapping[str, str], to_unset: list[str]) -> None:
        if to_unset:
            self._firehose.untag_delivery_stream(DeliveryStreamName=self._name, TagKeys=to_unset)
        if to_set:
            tags = ansible_dict_to_boto3_tag_list(dict(to_set))
            self._firehose.tag_delivery_stream(DeliveryStreamName=self._name, Tags=tags)

    @AWSErrorHandler.common_error_handler("delete the archive of logs")
    def _delete(self) -> None:
        # With a key that is gone a stream could not be deleted otherwise.
        self._firehose.delete_delivery_stream(DeliveryStreamName=self._name, AllowForceDelete=True)


def _written(value: Entry) -> dict[str, Any]:
    """A destination as Firehose takes it: an empty text is none."""
    return {name: member for name, member in destination(value).items() if member != ""}
