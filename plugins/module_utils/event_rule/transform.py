# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of EventBridge: patterns and targets in one form. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def pattern(value: Any) -> Any:
    """An event pattern as what it means, whether it came as text or not."""
    return json.loads(value) if isinstance(value, str) and value else value or {}


def targets_by_id(value: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The ARNs of targets by their ids."""
    return {one["Id"]: one["Arn"] for one in value}
