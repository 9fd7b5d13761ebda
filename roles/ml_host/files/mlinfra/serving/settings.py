# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the service is told: the file that the role ml_host writes, and where it keeps things."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import Missing

FILE = Path("/etc/mlinfra/serving.json")


@dataclass(frozen=True)
class Settings:
    """How the service works.

    Attributes:
        models: the names of the models that it serves.
        host: the address that it listens on.
        port: the port.
        poll_seconds: how often it looks whether another version is in production; 0 is never.
        load_seconds: how long a version may take to load and to answer its example.
        request_seconds: how long a request may take.
        waiting: how many requests of a model may wait; those beyond are refused at once.
        body_bytes: how large a request may be.
        directory: where versions are kept, and which one was good last.
        runtime: where the control socket is, gone with a restart of the host.
    """

    models: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 8080
    poll_seconds: float = 30
    load_seconds: float = 300
    request_seconds: float = 60
    waiting: int = 256
    body_bytes: int = 64 << 20
    directory: Path = Path("/var/lib/mlinfra-serving")
    runtime: Path = Path("/run/mlinfra-serving")

    @property
    def control(self) -> Path:
        """The socket that `mlinfra serve` talks to."""
        return self.runtime / "control"

    @property
    def used(self) -> Path:
        """The file whose time of change is that of the last request."""
        return self.runtime / "used"


def load() -> Settings:
    """Read the settings of this host; MLINFRA_SERVING names another file.

    Raises:
        Missing: this host serves nothing.
    """
    file = Path(os.environ.get("MLINFRA_SERVING", FILE))
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Missing(
            "This host serves no models.", "Set ml_host_serving: true and run playbooks/configure.yml."
        ) from None
    paths = {key: Path(told.pop(key)) for key in ("directory", "runtime") if key in told}
    return Settings(**{**told, **paths, "models": tuple(told["models"])})
