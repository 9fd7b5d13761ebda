# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In the suite little is tried, and always the same; in `make fuzz` much, and other things each time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from ..depth import THOROUGH

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile(
    "suite", max_examples=20, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW
)
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=SLOW)
settings.load_profile("thorough" if THOROUGH else "suite")
