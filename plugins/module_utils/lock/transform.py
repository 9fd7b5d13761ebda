# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lock of an environment: what it says, whose it is, and whether it may be taken. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

KEY = "lock.json"
FREE, HELD, NONE = "free", "held", "none"
# Of a lock that does not say for how long it is held.
MINUTES = 30


@dataclass(frozen=True)
class Run:
    """A run of Ansible, by which others know who works on an environment.

    Attributes:
        user: who started it.
        host: the name of the machine it runs on.
        command: what was started, such as site.yml.
        pid: its process.
        started: when that process started, in the words of its system; empty where the system does not tell.
        machine: tells the machine, since its last start, and its space of process ids from all others; may be empty.
        queue: the pipe that all processes of the run have open, and no others; may be empty.
    """

    user: str = ""
    host: str = ""
    command: str = ""
    pid: int = 0
    started: str = ""
    machine: str = ""
    queue: str = ""

    def is_same(self, other: Run) -> bool:
        """Whether both are one run. What is said for people plays no part."""
        here, there = ((run.machine or run.host, run.pid, run.started) for run in (self, other))
        return here == there


@dataclass(frozen=True)
class Lock:
    """What stands in a lock.

    Attributes:
        state: held or free.
        run: who holds it, or held it last.
        since: when that run took it or gave it back, by the clock of its machine, in ISO 8601.
        minutes: how long it is held unless it is renewed.
        id: another one with each writing, so that no two have the same ETag.
    """

    state: str = HELD
    run: Run = field(default_factory=Run)
    since: str = ""
    minutes: int = MINUTES
    id: str = ""


@dataclass(frozen=True)
class Standing:
    """A lock as it was read.

    Attributes:
        etag: of its object; empty where there is none.
        lock: what it says.
        written: when it was written, by the clock of S3.
        age: the seconds since then, by the same clock, so that clocks that differ play no part.
    """

    etag: str = ""
    lock: Lock = field(default_factory=lambda: Lock(state=FREE))
    written: datetime | None = None
    age: float = 0.0


class Verdict(Enum):
    """Whether a lock may be taken, and why."""

    FREE = "nobody holds it"
    OURS = "this run holds it"
    EXPIRED = "it has expired"
    ENDED = "the run that held it has ended without giving it back"
    HELD = "somebody holds it"


def judge(standing: Standing, run: Run, lives: Callable[[Run], bool]) -> Verdict:
    """Whether a run may take the lock.

    Args:
        standing: the lock as it was read.
        run: who wants it.
        lives: whether anything of a run on the same machine is still there.
    """
    lock = standing.lock
    if not standing.etag or lock.state == FREE:
        return Verdict.FREE
    if run.is_same(lock.run):
        return Verdict.OURS
    if standing.age > 60 * lock.minutes:
        return Verdict.EXPIRED
    if lock.run.machine and lock.run.machine == run.machine and not lives(lock.run):
        return Verdict.ENDED
    return Verdict.HELD


def is_due(written: float, now: float, minutes: int) -> bool:
    """Whether a lock that was written then, in seconds, has to be renewed now: a third of its time is over."""
    return now - written >= 60 * minutes / 3


def to_bytes(lock: Lock) -> bytes:
    """A lock as the content of its object."""
    return json.dumps(asdict(lock), indent=1).encode()


def from_bytes(content: bytes) -> Lock:
    """The lock in the content of its object. What can't be read counts as held by somebody unknown, until it expires."""
    try:
        given = json.loads(content)
        run = Run(**{name: kind(given["run"][name]) for name, kind in _KINDS.items()})
        return Lock(str(given["state"]), run, str(given["since"]), int(given["minutes"]), str(given["id"]))
    except (ValueError, TypeError, KeyError):
        return Lock()


_KINDS: Mapping[str, Callable[[Any], Any]] = {**dict.fromkeys(("user", "host", "command", "started", "machine", "queue"), str), "pid": int}


def told(standing: Standing) -> dict[str, Any]:
    """A lock as modules return it."""
    if not standing.etag:
        return {"etag": "", "state": NONE}
    lock, ends = standing.lock, None
    if standing.written and lock.state == HELD:
        ends = standing.written + timedelta(minutes=lock.minutes)
    return {
        "etag": standing.etag,
        "state": lock.state,
        "user": lock.run.user,
        "host": lock.run.host,
        "command": lock.run.command,
        "pid": lock.run.pid,
        "since": lock.since,
        "expires": ends.isoformat() if ends else "",
    }


def sentence(lock: Mapping[str, Any]) -> str:
    """Who works on an environment, for people.

    Args:
        lock: as `told` returns it.
    """
    who = f"{lock['user']}@{lock['host']}" if lock["user"] else "Somebody unknown"
    what = f" with {lock['command']} (process {lock['pid']})" if lock["command"] else ""
    since = f" since {clock(lock['since'])}" if lock["since"] else ""
    return f"{who} works on this environment{what}{since}"


def clock(time: str) -> str:
    """A time in ISO 8601 in short, for people; as it is where it is none."""
    try:
        return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M:%S %Z}"
    except ValueError:
        return time
