# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people and programs read: results on standard output, as tables or as JSON, all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

    from .errors import Problem

# Of a table that goes to no terminal.
MOST_COLUMNS = 10_000

_as_json = False


def use_json(chosen: bool) -> None:
    """Choose between one JSON document and text, for all that follows."""
    global _as_json
    _as_json = chosen


def is_json() -> bool:
    """Whether standard output is for one JSON document."""
    return _as_json


def result(document: Any, text: str) -> None:
    """Tell the result of a command: the document to programs, the text to people."""
    print(json.dumps(document, indent=2, default=str) if _as_json else text)


def outcome(document: dict[str, Any], changed: bool, text: str) -> None:
    """Tell what a command has done, or would do: to programs also whether that is a change, and the sentence for people."""
    result({**document, "changed": changed, "told": text}, text)


def table(document: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Tell a list: the document to programs, a table to people, or a sentence where there is nothing in it."""
    lines = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if _as_json or not lines:
        return result(document, empty)
    from rich import box
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    drawn = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for line in lines:
        drawn.add_row(*line)
    console = Console(highlight=False)
    if not console.is_terminal:
        # Nothing is cut off in a file or a pipe.
        console.width = Measurement.get(console, console.options.update(width=MOST_COLUMNS), drawn).maximum
    console.print(drawn)
    return None


def note(text: str) -> None:
    """Say on standard error what is going on."""
    print(text, file=sys.stderr, flush=True)


def progress() -> Progress:
    """A progress display on standard error, which shows nothing where that is no terminal or JSON is asked for."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=_as_json or not console.is_terminal,
        transient=True,
    )


def problem(found: Problem) -> None:
    """Tell what went wrong and what to do next."""
    if _as_json:
        print(json.dumps({"error": found.text, "advice": found.advice, "status": found.status}, indent=2))
    else:
        print(f"mlinfra: {found.text}" + (f"\n{found.advice}" if found.advice else ""), file=sys.stderr)
