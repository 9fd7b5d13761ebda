# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How `mlinfra serve` talks to the service: over a socket that only the service's user and root may open.

A request is a line of JSON with a `command`. The answer is lines of JSON: any number of `note`, then `result` or `problem`.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from .. import errors
from ..errors import Problem
from .settings import Settings

Say = Callable[[str], None]
Answer = Callable[[dict[str, Any], Say], Awaitable[Any]]


async def listen(settings: Settings, answer: Answer) -> asyncio.Server:
    """Answer requests on the control socket.

    Args:
        settings: the service's.
        answer: takes a request and something that is told notes, and returns the result or raises a problem.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(key: str, value: Any) -> None:
            writer.write(json.dumps({key: value}).encode() + b"\n")

        try:
            say("result", await answer(json.loads(await reader.readline()), lambda text: say("note", text)))
        except Problem as problem:
            say("problem", {"text": problem.text, "advice": problem.advice, "status": problem.status})
        except Exception as error:
            say("problem", {"text": f"The service failed: {error!r}.", "advice": "", "status": 1})
            raise
        finally:
            writer.close()

    settings.control.unlink(missing_ok=True)
    return await asyncio.start_unix_server(connected, settings.control)


def ask(settings: Settings, request: dict[str, Any], note: Say) -> Any:
    """Ask the service of this host.

    Args:
        settings: the service's.
        request: with its `command`.
        note: is told how far it is.

    Raises:
        Problem: whatever the service says, or that it does not run.
    """
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(settings.control))
        except PermissionError:
            raise Problem("Only the service's user and root may ask the service.", "Use sudo.") from None
        except OSError:
            raise Problem("The service does not run.", "See why: systemctl status mlinfra-serving") from None
        line.sendall(json.dumps(request).encode() + b"\n")
        with line.makefile("rb") as answers:
            for answer in map(json.loads, answers):
                if "note" in answer:
                    note(answer["note"])
                elif "problem" in answer:
                    raise _problem(**answer["problem"])
                else:
                    return answer["result"]
    raise Problem("The service ended before it answered.", "See why: journalctl -u mlinfra-serving")


def _problem(text: str, advice: str, status: int) -> Problem:
    kinds = {kind.status: kind for kind in (errors.Usage, errors.Missing, errors.Conflict, errors.Invalid)}
    return kinds.get(status, Problem)(text, advice)
