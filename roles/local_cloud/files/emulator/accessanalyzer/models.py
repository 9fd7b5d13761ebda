# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The analyzers of an account and region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import JsonRESTError
from moto.utilities.utils import get_partition

Analyzer = dict[str, Any]


class AnalyzerMissing(JsonRESTError):
    """AWS's answer where no analyzer has that name."""

    code = 404

    def __init__(self, name: str) -> None:
        super().__init__("ResourceNotFoundException", f"Analyzer with name: {name} does not exist.")


class AnalyzerExists(JsonRESTError):
    """AWS's answer to a second analyzer of a name."""

    code = 409

    def __init__(self, name: str) -> None:
        super().__init__("ConflictException", f"Analyzer with name: {name} already exists.")


class QuotaExceeded(JsonRESTError):
    """AWS's answer to a second analyzer of external access."""

    code = 402

    def __init__(self) -> None:
        super().__init__("ServiceQuotaExceededException", "Analyzers of this type: 1 at most in a region.")


class AccessAnalyzerBackend(BaseBackend):
    """Access Analyzer of one account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.analyzers: dict[str, Analyzer] = {}

    def create(self, name: str, kind: str, tags: Mapping[str, str]) -> str:
        """Keep a new analyzer and return its ARN."""
        if name in self.analyzers:
            raise AnalyzerExists(name)
        if any(one["type"] == kind for one in self.analyzers.values()):
            raise QuotaExceeded
        arn = f"arn:{get_partition(self.region_name)}:access-analyzer:{self.region_name}:{self.account_id}:analyzer/{name}"
        now = datetime.now(UTC).isoformat(timespec="seconds")
        told = {"arn": arn, "name": name, "type": kind, "createdAt": now, "status": "ACTIVE", "tags": dict(tags)}
        self.analyzers[name] = told
        return arn

    def analyzer(self, name: str) -> Analyzer:
        """The analyzer of this name."""
        if name not in self.analyzers:
            raise AnalyzerMissing(name)
        return self.analyzers[name]

    def delete(self, name: str) -> None:
        """Forget an analyzer."""
        self.analyzer(name)
        del self.analyzers[name]


accessanalyzer_backends = BackendDict(AccessAnalyzerBackend, "accessanalyzer")
