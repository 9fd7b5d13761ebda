# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on the host: a training script twice side by side, once in one go, once ended by SIGTERM and by SIGKILL on its way.

    python3 interrupted.py SCRIPT

Prints, as JSON, the exit statuses and the last checkpoints of the interrupted one, and what both have left: metrics, and the checksum of each
tensor of the last checkpoint.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


def start(script: str, folder: Path) -> subprocess.Popen:
    """Start the script by hand, with its run in a folder."""
    return subprocess.Popen(
        [sys.executable, script],
        env={**os.environ, "MLINFRA_RUN_DIRECTORY": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def interrupt(process: subprocess.Popen, epochs: int, how: signal.Signals) -> list:
    """Let it do some epochs, then end it; return its exit status, how many epochs it told of, and what it said last."""
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if len(said) == epochs:
            process.send_signal(how)
    return [process.wait(), len([line for line in said if line.startswith("Epoch")]), said[-1]]


def left(folder: Path) -> list:
    """What a run has left: its metrics and its last checkpoint, which is a zip archive with a member for each tensor."""
    newest = max((folder / "checkpoints").iterdir())
    with zipfile.ZipFile(newest) as archive:
        members = {name.filename: name.CRC for name in archive.infolist()}
    return [json.loads((folder / "metrics.json").read_text()), newest.name, members]


with tempfile.TemporaryDirectory() as place:
    whole, cut = Path(place) / "whole", Path(place) / "cut"
    process = start(sys.argv[1], whole)
    ends = [interrupt(start(sys.argv[1], cut), 3, signal.SIGTERM), interrupt(start(sys.argv[1], cut), 4, signal.SIGKILL)]
    ends.append(interrupt(start(sys.argv[1], cut), 0, signal.SIGTERM))
    process.communicate()
    print(json.dumps({"ends": ends, "whole": left(whole), "cut": left(cut), "model": sorted(os.listdir(cut / "model"))}))
