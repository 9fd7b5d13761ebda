# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs in the models bucket. Who writes run.json says which one it replaces, so that a run is never in two hands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .. import s3
from ..environment import models_bucket
from ..errors import Conflict, Missing
from . import places
from .record import Run

THREADS = 16


def read(run: str) -> tuple[Run, str]:
    """A run, and the ETag of what tells of it.

    Raises:
        Missing: there is none of that name.
    """
    client = s3.client()
    try:
        answer = client.get_object(Bucket=models_bucket(), Key=places.prefix(run) + places.RECORD)
    except client.exceptions.NoSuchKey as error:
        raise Missing(f"There is no run {run}.", "See what there is: mlinfra runs list") from error
    return Run.load(answer["Body"].read()), answer["ETag"]


def write(run: Run, replaces: str | None) -> str:
    """Write a run's state.

    Args:
        run: the run.
        replaces: the ETag of what it replaces; None for a new run.

    Returns:
        The new ETag.

    Raises:
        Conflict: somebody else has written it meanwhile.
    """
    client = s3.client()
    condition = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
    try:
        answer = client.put_object(
            Bucket=models_bucket(),
            Key=places.prefix(run.run) + places.RECORD,
            Body=run.dump().encode(),
            ContentType="application/json",
            **condition,
        )
    except client.exceptions.ClientError as error:
        if s3.code(error) not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        if replaces:
            raise Conflict(f"Run {run.run} is in other hands now.", f"See in whose: mlinfra runs show {run.run}") from error
        raise Conflict(f"There is a run {run.run} already.", "Choose another --name, or leave it out.") from error
    return answer["ETag"]


def every() -> list[Run]:
    """All runs of the environment, the newest first."""
    client = s3.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=models_bucket(), Prefix="experiments/", Delimiter="/")
    names = [entry["Prefix"].split("/")[1] for page in pages for entry in page.get("CommonPrefixes", [])]

    def look(name: str) -> Run | None:
        try:
            return read(name)[0]
        except Missing:
            # Written by something else, such as a notebook.
            return None

    with ThreadPoolExecutor(THREADS) as threads:
        found = [run for run in threads.map(look, names) if run]
    return sorted(found, key=lambda run: (run.created, run.run), reverse=True)


def here(run: str) -> Run | None:
    """What this host knows of a run of this user; None where it has none of that name."""
    file = places.folder(run) / places.RECORD
    return Run.load(file.read_text(encoding="utf-8")) if file.exists() else None


def keep(run: Run) -> None:
    """Write a run's state into its folder, whole or not at all."""
    file = places.folder(run.run) / places.RECORD
    file.parent.mkdir(parents=True, exist_ok=True)
    new = Path(f"{file}.new")
    new.write_text(run.dump(), encoding="utf-8")
    new.replace(file)
