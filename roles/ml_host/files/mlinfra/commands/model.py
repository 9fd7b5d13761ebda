# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`mlinfra model`: models from a run into production, and back to an older version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from .. import output

app = typer.Typer(no_args_is_help=True, help="Models: validate a run's model, put it into production, go back.")

Check = Annotated[bool, typer.Option("--check", help="Only say what would be done.")]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name in production.")]
Run = Annotated[str, typer.Argument(help="The run's name.")]
Require = Annotated[
    list[str] | None,
    typer.Option("--require", help="What a metric has to be, such as 'accuracy>=0.9'. May be given several times."),
]


@app.command("list")
def list_() -> None:
    """List the models in production."""
    from ..models import registry

    found = registry.pointers()
    output.table(
        list(found.values()),
        ["model", "version", "run", "since", "by"],
        [[name, said["version"], said["run"], said["at"][:16], said["by"]] for name, said in found.items()],
        "No model is in production yet. Promote one: mlinfra model promote RUN --model NAME",
    )


@app.command()
def show(model: Model) -> None:
    """Show the version in production: where it comes from, and how good it is."""
    from ..models import registry

    pointer = registry.existing(model).content
    manifest = registry.manifest(model, pointer["version"])
    lines = {
        "run": manifest["run"],
        "metrics": _metrics(manifest["metrics"]),
        "code": manifest["code"] or "unknown",
        "data": ", ".join(sorted({each["key"].rpartition("/")[0] for each in manifest["data"] or []})) or "unknown",
        "promoted": "{at:.16} by {by} on {host}".format(**manifest["promoted"]),
        "files": ", ".join(each["path"] for each in manifest["files"]),
    }
    text = "\n".join(f"  {name:<9} {value}" for name, value in lines.items())
    output.result({"pointer": pointer, "manifest": manifest}, f"{model}, version {pointer['version']}\n{text}")


@app.command()
def history(model: Model) -> None:
    """List what was done with a model: who has promoted or rolled back what, and when."""
    from ..models import registry

    entries = registry.existing(model).content["history"]
    output.table(
        entries,
        ["version", "action", "in place of", "run", "at", "by"],
        [
            [each["version"], each["action"], each["previous"], each["run"], each["at"][:16], each["by"]]
            for each in entries
        ],
        "Nothing yet.",
    )


@app.command()
def validate(run: Run, require: Require = None) -> None:
    """Look whether a run's model is whole, good enough, and can be served. Changes nothing."""
    from ..models import validation

    wanted = [validation.Requirement.parse(text) for text in require or []]
    with output.progress() as progress:
        found = validation.validate(run, wanted, progress)
    document = {
        "run": run,
        "metrics": found.metrics,
        "requirements": found.requirements,
        "files": [{"path": path, **vars(stored)} for path, stored in found.files.items()],
    }
    output.result(document, f"The model of {run} is fit for production: {_metrics(found.metrics)}.")


@app.command()
def promote(
    run: Run,
    model: Annotated[str, typer.Option(help="The model's name in production.")],
    require: Require = None,
    check: Check = False,
) -> None:
    """Validate a run's model and put it into production."""
    from ..models import promotion, validation

    wanted = [validation.Requirement.parse(text) for text in require or []]
    with output.progress() as progress:
        manifest, changed = promotion.promote(run, model, wanted, check, progress)
    how = "was in production already" if not changed else "would be put into production" if check else "is in production now"
    output.outcome(manifest, changed, f"{model} {how}, as version {manifest['version']}, from {run}.")


@app.command()
def rollback(
    model: Model,
    to: Annotated[str, typer.Option(help="The version. Without it: the one before the version in production.")] = "",
    check: Check = False,
) -> None:
    """Put an older version of a model into production again."""
    from ..models import promotion

    pointer, changed = promotion.rollback(model, to, check)
    how = "is there already" if not changed else "would be in production again" if check else "is in production again"
    text = f"Version {pointer['version']} of {model} {how}, from {pointer['run']}."
    output.outcome(pointer, changed, text)


def _metrics(metrics: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in sorted(metrics.items())) or "no metrics"
