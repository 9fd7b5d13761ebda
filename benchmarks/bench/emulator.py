# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emulator that all ways are measured on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "roles" / "local_cloud" / "files" / "emulator"
REGION = "us-east-1"


class Emulator:
    """An emulator of a slot of its own.

    Args:
        slot: which one; ports and files follow from it.
    """

    def __init__(self, slot: int) -> None:
        self._slot = slot
        self.directory = ROOT / ".cache" / "local_cloud" / str(slot)
        self.endpoint = f"https://127.0.0.1:{4500 + 2 * slot}"
        self.ca_bundle = str(self.directory / "ca.pem")

    def program(self, verb: str, *arguments: str) -> str:
        """Run the emulator's program and return what it prints."""
        command = [sys.executable, str(PROGRAM), verb, "--slot", str(self._slot), *arguments]
        return subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start it, empty, and stop it at the end."""
        self.program("start")
        try:
            self.program("reset")
            yield
        finally:
            self.program("stop")

    def reset(self) -> None:
        """Forget everything in it, calls too."""
        self.program("reset")

    def clear_calls(self) -> None:
        """Forget the calls."""
        self.program("calls", "--clear")

    def calls(self, caller: str) -> list[dict[str, Any]]:
        """The calls of one access key since they were forgotten."""
        return [json.loads(line) for line in self.program("calls", "--caller", caller).splitlines()]

    def environment(self, caller: str, endpoint: str | None = None) -> dict[str, str]:
        """The environment of a client: this process's own, without its AWS and Ansible settings.

        Args:
            caller: the access key, which tells calls apart.
            endpoint: what stands before the emulator, if anything does.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
        return {
            **kept,
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_CA_BUNDLE": self.ca_bundle,
            "NODE_EXTRA_CA_CERTS": self.ca_bundle,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": caller,
            "AWS_SECRET_ACCESS_KEY": caller,
        }
