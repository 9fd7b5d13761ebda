# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS Config's calls on a rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list, compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

from .transform import parameters

Entry = Mapping[str, Any]
# What Config says while it evaluates or deletes the rule, and of a recorder that was made a moment ago.
_LATER = ["NoAvailableConfigurationRecorderException", "ResourceInUseException"]


def _patiently(call: Callable[..., Any], **arguments: Any) -> None:
    """Makes a call again for a few minutes, while Config is busy with the rule."""
    AWSRetry.jittered_backoff(retries=12, delay=2, max_delay=20, catch_extra_error_codes=_LATER)(call)(**arguments)


class ConfigRule:
    """A rule of AWS's own that is applied; see `owned.Owned`.

    Args:
        client: the client of the service config.
        name: its name.
    """

    kind = "config_rule"

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    @AWSErrorHandler.common_error_handler("read the rule of AWS Config")
    def read(self) -> dict[str, Any] | None:
        """See Owned. One that is being deleted is gone."""
        try:
            [told] = self._client.describe_config_rules(ConfigRuleNames=[self._name])["ConfigRules"]
        except is_boto3_error_code("NoSuchConfigRuleException"):
            return None
        if told["ConfigRuleState"].startswith("DELETING"):
            return None
        pages = self._client.get_paginator("list_tags_for_resource").paginate(ResourceArn=told["ConfigRuleArn"])
        return {**told, "Tags": [tag for page in pages for tag in page.get("Tags", [])]}

    @AWSErrorHandler.common_error_handler("create the rule of AWS Config")
    def create(self, wanted: Entry) -> None:
        """See Owned."""
        tags = ansible_dict_to_boto3_tag_list(dict(wanted["Tags"]))
        _patiently(self._client.put_config_rule, ConfigRule=_request(wanted), **({"Tags": tags} if tags else {}))

    @AWSErrorHandler.common_error_handler("change the rule of AWS Config")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned."""
        if changed - {"Tags"}:
            _patiently(self._client.put_config_rule, ConfigRule=_request(wanted))
        if "Tags" in changed:
            to_set, to_unset = compare_aws_tags(tags_of(standing), wanted["Tags"])
            if to_unset:
                self._client.untag_resource(ResourceArn=standing["ConfigRuleArn"], TagKeys=to_unset)
            if to_set:
                tags = ansible_dict_to_boto3_tag_list(to_set)
                self._client.tag_resource(ResourceArn=standing["ConfigRuleArn"], Tags=tags)

    @AWSErrorHandler.common_error_handler("delete the rule of AWS Config")
    def delete(self, standing: Entry) -> None:
        """See Owned."""
        _patiently(self._client.delete_config_rule, ConfigRuleName=self._name)


def _request(wanted: Entry) -> dict[str, Any]:
    given = parameters(wanted["InputParameters"])
    written = {name: wanted[name] for name in ("ConfigRuleName", "Description", "Source")}
    return {**written, **({"InputParameters": json.dumps(given, sort_keys=True)} if given else {})}
