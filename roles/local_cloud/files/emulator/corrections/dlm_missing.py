# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Data Lifecycle Manager, which moto lacks: its policies are kept, and found by their tags."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from moto import backend_index

from emulator import dlm
from emulator.dlm.urls import url_bases
from emulator.tagging import list_also


def _policies(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for policy in dlm.dlm_backends[account][region].policies.values():
        yield policy["PolicyArn"], policy["Tags"]


def apply() -> None:
    """Let moto find the service as one of its own."""
    sys.modules["moto.dlm"] = dlm
    backend_index.backend_url_patterns += [("dlm", re.compile(base)) for base in url_bases]
    list_also("dlm:policy", _policies)
