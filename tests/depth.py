# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much is tried where everything would take hours.

The suite, `make test`, shows each main promise once, so that whoever changes something waits minutes for it. `make extended` shows
every promise once, and `make thorough` each combination of them.
"""

from __future__ import annotations

import os

import pytest

DEPTHS = ("suite", "extended", "thorough")
DEPTH = DEPTHS.index(os.environ.get("MLINFRA_TESTS", "suite"))
THOROUGH = DEPTHS[DEPTH] == "thorough"
# Of what takes long and shows one part of the whole, or shows on AWS's side what faster tests of the suite show, too.
extended = pytest.mark.extended
# Of variations of what other tests show, and of what takes longest.
thorough = pytest.mark.thorough


def left_out(item: pytest.Item) -> bool:
    """Whether a test is of a greater depth than what was asked for."""
    return any(item.get_closest_marker(depth) for depth in DEPTHS[DEPTH + 1 :])
