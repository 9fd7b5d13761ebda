# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs playbooks with the project's output, on a terminal and without one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SECONDS = 120

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r\n|[\r\n]")


def rendered(text: str) -> list[str]:
    """The lines that a terminal shows in the end: text, carriage returns and erasing; colours leave no trace."""
    lines, column, at = [""], 0, 0

    def write(piece: str) -> None:
        nonlocal column
        lines[-1] = lines[-1][:column].ljust(column) + piece + lines[-1][column + len(piece) :]
        column += len(piece)

    for control in _CONTROL.finditer(text):
        write(text[at : control.start()])
        at = control.end()
        if "\n" in control[0]:
            lines.append("")
        if control[0] in ("\r", "\n", "\r\n"):
            column = 0
        elif control[0] == "\x1b[K":
            lines[-1] = lines[-1][:column]
        else:
            assert control[0].endswith("m"), f"a control sequence that nobody expects: {control[0]!r}"
    write(text[at:])
    return [line.rstrip() for line in lines]


@dataclass
class Run:
    """One run of ansible-playbook.

    Attributes:
        status: its exit status.
        raw: all that it wrote, in order.
    """

    status: int
    raw: str

    @property
    def lines(self) -> list[str]:
        """What somebody sees in the end, without empty lines."""
        return [line for line in rendered(self.raw) if line]

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    def line(self, part: str) -> str:
        """The one line with this in it."""
        [line] = [line for line in self.lines if part in line]
        return line


class Player:
    """Runs plays.

    Args:
        folder: a folder for what the runs need.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def command(self, plays: list[dict[str, Any]] | list[str], *options: str, hosts: int = 1) -> list[str]:
        """The command line for plays; what is no play is a task of the only one."""
        self._count += 1
        home = self.folder / str(self._count)
        home.mkdir()
        variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "home": str(home)}
        names = {f"host{number + 1}": None for number in range(hosts)}
        inventory, book = home / "hosts.yml", home / "book.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": names, "vars": variables}}))
        if "tasks" not in plays[0] and "roles" not in plays[0]:
            plays = [{"name": "Try", "tasks": plays}]
        whole = [{"hosts": "all", "gather_facts": False, **play} for play in plays]
        book.write_text(yaml.safe_dump(whole, sort_keys=False))
        return [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), str(book), *options]

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        """The environment of ansible-playbook: the project's settings, and a person's terminal."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "LC_", "NO_COLOR"))}
        return {
            **kept,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_ROLES_PATH": str(self.folder / "roles"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            # Ansible waits 2.5 s for the file of a job, which a busy disk may take.
            "ANSIBLE_ASYNC_DIR": "/dev/shm/ansible_async",
            **more,
        }

    def __call__(self, plays: list[Any], *options: str, hosts: int = 1, **environment: str) -> Run:
        """Run plays without a terminal."""
        done = subprocess.run(
            self.command(plays, *options, hosts=hosts),
            cwd=ROOT,
            env=self.environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def on_terminal(
        self,
        plays: list[Any],
        *options: str,
        hosts: int = 1,
        columns: int = 100,
        answers: dict[str, str] | None = None,
        **environment: str,
    ) -> Run:
        """Run plays on a terminal.

        Args:
            plays: see `command`.
            options: of ansible-playbook.
            hosts: how many.
            columns: of the terminal.
            answers: which keys to press once a text was written.
            environment: more of it.
        """
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        process = subprocess.Popen(
            self.command(plays, *options, hosts=hosts),
            cwd=ROOT,
            env=self.environment(environment),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            # The terminal is its own, as for somebody who sits at it.
            preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
        )
        os.close(slave)
        raw, end, asked, keys = b"", time.monotonic() + SECONDS, dict(answers or {}), b""
        try:
            while time.monotonic() < end:
                if not select.select([master], [], [], 3)[0]:
                    # Ansible forgets what was typed before it listened.
                    os.write(master, keys)
                    continue
                try:
                    piece = os.read(master, 65536)
                except OSError:  # nobody has the terminal open any more
                    break
                raw += piece
                text = raw.decode(errors="replace")
                for question in [question for question in asked if question in text]:
                    keys = asked.pop(question).encode()
                    os.write(master, keys)
            return Run(process.wait(timeout=10), raw.decode())
        finally:
            process.kill()
            os.close(master)


@pytest.fixture(scope="session")
def player(tmp_path_factory: pytest.TempPathFactory) -> Player:
    """What runs playbooks."""
    return Player(tmp_path_factory.mktemp("player"))
