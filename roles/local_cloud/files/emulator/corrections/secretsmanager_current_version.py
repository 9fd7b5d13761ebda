# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whoever reads a secret gets the version with the label AWSCURRENT. moto goes on with the one before, where the label was moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

from emulator.patching import around


def _move(original: Callable[..., Any], self: SecretsManagerBackend, *args: Any, **kwargs: Any) -> Any:
    answer = original(self, *args, **kwargs)
    secret = self.secrets[kwargs["secret_id"] if "secret_id" in kwargs else args[0]]
    for identifier, version in list(secret.versions.items()):
        if "AWSCURRENT" in version["version_stages"]:
            secret.set_default_version_id(identifier)
    return answer


def apply() -> None:
    """Have what is read follow the label."""
    around(SecretsManagerBackend, "update_secret_version_stage", _move)
