# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The launch time of an instance is that of its last start. Moto keeps that of the first."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance

from emulator.patching import around


def _start(original: Any, self: Instance) -> Any:
    previous = original(self)
    if previous.name != "running":
        self.launch_time = utcnow()
    return previous


def apply() -> None:
    """Correct starting."""
    around(Instance, "start", _start)
