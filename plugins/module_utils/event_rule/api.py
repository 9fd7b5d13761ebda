# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EventBridge's calls on a rule of the default bus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list, compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

from .transform import targets_by_id

Entry = Mapping[str, Any]
_WRITTEN_AT_ONCE = {"Description", "EventPattern", "State"}


class Rule:
    """A rule; see `owned.Owned`.

    Args:
        client: the client of the service events.
        name: its name.
    """

    kind = "event_rule"

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    @AWSErrorHandler.common_error_handler("read the rule")
    def read(self) -> dict[str, Any] | None:
        """See Owned."""
        try:
            told = self._client.describe_rule(Name=self._name)
        except is_boto3_error_code("ResourceNotFoundException"):
            return None
        pages = self._client.get_paginator("list_targets_by_rule").paginate(Rule=self._name)
        return {
            **{name: value for name, value in told.items() if name != "ResponseMetadata"},
            "Targets": [target for page in pages for target in page["Targets"]],
            "Tags": self._client.list_tags_for_resource(ResourceARN=told["Arn"])["Tags"],
        }

    @AWSErrorHandler.common_error_handler("create the rule")
    def create(self, wanted: Entry) -> None:
        """See Owned."""
        tags = ansible_dict_to_boto3_tag_list(dict(wanted["Tags"]))
        self._client.put_rule(**self._request(wanted), **({"Tags": tags} if tags else {}))
        self._put_targets(wanted["Targets"])

    @AWSErrorHandler.common_error_handler("change the rule")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned."""
        if changed & _WRITTEN_AT_ONCE:
            self._client.put_rule(**self._request(wanted))
        if "Targets" in changed:
            there, asked = targets_by_id(standing["Targets"]), targets_by_id(wanted["Targets"])
            self._remove_targets(sorted(there.keys() - asked.keys()))
            self._put_targets([one for one in wanted["Targets"] if there.get(one["Id"]) != one["Arn"]])
        if "Tags" in changed:
            to_set, to_unset = compare_aws_tags(tags_of(standing), wanted["Tags"])
            if to_unset:
                self._client.untag_resource(ResourceARN=standing["Arn"], TagKeys=to_unset)
            if to_set:
                self._client.tag_resource(ResourceARN=standing["Arn"], Tags=ansible_dict_to_boto3_tag_list(to_set))

    @AWSErrorHandler.common_error_handler("delete the rule")
    def delete(self, standing: Entry) -> None:
        """See Owned. A rule that has targets can't be deleted."""
        self._remove_targets(sorted(targets_by_id(standing["Targets"])))
        self._client.delete_rule(Name=self._name)

    def _request(self, wanted: Entry) -> dict[str, Any]:
        pattern = json.dumps(wanted["EventPattern"], sort_keys=True)
        return {**{name: wanted[name] for name in ("Name", "Description", "State")}, "EventPattern": pattern}

    def _put_targets(self, targets: list[Entry]) -> None:
        if targets:
            _check(self._client.put_targets(Rule=self._name, Targets=targets))

    def _remove_targets(self, identifiers: list[str]) -> None:
        if identifiers:
            _check(self._client.remove_targets(Rule=self._name, Ids=identifiers))


def _check(answer: Entry) -> None:
    """Raises an error for those targets that EventBridge did not take: it answers as if all were well."""
    failed = answer.get("FailedEntries") or []
    if failed:
        reasons = "; ".join(
            f"{one.get('TargetId')}: {one.get('ErrorMessage') or one.get('ErrorCode')}" for one in failed
        )
        raise AnsibleAWSError(message=f"EventBridge refused targets of the rule: {reasons}")
