# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""KMS ScheduleKeyDeletion takes the ARN of a key as well as its id."""

from __future__ import annotations

from typing import Any

from moto.kms.models import KmsBackend

from emulator.patching import around


def _schedule_key_deletion(original: Any, self: KmsBackend, key_id: str, pending_window_in_days: int) -> float:
    return original(self, self.any_id_to_key_id(key_id), pending_window_in_days)


def apply() -> None:
    """Resolve the key as moto's other KMS operations do."""
    around(KmsBackend, "schedule_key_deletion", _schedule_key_deletion)
