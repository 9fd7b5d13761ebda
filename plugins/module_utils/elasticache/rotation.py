# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replaces a replication group's token: for a while it takes both, so that nobody is locked out, and whoever stops half-way can go on."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import api, transform

# 43 characters of those that ElastiCache takes.
_BYTES = 32


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(_BYTES)


@dataclass(frozen=True)
class Rotation:
    """One group and its secret.

    Attributes:
        cache: ElastiCache's client.
        manager: Secrets Manager's client.
        group: the name of the group.
        secret: the name of the secret.
        timeout: seconds to wait for the group each time.
        delay: seconds between two looks.
    """

    cache: Any
    manager: Any
    group: str
    secret: str
    timeout: float
    delay: float = 15

    def replace(self) -> list[str]:
        """Replaces the token, or goes on with a replacement that was cut short, and returns the steps that were done."""
        done = self.finish()
        if done:
            return done
        since = f"{transform.SINCE}{transform.changed_at(self._standing())}"
        api.put_token(self.manager, self.secret, new_token(), [transform.PENDING, since])
        return self.finish()

    def finish(self) -> list[str]:
        """Does what is left of a replacement that was begun, and returns the steps that were done."""
        done: list[str] = []
        # What this run has done it does not do again, whatever the group's dates say.
        while left := [step for step in transform.steps(self._found(), self._standing()) if step not in done]:
            _STEPS[left[0]](self)
            done.append(left[0])
        return done

    def _standing(self) -> dict[str, Any]:
        """The group, once it is available."""
        api.wait(self.cache, self.group, "available", self.timeout, self.delay)
        return api.group(self.cache, self.group) or {}

    def _found(self) -> dict[str, Any]:
        return api.secret(self.manager, self.secret) or {}

    def _change(self, strategy: str) -> None:
        token = api.token(self.manager, self.secret, transform.pending(self._found()))
        api.change_group(self.cache, self.group, {"AuthToken": token, "AuthTokenUpdateStrategy": strategy})

    def _rotate(self) -> None:
        self._change("ROTATE")

    def _set(self) -> None:
        self._change("SET")

    def _note(self) -> None:
        label = f"{transform.ROTATED}{transform.changed_at(self._standing())}"
        api.label(self.manager, self.secret, label, onto=transform.pending(self._found()))

    def _promote(self) -> None:
        found = self._found()
        api.label(self.manager, self.secret, transform.CURRENT, onto=transform.pending(found), off=transform.current(found))

    def _tidy(self) -> None:
        """Takes the labels off; that the group took the token goes last, so that it is never told again."""
        found = self._found()
        version = transform.pending(found) or transform.current(found)
        for one in transform.notes(found, version):
            api.label(self.manager, self.secret, one, off=version)


_STEPS: dict[str, Callable[[Rotation], None]] = {
    "rotate": Rotation._rotate,
    "note": Rotation._note,
    "promote": Rotation._promote,
    "set": Rotation._set,
    "tidy": Rotation._tidy,
}
