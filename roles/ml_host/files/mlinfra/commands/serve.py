# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`mlinfra serve`: which models answer on this host, and in which version."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .. import output

app = typer.Typer(no_args_is_help=True, help="The inference service of this host.")


@app.command()
def status() -> None:
    """Show which models answer, in which version, and which version failed."""
    told = _ask({"command": "status"})
    rows = [
        (one["model"], one["state"], one["version"], one["since"], _failure(one["failed"])) for one in told["models"]
    ]
    output.table(
        told, ("Model", "State", "Version", "Since", "Failed"), rows, f"{told['address']} serves no model yet."
    )


@app.command()
def deploy(
    model: Annotated[str, typer.Argument(help="Its name.")],
    version: Annotated[str | None, typer.Option(help="Another version than the one in production.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what would be done.")] = False,
) -> None:
    """Have the version in production answer, once it has answered its example; if it fails, the one before stays."""
    told = _ask({"command": "deploy", "model": model, "version": version, "check": check})
    how = "answers already" if not told["changed"] else "would answer" if check else "answers"
    output.result(told, f"Version {told['version']} of {model} {how}.")


def _ask(request: dict[str, Any]) -> Any:
    from ..serving import control, settings

    return control.ask(settings.load(), request, output.note)


def _failure(failed: dict[str, str] | None) -> str:
    return f"{failed['version']}: {failed['reason']}" if failed else ""
