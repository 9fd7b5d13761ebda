# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rehearsal of the whole platform, brought up once for all end-to-end tests of a folder and taken down at the end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NAME = "mlinfra-local"


@dataclass
class Run:
    """A finished playbook: its output, the totals of its recap, and what it did on the hosts.

    Of the latter `far` counts by kind: module, command and put or fetch (of a file).
    """

    output: str
    returncode: int
    far: Counter[str]

    def total(self, counter: str) -> int:
        """Sum one counter of the recap (ok, changed, failed, …) over all hosts."""
        return sum(int(number) for number in re.findall(rf"\b{counter}=(\d+)", self.output.split("PLAY RECAP")[-1]))


class Platform:
    """A rehearsal: runs playbooks on it and asks its emulator and its host.

    Args:
        slot: its number, which nothing else on this machine uses.
    """

    def __init__(self, slot: int) -> None:
        self.slot = slot
        self.directory = CHECKOUT / ".cache" / "local_cloud" / str(slot)
        self.endpoint = f"https://127.0.0.1:{4500 + 2 * slot}"
        self.trips = CHECKOUT / ".cache" / "tmp" / f"e2e-{slot}-trips.jsonl"
        self.environment = {
            **os.environ,
            "LOCAL_CLOUD_SLOT": str(slot),
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(CHECKOUT / "benchmarks" / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "trips,mlinfra.aws.hand_over,mlinfra.aws.warm",
            "TRIPS_RECORD": str(self.trips),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CA_BUNDLE": str(self.directory / "ca.pem"),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
        }

    def command(self, *arguments: str, check: bool = True, **options: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the virtual environment in the checkout."""
        return subprocess.run(
            [str(BIN / arguments[0]), *arguments[1:]],
            cwd=CHECKOUT,
            env=self.environment | options,
            text=True,
            capture_output=True,
            check=check,
        )

    def call(self, name: str, *arguments: str) -> dict[str, Any]:
        """How a playbook is run against inventories/local, as arguments of subprocess.Popen."""
        return {
            "args": [str(BIN / "ansible-playbook"), "-i", "inventories/local", name, *arguments],
            "cwd": CHECKOUT,
            "env": self.environment,
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def attempt(self, name: str, *arguments: str) -> Run:
        """Run a playbook against inventories/local, however it ends."""
        self.trips.parent.mkdir(parents=True, exist_ok=True)
        self.trips.unlink(missing_ok=True)
        done = self.command("ansible-playbook", "-i", "inventories/local", name, *arguments, check=False)
        lines = self.trips.read_text(encoding="utf-8").splitlines() if self.trips.exists() else []
        far = Counter(event["event"] for event in map(json.loads, lines))
        return Run(done.stdout + done.stderr, done.returncode, far)

    def playbook(self, name: str, *arguments: str) -> Run:
        """Run a playbook against inventories/local; its failure fails the test and shows the end of its output."""
        run = self.attempt(name, *arguments)
        assert run.returncode == 0, run.output[-6000:]
        return run

    def killed(self, name: str, task: str, *arguments: str) -> str:
        """The output of a playbook that is killed, with all that it has started here, as soon as a task begins."""
        output = ""
        call = self.call(name, *arguments) | {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "start_new_session": True}
        with subprocess.Popen(**call) as run:
            for line in run.stdout:
                output += line
                if line.startswith("TASK [") and f"{task}]" in line:
                    os.killpg(run.pid, signal.SIGKILL)
                    return output
        raise AssertionError(f"{task} was not reached:\n{output[-6000:]}")

    def emulator(self, verb: str, *arguments: str) -> str:
        """Call the emulator's program."""
        return self.command("python", "roles/local_cloud/files/emulator", verb, "--slot", str(self.slot), *arguments).stdout

    def client(self, service: str):
        """A boto3 client of the emulator."""
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            verify=str(self.directory / "ca.pem"),
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )

    def tagged(self, operation: str, key: str, **arguments) -> list[dict]:
        """What an EC2 Describe operation says of the environment's own resources."""
        filters = [{"Name": "tag:Environment", "Values": ["local"]}]
        return getattr(self.client("ec2"), operation)(Filters=filters, **arguments)[key]

    @cached_property
    def instance(self) -> dict:
        """The one running instance."""
        running = [{"Name": "instance-state-name", "Values": ["running"]}]
        reservations = self.client("ec2").describe_instances(Filters=running)["Reservations"]
        [instance] = [instance for reservation in reservations for instance in reservation["Instances"]]
        return instance

    @property
    def address(self) -> str:
        """The loopback address that the host's ports answer on."""
        return self.address_of(self.instance)

    def address_of(self, instance: dict) -> str:
        """The same of any instance."""
        return ".".join(["127", str(10 + self.slot), *instance["PrivateIpAddress"].split(".")[2:]])

    @cached_property
    def token(self) -> str:
        """Jupyter's token, from where an operator takes it."""
        answer = self.client("ssm").get_parameter(Name="/mlinfra/local/jupyter-token", WithDecryption=True)
        return answer["Parameter"]["Value"]

    def ssh(self, *options: str, address: str = "") -> list[str]:
        """The command that opens a session on the host, or on another, with further options."""
        known = f"UserKnownHostsFile={self.directory / 'known_hosts'}"
        key = str(self.directory / "id_ed25519")
        return ["ssh", *options, "-i", key, "-p", "2222", "-o", known, f"ec2-user@{address or self.address}"]

    def on_host(self, script: str, user: str = "ml", address: str = "") -> str:
        """Run a shell script on the host, or on another, over SSH, as one of its users, in a login shell."""
        command = [*self.ssh(address=address), f"sudo -H -u {user} bash -l -s"]
        done = subprocess.run(command, input=script, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def session(self) -> Iterator[None]:
        """Somebody's SSH session, with a terminal."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(self.ssh("-tt"), stdin=subprocess.PIPE, **quiet) as session:
            try:
                yield
            finally:
                session.kill()

    @contextmanager
    def program(self, command: str, user: str = "ml") -> Iterator[None]:
        """A program on the host that runs on after its session."""
        pid = self.on_host(f"setsid {command} </dev/null >/dev/null 2>&1 &\necho $!", user=user).strip()
        try:
            yield
        finally:
            self.on_host(f"kill -- -{pid} {pid} 2>/dev/null || true", user="root")

    def jupyter(self, method: str, path: str, body: Any = None) -> Any:
        """Ask JupyterLab, as its page does."""
        call = urllib.request.Request(
            f"http://{self.address}:8888/api/{path}",
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
            method=method,
        )
        with urllib.request.urlopen(call, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def bucket(self, kind: str) -> str:
        """The full name of the datasets, the models or the operations bucket."""
        [name] = [
            bucket["Name"]
            for bucket in self.client("s3").list_buckets()["Buckets"]
            if bucket["Name"].startswith(f"{NAME}-{kind}-")
        ]
        return name


def brought_up(slot: int) -> Iterator[Platform]:
    """Bring a platform up from nothing; take the rehearsal down at the end, whatever happened.

    Args:
        slot: the rehearsal's number.
    """
    rehearsal = Platform(slot)
    rehearsal.playbook("playbooks/local_down.yml")
    try:
        rehearsal.first_run = rehearsal.playbook("site.yml")
        yield rehearsal
    finally:
        rehearsal.playbook("playbooks/local_down.yml")


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The platform of the tests in this folder; those in the folders beside it have one each, and run side by side."""
    yield from brought_up(1)
