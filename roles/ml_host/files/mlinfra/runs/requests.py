# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people ask for: to start a run, to resume it, to cancel it."""

from __future__ import annotations

import getpass
import shutil
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from .. import documents, names
from ..data import datasets
from ..environment import datasets_bucket
from ..errors import Conflict, Problem, Usage
from . import cluster, code, limits, places, store, unit
from .mirror import described
from .record import FAILED, INTERRUPTED, SUCCEEDED, Run, name_for, now
from .script import python_of
from .spot import Metadata


@dataclass(frozen=True)
class Wanted:
    """A run that somebody wants.

    Attributes:
        script: what is run.
        arguments: what it is given.
        folder: all of which belongs to the code; None for the script alone.
        name: of the run; empty for one made of the script's name and the time.
        data: datasets, such as processed/digits.
        environment, processes, ray, hosts, cpus, memory, gpus, grace, stop_on_rebalance: as in Run.
    """

    script: Path
    arguments: tuple[str, ...] = ()
    folder: Path | None = None
    name: str = ""
    data: tuple[str, ...] = ()
    environment: str = ""
    processes: int | None = None
    ray: bool = False
    hosts: int | None = None
    cpus: int | None = None
    memory: int | None = None
    gpus: int | None = None
    grace: int = 90
    stop_on_rebalance: bool = False


def start(wanted: Wanted) -> Run:
    """Start a run.

    Raises:
        Usage: it can't be done so; nothing was made.
        Missing: a dataset does not exist.
        Conflict: there is a run of that name.
        Problem: systemd does not start it.
    """
    _check(wanted)
    found = code.find(wanted.script, wanted.folder)
    unit.await_manager()
    run = Run(
        run=names.checked("run", wanted.name or name_for(found.script, datetime.now(UTC))),
        state="starting",
        script=found.script,
        arguments=list(wanted.arguments),
        code=found.version,
        data=[object_ for name in wanted.data for object_ in _dataset(name)],
        datasets=[name.strip("/") for name in wanted.data],
        **{
            field: getattr(wanted, field)
            for field in ("environment", "processes", "ray", "hosts", "cpus", "memory", "gpus", "grace", "stop_on_rebalance")
        },
        by=documents.signature()["by"],
        user=getpass.getuser(),
        host=socket.gethostname(),
        instance_id=Metadata().instance_id(),
        created=now(),
    )
    folder = places.folder(run.run)
    if folder.exists():
        raise Conflict(f"{folder} exists already.", "Choose another --name, or leave it out.")
    document = store.write(run, None)
    try:
        code.copy(found, folder / places.CODE)
        store.keep(run)
        unit.start(run)
    except Exception as error:
        reason = error.text if isinstance(error, Problem) else str(error)
        failed = run.to(FAILED, reason=f"It could not be started: {reason}", ended=now())
        store.write(failed, document)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return run


def _check(wanted: Wanted | Run) -> None:
    """Refuse what this host can't do.

    Raises:
        Usage: why.
    """
    if wanted.ray:
        cluster.check(wanted.environment, wanted.processes, wanted.hosts, [wanted.cpus, wanted.memory, wanted.gpus])
    else:
        if wanted.hosts is not None:
            raise Usage("--hosts is for runs of a cluster.", "Say --ray with it.")
        limits.check(wanted.cpus, wanted.memory, wanted.gpus, wanted.processes)
    python_of(wanted.environment)


def _dataset(name: str) -> list[dict[str, object]]:
    return [described(datasets_bucket(), stored) for stored in datasets.find(name).files.values()]


def is_lost(run: Run) -> bool:
    """Whether a run that says of itself that it goes on can't do so any more, since its host is gone."""
    if run.has_ended:
        return False
    if (run.host, run.instance_id) == (socket.gethostname(), Metadata().instance_id()):
        # Only its own user's manager knows of it.
        return run.user == getpass.getuser() and not unit.is_active(run.run)
    return run.instance_id is not None and not _runs(run.instance_id)


def _runs(instance_id: str) -> bool:
    import boto3

    filters = [{"Name": "instance-id", "Values": [instance_id]}]
    found = boto3.client("ec2").describe_instances(Filters=filters)["Reservations"]
    return any(one["State"]["Name"] in ("pending", "running") for entry in found for one in entry["Instances"])


def resume(name: str) -> Run:
    """Resume a run on this host, from its newest checkpoint.

    Raises:
        Missing: there is none of that name.
        Conflict: it runs, or somebody else is faster.
        Usage: it has succeeded, or this host can't run it.
        Problem: systemd does not start it.
    """
    run, document = store.read(name)
    if run.state == SUCCEEDED:
        raise Usage(f"Run {name} has succeeded: there is nothing to resume.")
    if not run.has_ended and not is_lost(run):
        raise Conflict(f"Run {name} is {run.state} on {run.host}.", f"See what it does: mlinfra runs logs -f {name}")
    _check(run)
    unit.await_manager()
    again = run.again(socket.gethostname(), Metadata().instance_id())
    mine = store.here(name)
    # What this host has is the newest only where the run was here at last.
    is_here = mine is not None and (mine.host, mine.instance_id, mine.attempt) == (again.host, again.instance_id, run.attempt)
    document = store.write(again, document)
    try:
        store.keep(again)
        if not is_here:
            (places.folder(name) / places.FETCH).touch()
        unit.start(again)
    except Exception as error:
        reason = error.text if isinstance(error, Problem) else str(error)
        failed = again.to(INTERRUPTED, reason=f"It could not be resumed: {reason}", ended=now())
        store.write(failed, document)
        # The next attempt is to fetch it again, wherever it is made.
        store.keep(replace(failed, attempt=0))
        raise
    return again


def resume_interrupted() -> list[Run]:
    """Resume this user's runs that were interrupted, or whose host is gone. What another host is faster with is left to it."""
    resumed = []
    for run in store.every():
        if run.user != getpass.getuser():
            continue
        if run.state == INTERRUPTED or (not run.has_ended and is_lost(run)):
            try:
                resumed.append(resume(run.run))
            except (Conflict, Usage):
                continue
    return resumed


def cancel(name: str) -> Run:
    """Cancel a run of this host. It ends once its script has, or its grace is over.

    Raises:
        Missing: there is none of that name.
        Conflict: it has ended, or runs on another host.
    """
    run = store.here(name) or store.read(name)[0]
    if run.has_ended:
        raise Conflict(f"Run {name} has {'been ' if run.state in ('cancelled', 'interrupted') else ''}{run.state} already.")
    if run.host != socket.gethostname():
        raise Conflict(f"Run {name} is on {run.host}.", f"Cancel it there: mlinfra runs cancel {name}")
    if not unit.is_active(name):
        raise Conflict(f"Run {name} does not run any more: its host stopped.", f"Resume it: mlinfra runs resume {name}")
    unit.interrupt(name)
    return run
