# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a run ended: how much it did where, what failed, and what to do next. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .words import counts, some, wrapped

# The task by which a playbook says so after another one has failed.
ADVISING = "Say what to do next"
_TELLING = ("fail", "assert", "validate_argument_spec", "preflight")
# So many failures are told in full, and so many hosts that nothing happened on.
_MOST = 3


@dataclass(frozen=True)
class Failure:
    """One task that failed on a host, or a host that could not be reached.

    Attributes:
        what: failed or unreachable.
        host: the host.
        task: the task's name.
        action: the module's full name.
        where: the task's role, file and line.
        resource: what it was about; empty where nobody can tell.
        message: why.
        advice: what the playbook says about it; may be empty.
    """

    what: str
    host: str
    task: str
    action: str
    where: str
    resource: str
    message: str
    advice: str = ""

    @property
    def next_step(self) -> str:
        """What to do about it."""
        if self.advice:
            return self.advice
        if self.what == "unreachable":
            return "See why it does not answer, then run the same command again to go on."
        if self.action.rpartition(".")[2] in _TELLING:
            return "Do what the message says, then run the same command again to go on."
        return "Put that right, then run the same command again: it goes on where this run stopped."


@dataclass
class Summary:
    """What a run did.

    Attributes:
        counted: how much was made, changed, removed, failed and unreachable, by host.
        failures: all failures, in their order.
    """

    counted: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def count(self, host: str, what: str) -> None:
        """One more."""
        self.counted.setdefault(host, Counter())[what] += 1

    def fail(self, failure: Failure) -> None:
        """One more failure."""
        self.failures.append(failure)

    def settle(self, host: str, unrescued: int) -> None:
        """Of a host's failures only the last so many have not been rescued: they stay, and count.

        Where the last one only says what to do about the one before, it stands for that.
        """
        self.counted.setdefault(host, Counter())
        mine = [failure for failure in self.failures if failure.host == host]
        forgotten = mine[: max(0, len(mine) - unrescued)]
        self.failures = [failure for failure in self.failures if failure not in forgotten]
        for failure in mine[len(forgotten) :]:
            self.count(host, failure.what)
        if unrescued and forgotten and mine[-1].task == ADVISING:
            said = self.failures.index(mine[-1])
            self.failures[said] = replace(forgotten[-1], advice=mine[-1].message)

    def hosts(self, would: bool) -> Iterator[tuple[str, str]]:
        """Each host with how much was done there; hosts on which nothing was, are told together where they are many."""
        idle = [host for host, counted in sorted(self.counted.items()) if not counted.total()]
        for host, counted in sorted(self.counted.items()):
            if counted.total() or len(idle) <= _MOST:
                yield host, counts(counted, would)
        if len(idle) > _MOST:
            yield some(idle, 1), counts({}, would)

    def told(self, width: int) -> Iterator[str]:
        """What failed, each once however many hosts it failed on, and what to do next, as lines."""
        hosts: dict[Failure, list[str]] = {}
        for failure in self.failures:
            hosts.setdefault(replace(failure, host=""), []).append(failure.host)
        for failure, failing in list(hosts.items())[:_MOST]:
            yield ""
            yield from _labelled("Failed", f"{failure.resource or failure.task}, on {some(failing)}", width)
            yield from _labelled("Task", f"{failure.task} ({failure.where})" if failure.resource else failure.where, width)
            yield from _labelled("Message", failure.message, width)
        if len(hosts) > _MOST:
            yield ""
            yield from _labelled("Failed", f"{len(hosts) - _MOST} more, see above", width)
        yield from _labelled("Next", "\n".join(dict.fromkeys(failure.next_step for failure in hosts)), width)


def _labelled(label: str, text: str, width: int) -> Iterator[str]:
    indent = " " * 11
    lines = wrapped(text, width, indent)
    if lines:
        yield f"  {label:<9}{lines[0].lstrip()}"
    yield from lines[1:]
