# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The platform of the end-to-end tests of the data flow: runs, models and their serving."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..conftest import Platform, brought_up


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """A platform of its own, which runs beside the others."""
    yield from brought_up(21)
