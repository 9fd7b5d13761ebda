# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Following files and the journal, line by line, over restarts of the agent."""

from __future__ import annotations

import glob
import hashlib
import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Source(Protocol):
    """Something that yields new lines."""

    def read(self) -> list[tuple[int, str]]:
        """The lines since the last look, each with its time in milliseconds."""

    def keep(self) -> None:
        """Remember that everything read so far was delivered."""


@dataclass
class FileSource:
    """The files that a pattern names, each followed from where it was left; a file cut short is read anew."""

    pattern: str
    state: Path
    offsets: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._file = self.state / hashlib.sha256(self.pattern.encode()).hexdigest()[:16]
        if self._file.exists():
            self.offsets = json.loads(self._file.read_text(encoding="utf-8"))
        self._reached = dict(self.offsets)

    def read(self) -> list[tuple[int, str]]:
        """The complete lines that came since the last look."""
        lines: list[tuple[int, str]] = []
        for name in sorted(glob.glob(self.pattern, recursive=True)):
            path = Path(name)
            if not path.is_file():
                continue
            start = self.offsets.get(name, 0)
            if path.stat().st_size < start:
                start = 0
            with path.open("rb") as handle:
                handle.seek(start)
                content = handle.read(1 << 20)
            complete = content[: content.rfind(b"\n") + 1]
            self._reached[name] = start + len(complete)
            now = int(time.time() * 1000)
            lines += [(now, text) for text in complete.decode("utf-8", "replace").splitlines() if text]
        return lines

    def keep(self) -> None:
        """Write down how far each file was read."""
        if self.offsets == self._reached:
            return
        self.offsets = dict(self._reached)
        self._file.write_text(json.dumps(self.offsets), encoding="utf-8")


@dataclass
class JournalSource:
    """The journal's entries of some units, or all, from a cursor on."""

    units: list[str]
    state: Path
    cursor: str = ""

    def __post_init__(self) -> None:
        self._file = self.state / ("journal-" + hashlib.sha256(" ".join(self.units).encode()).hexdigest()[:16])
        if self._file.exists():
            self.cursor = self._file.read_text(encoding="utf-8")
        self._reached = self.cursor

    def read(self) -> list[tuple[int, str]]:
        """The entries that came since the last look."""
        since = [f"--after-cursor={self.cursor}"] if self.cursor else ["--boot"]
        command = ["journalctl", "--output=json", "--no-pager", *since, *(f"--unit={unit}" for unit in self.units)]
        lines = []
        for text in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
            entry = json.loads(text)
            self._reached = entry["__CURSOR"]
            if isinstance(entry.get("MESSAGE"), str) and entry["MESSAGE"]:
                lines.append((int(entry["__REALTIME_TIMESTAMP"]) // 1000, entry["MESSAGE"]))
        return lines

    def keep(self) -> None:
        """Write down the cursor."""
        if self.cursor == self._reached:
            return
        self.cursor = self._reached
        self._file.write_text(self.cursor, encoding="utf-8")


def passes(message: str, filters: list[dict[str, str]]) -> bool:
    """Whether a line passes the configuration's include and exclude filters."""
    return all((re.search(f["expression"], message) is not None) == (f["type"] == "include") for f in filters)


def sources(collected: dict[str, Any], state: Path) -> list[tuple[dict[str, Any], Source]]:
    """Each entry of the configuration with the source that it names."""
    state.mkdir(parents=True, exist_ok=True)
    files = collected.get("files", {}).get("collect_list", [])
    journals = collected.get("journald", {}).get("collect_list", [])
    return [
        *((entry, FileSource(entry["file_path"], state)) for entry in files),
        *((entry, JournalSource(entry.get("units", []), state)) for entry in journals),
    ]
