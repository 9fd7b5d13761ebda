# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the files of a run are."""

from __future__ import annotations

import os
from pathlib import Path

# Made by the role ml_host, for all users, with the sticky bit. What is in the first goes to CloudWatch Logs.
LOGS = Path("/var/log/mlinfra-runs")
LOCKS = Path("/run/mlinfra-runs")
RECORD, OUTPUT, METRICS = "run.json", "output.log", "metrics.json"
CODE, CHECKPOINTS, EVENTS, MODEL = "code", "checkpoints", "logs", "model"
# Told to the script, which may look at it: what EC2 has announced.
NOTICE = "notice.json"
# Marks a folder whose content is to be fetched first: the run was on another host.
FETCH = ".fetch"


def runs() -> Path:
    """The folder of all runs of this user, which TensorBoard shows."""
    return Path(os.environ.get("MLINFRA_RUNS_DIRECTORY") or Path.home() / "runs")


def folder(run: str) -> Path:
    """The folder of one run."""
    return runs() / run


def data(run: str) -> Path:
    """Where a run's data are while it runs: outside its folder, which TensorBoard walks through."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "mlinfra" / "data" / run


def logs() -> Path:
    """What the CloudWatch agent follows."""
    return Path(os.environ.get("MLINFRA_RUN_LOG_DIRECTORY") or LOGS)


def prefix(run: str) -> str:
    """Where a run is in the models bucket."""
    return f"experiments/{run}/"
