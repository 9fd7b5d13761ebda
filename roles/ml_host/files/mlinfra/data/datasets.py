# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Datasets: folders of files under raw/, processed/ and the like, each with a manifest that is written last.

The manifest names the version of each object, so a dataset stays what it was read as while another one takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import documents, environment, names, s3
from ..errors import Conflict, Invalid, Missing, Usage
from ..transfer import Stored, download, listing, read_through, upload, work
from ..transfer.checksums import sha256
from ..transfer.stored import glance

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..documents import Document

MANIFEST = ".manifest.json"


@dataclass(frozen=True)
class Dataset:
    """A dataset as it stands.

    Attributes:
        reference: such as raw/digits.
        files: the objects, by their paths in the dataset.
        version_id: of the manifest, and so of the dataset; None where it has no manifest.
        by: who has stored it.
        at: when.
        source: what it was made of, where `process` made it.
    """

    reference: str
    files: dict[str, Stored]
    version_id: str | None
    by: str
    at: str
    source: dict[str, Any] | None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(stored.size for stored in self.files.values())


def files_of(path: Path) -> dict[str, Path]:
    """The files of a folder by their paths in it, or a single file by its name.

    Raises:
        Usage: there is none, or one has the name of the manifest.
    """
    if path.is_file():
        return {path.name: path}
    found = {each.relative_to(path).as_posix(): each for each in sorted(path.rglob("*")) if each.is_file()}
    if not found:
        raise Usage(f"{path} is not a file, nor a folder with files in it.")
    if MANIFEST in found:
        raise Usage(f"{path / MANIFEST} has the name that the manifest of the dataset has.", "Give it another name.")
    return found


def store(
    reference: str,
    files: dict[str, Path],
    source: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> tuple[Dataset, bool]:
    """Store files as a dataset. What is there with the same checksum is not sent again.

    Args:
        reference: such as raw/digits.
        files: by their paths in the dataset.
        source: what it was made of.
        progress: where to show how far it is.

    Returns:
        The dataset, and whether it was changed.

    Raises:
        Usage: no dataset can have that name.
        Conflict: somebody else has stored it in the meantime; theirs stands.
    """
    prefix, bucket = names.dataset(reference), environment.datasets_bucket()
    before = documents.read(bucket, prefix + MANIFEST)
    sent = upload({prefix + path: file for path, file in files.items()}, bucket, progress)
    content = {
        "dataset": prefix.rstrip("/"),
        "source": source,
        "files": [
            {"path": path, "size": each.size, "sha256": each.sha256, "version_id": each.version_id}
            for path, each in zip(files, sent, strict=True)
        ],
    }
    if before and {name: before.content.get(name) for name in content} == content:
        return _of(reference, before), False
    try:
        written = documents.write(bucket, prefix + MANIFEST, content | documents.signature(), before)
    except Conflict as error:
        raise Conflict(
            f"{reference} was not stored: {error.text}", "Their files stand. See them: mlinfra data list, or store yours once more."
        ) from error
    return _of(reference, written), True


def differs(reference: str, files: dict[str, Path]) -> bool:
    """Whether a dataset has other files than these, or does not exist."""
    before = documents.read(environment.datasets_bucket(), names.dataset(reference) + MANIFEST)
    there = {path: stored.sha256 for path, stored in _of(reference, before).files.items()} if before else {}
    return there.keys() != files.keys() or any(sha256(file) != there[path] for path, file in files.items())


def _of(reference: str, manifest: Document) -> Dataset:
    prefix, said = names.dataset(reference), manifest.content
    files = {
        each["path"]: Stored(prefix + each["path"], each["size"], each["sha256"], each["version_id"])
        for each in said["files"]
    }
    return Dataset(prefix.rstrip("/"), files, manifest.version_id, said["by"], said["at"], said["source"])


def find(reference: str) -> Dataset:
    """A dataset, by its manifest; one that somebody put there by other means, as it is listed.

    Raises:
        Usage: no dataset can have that name.
        Missing: there is none.
    """
    prefix, bucket = names.dataset(reference), environment.datasets_bucket()
    if manifest := documents.read(bucket, prefix + MANIFEST):
        return _of(reference, manifest)
    if files := listing(bucket, prefix):
        return _without_manifest(prefix, files)
    raise Missing(f"There is no dataset {reference}.", "See which there are: mlinfra data list")


def _without_manifest(prefix: str, files: list[Stored]) -> Dataset:
    return Dataset(prefix.rstrip("/"), {stored.key[len(prefix) :]: stored for stored in files}, None, "", "", None)


def fetch(dataset: Dataset, folder: Path, progress: Progress | None = None) -> None:
    """Download a dataset into a folder. What is there with the same checksum is left alone.

    Raises:
        Invalid: a file does not have its checksum.
    """
    wanted = {names.inside(folder, path): stored for path, stored in dataset.files.items()}
    download(wanted, environment.datasets_bucket(), progress)


def verify(dataset: Dataset, progress: Progress | None = None) -> None:
    """Read all of a dataset in its bucket and compare it with the checksums that it was stored with.

    Raises:
        Invalid: something differs.
    """
    if unknown := [path for path, stored in dataset.files.items() if not stored.sha256]:
        raise Invalid(f"Without a checksum, because nobody sent it by mlinfra: {', '.join(unknown)}.", "Upload it once more.")
    corrupt = read_through(list(dataset.files.values()), environment.datasets_bucket(), progress)
    if corrupt:
        keys = ", ".join(stored.key for stored in corrupt)
        raise Invalid(f"Not what was stored, or not there any more: {keys}.", "Upload it once more.")


def every() -> list[Dataset]:
    """All datasets, by their names; those without a manifest without checksums too."""
    bucket = environment.datasets_bucket()
    prefixes = [prefix for folder in _folders("") for prefix in _folders(folder)]
    named = [prefix for prefix in prefixes if all(map(names.NAME.fullmatch, prefix.rstrip("/").split("/")))]

    def one(_pieces: object, prefix: str) -> Dataset:
        manifest = documents.read(bucket, prefix + MANIFEST)
        return _of(prefix, manifest) if manifest else _without_manifest(prefix, glance(bucket, prefix))

    return work.with_each(one, named)


def _folders(prefix: str) -> Sequence[str]:
    pages = s3.client().get_paginator("list_objects_v2").paginate(
        Bucket=environment.datasets_bucket(), Prefix=prefix, Delimiter="/"
    )
    return [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
