# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the hosts said of themselves, or why one of them said nothing. Pure."""

from __future__ import annotations

import json
import typing as t

Values = dict[str, t.Any]

# What a host tells, and what stands for it where it does not.
FACTS: Values = {
    "uptime": None,
    "load": None,
    "cores": None,
    "memory": None,
    "disks": None,
    "gpus": None,
    "models": [],
    "nodes": [],
    "services": None,
    "sessions": [],
    "kernels": None,
    "jobs": [],
    "idle": None,
    "unread": [],
}
NOT_CONFIGURED = "it is not set up yet: playbooks/configure.yml does that"
NOT_LISTED = "the inventory does not have it"
# What a program that is older than this option says of it.
_OLD_PROGRAM = "unrecognized arguments: --status"
# What Ansible puts before the reason.
_PREFIX = "Task failed: "
_OLD = "its program is older than this: playbooks/configure.yml brings the new one"


def told(instances: t.Iterable[Values], results: t.Mapping[str, t.Any]) -> list[Values]:
    """Each training instance's host: name, answered, reason (why it did not answer), and its facts.

    Args:
        instances: as status_info tells them.
        results: of the task that asked the hosts, by the instances' names.
    """
    return [_told(one, results.get(one["name"])) for one in instances if one["role"] == "ml-training"]


def _told(instance: Values, result: t.Any) -> Values:
    facts = _facts(result)
    reason = "" if facts else _reason(instance, result)
    return {"name": instance["name"], "answered": bool(facts), "reason": reason, **FACTS, **facts}


def _facts(result: t.Any) -> Values:
    """What the host's program printed: one JSON object on a line of its own, whatever the way there adds."""
    if not isinstance(result, t.Mapping) or result.get("failed") or result.get("unreachable"):
        return {}
    for line in reversed(result.get("stdout", "").splitlines()):
        if line.strip().startswith("{"):
            try:
                facts = json.loads(line)
            except ValueError:
                return {}
            return {name: facts[name] for name in FACTS if name in facts}
    return {}


def _reason(instance: Values, result: t.Any) -> str:
    if instance["state"] != "running":
        return f"the instance is {instance['state']}"
    if not isinstance(result, t.Mapping):
        return NOT_LISTED
    said = " ".join(str(result.get(name, "")) for name in ("stdout", "stderr"))
    if result.get("unreachable"):
        return f"it can't be reached: {_line(str(result.get('msg', '')).removeprefix(_PREFIX))}"
    if _OLD_PROGRAM in said:
        return _OLD
    if result.get("failed"):
        return f"it could not be asked: {_line(said) or result.get('msg', '')}"
    return "what it says is no JSON" if "{" in said else NOT_CONFIGURED


def _line(text: str) -> str:
    """The last line of a text that says anything."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
