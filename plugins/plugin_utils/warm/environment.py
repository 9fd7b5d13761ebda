# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Notes which environment variables are read while libraries are loaded: a fork can't have other values of those."""

from __future__ import annotations

import contextlib
import os
import typing as t

# Stands for all names.
ALL = "*"


class _Noted(os._Environ):
    """os.environ, but what is read is noted."""

    names: t.ClassVar[set] = set()

    def __getitem__(self, key: t.Any) -> t.Any:
        self.names.add(os.fsdecode(key))
        return super().__getitem__(key)

    def __iter__(self) -> t.Iterator[t.Any]:
        self.names.add(ALL)
        return super().__iter__()

    def copy(self) -> dict[t.Any, t.Any]:
        self.names.add(ALL)
        return super().copy()


@contextlib.contextmanager
def noted() -> t.Iterator[set[str]]:
    """Yield the set of names that have been read, of all times that this was entered."""
    plain = type(os.environ)
    os.environ.__class__ = _Noted
    try:
        yield _Noted.names
    finally:
        os.environ.__class__ = plain


@contextlib.contextmanager
def replaced(values: t.Mapping[str, str]) -> t.Iterator[None]:
    """Give this process another environment for a while. What is read of it then says nothing and is not noted."""
    noting = type(os.environ)
    os.environ.__class__ = os._Environ
    names = dict(os.environ)
    try:
        replace(values)
        yield
    finally:
        replace(names)
        os.environ.__class__ = noting


def replace(values: t.Mapping[str, str]) -> None:
    """Give this process another environment."""
    for name in [name for name in os.environ if name not in values]:
        del os.environ[name]
    for name, value in values.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
