# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a run into production, and back to an older version.

A promotion takes a number of its own and copies into a folder that nobody else writes to. The manifest comes last of its
files; but only the pointer, which is replaced by whoever has read it, makes it a version. So of two at once one wins, and one
that was killed has left a folder that nobody reads, until the next promotion removes it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import documents, environment, s3
from ..errors import Conflict, Invalid, Missing
from ..transfer import Stored, copy, work
from ..transfer.stored import look
from . import registry, validation
from .validation import Candidate, Requirement

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..documents import Document


def promote(
    run: str,
    model: str,
    requirements: Sequence[Requirement] = (),
    check: bool = False,
    progress: Progress | None = None,
) -> tuple[dict[str, Any], bool]:
    """Validate a run's model and put it into production.

    Args:
        run: the run's name.
        model: the name of the model in production.
        requirements: what the run's metrics have to be.
        check: only say what would be done.
        progress: where to show how far the validation is.

    Returns:
        The manifest of the version in production, without its files where it is only said; and whether it is new: the same
        model is not promoted twice.

    Raises:
        Missing: there is no such run.
        Invalid: its model is not fit for production, or a copy is not what was copied.
        Conflict: somebody else has promoted or rolled back in the meantime; nothing of this promotion is left.
        ClientError: S3 refuses.
    """
    before = registry.pointer(model)
    candidate = validation.examine(run, requirements)
    if before and (standing := _same(registry.manifest(model, before.content["version"]), candidate)):
        return standing, False
    validation.serve(candidate, progress)
    number = _next(model, before)
    if check:
        return _manifest(candidate, model, str(number), []), True
    version = _claim(model, run, number)
    try:
        manifest = _copy(candidate, model, version)
        content = _pointer(before, model, version, "promote", run)
        documents.write(environment.models_bucket(), registry.pointer_key(model), content, before)
    except BaseException as error:
        if not _is_promoted(model, version):
            _remove(model, [version])
            if isinstance(error, Conflict):
                raise Conflict(
                    f"{run} was not promoted: {_who(model)}.",
                    f"Look at it, and run the same command again: mlinfra model show {model}",
                ) from error
            raise
        if not isinstance(error, Exception):
            raise
    _tidy(model, version)
    return manifest, True


def rollback(model: str, to: str = "", check: bool = False) -> tuple[dict[str, Any], bool]:
    """Put an older version into production again.

    Args:
        model: its name.
        to: the version; without it, the one that the version in production has replaced.
        check: only say what would be done.

    Returns:
        The pointer as it stands now, and whether it was changed.

    Raises:
        Missing: there is no such model or version.
        Invalid: the version is not whole.
        Conflict: somebody else has promoted or rolled back in the meantime.
    """
    before = registry.existing(model)
    version = to or _replaced(before.content)
    if version == before.content["version"]:
        return before.content, False
    if version not in versions(before.content):
        known = ", ".join(sorted(versions(before.content), key=int))
        raise Missing(f"Version {version} of {model} never was in production.", f"These were: {known}.")
    manifest = registry.manifest(model, version)
    _whole(manifest)
    content = _pointer(before, model, version, "rollback", manifest["run"])
    if check:
        return content, True
    try:
        documents.write(environment.models_bucket(), registry.pointer_key(model), content, before)
    except Conflict as error:
        raise Conflict(f"{model} was not rolled back: {_who(model)}.", f"Look at it: mlinfra model show {model}") from error
    return content, True


def versions(pointer: dict[str, Any]) -> set[str]:
    """All that were in production."""
    return {entry["version"] for entry in pointer["history"]}


def _replaced(pointer: dict[str, Any]) -> str:
    """What the version in production had replaced when it was promoted: rolling back twice does not go forward again."""
    for entry in reversed(pointer["history"]):
        if (entry["version"], entry["action"]) == (pointer["version"], "promote"):
            if entry["previous"]:
                return entry["previous"]
            break
    raise Missing(
        f"Version {pointer['version']} of {pointer['model']} is the first one: there is none to go back to.",
        "Promote another run.",
    )


def _who(model: str) -> str:
    stands = registry.pointer(model)
    if stands is None:
        return "somebody else has removed it in the meantime"
    said = stands.content
    return f"{said['by']} on {said['host']} was quicker, and version {said['version']} is in production"


def _same(manifest: dict[str, Any], candidate: Candidate) -> dict[str, Any] | None:
    """The manifest, where it is of the same run and the same files."""
    there = {each["path"]: each["sha256"] for each in manifest["files"]}
    here = {path: stored.sha256 for path, stored in candidate.files.items()}
    return manifest if (manifest["run"], there) == (candidate.run, here) else None


def _pointer(before: Document | None, model: str, version: str, action: str, run: str) -> dict[str, Any]:
    previous = before.content["version"] if before else None
    entry = {"version": version, "previous": previous, "action": action, "run": run, **documents.signature()}
    history = before.content["history"] if before else []
    return {"model": model, **entry, "history": [*history, entry]}


def _numbers(model: str) -> set[int]:
    """The numbers that are taken, by promotions that were killed too."""
    folder = registry.folder_of(model)
    pages = s3.client().get_paginator("list_objects_v2").paginate(
        Bucket=environment.models_bucket(), Prefix=folder, Delimiter="/"
    )
    found = [entry["Prefix"][len(folder) : -1] for page in pages for entry in page.get("CommonPrefixes", [])]
    return {int(name) for name in found if name.isdecimal()}


def _next(model: str, before: Document | None) -> int:
    return 1 + max([0, *_numbers(model), *map(int, versions(before.content) if before else ())])


def _claim(model: str, run: str, number: int) -> str:
    """This number or, where somebody takes it at the same moment, the next that is nobody else's."""
    while True:
        key = registry.folder_of(model, str(number)) + registry.CLAIM
        with contextlib.suppress(Conflict):
            documents.write(environment.models_bucket(), key, {"run": run, **documents.signature()}, None)
            return str(number)
        number += 1


def _copy(candidate: Candidate, model: str, version: str) -> dict[str, Any]:
    folder, bucket = registry.folder_of(model, version), environment.models_bucket()
    copies = copy({folder + path: stored for path, stored in candidate.files.items()}, bucket)
    manifest = _manifest(candidate, model, version, copies)
    documents.write(bucket, registry.manifest_key(model, version), manifest, None)
    return manifest


def _manifest(candidate: Candidate, model: str, version: str, copies: Sequence[Stored]) -> dict[str, Any]:
    folder = registry.folder_of(model, version)
    return {
        "model": model,
        "version": version,
        "run": candidate.run,
        "metrics": candidate.metrics,
        "requirements": candidate.requirements,
        "code": candidate.record.get("code"),
        "data": candidate.record.get("data"),
        "promoted": documents.signature(),
        "files": [
            {"path": made.key[len(folder) :], "size": made.size, "sha256": made.sha256, "version_id": made.version_id}
            for made in copies
        ],
    }


def _is_promoted(model: str, version: str) -> bool:
    """Whether it is a version in spite of an error: the answer to the writing of the pointer may have got lost."""
    stands = registry.pointer(model)
    return stands is not None and version in versions(stands.content)


def _remove(model: str, numbers: Sequence[str], only: str = "") -> None:
    client, bucket = s3.client(), environment.models_bucket()
    for number in numbers:
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=registry.folder_of(model, number) + only
        )
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        work.with_each(lambda _pieces, key: client.delete_object(Bucket=bucket, Key=key), keys)


def _tidy(model: str, version: str) -> None:
    """Remove what promotions with lower numbers have left that never came into production, and the claims.

    One that is still at work read the pointer before it was replaced, so it can't win any more. What can't be removed now
    is in nobody's way, and the next promotion tries again.
    """
    with contextlib.suppress(s3.client().exceptions.ClientError):
        promoted = versions(registry.existing(model).content)
        lower = {str(number) for number in _numbers(model) if number <= int(version)}
        _remove(model, sorted(lower - promoted))
        _remove(model, sorted(lower & promoted), only=registry.CLAIM)


def _whole(manifest: dict[str, Any]) -> None:
    """Look whether all files of a version are there as they were promoted.

    Raises:
        Invalid: one is not.
    """

    def there(_pieces: object, stored: Stored) -> bool:
        return look(environment.models_bucket(), stored.key, stored.version_id) == stored

    wanted = registry.files(manifest)
    found = work.with_each(there, wanted.values())
    if lost := [path for path, is_there in zip(wanted, found, strict=True) if not is_there]:
        raise Invalid(
            f"Version {manifest['version']} of {manifest['model']} is not whole any more: {', '.join(lost)}.",
            f"Choose another one: mlinfra model history {manifest['model']}",
        )
