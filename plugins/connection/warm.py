# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs modules on the controller in forks of one process that has their libraries loaded."""

from __future__ import annotations

DOCUMENTATION = r"""
name: warm
short_description: Runs modules on the controller in forks of one warm process
version_added: 0.1.0
author:
  - mlinfra.aws authors (@mlinfra)
description:
  - Does what P(ansible.builtin.local#connection) does, faster. A Python module does not get an interpreter of its
    own, which would spend most of its time on loading the same libraries again. It runs in a fork of a process
    that has loaded them already.
  - No task has to be written in another way, and results, check mode, differences, C(async), the environment and
    errors are the same.
  - What can't run in a fork runs as P(ansible.builtin.local#connection) runs it. That is a task with C(become), a module
    that isn't written in Python, a module whose C(module_utils) are not the ones that are loaded, and an environment
    variable that has to be there before an interpreter starts. Verbosity 3 (C(-vvv)) shows which way was taken.
options:
  become_success_timeout:
    description: As in P(ansible.builtin.local#connection).
    type: int
    default: 10
    vars:
      - name: ansible_local_become_success_timeout
  become_strip_preamble:
    description: As in P(ansible.builtin.local#connection).
    type: bool
    default: true
    vars:
      - name: ansible_local_become_strip_preamble
  warm_collections:
    description:
      - Collections whose C(module_utils) the process may load before a module asks for them.
      - To load them must have no effect but to define things. Modules of all collections run in forks.
    type: list
    elements: str
    default: [amazon.aws, community.aws, mlinfra.aws]
    vars:
      - name: ansible_warm_collections
  warm_services:
    description:
      - AWS services, by boto3's names, whose models the process reads while it has nothing else to do.
      - The default is what the roles of this collection speak to, first what they need first.
    type: list
    elements: str
    default: [sts, ec2, ssm, s3, iam, logs, cloudwatch, sns]
    vars:
      - name: ansible_warm_services
  warm_cache:
    description:
      - Folder that packed modules are kept in for the next run, which uses those whose sources have not changed.
        Nothing else is written there, no argument of a module and no secret.
      - Where it can't be written, each run packs its modules itself. Empty does the same.
    type: str
    default: ~/.ansible/warm
    ini:
      - section: warm_connection
        key: cache
    env:
      - name: ANSIBLE_WARM_CACHE
    vars:
      - name: ansible_warm_cache
  warm_interpreter:
    description:
      - The interpreter that modules are expected to run under. The process for it is started while the first module
        is still being prepared.
    type: str
    vars:
      - name: ansible_python_interpreter
extends_documentation_fragment:
  - connection_pipelining
notes:
  - Modules that run in a fork are always pipelined. The option O(pipelining) is for those that do not.
  - The process starts with the first module and ends with the run. It is reached through a socket that is open to
    nobody but the user, and writes nothing to disk.
  - A Python package that is installed by the run itself is seen by the modules after it.
"""

import multiprocessing
import os
import typing as t

import ansible.constants as C
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.connection.local import Connection as LocalConnection
from ansible.utils.display import Display
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm import client
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.command import Command, NotUnderstood, parse
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.packed import Packed
from ansible_collections.mlinfra.aws.plugins.plugin_utils.warm.plans import plan_for

display = Display()


class Connection(LocalConnection):
    """The connection mlinfra.aws.warm. Its transport stays that of the local connection, which Ansible asks for."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        # Not getppid: a worker that outlives the run's main process has another parent then.
        main = multiprocessing.parent_process()
        self._owner = int(main.pid if main else os.getpid())

    def set_options(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Take the options of a task, and have the process started while the task is still being prepared."""
        super().set_options(*args, **kwargs)
        interpreter = self.get_option("warm_interpreter")
        if interpreter and os.path.isabs(interpreter):
            try:
                client.connect(self._plan(interpreter)).close()
            except (NotUnderstood, OSError) as reason:
                display.vvv(f"WARM not started: {reason}", host=self._play_context.remote_addr)

    def is_pipelining_enabled(self, wrap_async: bool = False) -> bool:
        """Say whether modules come by standard input. Ansible asks this first when it is to run a module."""
        self._with_packed(Packed.bring)
        if self.become:
            return super().is_pipelining_enabled(wrap_async)
        return not wrap_async and not C.DEFAULT_KEEP_REMOTE_FILES

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command: in a fork if it runs a packed Python module, else as the local connection does."""
        try:
            return self._execute_warm(cmd, in_data)
        except (NotUnderstood, OSError) as reason:
            if in_data:
                display.vvv(f"PLAIN: {reason}", host=self._play_context.remote_addr)
            return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)

    def _execute_warm(self, cmd: str, in_data: bytes | None) -> tuple[int, bytes, bytes]:
        """Run a command in a fork.

        Raises:
            NotUnderstood, OSError: nothing was run.
        """
        command = parse(to_text(cmd))
        script = in_data or self._transferred(command)
        job = self._job(command)
        self._connect()
        host = self._play_context.remote_addr

        def started(pid: int) -> None:
            display.vvv(f"EXEC {to_text(cmd)}", host=host)
            display.vvv(f"WARM: fork {pid}", host=host)
            self._with_packed(Packed.keep)

        request = client.request_for(command, C.DEFAULT_EXECUTABLE.split()[0], self._folder(), job)
        try:
            connection = client.connect(self._plan(command.interpreter))
            status, output, errors = client.execute(connection, request, script, started)
        except client.Lost as error:
            raise AnsibleConnectionFailure("The warm process ended while a module ran.") from error
        if status < 0:
            return self._killed(command, -status, output, errors)
        return status, output, errors

    def _with_packed(self, step: t.Callable[[Packed], None]) -> None:
        """Do something with the modules that are kept packed, where they can be kept."""
        folder = self.get_option("warm_cache")
        if folder:
            try:
                step(Packed(folder, C.DEFAULT_LOCAL_TMP))
            except OSError as error:
                display.vvv(f"WARM packs by itself: {error}", host=self._play_context.remote_addr)

    def _transferred(self, command: Command) -> bytes:
        """Return the script that a command runs, if Ansible has put it there for this task."""
        folder = self._shell.tmpdir
        if not folder or not command.arguments or os.path.dirname(command.arguments[0]) != folder.rstrip("/"):
            raise NotUnderstood("it runs no module of this task")
        with open(command.arguments[0], "rb") as file:
            return file.read()

    @staticmethod
    def _job(command: Command) -> bytes | None:
        """Return the module that a command starts as an asynchronous job."""
        if len(command.arguments) < 5 or os.path.basename(command.arguments[0]) != "async_wrapper.py":
            return None
        with open(command.arguments[3], "rb") as file:
            return file.read()

    def _folder(self) -> str | None:
        """Return the working directory."""
        return os.fsdecode(self.cwd) if self.cwd else None

    def _killed(self, command: Command, number: int, output: bytes, errors: bytes) -> tuple[int, bytes, bytes]:
        """Return what the shell makes of a command that a signal ends."""
        killed = command.with_interpreter([command.shell, "-c", f"kill -{number} $$"])
        status, more_output, more_errors = super().exec_command(killed, sudoable=False)
        return status, output + more_output, errors + more_errors

    def _plan(self, interpreter: str) -> client.Plan:
        """Return how the process for an interpreter is started."""
        return plan_for(
            interpreter, self._owner, self.get_option("warm_collections"), self.get_option("warm_services")
        )
