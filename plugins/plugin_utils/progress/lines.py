# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lines of each sort, and how they are laid out."""

from __future__ import annotations

from collections.abc import Iterable

from ansible import constants as C

from .changes import Change
from .known import CHANGED, MADE, REMOVED
from .screen import Screen
from .steps import Steps
from .summary import Summary
from .words import some, wrapped

HEADING = "bright blue"
_COLOURS = {MADE: C.COLOR_OK, CHANGED: C.COLOR_CHANGED, REMOVED: C.COLOR_ERROR}
# In fewer columns nothing is lined up.
_ROOMY = 78
_KIND = 17
_HANGING = 8
# The reason of a failure has so many lines here, and all of them in the summary.
_WHY = 2


class Lines:
    """Writes lines.

    Args:
        screen: where to.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._signs = screen.signs
        self._hosts: list[str] = []
        self._heading = ""
        self._after_text = False
        self._said: dict[str, list[str]] = {}
        self._warned: set[str] = set()

    @property
    def several(self) -> bool:
        """Whether lines name their host, because there are several."""
        return len(self._hosts) > 1

    def play(self, name: str, hosts: list[str]) -> None:
        """The heading of a play."""
        self._hosts, self._heading, self._after_text = hosts, "", False
        self._screen.say("")
        self._screen.say((name, HEADING), f"{self._signs.between}{some(hosts) or 'no hosts'}")

    def roles(self, steps: Steps) -> None:
        """The roles, where another one runs than when they were last shown."""
        if steps.current == self._heading:
            return
        self._heading = steps.current
        if steps.current:
            self._leave_text()
            self._screen.say((f"  {steps.picture(self._signs, self._screen.width - 2)}", HEADING))

    def remark(self, host: str, text: str) -> None:
        """A sentence on a host."""
        self._leave_text()
        self._screen.say(f"  {self._named(host)}{text}")

    def change(self, host: str, change: Change, end: str) -> None:
        """What was made, changed or removed.

        Args:
            host: the host.
            change: what.
            end: how long it took, or that it would be.
        """
        what = "  ".join(filter(None, [change.name, change.id]))
        self._row(host, self._signs.of(change.what), _COLOURS[change.what], change.kind, what, end)

    def fault(self, host: str, kind: str, what: str, end: str, message: str) -> None:
        """What failed, and the beginning of why; the summary has all of it."""
        self._row(host, self._signs.failed, C.COLOR_ERROR, kind, what, end)
        why = wrapped(" ".join(message.split()), self._screen.width - len(self._signs.waiting), " " * _HANGING)
        self._all([*why[: _WHY - 1], why[_WHY - 1] + self._signs.waiting] if len(why) > _WHY else why)

    def text(self, host: str, text: str) -> None:
        """What a playbook says, once: where several hosts say the same, the first of them says it."""
        said_by = self._said.setdefault(text.rstrip(), [])
        if host in said_by:
            return
        said_by.append(host)
        if len(said_by) > 1:
            self._screen.say(f"{host} says the same as {said_by[0]}.")
        else:
            self._screen.say("")
            if self.several:
                self._screen.say((host, HEADING))
            self._all(text.rstrip().splitlines())
        self._after_text = True

    def diff(self, text: str) -> None:
        """A difference, as Ansible writes it."""
        self._screen.say(text.strip("\n"), colored=True)
        self._after_text = True

    def warning(self, text: str) -> None:
        """A warning, once."""
        if text in self._warned:
            return
        self._warned.add(text)
        self._leave_text()
        for line in wrapped(f"Warning: {text}", self._screen.width, "    "):
            self._screen.say((line, C.COLOR_WARN))

    def summary(self, summary: Summary, headline: str, would: bool) -> None:
        """How it ended."""
        colour = C.COLOR_ERROR if summary.failures else C.COLOR_OK
        told = list(summary.hosts(would))
        self._screen.say("")
        if len(told) == 1:
            self._screen.say((headline, colour), self._signs.between, f"{told[0][0]}: {told[0][1]}")
        else:
            self._screen.say((headline, colour))
            longest = max((len(host) for host, _counted in told), default=0)
            self._all(f"  {host:<{longest}}  {counted}" for host, counted in told)
        self._all(summary.told(self._screen.width))

    def _leave_text(self) -> None:
        """Let an empty line follow a text."""
        if self._after_text:
            self._screen.say("")
        self._after_text = False

    def _all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._screen.say(line)

    def _named(self, host: str) -> str:
        return f"{host:<{max(map(len, self._hosts))}}  " if self.several else ""

    def _row(self, host: str, sign: str, colour: str, kind: str, what: str, end: str) -> None:
        """One line; on a terminal that is too narrow for it, more of them, broken where nothing is that one copies."""
        self._leave_text()
        width = self._screen.width
        start = f"    {self._named(host)}"
        mark = f"{sign} {kind.replace('_', ' '):<{_KIND if width >= _ROOMY else 0}} " if kind else f"{sign} "
        taken = len(start) + len(mark)
        lines = wrapped(what, width - taken) if self._screen.live and what else [what]
        indent = " " * (taken if width >= _ROOMY else _HANGING)
        lines[1:] = [f"{indent}{line}" for line in lines[1:]]
        room = width - len(lines[-1]) - (taken if len(lines) == 1 else 0)
        if self._screen.live and room < len(end) + 2:
            lines.append("")
            room = width
        lines[-1] += f"{end:>{room}}" if room > len(end) + 1 else f"  {end}"
        self._screen.say(start, (mark, colour), lines[0].rstrip())
        self._all(line.rstrip() for line in lines[1:])
