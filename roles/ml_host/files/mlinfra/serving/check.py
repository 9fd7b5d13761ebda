# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a model can be served: it is loaded in a process of its own, and has to answer its example."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from ..errors import Invalid
from . import contract, frames

SECONDS = 300.0


def check(folder: Path, seconds: float = SECONDS) -> contract.Model:
    """Load the model of a folder and have it answer its example, away from this process, which it could end.

    Args:
        folder: a model folder.
        seconds: how long that may take.

    Returns:
        What its `model.json` says.

    Raises:
        Invalid: it can't be served; the text says why.
    """
    model = contract.read(folder)
    file = folder / model.file
    with tempfile.TemporaryFile() as said:
        line, there = socket.socketpair()
        with there:
            process = subprocess.Popen(
                frames.command(folder, there.fileno()),
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=frames.environment(),
            )
        with process, line:
            line.settimeout(seconds)
            try:
                first = frames.reply(line)
            except TimeoutError:
                process.kill()
                raise Invalid(f"{file} was not loaded and had not answered its example after {seconds:g} s.") from None
            if first is None:
                how = frames.ended(process.wait())
                raise Invalid(f"{file} ended the process that loaded it: {how}. {_last_line(said)}".strip())
            line.close()
    status, body = first
    if status != 200:
        told = json.loads(body)
        raise Invalid(told["error"], told["advice"])
    return model


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    return (said.read().decode(errors="replace").strip().splitlines() or [""])[-1][:300]
