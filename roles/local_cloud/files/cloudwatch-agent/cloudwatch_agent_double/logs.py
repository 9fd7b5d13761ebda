# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Following files and the journal, line by line, over restarts of the agent."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

# What the real agent takes for compressed, and leaves alone.
COMPRESSED = (".tar", ".zst", ".gz", ".zip", ".bz2", ".rar")


class Line(NamedTuple):
    """One line of a log.

    Attributes:
        stamp: its time, in milliseconds since 1970.
        text: what it says.
        file: where it stands; empty for the journal.
    """

    stamp: int
    text: str
    file: str = ""


class Source(Protocol):
    """Something that yields new lines."""

    def read(self) -> list[Line]:
        """The lines since the last look."""

    def keep(self) -> None:
        """Remember that everything read so far was delivered."""


@dataclass
class FileSource:
    """The files that a pattern names, each followed from where it was left; a file cut short is read anew.

    As with the real agent it is the one that was changed last, or with `publish_multi_logs` all of them.
    """

    pattern: str
    state: Path
    many: bool = False
    offsets: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._file = self.state / hashlib.sha256(self.pattern.encode()).hexdigest()[:16]
        if self._file.exists():
            self.offsets = json.loads(self._file.read_text(encoding="utf-8"))
        self._reached = dict(self.offsets)

    def _files(self) -> list[Path]:
        found = [Path(name) for name in sorted(glob.glob(self.pattern, recursive=True)) if not name.endswith(COMPRESSED)]
        files = [path for path in found if path.is_file()]
        return files if self.many else sorted(files, key=lambda path: path.stat().st_mtime)[-1:]

    def read(self) -> list[Line]:
        """The complete lines that came since the last look."""
        lines: list[Line] = []
        for path in self._files():
            name = str(path)
            start = self.offsets.get(name, 0)
            if path.stat().st_size < start:
                start = 0
            with path.open("rb") as handle:
                handle.seek(start)
                content = handle.read(1 << 20)
            complete = content[: content.rfind(b"\n") + 1]
            self._reached[name] = start + len(complete)
            now = int(time.time() * 1000)
            lines += [Line(now, text, name) for text in complete.decode("utf-8", "replace").splitlines() if text]
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

    def read(self) -> list[Line]:
        """The entries that came since the last look."""
        since = [f"--after-cursor={self.cursor}"] if self.cursor else ["--boot"]
        command = ["journalctl", "--output=json", "--no-pager", *since, *(f"--unit={unit}" for unit in self.units)]
        lines = []
        for text in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
            entry = json.loads(text)
            self._reached = entry["__CURSOR"]
            if isinstance(entry.get("MESSAGE"), str) and entry["MESSAGE"]:
                lines.append(Line(int(entry["__REALTIME_TIMESTAMP"]) // 1000, entry["MESSAGE"]))
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


def destination(entry: dict[str, Any], file: str, default_stream: str) -> tuple[str, str]:
    """Group and stream of a file's lines, before placeholders are filled in.

    With `publish_multi_logs` the real agent makes the name of the stream from that of the file, or of the group where the
    configuration names none.

    Args:
        entry: of the configuration.
        file: where the lines stand; empty for the journal.
        default_stream: where the entry names none.
    """
    group = entry.get("log_group_name", "")
    stream = entry.get("log_stream_name") or default_stream
    if not entry.get("publish_multi_logs"):
        return group or os.path.basename(entry.get("file_path", "journal")), stream
    plain = re.sub(r"[^.\-_/#A-Za-z0-9]", "_", file)
    return (group, f"{stream}_{plain.replace('/', '_')}") if group else (plain, stream)


def sources(collected: dict[str, Any], state: Path) -> list[tuple[dict[str, Any], Source]]:
    """Each entry of the configuration with the source that it names."""
    state.mkdir(parents=True, exist_ok=True)
    files = collected.get("files", {}).get("collect_list", [])
    journals = collected.get("journald", {}).get("collect_list", [])
    return [
        *((entry, FileSource(entry["file_path"], state, entry.get("publish_multi_logs", False))) for entry in files),
        *((entry, JournalSource(entry.get("units", []), state)) for entry in journals),
    ]
