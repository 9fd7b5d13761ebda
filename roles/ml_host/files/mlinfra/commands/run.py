# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`mlinfra run` starts a training run, `mlinfra runs` tells of runs and acts on them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import output
from ..errors import Usage

if TYPE_CHECKING:
    from ..runs.record import Run

# Everything after the script's name is the script's.
SETTINGS = {"allow_interspersed_args": False, "ignore_unknown_options": True}
runs = typer.Typer(no_args_is_help=True, help="Tell of training runs, follow, cancel and resume them.")


def _names(incomplete: str) -> list[str]:
    from ..runs import places

    return sorted(folder.name for folder in places.runs().glob(f"{incomplete}*") if (folder / places.RECORD).exists())


Name = Annotated[str, typer.Argument(help="The run.", autocompletion=_names, metavar="RUN")]


def run(
    script: Annotated[Path, typer.Argument(help="The Python script.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Its own arguments.")] = None,
    name: Annotated[str, typer.Option(help="Name of the run; without it, the script's with the time.")] = "",
    folder: Annotated[Path | None, typer.Option(help="Folder that belongs to the code; without it, the script alone.")] = None,
    data: Annotated[list[str] | None, typer.Option(help="Dataset that the script needs, such as processed/digits.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Run it by torchrun with so many processes.")] = None,
    ray: Annotated[bool, typer.Option("--ray", help="Run it as a job of the Ray cluster that this host leads.")] = False,
    hosts: Annotated[int | None, typer.Option(min=1, help="With --ray and --processes: on so many hosts; without it, on all.")] = None,
    cpus: Annotated[int | None, typer.Option(min=1, help="At most so many processor cores.")] = None,
    memory: Annotated[str, typer.Option(help="At most so much memory, such as 4G.")] = "",
    gpus: Annotated[int | None, typer.Option(min=0, help="So many GPUs, which no other run gets meanwhile.")] = None,
    environment: Annotated[str, typer.Option(help="Name or path of a Python environment.")] = "",
    grace: Annotated[int, typer.Option(min=1, help="Seconds between SIGTERM and SIGKILL where it has to end.")] = 90,
    stop_on_rebalance: Annotated[
        bool, typer.Option("--stop-on-rebalance", help="Let it end at EC2's rebalance recommendation already.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not follow its output.")] = False,
) -> None:
    """Start a training run, which goes on without this terminal, and follow its output."""
    from ..runs import limits, requests

    wanted = requests.Wanted(
        script=script,
        arguments=tuple(arguments or ()),
        folder=folder,
        name=name,
        data=tuple(data or ()),
        environment=environment,
        processes=processes,
        ray=ray,
        hosts=hosts,
        cpus=cpus,
        memory=limits.in_bytes(memory) if memory else None,
        gpus=gpus,
        grace=grace,
        stop_on_rebalance=stop_on_rebalance,
    )
    _go_on(requests.start(wanted), detach)


def _go_on(started: Run, detach: bool) -> None:
    """After a run was started: follow it, or say how to."""
    if detach:
        output.result(asdict(started), f"Run {started.run} has begun. Follow it: mlinfra runs logs -f {started.run}")
        return
    output.note(f"Run {started.run} has begun, and goes on without this terminal.")
    _follow(started.run, True)


def _follow(name: str, until_it_ends: bool) -> None:
    """Show a run's output; where it is waited for, exit as its script has."""
    from ..runs import following, store

    # With --json, standard output is for the result alone.
    stream = (sys.stderr if output.is_json() else sys.stdout).buffer
    try:
        for content in following.follow(name, until_it_ends):
            stream.write(content)
            stream.flush()
    except KeyboardInterrupt:
        output.note(f"\nRun {name} goes on. Follow it: mlinfra runs logs -f {name}   Cancel it: mlinfra runs cancel {name}")
        raise
    if not until_it_ends:
        return
    ended = store.read(name)[0]
    # The last line of the output says it to people.
    if output.is_json():
        output.result(asdict(ended), "")
    if ended.state != "succeeded":
        raise typer.Exit(ended.exit_code or 1)


@runs.command("list")
def list_(
    state: Annotated[str, typer.Option(help="Only those in this state.")] = "",
    count: Annotated[int, typer.Option("--last", min=1, help="Only the newest so many.")] = 20,
) -> None:
    """List the runs of the environment, the newest first."""
    from ..runs import store

    found = [one for one in store.every() if not state or one.state == state][:count]
    rows = [
        (one.run, one.state, "" if one.exit_code is None else one.exit_code, one.by, one.host, one.started, one.ended) for one in found
    ]
    columns = ("Run", "State", "Exit", "By", "Host", "Started", "Ended")
    output.table([asdict(one) for one in found], columns, rows, "There are no runs.")


@runs.command()
def show(name: Name) -> None:
    """Show all that is known of a run."""
    from ..runs import requests, store

    found = store.read(name)[0]
    lines = [f"{key:<18} {_shown(key, value)}" for key, value in asdict(found).items() if value not in (None, "", [], False)]
    if requests.is_lost(found):
        lines.append(f"Its host stopped before it had ended. Resume it: mlinfra runs resume {name}")
    output.result(asdict(found), "\n".join(lines))


def _shown(key: str, value: object) -> str:
    if key == "data" and isinstance(value, list):
        return f"{len(value)} objects, {sum(one['size'] for one in value)} bytes"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


@runs.command()
def logs(name: Name, follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until it ends.")] = False) -> None:
    """Show what a run has put out; with -f, follow it and exit as its script does."""
    _follow(name, follow)


@runs.command()
def cancel(name: Name) -> None:
    """Cancel a run of this host: its script gets SIGTERM, and SIGKILL after its grace."""
    from ..runs import requests

    asked = requests.cancel(name)
    output.result(asdict(asked), f"Run {name} was told to end, and has {asked.grace} s.")


@runs.command()
def resume(
    name: Annotated[str, typer.Argument(help="The run.", autocompletion=_names, metavar="[RUN]")] = "",
    interrupted: Annotated[bool, typer.Option("--interrupted", help="All that were interrupted, wherever they ran.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not follow its output.")] = False,
) -> None:
    """Resume a run on this host: its script finds its checkpoints."""
    from ..runs import requests

    if bool(name) == interrupted:
        raise Usage("Name a run, or say --interrupted.")
    if name:
        _go_on(requests.resume(name), detach)
        return
    resumed = requests.resume_interrupted()
    rows = [(one.run, one.attempt, one.by) for one in resumed]
    output.table([asdict(one) for one in resumed], ("Run", "Attempt", "By"), rows, "No run was interrupted.")
