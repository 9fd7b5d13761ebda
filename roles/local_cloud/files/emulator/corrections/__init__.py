# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where moto answers otherwise than AWS does: one module for each fault, with one function `apply`."""

from __future__ import annotations

import pkgutil
from importlib import import_module


def names() -> list[str]:
    """The names of all corrections."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def apply_all() -> None:
    """Correct moto, in this process."""
    for name in names():
        import_module(f"{__name__}.{name}").apply()
