# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS Backup answers AccessDeniedException for a vault that does not exist, and modules rely on it."""

from __future__ import annotations

from typing import Any

from moto.backup.models import BackupBackend
from moto.core.exceptions import JsonRESTError

from emulator.patching import around


def _describe_backup_vault(original: Any, self: BackupBackend, backup_vault_name: str) -> Any:
    if backup_vault_name not in self.vaults:
        raise JsonRESTError("AccessDeniedException", "Insufficient privileges to perform this action.")
    return original(self, backup_vault_name)


def apply() -> None:
    """Refuse as AWS does, which does not tell who may know that the vault is missing."""
    around(BackupBackend, "describe_backup_vault", _describe_backup_vault)
