# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which roles of a play are done, which runs, and which are still to come. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from .words import Signs


class Steps:
    """The roles of one play."""

    def __init__(self) -> None:
        self._roles: list[str] = []
        self._done: set[str] = set()
        self.current = ""

    def expect(self, roles: Iterable[str]) -> None:
        """These roles will run, after those that are known already."""
        self._roles += [role for role in dict.fromkeys(roles) if role not in self._roles]

    def begin(self, role: str) -> bool:
        """A task of this role begins, or of none; say whether it is another than before."""
        if role == self.current:
            return False
        if self.current:
            self._done.add(self.current)
        self.current = role
        if not role:
            return True
        if role not in self._roles:
            self._roles.insert(len([known for known in self._roles if known in self._done]), role)
        # What was passed over had nothing to do.
        before = self._roles[: self._roles.index(role)]
        self._roles = [known for known in self._roles if known not in before or known in self._done]
        return True

    @property
    def place(self) -> str:
        """The role that runs, and which of how many it is."""
        if len(self._roles) < 2 or not self.current:
            return self.current
        return f"{self.current} {self._roles.index(self.current) + 1}/{len(self._roles)}"

    def picture(self, signs: Signs, width: int) -> str:
        """All roles on one line, as many as it has room for: done, running, to come."""
        at = self._roles.index(self.current)
        done = [f"{signs.done} {role}" for role in self._roles[:at]]
        ahead = [f"{signs.done if role in self._done else signs.ahead} {role}" for role in self._roles[at + 1 :]]
        now = f"{signs.running} {self.current}"
        line = "  ".join([*done, now, *ahead])
        if len(line) > width and len(done) > 1:
            done = [f"{signs.done} {len(done)} done"]
            line = "  ".join([*done, now, *ahead])
        shown = len(ahead)
        while len(line) > width and shown:
            shown -= 1
            line = "  ".join([*done, now, *ahead[:shown], f"{signs.ahead} {len(ahead) - shown} more"])
        return line
