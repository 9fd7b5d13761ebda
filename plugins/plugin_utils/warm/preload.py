# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Loads plugins into Ansible's main process, which uses few of them itself: else each of its forks loads them anew."""

from __future__ import annotations

from ansible.plugins.loader import (
    action_loader,
    connection_loader,
    filter_loader,
    lookup_loader,
    shell_loader,
    test_loader,
)

_ACTIONS = (
    *("ansible.builtin.assert", "ansible.builtin.debug", "ansible.builtin.fail"),
    *("ansible.builtin.normal", "ansible.builtin.set_fact", "ansible.builtin.validate_argument_spec"),
    *("mlinfra.aws.environment_diff", "mlinfra.aws.environment_lock", "mlinfra.aws.preflight"),
)
_LOOKUPS = ("ansible.builtin.config", "ansible.builtin.env", "ansible.builtin.file", "ansible.builtin.template")


def load_connection(name: str) -> type:
    """Load a connection of environments, and return its class."""
    shell_loader.get("sh", class_only=True)
    return connection_loader.get(name, class_only=True)


def load_others() -> None:
    """Load what else the tasks of this collection use."""
    # With one of the built-in ones come all of them.
    filter_loader.get("ansible.builtin.combine")
    test_loader.get("ansible.builtin.match")
    for name in _ACTIONS:
        action_loader.get(name, class_only=True)
    for name in _LOOKUPS:
        lookup_loader.get(name, class_only=True)
