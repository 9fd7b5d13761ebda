# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The script of a run as a process: how it is called, what it is told, where its output goes, and how it is ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ..errors import Usage
from . import cluster, places
from .record import Run

ENVIRONMENTS = Path("/opt/mlinfra/environments")
CHUNK = 1 << 16
# After the script has ended, what it started may still hold its output.
SECONDS_TO_DRAIN = 5


def python_of(environment: str) -> str:
    """The Python that runs a script.

    Args:
        environment: the name or the path of a Python environment; empty for the one that this program runs in.

    Raises:
        Usage: there is none.
    """
    if not environment:
        return sys.executable
    folder = Path(environment) if "/" in environment else ENVIRONMENTS / environment
    python = folder / "bin" / "python"
    if not os.access(python, os.X_OK):
        raise Usage(f"{environment} is no Python environment: there is no {python}.", "See ml_host_environments.")
    return str(python)


def command(run: Run, python: str) -> list[str]:
    """How the script is called."""
    script = [str(places.folder(run.run) / places.CODE / run.script), *run.arguments]
    if run.processes is None:
        return [python, *script]
    return [
        *(python, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={run.processes}"),
        # A host's own name need not lead to it.
        "--local-addr=127.0.0.1",
        *script,
    ]


def environment(run: Run, python: str, gpus: Iterable[int] | None) -> dict[str, str]:
    """What the script is told.

    Args:
        run: the run.
        python: the Python that runs it.
        gpus: the GPUs that are its own; None for whatever is there.
    """
    folder = places.folder(run.run)
    told = {
        **os.environ,
        "PATH": f"{Path(python).parent}:{os.environ.get('PATH', '/usr/local/bin:/usr/bin:/bin')}",
        "PYTHONUNBUFFERED": "1",
        "MLINFRA_RUN": run.run,
        "MLINFRA_RUN_DIRECTORY": str(folder),
        "MLINFRA_CHECKPOINT_DIRECTORY": str(folder / places.CHECKPOINTS),
        "MLINFRA_LOG_DIRECTORY": str(folder / places.EVENTS),
        "MLINFRA_MODEL_DIRECTORY": str(folder / places.MODEL),
        "MLINFRA_DATA_DIRECTORY": str(places.data(run.run)),
    }
    if gpus is not None:
        told["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    if run.processes:
        # The workers are told to end by the supervisor, and their launcher must not cut their grace short.
        told["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"] = str(run.grace)
    if run.cpus:
        told.setdefault("OMP_NUM_THREADS", str(max(1, run.cpus // (run.processes or 1))))
    return told


class Script:
    """The running script.

    Args:
        run: the run.
        python: the Python that runs it.
        gpus: the GPUs that are its own; None for whatever is there.
        outputs: where its output goes.
    """

    def __init__(self, run: Run, python: str, gpus: Iterable[int] | None, outputs: Iterable[IO[bytes]]) -> None:
        self._processes = None if run.ray else run.processes
        self._stop = cluster.stop_command(run, python) if run.ray else []
        self._outputs = list(outputs)
        told = environment(run, python, gpus)
        self._process = subprocess.Popen(
            cluster.command(run, python, told) if run.ray else command(run, python),
            cwd=places.folder(run.run) / places.CODE,
            env={**told, **cluster.settings()} if run.ray else told,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own, to be ended as a whole.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while content := self._process.stdout.read1(CHUNK):
            for output in self._outputs:
                output.write(content)
                output.flush()

    def wait(self, seconds: float) -> int | None:
        """The exit status, as shells tell it; None where it still runs after so many seconds."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return status if status >= 0 else 128 - status

    def terminate(self) -> None:
        """Ask it to end: the script itself, each of torchrun's workers, or the job of the cluster."""
        if self._stop:
            self._stop_job()
            return
        for pid in (children(self._process.pid) if self._processes else []) or [self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def close(self) -> None:
        """End whatever of it is left, and take its last output."""
        if self._stop and self._process.poll() is None:
            self._stop_job()
        # torchrun gives each worker a session of its own; they end with it.
        for pid in (*children(self._process.pid), self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(SECONDS_TO_DRAIN)

    def _stop_job(self) -> None:
        # What follows the job goes on until that has ended.
        subprocess.run(self._stop, env=cluster.variables(), capture_output=True, check=False)


def children(pid: int) -> list[int]:
    """The processes that a process has started, and that still run."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(number) for number in listed.split()]
