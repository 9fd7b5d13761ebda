# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What JupyterLab tells of its kernels and terminals, over loopback."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from model import Use

SECONDS = 10
# The states of a kernel that does not work. One that no page was ever connected to is "starting" for ever.
RESTING = ("idle", "starting", "dead")


@dataclass(frozen=True)
class Server:
    """One JupyterLab of this host.

    Attributes:
        url: where it answers.
        token_file: holds its token.
        certificate: the file of its certificate; empty where it speaks plain HTTP.
        owner: whose it is, to tell people apart; empty for the one that all share.
    """

    url: str
    token_file: str
    certificate: str = ""
    owner: str = ""

    def ask(self, path: str) -> Any:
        """What its API answers, as JSON; only to the holder of its certificate goes the token."""
        token = Path(self.token_file).read_text(encoding="ascii").strip()
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"token {token}"})
        # Never through a proxy.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.certificate:
            # The very certificate is trusted, whoever signed it and whatever names it is for.
            context = ssl.create_default_context(cafile=self.certificate)
            context.check_hostname = False
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            handlers.append(urllib.request.HTTPSHandler(context=context))
        with urllib.request.build_opener(*handlers).open(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def named(self, what: str) -> str:
        """The name of something of its, with its owner."""
        return f"{what} of {self.owner}" if self.owner else what


@dataclass(frozen=True)
class Jupyter:
    """What people do in JupyterLab.

    Attributes:
        uses: its kernels and terminals.
        kernels: whether a kernel is busy, by its id.
    """

    uses: tuple[Use, ...]
    kernels: dict[str, bool]


def servers(configuration: Sequence[dict[str, str]]) -> list[Server]:
    """The JupyterLabs that the program's configuration names."""
    return [Server(**entry) for entry in configuration]


def read(found: Sequence[Server], now: float, clock: float) -> Jupyter:
    """The kernels and terminals of all of them.

    Args:
        found: the JupyterLabs.
        now: the time, in seconds since the host started.
        clock: the same, in seconds since 1970.

    Raises:
        OSError: one does not answer.
        ValueError: one answers something else, which KeyError and TypeError say, too.
    """

    def last(entry: dict[str, str]) -> float:
        return now - max(0.0, clock - _moment(entry["last_activity"]))

    uses, busy = [], {}
    for server in found:
        kernels_there, terminals = server.ask("/api/kernels"), server.ask("/api/terminals")
        uses += [Use(server.named(f"kernel {kernel['id'][:8]}"), last(kernel)) for kernel in kernels_there]
        uses += [Use(server.named(f"JupyterLab's terminal {terminal['name']}"), last(terminal)) for terminal in terminals]
        busy |= {kernel["id"]: kernel["execution_state"] not in RESTING for kernel in kernels_there}
    return Jupyter(tuple(uses), busy)


def kernels(found: Sequence[Server], clock: float) -> list[dict[str, Any]]:
    """The kernels for people to read: id, notebook, busy, and for how many seconds nobody used them.

    Args:
        found: the JupyterLabs.
        clock: the time, in seconds since 1970.

    Raises:
        OSError, ValueError, KeyError, TypeError: as in `read`.
    """
    told = []
    for server in found:
        notebooks = {session["kernel"]["id"]: session["path"] for session in server.ask("/api/sessions") if session["kernel"]}
        told += [
            {
                "id": kernel["id"][:8],
                "notebook": server.named(notebooks[kernel["id"]]) if kernel["id"] in notebooks else "",
                "busy": kernel["execution_state"] not in RESTING,
                "unused": round(max(0.0, clock - _moment(kernel["last_activity"]))),
            }
            for kernel in server.ask("/api/kernels")
        ]
    return told


def _moment(told: str) -> float:
    return datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp()
