# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of a run: run.json, in its folder and in the models bucket. Pure."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

STARTING, RUNNING = "starting", "running"
SUCCEEDED, FAILED, CANCELLED, INTERRUPTED = "succeeded", "failed", "cancelled", "interrupted"
# In which nothing happens any more until somebody resumes it.
ENDED = (SUCCEEDED, FAILED, CANCELLED, INTERRUPTED)


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        run: its name, of which an environment has one only.
        state: starting, running, succeeded, failed, cancelled or interrupted.
        script: what is run, as a path below code/.
        arguments: what the script is given.
        code: the version of the code: a git commit, or the SHA-256 of all files where they are no commit's.
        data: the objects that it was given: bucket, key, size, sha256 and version_id of each.
        datasets: the names by which it was given them, such as processed/digits.
        environment: the Python environment, by name or path; empty for the host's own.
        processes: of torchrun; None runs the script without it.
        ray: whether it is a job of the Ray cluster that this host leads.
        hosts: of torchrun in the cluster; None for all that are there.
        cpus: processor cores; None for all.
        memory: bytes; None for all.
        gpus: GPUs that nobody else gets meanwhile; None for whatever is there.
        grace: seconds between SIGTERM and SIGKILL.
        stop_on_rebalance: whether it ends at a rebalance recommendation, and not at the interruption only.
        by: who started it.
        user: the Linux user that it runs as.
        host: the name of its host, of the last one where it was resumed.
        instance_id: of that host; None outside EC2.
        attempt: 1, and one more with each time that it was resumed.
        exit_code: of the script, as shells tell it.
        reason: why it ended as it did.
        created: when it was asked for.
        started: when the script began, at the last attempt.
        ended: when it ended.
    """

    run: str
    state: str
    script: str
    arguments: list[str] = field(default_factory=list)
    code: str = ""
    data: list[dict[str, Any]] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    environment: str = ""
    processes: int | None = None
    ray: bool = False
    hosts: int | None = None
    cpus: int | None = None
    memory: int | None = None
    gpus: int | None = None
    grace: int = 90
    stop_on_rebalance: bool = False
    by: str = ""
    user: str = ""
    host: str = ""
    instance_id: str | None = None
    attempt: int = 1
    exit_code: int | None = None
    reason: str = ""
    created: str = ""
    started: str = ""
    ended: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing happens any more until somebody resumes it."""
        return self.state in ENDED

    def to(self, state: str, **more: Any) -> Run:
        """The same run in another state."""
        return replace(self, state=state, **more)

    def again(self, host: str, instance_id: str | None) -> Run:
        """The same run, to be resumed on a host."""
        return replace(
            self,
            state=STARTING,
            host=host,
            instance_id=instance_id,
            attempt=self.attempt + 1,
            exit_code=None,
            reason="",
            started="",
            ended="",
        )

    def told(self) -> str:
        """How it is, in words."""
        return f"{self.state}." + (f" {self.reason}" if self.reason else "")

    def content(self) -> dict[str, Any]:
        """What run.json says."""
        return asdict(self)

    @staticmethod
    def load(content: dict[str, Any]) -> Run:
        """The run that a run.json tells of. What a later release has added to it is left out."""
        known = {one.name for one in fields(Run)}
        return Run(**{name: value for name, value in content.items() if name in known})


def now() -> str:
    """The time, in UTC and ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def name_for(script: str, moment: datetime) -> str:
    """A name made of the script's and of the time.

    Args:
        script: the script.
        moment: the time, in UTC.
    """
    stem = re.sub(r"[^a-z0-9]+", "-", script.rpartition("/")[2].rpartition(".")[0].lower()).strip("-") or "run"
    return f"{stem[:40]}-{moment:%Y%m%d-%H%M%S}"
