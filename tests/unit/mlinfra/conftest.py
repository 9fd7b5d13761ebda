# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment's buckets on a running emulator, as the command finds them on a host."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mlinfra import s3

HERE = Path(__file__).resolve().parent
ROLES = HERE.parents[2] / "roles"
sys.path[:0] = [str(HERE), str(ROLES / "local_cloud" / "files")]

import driver
from emulator import calls, control
from emulator.places import HOST, Place

# Of these, each test process takes one that is free: several may run on one machine.
SLOTS = range(84, 98)
# The access key of processes that are killed.
KILLED = "killed"
TEXT: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
TLS_ONLY = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@dataclass
class Buckets:
    """The two buckets of an environment, made anew for a test.

    Attributes:
        place: the emulator that they are on.
        environment: what a process has to know to work with them.
    """

    place: Place
    environment: dict[str, str]
    datasets: str
    models: str
    _since: float = field(default_factory=time.time)

    def watch(self) -> None:
        """Count the calls from now on."""
        self._since = time.time()

    def calls(self, *actions: str) -> list[calls.Call]:
        """The calls of these operations, in their order, since the last watch(), or all, but for what a killed process had sent."""
        found = calls.read(self.place.calls, since=self._since)
        return [call for call in found if call.caller != KILLED and (not actions or call.action in actions)]

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """What a listing shows."""
        return [entry["Key"] for entry in s3.client().list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]

    @property
    def to_be_killed(self) -> dict[str, str]:
        """The environment of a process that is killed.

        Its last calls may be answered later, and are told by an access key of their own, but for those that a role has to sign.
        """
        return self.environment if "AWS_SESSION_TOKEN" in self.environment else {**self.environment, "AWS_ACCESS_KEY_ID": KILLED}

    def command(self, *arguments: str, kill: int = 0, moment: str = "before") -> subprocess.CompletedProcess[str]:
        """Run the command in a process of its own, killed at its writing call of that number. See driver.py."""
        environment = self.to_be_killed if kill else self.environment
        return subprocess.run(self.call(*arguments, kill=kill, moment=moment), env=environment, **TEXT, check=False)

    def call(self, *arguments: str, kill: int = 0, moment: str = "before") -> list[str]:
        """The same as a command line."""
        return [sys.executable, "-P", str(HERE / "driver.py"), str(kill), moment, *arguments]

    def deny(self, bucket: str, *actions: str) -> None:
        """Refuse actions on a bucket and its objects, beside plain HTTP."""
        where = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        denied = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": [f"s3:{action}" for action in actions]}
        statements = [TLS_ONLY, denied] if actions else [TLS_ONLY]
        policy = {"Version": "2012-10-17", "Statement": [{**each, "Resource": where} for each in statements]}
        s3.client().put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An emulator for all tests of this folder."""
    with ExitStack() as stack:
        slot = _free(stack)
        place = Place(slot, tmp_path_factory.mktemp("emulator"))
        control.start(place)
        yield place
        control.stop(place)


def _free(stack: ExitStack) -> int:
    """A slot that nobody uses, and that is this process's until the stack ends."""
    for slot in SLOTS:
        if _taken(stack, slot):
            return slot
    raise RuntimeError(f"all of the slots {SLOTS} are in use")


def _taken(stack: ExitStack, slot: int) -> bool:
    """Whether the slot was free, and is this process's until the stack ends."""
    lock = stack.enter_context((Path(tempfile.gettempdir()) / f"mlinfra-slot-{slot}.lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    with socket.socket() as probe:
        return probe.connect_ex((HOST, Place(slot, Path()).https_port)) != 0


@pytest.fixture
def buckets(emulator: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    """New buckets with versions, for TLS only, and an environment that leads to them."""
    names = {kind: f"{kind}-{os.getpid()}-{time.time_ns()}" for kind in ("datasets", "models")}
    environment = {
        **control.client_environment(emulator),
        **{f"MLINFRA_{kind.upper()}_BUCKET": name for kind, name in names.items()},
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROLES / "ml_host" / "files"),
        "HOME": str(tmp_path / "home"),
        "MLINFRA_BY": "jane",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, "mlinfra.serving.check", driver.serving())
    s3.forget()
    made = Buckets(emulator, environment, **names)
    for name in names.values():
        s3.client().create_bucket(Bucket=name)
        s3.client().put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        made.deny(name)
    made.watch()
    yield made
    s3.forget()
