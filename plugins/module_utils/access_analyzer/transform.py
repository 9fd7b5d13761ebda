# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which analyzer of IAM Access Analyzer looks for what others outside the account may use. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# An account has one of the first in a region. Where its organization has one there, that one sees the same and more.
TYPES = ("ACCOUNT", "ORGANIZATION")


def external(analyzers: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The one of those that looks for external access; None where none does. The account's own before the organization's.

    Args:
        analyzers: as ListAnalyzers tells them.
    """
    found = sorted((one for one in analyzers if one["type"] in TYPES), key=lambda one: TYPES.index(one["type"]))
    return {**found[0], "Tags": found[0].get("tags") or {}} if found else None
