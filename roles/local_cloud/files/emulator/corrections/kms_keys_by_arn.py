# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""KMS disables, enables, deletes and gives back a key by its ARN as well as by its id."""

from __future__ import annotations

from typing import Any

from moto.kms.models import KmsBackend

from emulator.patching import around

OPERATIONS = ("disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion")


def _by_any_id(original: Any, self: KmsBackend, key_id: str, *arguments: Any, **named: Any) -> Any:
    return original(self, self.any_id_to_key_id(key_id), *arguments, **named)


def apply() -> None:
    """Resolve the key as moto's other KMS operations do."""
    for operation in OPERATIONS:
        around(KmsBackend, operation, _by_any_id)
