# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's own key, such as alias/aws/ebs, is managed and rotated by AWS: audits ask customers' keys alone for rotation."""

from __future__ import annotations

from typing import Any

from moto.kms.models import KmsBackend
from moto.kms.utils import RESERVED_ALIASES

from emulator.patching import around


def _create_alias(original: Any, self: KmsBackend, target_key_id: str, alias_name: str) -> Any:
    made = original(self, target_key_id, alias_name)
    # Customers may not take these names: a service of moto's has just made its key.
    if alias_name in RESERVED_ALIASES:
        key = self.keys[self.any_id_to_key_id(target_key_id)]
        key.key_manager, key.key_rotation_status = "AWS", True
    return made


def apply() -> None:
    """Say so when a service first needs its key."""
    around(KmsBackend, "create_alias", _create_alias)
