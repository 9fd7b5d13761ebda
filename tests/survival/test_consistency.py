# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run finishes though EC2 and IAM do not show at once what was created."""

from __future__ import annotations

import pytest

from ..depth import extended
from .conftest import MAKE, standing
from .consistency import Hidden

pytestmark = [extended, pytest.mark.xdist_group("survival")]


@pytest.mark.weight(60)
def test_a_run_finishes_though_what_is_new_is_not_seen_yet(site, stood, behind, record_property):
    """It makes nothing twice and misses nothing; and the next run has nothing to do."""
    hidden = Hidden(seconds=2.5, profile_seconds=14.0)
    with behind(hidden) as endpoint:
        site.playbook(MAKE, AWS_ENDPOINT_URL=endpoint)
    record_property("hidden", str(hidden))
    assert standing(site) == stood.made
    site.written()
    site.playbook(MAKE)
    assert site.written() == []
