# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs as jobs of the Ray cluster that this host leads: how they are submitted and stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import environment
from ..errors import Usage
from . import places
from .record import Run

# Written by the role ray_cluster.
SETTINGS = Path("/etc/mlinfra/ray/environment")
# Named on the head alone.
JOBS = "RAY_API_SERVER_ADDRESS"
# Each line of each worker, and no colours: the output goes to a file and to CloudWatch Logs.
OUTPUT = {"RAY_DEDUP_LOGS": "0", "RAY_COLOR_PREFIX": "0"}
# Ray gives a job three seconds to end by itself.
GRACE = "RAY_JOB_STOP_WAIT_TIME_S"


def settings() -> dict[str, str]:
    """What programs need in order to speak to the cluster; nothing where there is none."""
    return environment.read(SETTINGS)


def check(python_environment: str, processes: int | None, hosts: int | None, limits: Sequence[int | None]) -> None:
    """Refuse what can't be a job of the cluster.

    Args:
        python_environment: the Python environment that is asked for.
        processes: of torchrun on each host.
        hosts: of torchrun.
        limits: cores, memory and GPUs that are asked for.

    Raises:
        Usage: why.
    """
    if JOBS not in settings():
        raise Usage(
            "This host leads no Ray cluster.", "Set ray_cluster_enabled, and start it on the cluster's head: see docs/cluster.md."
        )
    if python_environment:
        raise Usage("A job of the cluster runs in the host's own Python environment.", "Leave --environment out.")
    if any(limit is not None for limit in limits):
        raise Usage("--cpus, --memory and --gpus are of one host.", "Let the script ask Ray for what it needs.")
    if hosts is not None and processes is None:
        raise Usage("--hosts is how many torchrun takes.", "Say --processes with it, or let the script ask Ray for workers.")


def job(run: Run) -> str:
    """The name of the job of a run's attempt."""
    return f"{run.run}-{run.attempt}"


def command(run: Run, python: str, told: Mapping[str, str]) -> list[str]:
    """How the job is submitted and followed: it ends with the job, and with 1 where that fails.

    Args:
        run: the run.
        python: the Python that runs the script.
        told: the environment variables of a script of this host.
    """
    launcher = [] if run.processes is None else ["-m", "mlinfra.cluster", str(run.hosts or 0), str(run.processes)]
    variables = {name: value for name, value in told.items() if name.startswith("MLINFRA_") or name == "PYTHONUNBUFFERED"}
    runtime = {"env_vars": {**variables, **OUTPUT, GRACE: str(run.grace)}}
    return [
        *(str(Path(python).parent / "ray"), "job", "submit", "--log-color=false", "--submission-id", job(run)),
        *("--working-dir", str(places.folder(run.run) / places.CODE)),
        *("--runtime-env-json", json.dumps(runtime)),
        *("--", python, *launcher, run.script, *run.arguments),
    ]


def stop_command(run: Run, python: str) -> list[str]:
    """How the job is told to end, without waiting for it."""
    return [str(Path(python).parent / "ray"), "job", "stop", "--no-wait", job(run)]


def variables() -> dict[str, str]:
    """The environment of both."""
    return {**os.environ, **settings()}
