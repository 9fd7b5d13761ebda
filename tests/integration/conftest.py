# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An emulator for the targets of the modules, and ansible-playbook to run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).parents[2]
# The metadata service's double, a package of its own.
sys.path.insert(0, str(ROOT / "roles" / "local_cloud" / "files" / "imds"))
SLOT = 9


class Emulator:
    """The emulator of a slot. It tells the calls of a target's module by their access key from those of its set-up."""

    def __init__(self, slot: int) -> None:
        directory = ROOT / ".cache" / "local_cloud" / str(slot)
        self._slot = str(slot)
        self.endpoint = f"https://127.0.0.1:{4500 + 2 * slot}"
        self.plain_endpoint = f"http://127.0.0.1:{4501 + 2 * slot}"
        self.ca_bundle = str(directory / "ca.pem")

    def program(self, verb: str, *arguments: str) -> str:
        """Run the emulator's program and return what it prints."""
        program = [sys.executable, "roles/local_cloud/files/emulator", verb, "--slot", self._slot, *arguments]
        return subprocess.run(program, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client for the set-up of a target."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            verify=self.ca_bundle,
            aws_access_key_id="setup",
            aws_secret_access_key="setup",
        )

    def written(self, caller: str, resource: str = "") -> list[str]:
        """The writing calls of one access key, in their order; those on a resource, where one is given."""
        calls = map(json.loads, self.program("calls", "--writing", "--caller", caller).splitlines())
        return [f"{call['service']}:{call['action']}" for call in calls if call["resource"].startswith(resource)]

    def permissions(self, mode: str) -> None:
        """What the emulator makes of permissions from now on: `off`, `watched` (log what calls need) or `enforced`."""
        request = urllib.request.Request(f"{self.plain_endpoint}/_emulator/permissions-{mode}", method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass

    def enforce_permissions(self, enforce: bool) -> None:
        """Whether the emulator asks the caller's policies before each call from now on."""
        self.permissions("enforced" if enforce else "off")

    def run_target(self, target: str, variables: dict[str, Any], access_key: str, secret_key: str) -> None:
        """Run a target's tasks; the test fails with their output where they fail."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CA_BUNDLE": self.ca_bundle,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
        }
        play = [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "-c", "local"]
        done = subprocess.run(
            [*play, "-e", json.dumps({"target": target, **variables}), "tests/integration/target.yml"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """One emulator for all targets."""
    emulator = Emulator(SLOT)
    emulator.program("start")
    yield emulator
    emulator.program("stop")


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """The emulator, with nothing in it."""
    running_emulator.program("reset")
    return running_emulator
