# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The operations of IAM Access Analyzer."""

from __future__ import annotations

import json
from urllib.parse import unquote

from moto.core.responses import BaseResponse

from emulator.accessanalyzer.models import AccessAnalyzerBackend, Analyzer, accessanalyzer_backends


class AccessAnalyzerResponse(BaseResponse):
    """Answers one request."""

    def __init__(self) -> None:
        super().__init__(service_name="accessanalyzer")

    @property
    def backend(self) -> AccessAnalyzerBackend:
        """The analyzers of the caller's account and region."""
        return accessanalyzer_backends[self.current_account][self.region]

    def _named(self) -> Analyzer:
        """The analyzer that the path ends with the name, or the ARN, of."""
        return self.backend.analyzer(unquote(self.path).rpartition("/")[2])

    def create_analyzer(self) -> str:
        """Make an analyzer."""
        told = self._get_param("analyzerName"), self._get_param("type"), self._get_param("tags") or {}
        return json.dumps({"arn": self.backend.create(*told)})

    def list_analyzers(self) -> str:
        """Tell all analyzers, or those of a type."""
        kind = self._get_param("type")
        return json.dumps({"analyzers": [one for one in self.backend.analyzers.values() if kind in (None, one["type"])]})

    def get_analyzer(self) -> str:
        """Tell of an analyzer."""
        return json.dumps({"analyzer": self._named()})

    def delete_analyzer(self) -> str:
        """Delete an analyzer."""
        self.backend.delete(self._named()["name"])
        return "{}"

    def tag_resource(self) -> str:
        """Tag an analyzer."""
        self._named()["tags"].update(self._get_param("tags"))
        return "{}"

    def untag_resource(self) -> str:
        """Remove tags of an analyzer."""
        tags = self._named()["tags"]
        for key in self.querystring.get("tagKeys", []):
            tags.pop(key, None)
        return "{}"
