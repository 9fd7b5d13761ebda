# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`mlinfra notebooks`: their backup, and how they come back."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Annotated

import typer

from .. import output

app = typer.Typer(no_args_is_help=True, help="Notebooks: back them up to the models bucket, and restore them.")

Folder = Annotated[Path, typer.Option(envvar="MLINFRA_NOTEBOOK_DIRECTORY", help="The folder with the notebooks.")]
Host = Annotated[str, typer.Option(envvar="MLINFRA_HOST", help="Whose backup, by the host's name. Without it: this host's.")]
HERE = Path("notebooks")


@app.command()
def backup(folder: Folder = HERE, host: Host = "") -> None:
    """Send what is new or was changed. What is deleted here stays in the backup."""
    from .. import notebooks

    with output.progress() as progress:
        kept = notebooks.backup(folder, host or platform.node(), progress)
    output.result({"files": [vars(stored) for stored in kept]}, f"Files of {folder} in the backup: {len(kept)}.")


@app.command()
def restore(
    folder: Folder = HERE,
    host: Host = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that differ, too.")] = False,
) -> None:
    """Get back what is missing here. Files that differ stay as they are."""
    from .. import notebooks

    with output.progress() as progress:
        written, left = notebooks.restore(folder, host or platform.node(), overwrite, progress)
    text = f"Files restored to {folder}: {len(written)}."
    if left:
        text += f" Left as they are, since they differ from the backup: {len(left)}, such as {left[0]}. --overwrite replaces them."
    output.result({"restored": written, "left": left}, text)


@app.command("list")
def list_() -> None:
    """List the backups."""
    from .. import notebooks

    found = notebooks.backups()
    output.table(
        [{"host": host, "files": [vars(stored) for stored in kept]} for host, kept in found.items()],
        ["host", "files", "bytes"],
        [[host, len(kept), sum(stored.size for stored in kept)] for host, kept in found.items()],
        "There is no backup yet. Make one: mlinfra notebooks backup",
    )
