# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the model of a run is fit for production: it is whole, good enough, and can be served."""

from __future__ import annotations

import operator
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import documents, environment, names
from ..errors import Invalid, Missing, Usage
from ..transfer import Stored, download, listing
from . import registry

if TYPE_CHECKING:
    from rich.progress import Progress

COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq}
REQUIREMENT = re.compile(r"\s*([^\s<>=]+)\s*(>=|<=|==|>|<)\s*(\S+)\s*")


@dataclass(frozen=True)
class Requirement:
    """What a metric has to be.

    Attributes:
        metric: its name.
        comparison: one of COMPARISONS.
        threshold: what it is compared with.
    """

    metric: str
    comparison: str
    threshold: float

    @staticmethod
    def parse(text: str) -> Requirement:
        """A requirement as people write it, such as accuracy>=0.9.

        Raises:
            Usage: it is none.
        """
        found = REQUIREMENT.fullmatch(text)
        try:
            return Requirement(found[1], found[2], float(found[3])) if found else _refuse(text)
        except ValueError:
            return _refuse(text)

    def __str__(self) -> str:
        return f"{self.metric}{self.comparison}{self.threshold:g}"

    def unmet(self, metrics: Mapping[str, Any]) -> str:
        """Why metrics do not meet it; empty where they do."""
        value = metrics.get(self.metric)
        if isinstance(value, bool) or not isinstance(value, int | float):
            known = ", ".join(sorted(metrics)) or "none at all"
            return f"{self} is required, and the run has no such metric. It has {known}."
        if not COMPARISONS[self.comparison](value, self.threshold):
            return f"{self} is required, and it is {value:g}."
        return ""


def _refuse(text: str) -> Requirement:
    raise Usage(f"{text!r} is no requirement.", "Write a metric, one of >= <= > < == and a number, such as accuracy>=0.9.")


@dataclass(frozen=True)
class Candidate:
    """A run whose model is fit for production.

    Attributes:
        run: its name.
        record: what its run.json says.
        metrics: its metrics.
        requirements: those that it meets.
        files: its model's files, by their paths in the model's folder.
    """

    run: str
    record: dict[str, Any]
    metrics: dict[str, Any]
    requirements: list[str]
    files: dict[str, Stored]


def validate(run: str, requirements: Sequence[Requirement] = (), progress: Progress | None = None) -> Candidate:
    """Look whether the model of a run is fit for production. Nothing is changed.

    Args:
        run: its name.
        requirements: what its metrics have to be.
        progress: where to show how far it is.

    Raises:
        Missing: there is no such run.
        Invalid: it is not fit; the text says why.
    """
    candidate = examine(run, requirements)
    serve(candidate, progress)
    return candidate


def examine(run: str, requirements: Sequence[Requirement] = ()) -> Candidate:
    """The part of the validation that needs no more than to ask S3: see validate()."""
    prefix, bucket = f"experiments/{names.checked('run', run)}/", environment.models_bucket()
    record = documents.read(bucket, f"{prefix}run.json")
    if record is None:
        raise Missing(f"There is no run {run}.", "See which there are: mlinfra runs list")
    metrics = documents.read(bucket, f"{prefix}metrics.json")
    folder = f"{prefix}model/"
    files = {stored.key[len(folder) :]: stored for stored in listing(bucket, folder)}
    candidate = Candidate(
        run, record.content, metrics.content if metrics else {}, [str(each) for each in requirements], files
    )
    if problems := [*_of_files(candidate), *(text for each in requirements if (text := each.unmet(candidate.metrics)))]:
        raise Invalid(f"The model of {run} is not fit for production. " + " ".join(problems))
    return candidate


def _of_files(candidate: Candidate) -> list[str]:
    problems = []
    if (state := candidate.record.get("state")) != "succeeded":
        problems.append(f"The run has not succeeded: it is {state}.")
    if not candidate.files:
        problems.append("It has no model: the script writes it to MLINFRA_MODEL_DIRECTORY.")
    if reserved := {registry.MANIFEST, registry.CLAIM} & candidate.files.keys():
        problems.append(f"These names are taken in production: {', '.join(sorted(reserved))}.")
    if unknown := [path for path, stored in candidate.files.items() if not stored.sha256]:
        problems.append(f"Without a checksum, because nobody sent it by mlinfra: {', '.join(unknown)}.")
    return problems


def serve(candidate: Candidate, progress: Progress | None = None) -> None:
    """The other part: download the model, verify it, load it, and have it answer its example: see validate()."""
    from ..serving.check import check

    # /tmp is memory on Amazon Linux 2023.
    with tempfile.TemporaryDirectory(prefix="mlinfra-", dir=os.environ.get("TMPDIR", "/var/tmp")) as temporary:
        folder = Path(temporary)
        wanted = {names.inside(folder, path): stored for path, stored in candidate.files.items()}
        download(wanted, environment.models_bucket(), progress)
        check(folder)
