# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What plays, tasks and results say of themselves."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Iterable, Iterator

from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.role_include import IncludeRole
from ansible.playbook.task import Task


def hosts_of(play: Play) -> list[str]:
    """The names of the hosts that a play, or the part of it that is about to run, is for."""
    inventory = play.get_variable_manager()._inventory
    return [host.get_name() for host in inventory.get_hosts(play.hosts)]


def role_of(task: Task) -> str:
    """The short name of the role that a task is of; empty for none."""
    return _short(task._role.get_name()) if task._role else ""


def roles_of(play: Play) -> list[str]:
    """The roles that a play names, in their order. A part of a role that it asks for is none."""
    named = [role.get_name() for role in play.get_roles() if not role.from_include]
    return [_short(name) for name in dict.fromkeys([*named, *_named([*play.pre_tasks, *play.tasks, *play.post_tasks])])]


def where(task: Task) -> str:
    """Role, file and line of a task, the file as seen from here."""
    path, _colon, line = (task.get_path() or "").rpartition(":")
    path = os.path.realpath(path)
    here = os.path.relpath(path)
    return ", ".join(filter(None, [role_of(task), f"{path if here.startswith('..') else here}:{line}"]))


def _short(role: str) -> str:
    return role.rpartition(".")[2]


def _named(entries: Iterable[t.Any]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, Block):
            yield from _named(entry.block)
        elif isinstance(entry, IncludeRole):
            name = entry.args.get("name") or entry.args.get("role") or ""
            if "tasks_from" not in entry.args and "{" not in name:
                yield name
        elif entry._role:
            yield entry._role.get_name()
