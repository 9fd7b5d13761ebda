# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a way from being measured."""

from __future__ import annotations


class Failed(Exception):
    """A program that failed; the text says how.

    Args:
        brief: how it failed, in a few words.
        output: what it said last.
    """

    def __init__(self, brief: str, output: str = "") -> None:
        super().__init__(brief)
        self.output = output
