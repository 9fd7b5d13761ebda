# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Managed rules of AWS Config in one form. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def parameters(value: Any) -> dict[str, str]:
    """What a rule is given, by its names, whether it came as text or not. AWS keeps each of them as text."""
    told = json.loads(value) if isinstance(value, str) and value else value or {}
    return {name: member if isinstance(member, str) else json.dumps(member) for name, member in told.items()}


def source(value: Mapping[str, Any] | None) -> dict[str, str]:
    """Which rule of AWS's own it is."""
    return {name: (value or {}).get(name) or "" for name in ("Owner", "SourceIdentifier")}
