# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who is connected and what runs, of what Session Manager and the hosts know. Pure."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta

Values = dict[str, t.Any]

# As the hosts' program names sessions.
_SESSION = re.compile(r"(?P<kind>SSH session|SSM session|terminal) of (?P<user>.+)")
_MANAGER = {"shell": "Session Manager", "tunnel": "Session Manager tunnel"}
_WAYS = {"SSH session": "SSH", "SSM session": _MANAGER["shell"], "terminal": "a terminal"}


def connected(sessions: t.Iterable[Values], hosts: t.Iterable[Values], now: datetime) -> list[Values]:
    """Who is connected, by instance and since when.

    A shell over Session Manager shows on both sides. AWS knows whose it is, so what the host knows of it counts only where
    AWS told nothing.

    Args:
        sessions: those of Session Manager.
        hosts: as `hosts.told` returns them.
        now: when they were asked.

    Returns:
        user (empty where nobody knows), way, instance, since and unused, the seconds since the last sign of life; empty and
        None where nobody tells.
    """
    listed = [
        {
            "user": session["user"],
            "way": _MANAGER[session["kind"]],
            "instance": session["instance"],
            "since": session["since"],
            "unused": None,
        }
        for session in sessions
    ]
    known = {session["instance"] for session in sessions if session["kind"] == "shell"}
    for host in hosts:
        for session in host["sessions"]:
            named = _SESSION.fullmatch(session["name"])
            if named and named["kind"] == "SSM session" and host["name"] in known:
                continue
            listed.append(
                {
                    "user": named["user"] if named else "",
                    "way": _WAYS[named["kind"]] if named else session["name"],
                    "instance": host["name"],
                    "since": _before(now, session["since"]),
                    "unused": session["unused"],
                }
            )
    return sorted(listed, key=lambda one: (one["instance"], one["since"]))


def jobs(hosts: t.Iterable[Values], now: datetime) -> list[Values]:
    """What runs for somebody: name, instance, since, cpu (seconds), gpu and stalled; the stalled ones first."""
    listed = [
        {**job, "instance": host["name"], "since": _before(now, job["since"])} for host in hosts for job in host["jobs"]
    ]
    return sorted(listed, key=lambda job: (not job["stalled"], job["instance"], job["since"]))


def kernels(hosts: t.Iterable[Values]) -> list[Values]:
    """JupyterLab's kernels: id, notebook, instance, busy and unused (seconds); the busy ones first."""
    listed = [{**kernel, "instance": host["name"]} for host in hosts for kernel in host["kernels"] or []]
    return sorted(listed, key=lambda kernel: (not kernel["busy"], kernel["unused"]))


def _before(now: datetime, seconds: float | None) -> str:
    return "" if seconds is None else (now - timedelta(seconds=seconds)).isoformat(timespec="seconds")
