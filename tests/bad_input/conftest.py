# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An emulator that must see no writing call, and runs of Ansible against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
EMULATOR = ROOT / "roles" / "local_cloud" / "files" / "emulator"
SLOT = "11"
ENDPOINT = "https://127.0.0.1:4522"
SECONDS = 120


@dataclass(frozen=True)
class Outcome:
    """What a run of Ansible came to: its exit status and all that it printed."""

    status: int
    output: str

    @property
    def problems(self) -> list[str]:
        """The lines of the failure's list."""
        message = self.output.partition("msg: |-")[2]
        return re.findall(r"^ +\d+\. (.*)$", message, re.MULTILINE)

    def named(self, *words: str) -> bool:
        """Say whether one of the lines has all the words."""
        return any(all(word in line for word in words) for line in self.problems)


@dataclass(frozen=True)
class Account:
    """An emulated account, and how Ansible gets there."""

    directory: Path
    home: Path

    def emulator(self, *words: str) -> str:
        """Run a verb of the emulator and return what it printed."""
        command = [sys.executable, EMULATOR, words[0], "--slot", SLOT, "--directory", self.directory, *words[1:]]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout

    def calls(self, *words: str) -> list[dict[str, Any]]:
        """Return the calls that the emulator got."""
        return [json.loads(line) for line in self.emulator("calls", *words).splitlines()]

    def connection(self, **changes: str | None) -> dict[str, str]:
        """Return the arguments that reach this account, with changes; None leaves one out."""
        arguments = {
            "region": "us-east-1",
            "endpoint_url": ENDPOINT,
            "aws_ca_bundle": str(self.directory / "ca.pem"),
            "access_key": "rehearsal",
            "secret_key": "rehearsal",
            **changes,
        }
        return {name: value for name, value in arguments.items() if value is not None}

    def run(self, *command: str | Path, **variables: str) -> Outcome:
        """Run a program of Ansible in a clean environment with some variables more."""
        # Whatever account the developer works with must play no part, nor a machine's role.
        environment = {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            **variables,
        }
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)

    def provision(self, *words: str, inventory: str = "sample", **settings: Any) -> Outcome:
        """Run the AWS half of the main job with settings that outrank the inventory's."""
        settings = {"mlinfra_aws_connection": self.connection(), "local_cloud_enabled": False, **settings}
        hosts = ROOT / "inventories" / inventory / "hosts.yml"
        return self.run("ansible-playbook", "-i", hosts, "playbooks/provision.yml", "-e", json.dumps(settings), *words)

    def apply(
        self, module: str, arguments: dict[str, Any], *words: str, inventories: list[str], **settings: Any
    ) -> Outcome:
        """Run one action on all environments of the inventories, with the account in the environment's variables."""
        hosts = [word for name in inventories for word in ("-i", f"inventories/{name}/hosts.yml")]
        return self.run(
            *("ansible", *hosts, "environments", "--playbook-dir", "playbooks", *words),
            *("-m", module, "-a", json.dumps(arguments), "-e", json.dumps(settings)),
            AWS_ENDPOINT_URL=ENDPOINT,
            AWS_CA_BUNDLE=str(self.directory / "ca.pem"),
            AWS_DEFAULT_REGION="us-east-1",
            AWS_ACCESS_KEY_ID="rehearsal",
            AWS_SECRET_ACCESS_KEY="rehearsal",
        )


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    account = Account(tmp_path_factory.mktemp("emulator"), tmp_path_factory.mktemp("home"))
    account.emulator("start")
    yield account
    account.emulator("stop")


@pytest.fixture
def account(_running: Account) -> Iterator[Account]:
    """Yield an account, and check at the end that nothing was written to it."""
    _running.emulator("calls", "--clear")
    yield _running
    assert _running.calls("--writing") == []
