# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS Config's calls on the recorder of an account in a region, and on the channel that it delivers by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list, compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

from .transform import NAME, ROLE_NAME, SERVICE

Entry = Mapping[str, Any]
_WRITTEN_AT_ONCE = {"roleARN", "recordingGroup", "recordingMode"}
# What Config says of a role, or of the policy of a bucket, that was made a moment ago.
_NOT_KNOWN_YET = ["InsufficientDeliveryPolicyException", "InvalidRoleException", "NoSuchBucketException"]


def _patiently(call: Callable[..., Any], **arguments: Any) -> None:
    """Makes a call again for about half a minute where the service does not know yet what it needs."""
    AWSRetry.jittered_backoff(retries=6, delay=2, max_delay=10, catch_extra_error_codes=_NOT_KNOWN_YET)(call)(**arguments)


class Recorder:
    """The recorder with its channel; see `owned.Owned`.

    Args:
        client: the client of the service config.
        iam: the client of the service iam.
    """

    kind = "recorder"

    def __init__(self, client: Any, iam: Any) -> None:
        self._client = client
        self._iam = iam

    @AWSErrorHandler.common_error_handler("read the recorder")
    def read(self) -> dict[str, Any] | None:
        """See Owned."""
        recorders = self._client.describe_configuration_recorders()["ConfigurationRecorders"]
        if not recorders:
            return None
        states = self._client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
        pages = self._client.get_paginator("list_tags_for_resource").paginate(ResourceArn=recorders[0]["arn"])
        return {
            **recorders[0],
            "recording": any(state.get("recording") for state in states),
            "deliveryChannel": self._channel(),
            "Tags": [tag for page in pages for tag in page.get("Tags", [])],
        }

    @AWSErrorHandler.common_error_handler("create the recorder")
    def create(self, wanted: Entry) -> None:
        """See Owned. Where it is interrupted, an update does the rest."""
        if wanted["roleARN"].endswith(f"/{ROLE_NAME}"):
            self._make_role()
        tags = ansible_dict_to_boto3_tag_list(dict(wanted["Tags"]))
        recorder = {"name": NAME, **{name: wanted[name] for name in _WRITTEN_AT_ONCE}}
        _patiently(self._client.put_configuration_recorder, ConfigurationRecorder=recorder, **({"Tags": tags} if tags else {}))
        self._deliver(wanted, self._channel())
        if wanted["recording"]:
            self._client.start_configuration_recorder(ConfigurationRecorderName=NAME)

    @AWSErrorHandler.common_error_handler("change the recorder")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned."""
        name = standing["name"]
        if changed & _WRITTEN_AT_ONCE:
            recorder = {"name": name, **{member: wanted[member] for member in _WRITTEN_AT_ONCE}}
            _patiently(self._client.put_configuration_recorder, ConfigurationRecorder=recorder)
        if "deliveryChannel" in changed:
            self._deliver(wanted, standing["deliveryChannel"])
        if "Tags" in changed:
            to_set, to_unset = compare_aws_tags(tags_of(standing), wanted["Tags"])
            if to_unset:
                self._client.untag_resource(ResourceArn=standing["arn"], TagKeys=to_unset)
            if to_set:
                self._client.tag_resource(ResourceArn=standing["arn"], Tags=ansible_dict_to_boto3_tag_list(to_set))
        if "recording" in changed and wanted["recording"]:
            self._client.start_configuration_recorder(ConfigurationRecorderName=name)
        elif "recording" in changed:
            self._client.stop_configuration_recorder(ConfigurationRecorderName=name)

    @AWSErrorHandler.common_error_handler("delete the recorder")
    def delete(self, standing: Entry) -> None:
        """See Owned. A channel can't be deleted while a recorder needs it."""
        if standing["recording"]:
            self._client.stop_configuration_recorder(ConfigurationRecorderName=standing["name"])
        if standing["deliveryChannel"]:
            self._client.delete_delivery_channel(DeliveryChannelName=standing["deliveryChannel"]["name"])
        self._client.delete_configuration_recorder(ConfigurationRecorderName=standing["name"])

    def _channel(self) -> dict[str, Any]:
        """The one channel of the region; nothing where there is none."""
        return next(iter(self._client.describe_delivery_channels()["DeliveryChannels"]), {})

    def _deliver(self, wanted: Entry, standing: Entry) -> None:
        """Has it deliver as wanted, by the channel that stands where one does: there can't be a second one."""
        told = {name: value for name, value in wanted["deliveryChannel"].items() if value}
        _patiently(self._client.put_delivery_channel, DeliveryChannel={"name": standing.get("name", NAME), **told})

    def _make_role(self) -> None:
        """Makes the role of AWS's own where the account has not got it yet."""
        try:
            self._iam.get_role(RoleName=ROLE_NAME)
        except is_boto3_error_code("NoSuchEntity"):
            self._iam.create_service_linked_role(AWSServiceName=SERVICE)
