# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which models are in production, in which version. Readers trust pointers and manifests alone, never a listing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import documents, environment, names, s3
from ..errors import Invalid, Missing
from ..transfer import Stored, download, work

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..documents import Document

ROOT = "production/"
# In the folder of a version, beside the model's files: what is written last, and what takes the number until then.
MANIFEST, CLAIM = "manifest.json", ".promotion.json"


def folder_of(model: str, version: str = "") -> str:
    """The prefix of the keys of a model, or of one of its versions.

    Raises:
        Usage: no model can have that name.
    """
    return f"{ROOT}{names.checked('model', model)}/" + (f"{version}/" if version else "")


def pointer_key(model: str) -> str:
    """The key of what says which version is in production."""
    return f"{folder_of(model)}current.json"


def manifest_key(model: str, version: str) -> str:
    """The key of what says which files a version has."""
    return folder_of(model, version) + MANIFEST


def pointer(model: str) -> Document | None:
    """What says which version is in production, and which were before; None where no version ever was."""
    return documents.read(environment.models_bucket(), pointer_key(model))


def existing(model: str) -> Document:
    """The same of a model that has to be in production.

    Raises:
        Missing: it is not.
    """
    found = pointer(model)
    if found is None:
        raise Missing(f"There is no model {model} in production.", "See which there are: mlinfra model list")
    return found


def manifest(model: str, version: str) -> dict[str, Any]:
    """The manifest of a version that is or was in production.

    Raises:
        Missing: there is none.
    """
    found = documents.read(environment.models_bucket(), manifest_key(model, version))
    if found is None:
        raise Missing(f"There is no version {version} of {model}.", f"See which there are: mlinfra model history {model}")
    return found.content


def current(model: str) -> dict[str, Any] | None:
    """The manifest of the version in production, or None."""
    found = pointer(model)
    return manifest(model, found.content["version"]) if found else None


def models() -> list[str]:
    """The names of the models in production."""
    return sorted(pointers())


def pointers() -> dict[str, dict[str, Any]]:
    """What is in production, by the names of the models."""
    pages = s3.client().get_paginator("list_objects_v2").paginate(
        Bucket=environment.models_bucket(), Prefix=ROOT, Delimiter="/"
    )
    found = [entry["Prefix"][len(ROOT) : -1] for page in pages for entry in page.get("CommonPrefixes", [])]
    known = [name for name in found if names.NAME.fullmatch(name)]
    read = work.with_each(lambda _pieces, name: pointer(name), known)
    return {name: there.content for name, there in zip(known, read, strict=True) if there}


def files(manifest: dict[str, Any]) -> dict[str, Stored]:
    """The objects of a version, by their paths in the model's folder."""
    folder = folder_of(manifest["model"], manifest["version"])
    return {
        each["path"]: Stored(folder + each["path"], each["size"], each["sha256"], each["version_id"])
        for each in manifest["files"]
    }


def fetch(manifest: dict[str, Any], folder: Path, progress: Progress | None = None) -> Path:
    """Download a version and verify it.

    Args:
        manifest: of the version.
        folder: where to; the model lies in folder/<model>/<version> then.
        progress: where to show how far it is.

    Returns:
        Where the model lies.

    Raises:
        Invalid: a file does not have its checksum.
    """
    target = folder / manifest["model"] / manifest["version"]
    wanted = {names.inside(target, path): stored for path, stored in files(manifest).items()}
    if not wanted:
        raise Invalid(f"Version {manifest['version']} of {manifest['model']} has no file.")
    download(wanted, environment.models_bucket(), progress)
    return target
