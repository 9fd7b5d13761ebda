# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run's folder in the models bucket, kept up to date while it runs."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import names, s3
from ..environment import models_bucket
from ..errors import Problem, told
from ..transfer import Stored, download, listing, upload
from . import places

# What is mirrored. The record is not: whoever holds it writes it by itself.
FOLDERS = (places.CHECKPOINTS, places.EVENTS, places.MODEL, places.CODE)
FILES = (places.METRICS, places.OUTPUT)
# Written by appending: half of it is the first half. The others have to rest, lest half a checkpoint be the newest.
GROWING = (places.EVENTS, places.OUTPUT, places.METRICS)
SECONDS_OF_REST = 3
SECONDS_BETWEEN = 30
Seen = Mapping[str, tuple[int, int]]


def found(folder: Path) -> dict[str, tuple[int, int]]:
    """The files that are mirrored, by their paths below the folder: time of change and size. Unfinished ones are left out."""
    files = [folder / name for name in FILES] + [path for name in FOLDERS for path in (folder / name).rglob("*")]
    seen = {}
    for path in files:
        if path.is_file() and not path.name.startswith(".") and path.suffix not in (".part", ".tmp"):
            there = path.stat()
            seen[str(path.relative_to(folder))] = (there.st_mtime_ns, there.st_size)
    return seen


def due(seen: Seen, mirrored: Seen, now: float, rest: float) -> tuple[list[str], list[str]]:
    """What is to be sent, and what to be removed.

    Args:
        seen: the files that are there.
        mirrored: those that were there at the last time.
        now: the time, in seconds since 1970.
        rest: seconds for which a file that does not grow has to have rested.
    """
    send = [
        name
        for name, state in seen.items()
        if mirrored.get(name) != state and (name.split("/")[0] in GROWING or now - state[0] / 1e9 >= rest)
    ]
    return send, [name for name in mirrored if name not in seen]


class Mirror:
    """Mirrors one run.

    Args:
        run: its name.
        say: takes lines for people.
    """

    def __init__(self, run: str, say: Callable[[str], None]) -> None:
        self._folder = places.folder(run)
        self._prefix = places.prefix(run)
        self._say = say
        self._mirrored: dict[str, tuple[int, int]] = {}
        self._end = threading.Event()
        self._now = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._one = threading.Lock()

    def start(self) -> None:
        """Begin to mirror beside all else."""
        self._thread.start()

    def hurry(self) -> None:
        """Do not wait for the next time."""
        self._now.set()

    def finish(self) -> None:
        """End, with everything mirrored. Checkpoints go first.

        Raises:
            Problem: not everything is; the files are here all the same.
        """
        self._end.set()
        self._now.set()
        if self._thread.is_alive():
            self._thread.join()
        self.once(rest=0)

    def _work(self) -> None:
        while not self._end.is_set():
            try:
                self.once(SECONDS_OF_REST)
            except Exception as error:
                problem = error if isinstance(error, Problem) else told(error)
                if problem is None:
                    raise
                self._say(f"Not everything could be mirrored, and is tried again: {problem.text}")
            self._now.wait(SECONDS_BETWEEN)
            self._now.clear()

    def once(self, rest: float) -> None:
        """Mirror what has changed.

        Args:
            rest: seconds for which a file that does not grow has to have rested.

        Raises:
            Problem, ClientError: not everything is mirrored.
        """
        with self._one, tempfile.TemporaryDirectory(prefix="mlinfra-") as copies:
            seen = found(self._folder)
            send, remove = due(seen, self._mirrored, time.time(), rest)
            files = {}
            for name in sorted(send, key=lambda name: name.split("/")[0] != places.CHECKPOINTS):
                path = self._folder / name
                if name.split("/")[0] in GROWING:
                    # It may grow while it is sent.
                    path = Path(copies, str(len(files)))
                    shutil.copyfile(self._folder / name, path)
                files[self._prefix + name] = path
            upload(files, models_bucket())
            self._mirrored.update({name: seen[name] for name in send})
            for name in remove:
                s3.client().delete_object(Bucket=models_bucket(), Key=self._prefix + name)
                del self._mirrored[name]


def fetch(run: str) -> None:
    """Bring what is mirrored of a run into its folder, in the place of what is there."""
    prefix, folder = places.prefix(run), places.folder(run)
    stored = {
        names.inside(folder, one.key.removeprefix(prefix)): one
        for one in listing(models_bucket(), prefix)
        if one.key.removeprefix(prefix).split("/")[0] in (*FOLDERS, *FILES)
    }
    for path in folder.rglob("*"):
        if path.is_file() and path not in stored and path.name not in (places.RECORD, places.FETCH):
            path.unlink()
    download(stored, models_bucket())


def described(bucket: str, stored: Stored) -> dict[str, Any]:
    """An object of the data, as a run's record has it."""
    return {
        "bucket": bucket,
        "key": stored.key,
        "size": stored.size,
        "sha256": stored.sha256,
        "version_id": stored.version_id,
    }


def stored_of(one: Mapping[str, Any]) -> Stored:
    """The object that a run's record describes so."""
    return Stored(one["key"], one["size"], one["sha256"], one["version_id"])
