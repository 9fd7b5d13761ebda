# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs ansible-playbook for real, over this collection's connection and over the plain one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WARM, PLAIN = "mlinfra.aws.warm", "ansible.builtin.local"
SECONDS = 120

# What differs between any two runs of the same thing.
VOLATILE_KEYS = {
    "_original_basename",
    "start",
    "end",
    "delta",
    "ansible_job_id",
    "results_file",
    "atime",
    "child_pid",
    "_ansible_job_id",
}
VOLATILE_TEXT = [
    (re.compile(r"[^\s\"']*/ansible_(?!collections)[\w.]*payload(?:_\w+/ansible_[\w.]+_payload)?\.zip"), "PAYLOAD"),
    # A job may find its own source or not: the zip file that it came in has gone meanwhile.
    (re.compile(r'(async_wrapper\.py", line \d+, in \w+\n)(?:    .*\n)+'), r"\1"),
    (re.compile(r"/player\d*/tmp\w+"), "/BOOK"),
    (re.compile(r"ansible-tmp-[\d.]+-\d+-\d+"), "TMP"),
    (re.compile(r"\bj\d+\.\d+"), "JOB"),
    (re.compile(r"(?<=\bline )\d+: +\d+(?= Killed)"), "PID"),
]


@dataclass
class Run:
    """One run of ansible-playbook.

    Attributes:
        status: its exit status.
        text: all that it wrote.
        results: the results by task and host, without what differs between any two runs.
    """

    status: int
    text: str
    results: dict[tuple[str, str], Any] = field(default_factory=dict)


def steady(value: Any, folder: str) -> Any:
    """A result without what differs between any two runs, and without the name of the run's folder."""
    if isinstance(value, dict):
        return {key: steady(item, folder) for key, item in value.items() if key not in VOLATILE_KEYS}
    if isinstance(value, list):
        return [steady(item, folder) for item in value]
    if isinstance(value, str) and len(value) < 100_000:
        value = value.replace(folder, "FOLDER")
        for pattern, name in VOLATILE_TEXT:
            value = pattern.sub(name, value)
    return value


class Player:
    """Runs plays.

    Args:
        folder: a folder for what the runs need.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Only the run that makes it is warned.
        Path("~/.ansible/tmp").expanduser().mkdir(mode=0o700, parents=True, exist_ok=True)

    def command(self, connection: str, plays: list[list[dict]], *options: str, hosts: int = 1) -> list[str]:
        """The command line for playbooks, each a list of plays."""
        inventory = Path(tempfile.mkdtemp(dir=self.folder)) / "hosts.yml"
        variables = {"ansible_connection": connection, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        names = {f"host{number}": None for number in range(hosts)}
        inventory.write_text(yaml.safe_dump({"all": {"hosts": names, "vars": variables}}))
        paths = []
        for book in plays:
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            paths.append(str(folder / "book.yml"))
            whole = [{"hosts": "all", "gather_facts": False, **play} for play in book]
            Path(paths[-1]).write_text(yaml.safe_dump(whole))
        return [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), *paths, *options]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of ansible-playbook."""
        return {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_LIBRARY": str(Path(__file__).parent / "library"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_BECOME_ALLOW_SAME_USER": "true",
            # The plain connection too gets modules by standard input: tracebacks name where they came from.
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_NOCOLOR": "true",
            # Ansible waits 2.5 s for the file of a job, which a busy disk may take.
            "ANSIBLE_ASYNC_DIR": "/dev/shm/ansible_async",
        }

    def both(self, name: str, tasks: list[dict], *options: str) -> dict[str, Run]:
        """Run the same tasks over both connections, side by side, each in a folder of its own."""

        def one(connection: str) -> Run:
            folder = self.folder / f"{name}-{connection.rpartition('.')[2]}"
            folder.mkdir()
            return self(connection, [[{"vars": {"folder": str(folder)}, "tasks": tasks}]], *options, folder=str(folder))

        with ThreadPoolExecutor() as threads:
            return dict(zip((WARM, PLAIN), threads.map(one, (WARM, PLAIN)), strict=True))

    def __call__(
        self, connection: str, plays: list[list[dict]], *options: str, hosts: int = 1, folder: str = "", **more: str
    ) -> Run:
        """Run playbooks to their end."""
        return self.run(self.command(connection, plays, *options, hosts=hosts), folder, **more)

    def run(self, command: list[str], folder: str = "", **more: str) -> Run:
        """Run a command line to its end."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        run = Run(done.returncode, done.stdout + done.stderr)
        start = done.stdout.find("\n{\n") + 1 if not done.stdout.startswith("{") else 0
        told = json.JSONDecoder().raw_decode(done.stdout[start:])[0] if '"plays"' in done.stdout else {"plays": []}
        for play in told["plays"]:
            for task in play["tasks"]:
                for host, result in task["hosts"].items():
                    run.results[task["task"]["name"], host] = steady(result, folder or "/nowhere")
        return run


@pytest.fixture(scope="session")
def player(tmp_path_factory: pytest.TempPathFactory) -> Player:
    """What runs playbooks."""
    return Player(tmp_path_factory.mktemp("player"))
