# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment of the benchmarks, on an emulator that a test has for itself, and the playbooks that work on it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .conftest import ROOT, Emulator

# The access key that playbooks use: the emulator tells their calls from the test's own by it.
CALLER = "module"
# How the names of its buckets end.
SUFFIX = hashlib.sha256(b"123456789012us-east-1").hexdigest()[:10]


@contextmanager
def running(slot: int) -> Iterator[Emulator]:
    """An emulator of this slot, with nothing in it."""
    emulator = Emulator(slot)
    emulator.program("start")
    try:
        emulator.program("reset")
        yield emulator
    finally:
        emulator.program("stop")


class Site:
    """An environment on an emulator.

    Args:
        emulator: it runs already.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A boto3 client, made once."""
        if service not in self._clients:
            self._clients[service] = self.emulator.client(service)
        return self._clients[service]

    def call(self, name: str, *arguments: str, **environment: str) -> dict[str, Any]:
        """How a playbook is run without a terminal, as arguments of subprocess.run and Popen."""
        return {
            "args": [Path(sys.executable).parent / "ansible-playbook", "-i", "benchmarks/inventory", name, *arguments],
            "cwd": ROOT,
            "env": {
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_NOCOLOR": "true",
                "AWS_ENDPOINT_URL": self.emulator.endpoint,
                "AWS_CA_BUNDLE": self.emulator.ca_bundle,
                "AWS_ACCESS_KEY_ID": CALLER,
                "AWS_SECRET_ACCESS_KEY": CALLER,
                **environment,
            },
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def run(self, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook without a terminal."""
        return subprocess.run(**self.call(name, *arguments, **environment), capture_output=True, check=False)

    def playbook(self, name: str, *arguments: str, **environment: str) -> str:
        """Run a playbook that must succeed, and return its output."""
        done = self.run(name, *arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def written(self) -> list[str]:
        """The writing calls of playbooks since the last look."""
        calls = self.emulator.written(CALLER)
        self.emulator.program("calls", "--clear")
        return calls


def with_buckets(emulator: Emulator) -> Site:
    """An environment that has its buckets of datasets and models, and nothing else."""
    made = Site(emulator)
    for kind in ("datasets", "models"):
        where = {"Bucket": f"bench-seed-{kind}-{SUFFIX}"}
        made.client("s3").create_bucket(**where)
        made.client("s3").put_bucket_versioning(**where, VersioningConfiguration={"Status": "Enabled"})
    return made
