# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read of the host, and what follows from it. All times are seconds since the host started."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Any

# What it means where something is read and does not tell, or tells something else.
FAILURES = (OSError, ValueError, KeyError, TypeError, IndexError, subprocess.SubprocessError)


@dataclass(frozen=True)
class Settings:
    """When a host counts as idle.

    Attributes:
        idle_minutes: nobody used it and nothing ran on it for so long.
        stalled_minutes: a job that runs and does no work for so long is stalled.
        cpu_percent: per cent of one core; less on average over the idle minutes is no work.
        gpu_percent: the same of the busiest GPU.
        job_percent: per cent of one core; a job that uses less, and moves less than the next, does no work.
        job_bytes: bytes a second that a job reads and writes.
    """

    idle_minutes: float = 60
    stalled_minutes: float = 60
    cpu_percent: float = 10
    gpu_percent: float = 5
    job_percent: float = 1
    job_bytes: float = 1024


@dataclass(frozen=True)
class Use:
    """Something by which people use the host.

    Attributes:
        name: what and which one, such as "kernel 0a1b2c3d" or "SSH session of ec2-user".
        last: when it was last used.
        since: when it began; None where nobody tells.
    """

    name: str
    last: float
    since: float | None = None


@dataclass(frozen=True)
class Job:
    """Something that runs for somebody.

    Attributes:
        key: tells it from all others, a later one of the same number included.
        name: what people call it.
        cpu: seconds of processor time that it and its children used so far.
        moved: bytes that they read and wrote so far.
        gpu: whether it holds a GPU.
        since: when it began; None where nobody tells.
    """

    key: str
    name: str
    cpu: float = 0
    moved: float = 0
    gpu: bool = False
    since: float | None = None


@dataclass(frozen=True)
class Sample:
    """What was read at one time.

    Attributes:
        time: when.
        cpu: seconds of processor time that all processes used so far.
        gpu: per cent of the busiest GPU; None where the host has none.
        uses: kernels, terminals and sessions.
        jobs: what runs.
        unread: what could not be read, each with its reason.
    """

    time: float
    cpu: float = 0
    gpu: float | None = None
    uses: tuple[Use, ...] = ()
    jobs: tuple[Job, ...] = ()
    unread: tuple[str, ...] = ()

    @staticmethod
    def load(data: dict[str, Any]) -> Sample:
        """The sample that `dataclasses.asdict` made this of."""
        uses = tuple(Use(**use) for use in data["uses"])
        jobs = tuple(Job(**job) for job in data["jobs"])
        return Sample(**{**data, "uses": uses, "jobs": jobs, "unread": tuple(data["unread"])})


@dataclass(frozen=True)
class Verdict:
    """What is to be done.

    Attributes:
        stop: whether the host is to stop.
        reasons: why it is to stop, or why not.
        idle_minutes: how long ago the last use was, or the start.
        stalled: the names of jobs that run and do no work.
    """

    stop: bool
    reasons: tuple[str, ...]
    idle_minutes: float
    stalled: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The verdict in one line."""
        return f"{'Stop' if self.stop else 'Stay'}: {'; '.join(self.reasons)}."
