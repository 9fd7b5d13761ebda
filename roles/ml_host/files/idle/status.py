# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that this host knows of itself, for people to read from afar. It only reads, and the session that asks is left out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cluster
import gpu
import jupyter
import serving
import system
from model import FAILURES, Sample, Settings
from verdict import MINUTE, decide


def told(configuration: dict[str, Any], history: Sequence[Sample]) -> dict[str, Any]:
    """Everything as one object. What can't be read is None, and named in `unread`.

    Args:
        configuration: the program's.
        history: what was read since the host started; the last sample is of now.
    """
    now = history[-1]
    unread = list(now.unread)

    def read(what: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except FAILURES as error:
            unread.append(f"{what} can't be read: {error}")
            return None

    # That JupyterLab does not tell, the sample has said.
    silent = any(reason.startswith("JupyterLab") for reason in unread)
    servers = jupyter.servers(configuration["jupyters"])
    service = configuration["serving"]
    settings = Settings(**configuration["settings"])
    verdict = decide(history, settings)
    return {
        "uptime": round(now.time),
        "load": read("the load", lambda: [round(load, 2) for load in os.getloadavg()]),
        "cores": os.cpu_count(),
        "memory": read("the memory", system.memory),
        "disks": read("the disks", lambda: system.disks(configuration["disks"])),
        "gpus": read("the GPU", gpu.describe) if configuration["gpu"] else [],
        "models": read("the models", lambda: serving.models(service["command"])) if service else [],
        "nodes": read("the cluster", lambda: cluster.nodes(Path(configuration["cluster"]))) if configuration["cluster"] else [],
        "services": read("the services", lambda: system.services(configuration["services"])),
        "sessions": [
            {"name": use.name, "unused": age(now, use.last), "since": age(now, use.since)}
            for use in now.uses
            if not use.name.startswith(("kernel ", serving.NAME))
        ],
        "kernels": None if silent else read("the kernels", lambda: jupyter.kernels(servers, time.time())),
        "jobs": [
            {
                "name": job.name,
                "since": age(now, job.since),
                "cpu": round(job.cpu),
                "gpu": job.gpu,
                "stalled": job.name in verdict.stalled,
            }
            for job in now.jobs
        ],
        "idle": {
            "stops": configuration["stops"],
            "minutes": verdict.idle_minutes,
            "limit": settings.idle_minutes,
            "watched": round((now.time - history[0].time) / MINUTE, 1),
            "stop": verdict.stop,
            "reasons": list(verdict.reasons),
        },
        "unread": unread,
    }


def age(now: Sample, moment: float | None) -> int | None:
    """How many seconds ago something was."""
    return None if moment is None else round(max(0.0, now.time - moment))
