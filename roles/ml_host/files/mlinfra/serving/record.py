# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is kept of a model over a restart: the version that was good last, and the one that failed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Record:
    """One model.

    Attributes:
        manifest: the manifest of the version that was good last; None where there was none yet.
        noticed: the version that was in production when last looked, whatever became of it here.
        since: when the good version took over.
        failed: the version that failed last, with `reason` and `at`; None since another one took over.
    """

    manifest: dict[str, Any] | None = None
    noticed: str | None = None
    since: str | None = None
    failed: dict[str, str] | None = None

    @property
    def version(self) -> str | None:
        """The version that was good last."""
        return self.manifest["version"] if self.manifest else None

    def seen(self, version: str | None) -> Record:
        """The record once production was looked at."""
        return replace(self, noticed=version)

    def settled(self) -> Record:
        """The record once production wants what answers here."""
        return replace(self, failed=None)

    def good(self, manifest: dict[str, Any]) -> Record:
        """The record once a version has taken over."""
        return replace(self, manifest=manifest, since=now(), failed=None)

    def bad(self, version: str, reason: str) -> Record:
        """The record once a version has failed."""
        return replace(self, failed={"version": version, "reason": reason, "at": now()})


def now() -> str:
    """The time, for people and programs."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load(file: Path) -> Record:
    """Read a record; an empty one where there is none, or none that can be read."""
    try:
        return Record(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Record()


def save(file: Path, record: Record) -> None:
    """Write a record, whole or not at all, so that it outlives a power cut."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with new.open("w", encoding="utf-8") as opened:
        json.dump(asdict(record), opened)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
