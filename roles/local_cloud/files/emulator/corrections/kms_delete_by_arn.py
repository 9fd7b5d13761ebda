# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""KMS ScheduleKeyDeletion takes the ARN of a key as well as its id."""
from __future__ import annotations

from moto.kms.models import KmsBackend


def apply() -> None:
    """Resolve the key as moto's other KMS operations do."""
    original = KmsBackend.schedule_key_deletion

    def schedule_key_deletion(self: KmsBackend, key_id: str, pending_window_in_days: int) -> float:
        return original(self, self.any_id_to_key_id(key_id), pending_window_in_days)

    KmsBackend.schedule_key_deletion = schedule_key_deletion  # type: ignore[method-assign]
