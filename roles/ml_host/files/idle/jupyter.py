# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What JupyterLab tells of its kernels and terminals, over loopback."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from model import Use

SECONDS = 10
# The states of a kernel that does not work. One that no page was ever connected to is "starting" for ever.
RESTING = ("idle", "starting", "dead")


@dataclass(frozen=True)
class Jupyter:
    """What people do in JupyterLab.

    Attributes:
        uses: its kernels and terminals.
        kernels: whether a kernel is busy, by its id.
    """

    uses: tuple[Use, ...]
    kernels: dict[str, bool]


def _ask(url: str, token: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    # Never through a proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=SECONDS) as answer:
        return json.load(answer)


def read(url: str, token_file: Path, now: float, clock: float) -> Jupyter:
    """The kernels and terminals.

    Args:
        url: where JupyterLab answers.
        token_file: holds its token.
        now: the time, in seconds since the host started.
        clock: the same, in seconds since 1970.

    Raises:
        OSError: it does not answer.
        ValueError: it answers something else, which KeyError and TypeError say, too.
    """
    token = token_file.read_text(encoding="ascii").strip()

    def last(entry: dict[str, str]) -> float:
        return now - max(0.0, clock - _moment(entry["last_activity"]))

    found, terminals = _ask(f"{url}/api/kernels", token), _ask(f"{url}/api/terminals", token)
    uses = [Use(f"kernel {kernel['id'][:8]}", last(kernel)) for kernel in found]
    uses += [Use(f"JupyterLab's terminal {terminal['name']}", last(terminal)) for terminal in terminals]
    return Jupyter(tuple(uses), {kernel["id"]: kernel["execution_state"] not in RESTING for kernel in found})


def kernels(url: str, token_file: Path, clock: float) -> list[dict[str, Any]]:
    """The kernels for people to read: id, notebook, busy, and for how many seconds nobody used them.

    Args:
        url, token_file: as in `read`.
        clock: the time, in seconds since 1970.

    Raises:
        OSError, ValueError, KeyError, TypeError: as in `read`.
    """
    token = token_file.read_text(encoding="ascii").strip()
    notebooks = {session["kernel"]["id"]: session["path"] for session in _ask(f"{url}/api/sessions", token) if session["kernel"]}
    return [
        {
            "id": kernel["id"][:8],
            "notebook": notebooks.get(kernel["id"], ""),
            "busy": kernel["execution_state"] not in RESTING,
            "unused": round(max(0.0, clock - _moment(kernel["last_activity"]))),
        }
        for kernel in _ask(f"{url}/api/kernels", token)
    ]


def _moment(told: str) -> float:
    return datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp()
