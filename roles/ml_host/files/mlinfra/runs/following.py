# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run's output, as it comes: from this host, or from what is mirrored of another's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from .. import s3
from ..environment import models_bucket
from . import places, store
from .record import Run

SECONDS_HERE = 0.3
SECONDS_THERE = 5
CHUNK = 1 << 20


def follow(name: str, until_it_ends: bool) -> Iterator[bytes]:
    """What a run has put out, and what it goes on to put out.

    Args:
        name: the run.
        until_it_ends: whether to wait for more.

    Raises:
        Missing: there is no such run.
    """
    mine = store.here(name)
    there, _document = store.read(name)
    # A run that has gone on elsewhere has left an old folder here.
    is_here = mine is not None and (mine.host, mine.attempt) == (there.host, there.attempt)
    read, state, pause = (_here, _kept, SECONDS_HERE) if is_here else (_there, _stored, SECONDS_THERE)
    position = 0
    while True:
        # Before its last output: what comes until then is read once more.
        has_ended = state(name).has_ended
        while content := read(name, position):
            position += len(content)
            yield content
        if has_ended or not until_it_ends:
            return
        time.sleep(pause)


def _kept(name: str) -> Run:
    run = store.here(name)
    assert run is not None
    return run


def _stored(name: str) -> Run:
    return store.read(name)[0]


def _here(name: str, position: int) -> bytes:
    file: Path = places.folder(name) / places.OUTPUT
    if not file.exists():
        return b""
    with file.open("rb") as output:
        output.seek(position)
        return output.read(CHUNK)


def _there(name: str, position: int) -> bytes:
    client = s3.client()
    try:
        answer = client.get_object(
            Bucket=models_bucket(), Key=places.prefix(name) + places.OUTPUT, Range=f"bytes={position}-{position + CHUNK - 1}"
        )
    except client.exceptions.ClientError as error:
        # Nothing is mirrored yet, or nothing more.
        if s3.code(error) in ("NoSuchKey", "InvalidRange"):
            return b""
        raise
    return answer["Body"].read()
