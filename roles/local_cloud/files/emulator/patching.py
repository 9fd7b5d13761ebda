# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How corrections change moto's classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def around(cls: type, name: str, function: Callable[..., Any]) -> None:
    """Put a function around a method.

    Args:
        cls: the class to change; its subclasses inherit the change.
        name: the method's name.
        function: gets the original method, then what the method gets.
    """
    original = getattr(cls, name)

    @wraps(original)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return function(original, *args, **kwargs)

    setattr(cls, name, replacement)
