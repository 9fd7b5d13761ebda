# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands, one module for each group. They read arguments and tell results; the work is done beside them."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import output
from . import data, model, notebooks, run, serve

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Datasets, training runs, models and their serving, on this host and in the environment's buckets.",
)


@app.callback()
def options(
    as_json: Annotated[bool, typer.Option("--json", help="Tell results as one JSON document.")] = False,
) -> None:
    """What all commands know."""
    output.use_json(as_json)


app.add_typer(data.app, name="data")
app.add_typer(model.app, name="model")
app.command(context_settings=run.SETTINGS)(run.run)
app.add_typer(run.runs, name="runs")
app.add_typer(serve.app, name="serve")
app.add_typer(notebooks.app, name="notebooks")
