# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much is tried where everything would take hours: in the suite each thing once, in `make thorough` each combination."""

from __future__ import annotations

import os

import pytest

THOROUGH = os.environ.get("MLINFRA_TESTS") == "thorough"
# Of variations of what other tests show, and of what takes longest.
thorough = pytest.mark.thorough
