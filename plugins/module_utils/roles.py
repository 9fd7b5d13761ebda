# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles of the AWS side."""

from __future__ import annotations

# In the order in which they need each other.
ROLES = (
    *("encryption", "network", "storage", "audit", "iam", "shared_storage", "database", "cache", "compute", "scaling"),
    *("monitoring", "guardrails", "recovery", "patching", "detection"),
)
