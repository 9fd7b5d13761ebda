# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: warm
type: aggregate
short_description: Keep ready in Ansible's main process what each of its forks would prepare anew
version_added: 0.1.0
author:
  - mlinfra.aws authors (@mlinfra)
description:
  - Ansible handles each task in a fork of its main process. The fork loads the plugins that the task needs, and compiles the
    templates that lead to its arguments, each time that it meets one. That is most of what Ansible itself computes.
  - Loads the plugins that the tasks of this collection use before the first fork, and keeps compiled templates, for this run
    and for the next ones. A template is compiled again where its text, its environment, Ansible or Python is another.
  - Has the main process sleep while its forks work, and wakes it once one of them has a result or ends. By itself it looks a thousand
    times a second.
  - Starts the process that P(mlinfra.aws.warm#connection) runs modules in, so that it is ready when the first one comes.
  - No result changes. Verbosity 3 (C(-vvv)) shows how many templates were compiled.
  - Has to be among C(callbacks_enabled).
options:
  cache:
    description:
      - Folder that compiled templates are kept in. It is for its user alone. What comes from a vault is not kept.
      - Where it can't be written, or where this is empty, templates are compiled as ever.
    type: str
    default: ~/.ansible/warm
    ini:
      - section: warm_connection
        key: cache
    env:
      - name: ANSIBLE_WARM_CACHE
  controller_connection:
    description: The connection that environments are worked over. With another one than V(mlinfra.aws.warm) no process is started.
    type: str
    default: mlinfra.aws.warm
    env:
      - name: MLINFRA_CONNECTION
"""

import gc
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import ansible.constants as C
from ansible.plugins.callback import CallbackBase
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm import client, preload
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.command import NotUnderstood
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.packed import Packed
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.plans import plan_for

CONNECTION = "mlinfra.aws.warm"


class CallbackModule(CallbackBase):
    """Acts before the first fork, and after the last."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "mlinfra.aws.warm"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._templates: Any = None
        self._pauses: Any = None

    def set_options(self, *args: Any, **kwargs: Any) -> None:
        """Prepare, as soon as it is known where things are kept."""
        super().set_options(*args, **kwargs)
        connection = preload.load_connection(self.get_option("controller_connection"))
        if connection.ansible_name == CONNECTION:
            self._start_process(connection._load_name)
        preload.load_others()
        self._sleep()
        cache = self.get_option("cache")
        if cache and not self._templates:
            self._keep(Path(cache).expanduser())

    def _start_process(self, connection: str) -> None:
        """Start the process that modules run in. Where that fails, the connection says so and does without."""
        collections, services = (
            C.config.get_config_value(name, plugin_type="connection", plugin_name=connection)
            for name in ("warm_collections", "warm_services")
        )
        try:
            client.connect(plan_for(sys.executable, os.getpid(), collections, services)).close()
        except (NotUnderstood, OSError) as reason:
            self._display.vvv(f"WARM not started: {reason}")

    def _sleep(self) -> None:
        """Have this process sleep until there is something to do. Other versions of Ansible may wait otherwise, as they like."""
        if self._pauses:
            return
        try:
            from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.pauses import Pauses

            self._pauses = Pauses()
            self._pauses.install()
        except (AttributeError, ImportError, OSError) as reason:
            self._display.vvv(f"WARM looks all the time: {reason}")

    def _keep(self, folder: Path) -> None:
        """Use what is kept, and keep what comes."""
        try:
            Packed(str(folder), C.DEFAULT_LOCAL_TMP).bring()
            # What it builds on is Ansible's own affair, and other versions may have it otherwise.
            from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.templates import Templates

            self._templates = Templates(folder)
        except (ImportError, OSError, sqlite3.Error) as reason:
            self._display.vvv(f"WARM prepares each time: {reason}")
        else:
            self._templates.install()

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Let the forks' search for garbage pass over all that is there by now."""
        gc.freeze()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Keep what this process has compiled itself."""
        if self._templates:
            self._templates.save()
