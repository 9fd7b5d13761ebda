# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3's calls on buckets: on their configuration, on the marker objects of their prefixes, and on all that they hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

try:
    from botocore.validate import ParamValidator
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from .configurations import ADDED_ATTRIBUTES, ATTRIBUTES, write_call
from .transform import Standing, advice, is_marker

_READS = {attribute: read for attribute, *read in ATTRIBUTES + ADDED_ATTRIBUTES}
# S3 is at work on another change of the same bucket, or another run on the same object.
_BUSY = ["OperationAborted", "ConditionalRequestConflict"]
# Of a bucket that was just made not all of S3 knows.
_NEW = [*_BUSY, "NoSuchBucket"]
# What DeleteObjects says of an object that is gone, or that will go with the next try.
_NO_REFUSAL = {"NoSuchKey", "NoSuchVersion", "InternalError", "ServiceUnavailable", "SlowDown"}
_OBJECTS_A_CALL = 1000
# Seconds between tries after a policy was lifted: not all of S3 knows it at once.
_UNTIL_LIFTED = (1, 2, 4, 8)


def _patiently(call: Callable[..., Any], codes: list[str], **arguments: Any) -> Any:
    """The answer of a call that is made again for about half a minute where S3 refuses it with one of these codes."""
    return AWSRetry.jittered_backoff(retries=8, delay=1, max_delay=20, catch_extra_error_codes=codes)(call)(**arguments)


@contextmanager
def named(name: str, setting: str = "") -> Iterator[None]:
    """Lets errors name the bucket, and what to do next where that is known.

    Args:
        name: the bucket's name.
        setting: what chooses it; empty where that is not known.
    """
    try:
        yield
    except AnsibleAWSError as error:
        code = getattr(error.exception, "response", {}).get("Error", {}).get("Code", "")
        told = advice(code, getattr(error.exception, "operation_name", ""), setting)
        raise AnsibleAWSError(message=f"{error.message} {name}{told}", exception=error.exception) from error


class Buckets:
    """Buckets and what lies in them.

    Args:
        client: S3's client.
        account: id of the account that the buckets have to belong to; empty where that is not known.
        each: calls a function with each of some values, as `map` does; one that does so side by side saves time.
    """

    def __init__(self, client: Any, account: str = "", each: Callable[..., Iterable[Any]] = map) -> None:
        self._client = client
        self._owner = {"ExpectedBucketOwner": account} if account else {}
        self._each = each
        self._lifted: set[str] = set()

    def standing(self, name: str, attributes: Iterable[str], keys: Iterable[str] = ()) -> Standing | None:
        """A bucket as it stands; None where there is none, which takes one call.

        Args:
            name: its name.
            attributes: what to read of its configuration. Its tags are read in any case.
            keys: keys to look for.
        """
        tags = self.tags(name)
        if tags is None:
            return None
        others, wanted = [one for one in attributes if one != "Tags"], list(keys)
        read = self._each(lambda attribute: self.attribute(name, attribute), others)
        there = self._each(lambda key: self.has_key(name, key), wanted)
        missing = tuple(key for key, stands in zip(wanted, there, strict=True) if not stands)
        return Standing({**dict(zip(others, read, strict=True)), "Tags": tags}, missing)

    @AWSErrorHandler.common_error_handler("read the bucket")
    def tags(self, name: str) -> dict[str, str] | None:
        """The tags of a bucket; None where there is none. One of another account is an error: its name can't be had."""
        try:
            return self._read(name, "Tags")
        except is_boto3_error_code("NoSuchBucket"):
            return None

    @AWSErrorHandler.common_error_handler("read the configuration of the bucket")
    def attribute(self, name: str, attribute: str) -> Any:
        """An attribute in AWS's own words. What isn't configured is an empty dictionary."""
        return self._read(name, attribute)

    def _read(self, name: str, attribute: str) -> Any:
        call, missing, take = _READS[attribute]
        try:
            return take(getattr(self._client, call)(Bucket=name, **self._owner))
        except is_boto3_error_code(missing):
            return {}

    @AWSErrorHandler.common_error_handler("look for objects in the bucket")
    def has_key(self, name: str, key: str) -> bool:
        """Whether there is an object under a key."""
        try:
            self._client.head_object(Bucket=name, Key=key, **self._owner)
        except is_boto3_error_code(["404", "NoSuchKey"]):
            return False
        return True

    @AWSErrorHandler.common_error_handler("list the contents of the bucket")
    def holds_data(self, name: str) -> bool:
        """Whether it holds any version, current or not, of anything but markers. Stops at the first one."""
        return any(not is_marker(version) for page in self._versions(name) for version in page.get("Versions", []))

    def _versions(self, name: str) -> Iterable[dict[str, Any]]:
        return self._client.get_paginator("list_object_versions").paginate(Bucket=name, **self._owner)

    def refusals(self, name: str, attributes: Mapping[str, Any]) -> list[str]:
        """What boto3 would find wrong with the calls that write attributes, without making any; one line each."""
        found = []
        for attribute, value in attributes.items():
            operation, arguments = write_call(attribute, value)
            model = self._client.meta.service_model.operation_model(self._client.meta.method_to_api_mapping[operation])
            report = ParamValidator().validate({"Bucket": name, **arguments}, model.input_shape)
            found += [f"{name}: {attribute}: {line}" for line in report.generate_report().splitlines()]
        return found

    @AWSErrorHandler.common_error_handler("create the bucket")
    def create(self, name: str, ownership: str = "") -> bool:
        """Creates a bucket in the client's region.

        Args:
            name: its name.
            ownership: who owns its objects, in S3's words; empty for what S3 does by itself.

        Returns:
            Whether it was made. It was not where the account has it already, because another run has made it, or an
            earlier try of this call whose answer was lost.
        """
        asked: dict[str, Any] = {"ObjectOwnership": ownership} if ownership else {}
        region = self._client.meta.region_name
        if region != "us-east-1":  # the first of all regions is not called by its name
            asked["CreateBucketConfiguration"] = {"LocationConstraint": region}
        try:
            _patiently(self._client.create_bucket, _BUSY, Bucket=name, **asked)
        except is_boto3_error_code("BucketAlreadyOwnedByYou"):
            return False
        return True

    @AWSErrorHandler.common_error_handler("write the configuration of the bucket")
    def write(self, name: str, attribute: str, value: Any) -> None:
        """Writes one attribute, or removes it where the value is empty."""
        operation, arguments = write_call(attribute, value)
        _patiently(getattr(self._client, operation), _NEW, Bucket=name, **self._owner, **arguments)

    @AWSErrorHandler.common_error_handler("lift the policy of the bucket")
    def lift_policy(self, name: str) -> None:
        """Removes the policy, which keeps objects from being deleted. What blocks the public stays."""
        self._client.delete_bucket_policy(Bucket=name, **self._owner)
        self._lifted.add(name)

    def make_markers(self, name: str, keys: Iterable[str]) -> None:
        """Puts the empty objects that make prefixes appear as folders."""
        list(self._each(lambda key: self._make_marker(name, key), list(keys)))

    @AWSErrorHandler.common_error_handler("make a folder in the bucket")
    def _make_marker(self, name: str, key: str) -> None:
        """Puts one, unless it stands: then it gets no other version."""
        try:
            _patiently(self._client.put_object, _NEW, Bucket=name, Key=key, IfNoneMatch="*", **self._owner)
        except is_boto3_error_code("PreconditionFailed"):
            pass

    @AWSErrorHandler.common_error_handler("empty the bucket")
    def empty(self, name: str, data: bool) -> None:
        """Deletes what a bucket holds: all versions, all delete markers, and uploads that were never finished.

        Args:
            name: its name.
            data: whether data goes, too. Otherwise objects that only mark a prefix go.

        Raises:
            AnsibleAWSError: where an object can't be deleted.
        """
        for page in self._client.get_paginator("list_multipart_uploads").paginate(Bucket=name, **self._owner):
            for upload in page.get("Uploads", []):
                self._abort(name, upload)
        for page in self._versions(name):
            versions = [one for one in page.get("Versions", []) if data or is_marker(one)]
            entries = [*versions, *page.get("DeleteMarkers", [])]
            for at in range(0, len(entries), _OBJECTS_A_CALL):
                self._delete_objects(name, entries[at : at + _OBJECTS_A_CALL])

    def _abort(self, name: str, upload: Mapping[str, Any]) -> None:
        try:
            self._client.abort_multipart_upload(
                Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"], **self._owner
            )
        except is_boto3_error_code("NoSuchUpload"):
            pass

    def _delete_objects(self, name: str, entries: Iterable[Mapping[str, Any]]) -> None:
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        for wait in (*(_UNTIL_LIFTED if name in self._lifted else ()), 0):
            answer = self._client.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True}, **self._owner)
            refused = [one for one in answer.get("Errors", []) if one["Code"] not in _NO_REFUSAL]
            if not any(one["Code"] == "AccessDenied" for one in refused):
                break
            time.sleep(wait)
        if refused:
            said = f"{refused[0]['Key']} ({refused[0]['Code']}: {refused[0].get('Message', '')})"
            raise AnsibleAWSError(message=f"Failed to delete {len(refused)} objects, such as {said}, of the bucket")

    @AWSErrorHandler.common_error_handler("delete the bucket")
    def delete(self, name: str) -> bool:
        """Deletes a bucket, and says whether it is gone. It is not where it holds something."""
        try:
            _patiently(self._client.delete_bucket, _BUSY, Bucket=name, **self._owner)
        except is_boto3_error_code("NoSuchBucket"):
            return True
        except is_boto3_error_code("BucketNotEmpty"):
            return False
        return True
