# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's own key, such as alias/aws/ebs, is managed and rotated by AWS: audits ask customers' keys alone for rotation."""

from __future__ import annotations

from typing import Any

from moto.kms.models import KmsBackend

from emulator.patching import around


def _generate_default_keys(original: Any, self: KmsBackend, alias_name: str) -> str | None:
    made = original(self, alias_name)
    if made:
        key = self.keys[made]
        key.key_manager, key.key_rotation_status = "AWS", True
    return made


def apply() -> None:
    """Say so of the keys that moto makes when a service first needs them."""
    around(KmsBackend, "_generate_default_keys", _generate_default_keys)
