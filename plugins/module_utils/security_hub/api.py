# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security Hub's calls on the hub of an account in a region, and on its standards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from .transform import NOT_ON, arn_of, subscriptions

Entry = Mapping[str, Any]


class Hub:
    """The hub; see `owned.Owned`.

    Args:
        client: the client of the service securityhub.
    """

    kind = "hub"

    def __init__(self, client: Any) -> None:
        self._client = client

    @AWSErrorHandler.common_error_handler("read the hub")
    def read(self) -> dict[str, Any] | None:
        """See Owned."""
        try:
            told = self._client.describe_hub()
        except is_boto3_error_code(NOT_ON):
            return None
        pages = self._client.get_paginator("get_enabled_standards").paginate()
        return {
            **{name: value for name, value in told.items() if name != "ResponseMetadata"},
            "Standards": subscriptions(one for page in pages for one in page["StandardsSubscriptions"]),
            "Tags": self._client.list_tags_for_resource(ResourceArn=told["HubArn"])["Tags"],
        }

    @AWSErrorHandler.common_error_handler("turn Security Hub on")
    def create(self, wanted: Entry) -> None:
        """See Owned."""
        tags = {"Tags": dict(wanted["Tags"])} if wanted["Tags"] else {}
        generator = wanted["ControlFindingGenerator"]
        self._client.enable_security_hub(EnableDefaultStandards=False, ControlFindingGenerator=generator, **tags)
        self._enable(wanted["Standards"], self._client.describe_hub()["HubArn"])
        if not wanted["AutoEnableControls"]:
            self._configure(wanted)

    @AWSErrorHandler.common_error_handler("change the hub")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned."""
        if changed & {"AutoEnableControls", "ControlFindingGenerator"}:
            self._configure(wanted)
        if "Standards" in changed:
            there = standing["Standards"]
            gone = sorted(arn for name, arn in there.items() if name not in wanted["Standards"])
            if gone:
                self._client.batch_disable_standards(StandardsSubscriptionArns=gone)
            self._enable([name for name in wanted["Standards"] if name not in there], standing["HubArn"])
        if "Tags" in changed:
            to_set, to_unset = compare_aws_tags(standing["Tags"], wanted["Tags"])
            if to_unset:
                self._client.untag_resource(ResourceArn=standing["HubArn"], TagKeys=to_unset)
            if to_set:
                self._client.tag_resource(ResourceArn=standing["HubArn"], Tags=to_set)

    @AWSErrorHandler.common_error_handler("turn Security Hub off")
    def delete(self, standing: Entry) -> None:
        """See Owned."""
        self._client.disable_security_hub()

    def _configure(self, wanted: Entry) -> None:
        told = {name: wanted[name] for name in ("AutoEnableControls", "ControlFindingGenerator")}
        self._client.update_security_hub_configuration(**told)

    def _enable(self, standards: list[str], hub: str) -> None:
        _scheme, partition, _service, region, _rest = hub.split(":", 4)
        if standards:
            asked = [{"StandardsArn": arn_of(name, partition, region)} for name in standards]
            self._client.batch_enable_standards(StandardsSubscriptionRequests=asked)
