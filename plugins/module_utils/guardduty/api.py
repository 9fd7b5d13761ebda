# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""GuardDuty's calls on the detector of an account in a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from .transform import arn_of

Entry = Mapping[str, Any]
_WRITTEN_AT_ONCE = {"Status", "FindingPublishingFrequency", "Features"}


class Detector:
    """The detector; see `owned.Owned`.

    Args:
        client: the client of the service guardduty.
    """

    kind = "detector"

    def __init__(self, client: Any) -> None:
        self._client = client

    @AWSErrorHandler.common_error_handler("read the detector")
    def read(self) -> dict[str, Any] | None:
        """See Owned."""
        listed = self._client.get_paginator("list_detectors").paginate().build_full_result()["DetectorIds"]
        if not listed:
            return None
        told = self._client.get_detector(DetectorId=listed[0])
        return {**{name: value for name, value in told.items() if name != "ResponseMetadata"}, "DetectorId": listed[0]}

    @AWSErrorHandler.common_error_handler("create the detector")
    def create(self, wanted: Entry) -> None:
        """See Owned."""
        self._client.create_detector(**_request(wanted), **({"Tags": dict(wanted["Tags"])} if wanted["Tags"] else {}))

    @AWSErrorHandler.common_error_handler("change the detector")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned."""
        if changed & _WRITTEN_AT_ONCE:
            self._client.update_detector(DetectorId=standing["DetectorId"], **_request(wanted))
        if "Tags" in changed:
            arn = arn_of(standing, self._client.meta.region_name)
            to_set, to_unset = compare_aws_tags(standing.get("Tags", {}), wanted["Tags"])
            if to_unset:
                self._client.untag_resource(ResourceArn=arn, TagKeys=to_unset)
            if to_set:
                self._client.tag_resource(ResourceArn=arn, Tags=to_set)

    @AWSErrorHandler.common_error_handler("delete the detector")
    def delete(self, standing: Entry) -> None:
        """See Owned."""
        self._client.delete_detector(DetectorId=standing["DetectorId"])


def _request(wanted: Entry) -> dict[str, Any]:
    """What CreateDetector and UpdateDetector are called with."""
    return {
        "Enable": wanted["Status"] == "ENABLED",
        "FindingPublishingFrequency": wanted["FindingPublishingFrequency"],
        "Features": wanted["Features"],
    }
