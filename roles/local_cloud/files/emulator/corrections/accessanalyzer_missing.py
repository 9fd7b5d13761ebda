# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM Access Analyzer, which moto lacks: its analyzers are kept, and found by their tags."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from moto import backend_index

from emulator import accessanalyzer
from emulator.accessanalyzer.urls import url_bases
from emulator.tagging import list_also


def _analyzers(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for analyzer in accessanalyzer.accessanalyzer_backends[account][region].analyzers.values():
        yield analyzer["arn"], analyzer["tags"]


def apply() -> None:
    """Let moto find the service as one of its own."""
    sys.modules["moto.accessanalyzer"] = accessanalyzer
    backend_index.backend_url_patterns += [("accessanalyzer", re.compile(base)) for base in url_bases]
    list_also("access-analyzer:analyzer", _analyzers)
