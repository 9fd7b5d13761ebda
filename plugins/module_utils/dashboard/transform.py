# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads and compares the bodies of dashboards. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def parse_body(text: str) -> dict[str, Any]:
    """The body of a dashboard.

    Args:
        text: JSON.

    Raises:
        ValueError: where it is no JSON, or no JSON object.
    """
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ValueError("body is not a JSON object")
    return body


def render_body(body: Mapping[str, Any]) -> str:
    """The one text for a body, whatever order its members came in."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def same_json(one: Any, other: Any) -> bool:
    """Whether two values mean the same in JSON: 1 and 1.0 do, 1 and true don't, the order of members is nothing."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return one == other


def messages_of(entries: Sequence[Mapping[str, str]]) -> list[str]:
    """CloudWatch's remarks on a body, one sentence for each, with the place it is about."""
    return [
        f"{entry['DataPath']}: {entry['Message']}" if entry.get("DataPath") else entry["Message"] for entry in entries
    ]
