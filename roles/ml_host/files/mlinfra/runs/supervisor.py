# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main process of a run's unit: `python -m mlinfra.runs.supervisor RUN`.

It brings code and data, starts the script, keeps its output, mirrors what it makes, listens to EC2, ends it in time where it
has to end, and keeps how it ended. SIGINT is a person who cancels the run, SIGTERM is the host that stops.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO

from .. import environment
from ..documents import Document
from ..errors import Conflict, Problem, told
from ..transfer import download
from . import leaving, limits, places, spot, store
from .mirror import Mirror, fetch, stored_of
from .record import CANCELLED, FAILED, INTERRUPTED, RUNNING, SUCCEEDED, Run, now
from .script import Script, python_of

SECONDS_BETWEEN_LOOKS = 1
SECONDS_BETWEEN_NOTICES = 5
# Of the time until an interruption, what is left to bring the last checkpoint to the bucket.
SECONDS_TO_MIRROR = 25


@dataclass(frozen=True)
class Ending:
    """Why a run ends before its script does by itself.

    Attributes:
        state: the one that it ends in.
        reason: for people.
        grace: seconds that the script has.
    """

    state: str
    reason: str
    grace: float


class Stopped(Exception):
    """It has to end before the script has begun."""


class Supervisor:
    """Watches over one run.

    Args:
        run: its name.
    """

    def __init__(self, run: str) -> None:
        kept = store.here(run)
        assert kept is not None, f"{run} has no record here"
        self.run = kept
        self._document: Document | None = None
        self._ending: Ending | None = None
        self._held = limits.Held()
        self._metadata = spot.Metadata()
        self._folder = places.folder(run)
        self._mirror = Mirror(run, self._say)
        self._outputs: list[IO[bytes]] = []
        self._announced: set[str] = set()
        # Between the claim and the script's beginning a signal ends everything at once; else it waits until it is looked at.
        self._stops_at_once = False

    def _say(self, line: str) -> None:
        """A line of our own among the script's, and in the journal."""
        print(line, flush=True)
        for output in self._outputs:
            output.write(f"[mlinfra] {line}\n".encode())
            output.flush()

    def _become(self, run: Run) -> None:
        """Take on another state, here and in the bucket."""
        self._document = store.write(run, self._document)
        self.run = run
        store.keep(run)

    def main(self) -> int:
        """The whole run; returns the script's exit status."""
        for folder in (places.CODE, places.CHECKPOINTS, places.EVENTS, places.MODEL):
            (self._folder / folder).mkdir(parents=True, exist_ok=True)
        self._open()
        signal.signal(signal.SIGINT, lambda *_: self._end(Ending(CANCELLED, "It was cancelled.", self.run.grace)))
        signal.signal(signal.SIGTERM, lambda *_: self._end(Ending(INTERRUPTED, "The host stopped.", self.run.grace)))
        try:
            ended = self._work()
        except Stopped:
            assert self._ending is not None
            ended = self.run.to(self._ending.state, reason=self._ending.reason)
        except Exception as error:
            problem = error if isinstance(error, Problem) else told(error)
            ended = self.run.to(FAILED, reason=problem.text if problem else repr(error))
            if problem is None:
                raise
        finally:
            self._stops_at_once = False
            self._finish(ended)
            if spot.LEAVING in self._announced:
                leaving.let_go(self._metadata)
        return self.run.exit_code if self.run.exit_code is not None else 1

    def _open(self) -> None:
        """Open the files that the output goes to: the run's own, and what the CloudWatch agent follows."""
        for output in self._outputs:
            output.close()
        files = [self._folder / places.OUTPUT]
        if places.logs().is_dir():
            files.append(places.logs() / f"{self.run.run}.log")
        self._outputs[:] = [file.open("ab") for file in files]

    def _end(self, ending: Ending) -> None:
        """Something asks the run to end. The first one counts."""
        if self._ending is None:
            self._ending = ending
            self._stop()

    def _stop(self) -> None:
        if self._ending and self._stops_at_once:
            self._stops_at_once = False
            raise Stopped

    def _work(self) -> Run:
        there, self._document = store.read(self.run.run)
        if (there.host, there.instance_id, there.attempt) != (self.run.host, self.run.instance_id, self.run.attempt):
            self._document = None
            raise Conflict(f"It is in the hands of {there.host} now.")
        self._stops_at_once = True
        self._stop()
        self._bring()
        python = python_of(self.run.environment)
        gpus = None if self.run.gpus is None else self._held.gpus(self.run.gpus, limits.host_gpus())
        if self.run.cpus:
            os.sched_setaffinity(0, self._held.cpus(self.run.cpus, os.sched_getaffinity(0)))
        self._stops_at_once = False
        self._become(self.run.to(RUNNING, started=now()))
        script = Script(self.run, python, gpus, self._outputs)
        self._mirror.start()
        try:
            return self._watch(script)
        finally:
            script.close()

    def _bring(self) -> None:
        """Bring what the run needs, and what was made of it on another host."""
        mark = self._folder / places.FETCH
        if mark.exists():
            self._say(f"Fetching what is there of {self.run.run}.")
            fetch(self.run.run)
            mark.unlink()
            # The one that was fetched is another file.
            self._open()
        folder = places.data(self.run.run)
        folder.mkdir(parents=True, exist_ok=True)
        for bucket in {one["bucket"] for one in self.run.data}:
            wanted = [stored_of(one) for one in self.run.data if one["bucket"] == bucket]
            self._say(f"Fetching {len(wanted)} files of {', '.join(self.run.datasets)}.")
            download({folder / stored.key: stored for stored in wanted}, bucket)

    def _watch(self, script: Script) -> Run:
        """Look each second until the script has ended."""
        memory = limits.Memory(self.run.memory) if self.run.memory else None
        is_watched = self._metadata.is_spot() or self._metadata.is_member()
        next_notice, killed_at, asked = 0.0, float("inf"), False
        while (code := script.wait(SECONDS_BETWEEN_LOOKS)) is None:
            if memory and memory.is_exceeded():
                return self._exceeded(script)
            if is_watched and time.monotonic() >= next_notice:
                next_notice = time.monotonic() + SECONDS_BETWEEN_NOTICES
                self._listen()
            if self._ending and not asked:
                asked, killed_at = True, time.monotonic() + self._ending.grace
                self._say(f"{self._ending.reason} The script has {self._ending.grace:.0f} s to end.")
                script.terminate()
            if time.monotonic() >= killed_at:
                self._say("It has not ended, and is killed.")
                script.close()
                code = script.wait(0)
                break
        if self._ending:
            return self.run.to(self._ending.state, exit_code=code, reason=self._ending.reason)
        if memory and memory.is_exceeded():
            return self._exceeded(script)
        reason = "" if code == 0 else f"The script ended with {_meaning(code)}."
        return self.run.to(FAILED if code else SUCCEEDED, exit_code=code, reason=reason)

    def _exceeded(self, script: Script) -> Run:
        script.close()
        assert self.run.memory is not None
        reason = f"It took more memory than the {self.run.memory >> 20} MiB that it may have."
        return self.run.to(FAILED, exit_code=script.wait(0), reason=reason)

    def _listen(self) -> None:
        """Hear what EC2 announces, and act on it once."""
        try:
            notices = self._metadata.notices()
        except (OSError, ValueError, KeyError) as error:
            print(f"The metadata service can't be read: {error}", flush=True)
            return
        for notice in notices:
            if notice.kind in self._announced:
                continue
            self._announced.add(notice.kind)
            (self._folder / places.NOTICE).write_text(notice.dump(), encoding="utf-8")
            if notice.kind == spot.REBALANCE and not self.run.stop_on_rebalance:
                self._say("EC2 recommends to rebalance: this instance may be interrupted soon.")
            elif notice.kind == spot.REBALANCE:
                self._end(Ending(INTERRUPTED, "EC2 recommends to rebalance.", self.run.grace))
            elif notice.kind == spot.LEAVING:
                self._end(Ending(INTERRUPTED, "Its group takes this instance away.", self.run.grace))
            else:
                left = notice.seconds_left(datetime.now(UTC)) - SECONDS_TO_MIRROR
                reason = f"EC2 will {notice.action} this instance at {notice.time:%H:%M:%S} UTC."
                self._end(Ending(INTERRUPTED, reason, max(1, min(self.run.grace, left))))
            self._mirror.hurry()

    def _finish(self, ended: Run) -> None:
        """Keep everything, and only then tell that it has ended."""
        shutil.rmtree(places.data(self.run.run), ignore_errors=True)
        ended = replace(ended, ended=now())
        self._say(f"Run {ended.run} {ended.told()}")
        if self._document is None:
            # It is not ours, or S3 can't be reached: what is there is not to be touched.
            self.run = ended
            store.keep(ended)
            return
        try:
            self._mirror.finish()
        except Exception as error:
            problem = error if isinstance(error, Problem) else told(error)
            text = problem.text if problem else repr(error)
            ended = replace(ended, reason=f"{ended.reason} Not all of it reached the bucket: {text}".strip())
        try:
            self._become(ended)
        except Exception:
            # The bucket still says that it runs; this host knows better.
            store.keep(ended)
            raise


def _meaning(code: int | None) -> str:
    """An exit status in words."""
    if code is not None and code > 128:
        with contextlib.suppress(ValueError):
            return signal.Signals(code - 128).name
    return f"exit code {code}"


def main() -> int:
    """Watch over the run that is named."""
    environment.load()
    return Supervisor(sys.argv[1]).main()


if __name__ == "__main__":
    sys.exit(main())
