# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Text from elsewhere, as it may be shown. Pure."""

from __future__ import annotations

import re

# What steers a terminal instead of being read: all control characters but tab and line feed, and those that turn the direction
# of writing. Halves of surrogate pairs can't be written at all.
_STEERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COLOR = re.compile(r"(\x1b\[[0-9;]*m)")


def visible(text: str, colored: bool = False) -> str:
    """Return a text whose control characters are spelled out: what hosts and AWS say must not steer the terminal.

    Args:
        text: what is to be shown, of one line or several.
        colored: whether colors stay as they are.
    """
    if colored:
        return "".join(part if _COLOR.fullmatch(part) else visible(part) for part in _COLOR.split(text))
    return _STEERS.sub(lambda found: ascii(found[0])[1:-1], text)
