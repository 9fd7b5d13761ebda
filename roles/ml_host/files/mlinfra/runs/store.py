# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs in the models bucket. Who writes run.json says which one it replaces, so that a run is never in two hands."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .. import documents, s3
from ..documents import Document
from ..environment import models_bucket
from ..errors import Conflict, Missing
from . import places
from .record import Run

THREADS = 16


def read(run: str) -> tuple[Run, Document]:
    """A run, and the document that tells of it.

    Raises:
        Missing: there is none of that name.
    """
    document = documents.read(models_bucket(), places.prefix(run) + places.RECORD)
    if document is None:
        raise Missing(f"There is no run {run}.", "See what there is: mlinfra runs list")
    return Run.load(document.content), document


def write(run: Run, replaces: Document | None) -> Document:
    """Write a run's state.

    Args:
        run: the run.
        replaces: what it replaces, as it was read; None for a new run.

    Raises:
        Conflict: somebody else has written it meanwhile.
    """
    try:
        return documents.write(models_bucket(), places.prefix(run.run) + places.RECORD, run.content(), replaces)
    except Conflict as error:
        if replaces:
            raise Conflict(f"Run {run.run} is in other hands now.", f"See in whose: mlinfra runs show {run.run}") from error
        raise Conflict(f"There is a run {run.run} already.", "Choose another --name, or leave it out.") from error


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
    return Run.load(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def keep(run: Run) -> None:
    """Write a run's state into its folder, whole or not at all."""
    file = places.folder(run.run) / places.RECORD
    file.parent.mkdir(parents=True, exist_ok=True)
    new = Path(f"{file}.new")
    new.write_text(json.dumps(run.content(), indent=2) + "\n", encoding="utf-8")
    new.replace(file)
