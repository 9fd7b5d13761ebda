# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From raw data to processed data, by somebody's script."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .. import names, output
from ..errors import Conflict, Invalid, Missing, Problem, Usage
from ..transfer import checksums
from . import datasets


def process(
    script: Path,
    source: str,
    target: str,
    arguments: Sequence[str] = (),
    again: bool = False,
    check: bool = False,
) -> tuple[datasets.Dataset, bool]:
    """Run a script that makes one dataset of another one.

    The script finds the files in MLINFRA_INPUT_DIRECTORY and writes its own to MLINFRA_OUTPUT_DIRECTORY. What it prints goes to
    standard error. Nothing is stored unless it ends with 0.

    Args:
        script: a Python script, or any other program.
        source: the dataset that it reads, such as raw/digits.
        target: the dataset that it makes, such as processed/digits.
        arguments: for the script.
        again: run it even where the target was made by the same script, of the same data, with the same arguments.
        check: only say whether it would be run.

    Returns:
        The dataset that was made, and whether it is new.

    Raises:
        Usage: no dataset can have that name, or the script does not exist.
        Missing: there is no such source.
        Invalid: the script has written nothing, or the source is corrupt.
        Conflict: somebody else makes the same dataset here at the moment, or was quicker.
        Problem: the script has failed.
    """
    if not script.is_file():
        raise Usage(f"The script {script} does not exist.")
    if source.strip("/") == target.strip("/"):
        raise Usage(f"{source} can't be made of itself.", "Give the result another name: --to processed/NAME")
    names.dataset(target)
    read = datasets.find(source)
    made_of = {
        "dataset": read.reference,
        "version_id": read.version_id,
        "sha256": _identity(read),
        "script": script.name,
        "script_sha256": checksums.sha256(script),
        "arguments": list(arguments),
    }
    standing = _standing(target)
    if not again and standing and standing.source == made_of:
        return standing, False
    if check:
        return standing or datasets.Dataset(target, {}, None, "", "", made_of), True
    with _workplace(target) as folder:
        # Of another state of the source; what is there of this one was downloaded by a run that was interrupted.
        for old in folder.iterdir():
            if old.name != made_of["sha256"]:
                shutil.rmtree(old)
        read_from, write_to = folder / made_of["sha256"], folder / "output"
        write_to.mkdir()
        with output.progress() as progress:
            datasets.fetch(read, read_from, progress)
        _run(script, arguments, read_from, write_to)
        if not any(write_to.iterdir()):
            raise Invalid(f"{script.name} has written nothing to MLINFRA_OUTPUT_DIRECTORY.", f"{target} is as it was.")
        with output.progress() as progress:
            return datasets.store(target, datasets.files_of(write_to), made_of, progress)


def _identity(dataset: datasets.Dataset) -> str:
    contents = [(path, stored.sha256, stored.version_id) for path, stored in sorted(dataset.files.items())]
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()


def _standing(target: str) -> datasets.Dataset | None:
    try:
        return datasets.find(target)
    except Missing:
        return None


@contextmanager
def _workplace(target: str) -> Iterator[Path]:
    """A folder for one at a time, which stays when it fails, so that the next one need not download again."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlinfra" / "process"
    cache.mkdir(parents=True, exist_ok=True)
    name = target.strip("/").replace("/", "+")
    folder = cache / name
    with (cache / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another process makes {target} here at the moment.", "Wait until it has ended.") from None
        folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder)


def _run(script: Path, arguments: Sequence[str], read_from: Path, write_to: Path) -> None:
    program = [sys.executable, str(script)] if script.suffix == ".py" else [str(script.absolute())]
    # Standard output belongs to the result of the command.
    given = {"MLINFRA_INPUT_DIRECTORY": str(read_from), "MLINFRA_OUTPUT_DIRECTORY": str(write_to)}
    done = subprocess.run([*program, *arguments], env=os.environ | given, stdout=2, check=False)
    if done.returncode:
        how = f"ended with {done.returncode}" if done.returncode > 0 else f"was ended by signal {-done.returncode}"
        raise Problem(f"{script.name} {how}: nothing was stored.", "Its own messages stand above.")
