# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM Access Analyzer's calls on the analyzer of external access of an account in a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from .transform import external

Entry = Mapping[str, Any]


class Analyzer:
    """The analyzer; see `owned.Owned`.

    Args:
        client: the client of the service accessanalyzer.
    """

    kind = "analyzer"

    def __init__(self, client: Any) -> None:
        self._client = client

    @AWSErrorHandler.common_error_handler("read the analyzers")
    def read(self) -> dict[str, Any] | None:
        """See Owned."""
        return external(self._client.get_paginator("list_analyzers").paginate().build_full_result()["analyzers"])

    @AWSErrorHandler.common_error_handler("create the analyzer")
    def create(self, wanted: Entry) -> None:
        """See Owned."""
        tags = {"tags": dict(wanted["Tags"])} if wanted["Tags"] else {}
        self._client.create_analyzer(analyzerName=wanted["name"], type=wanted["type"], **tags)

    @AWSErrorHandler.common_error_handler("change the analyzer")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned. Its name can't be changed: another one takes its place."""
        if "name" in changed:
            self.delete(standing)
            self.create(wanted)
            return
        to_set, to_unset = compare_aws_tags(standing["Tags"], wanted["Tags"])
        if to_unset:
            self._client.untag_resource(resourceArn=standing["arn"], tagKeys=to_unset)
        if to_set:
            self._client.tag_resource(resourceArn=standing["arn"], tags=to_set)

    @AWSErrorHandler.common_error_handler("delete the analyzer")
    def delete(self, standing: Entry) -> None:
        """See Owned."""
        self._client.delete_analyzer(analyzerName=standing["name"])
