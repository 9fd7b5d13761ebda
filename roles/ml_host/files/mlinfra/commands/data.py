# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`mlinfra data`: datasets to the bucket and back, and what is made of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import output

if TYPE_CHECKING:
    from ..data.datasets import Dataset

app = typer.Typer(no_args_is_help=True, help="Datasets: upload, download, list, verify, and process them.")

Check = Annotated[bool, typer.Option("--check", help="Only say whether something would be done.")]
Reference = Annotated[str, typer.Argument(metavar="DATASET", help="Folder and name, such as raw/digits.")]


@app.command()
def upload(
    path: Annotated[Path, typer.Argument(help="A folder or a file.")],
    name: Annotated[str, typer.Option(help="The dataset's name. Without it: that of the folder or file.")] = "",
    prefix: Annotated[str, typer.Option(help="The folder of the bucket.")] = "raw",
    check: Check = False,
) -> None:
    """Store a folder or a file as a dataset. Run again, it sends only what is missing."""
    from ..data import datasets

    path = path.resolve()
    reference = f"{prefix}/{name or (path.stem if path.is_file() else path.name)}"
    files = datasets.files_of(path)
    if check:
        changed = datasets.differs(reference, files)
        text = f"{reference} {'would be stored' if changed else 'is there already'}."
        return output.outcome({"dataset": reference}, changed, text)
    with output.progress() as progress:
        dataset, changed = datasets.store(reference, files, progress=progress)
    return output.outcome(_document(dataset), changed, f"{_told(dataset)} {'is stored' if changed else 'was there already'}.")


@app.command()
def download(
    dataset: Reference,
    folder: Annotated[Path | None, typer.Argument(help="Where to. Without it: a folder of the dataset's name, here.")] = None,
) -> None:
    """Download a dataset. Run again, it gets only what is missing."""
    from ..data import datasets

    found = datasets.find(dataset)
    target = folder or Path(found.reference.rpartition("/")[2])
    with output.progress() as progress:
        datasets.fetch(found, target, progress)
    output.result(_document(found) | {"folder": str(target.absolute())}, f"{_told(found)} is in {target}.")


@app.command("list")
def list_() -> None:
    """List the datasets."""
    from ..data import datasets

    found = datasets.every()
    output.table(
        [_document(each) for each in found],
        ["dataset", "files", "size", "stored", "by", "made of"],
        [
            [each.reference, len(each.files), _size(each.size), each.at[:16], each.by, (each.source or {}).get("dataset", "")]
            for each in found
        ],
        "There is no dataset yet. Store one: mlinfra data upload FOLDER",
    )


@app.command()
def verify(dataset: Reference) -> None:
    """Read all of a dataset in its bucket, and compare it with the checksums that it was stored with."""
    from ..data import datasets

    found = datasets.find(dataset)
    with output.progress() as progress:
        datasets.verify(found, progress)
    output.result(_document(found), f"{_told(found)} is what was stored.")


@app.command()
def process(
    script: Annotated[Path, typer.Argument(help="A Python script, or any other program; - reads it from standard input.")],
    source: Annotated[str, typer.Option("--from", help="The dataset that it reads, such as raw/digits.")],
    target: Annotated[str, typer.Option("--to", help="The dataset that it makes, such as processed/digits.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments of the script, after --.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Run it even where the same was made before.")] = False,
    script_name: Annotated[str, typer.Option(help="What a script from standard input is called.")] = "script.py",
    check: Check = False,
) -> None:
    """Make a dataset of another one by a script, which reads MLINFRA_INPUT_DIRECTORY and writes MLINFRA_OUTPUT_DIRECTORY."""
    from ..data.processing import process as run

    with tempfile.TemporaryDirectory(prefix="mlinfra-") as folder:
        if script == Path("-"):
            script = Path(folder) / Path(script_name).name
            script.write_bytes(sys.stdin.buffer.read())
            script.chmod(0o700)
        dataset, changed = run(script, source, target, arguments or [], again, check)
    if not changed:
        text = f"{_told(dataset)} was made of {source} by the same script before."
    else:
        text = f"{target} would be made of {source}." if check else f"{_told(dataset)} is made of {source}."
    output.outcome(_document(dataset), changed, text)


def _document(dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.reference,
        "version_id": dataset.version_id,
        "size": dataset.size,
        "by": dataset.by,
        "at": dataset.at,
        "source": dataset.source,
        "files": [{"path": path, **vars(stored)} for path, stored in dataset.files.items()],
    }


def _told(dataset: Dataset) -> str:
    number = len(dataset.files)
    return f"{dataset.reference}: {number} {'file' if number == 1 else 'files'}, {_size(dataset.size)},"


def _size(size: int) -> str:
    from rich.filesize import decimal

    return decimal(size)
