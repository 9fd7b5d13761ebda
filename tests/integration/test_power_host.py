# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stop, start and connect on a real host of the rehearsal: what its disk holds stays, and bytes pass through."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..depth import extended
from ..waiting import lives, until
from .conftest import ROOT, Emulator

SLOT = 18
NAME = "mlinfra-local-ml-training-1"
TOKEN = "a-token-that-nobody-may-see"
TAGS = {"Project": "mlinfra", "Environment": "local", "ManagedBy": "mlinfra.aws", "Role": "ml-training", "Index": "1"}
pytestmark = [extended, pytest.mark.weight(90), pytest.mark.xdist_group("power")]


class Host:
    """An instance with a host behind it, and playbooks that find it by its tags."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.directory = ROOT / ".cache" / "local_cloud" / str(SLOT)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "true",
            "LOCAL_CLOUD_SLOT": str(SLOT),
            "PYTHONUNBUFFERED": "1",
        }
        self.playbook = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventories/local"]

    def make(self) -> None:
        """Launch the instance that the playbooks find."""
        self.directory.mkdir(parents=True, exist_ok=True)
        key = self.directory / "id_ed25519"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        ec2 = self.emulator.client("ec2")
        ec2.import_key_pair(KeyName="power", PublicKeyMaterial=key.with_suffix(".pub").read_bytes())
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zone = "us-east-1a"  # AWS chooses any zone otherwise, one without the type too.
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        tags = [{"Key": name, "Value": value} for name, value in {**TAGS, "Name": NAME}.items()]
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        made = ec2.run_instances(
            ImageId=image, InstanceType="t3.medium", SubnetId=subnet, KeyName="power", MinCount=1, MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )["Instances"][0]  # fmt: skip
        self.instance = made["InstanceId"]
        self.address = f"127.{10 + SLOT}.{'.'.join(made['PrivateIpAddress'].split('.')[2:])}"
        self.emulator.client("ssm").put_parameter(Name="/mlinfra/local/jupyter-token", Value=TOKEN, Type="SecureString")

    def run(self, name: str, *arguments: str, check: bool = True) -> str:
        """Run a playbook and return its output."""
        done = subprocess.run(
            [*self.playbook, f"playbooks/{name}.yml", *arguments],
            cwd=ROOT, env=self.environment, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == check, done.stdout[-6000:] + done.stderr
        return done.stdout + done.stderr

    def ssh(self, script: str) -> str:
        """Run a script on the host."""
        done = subprocess.run(
            [
                "ssh", "-i", str(self.directory / "id_ed25519"), "-p", "2222",
                "-o", f"UserKnownHostsFile={self.directory / 'known_hosts'}", f"ec2-user@{self.address}", "sh -s",
            ],
            input=script, text=True, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout

    def answers(self) -> bool:
        """Whether the host's SSH port is open."""
        try:
            socket.create_connection((self.address, 2222), timeout=2).close()
        except OSError:
            return False
        return True

    def state(self) -> str:
        """The state of the instance."""
        [reservation] = self.emulator.client("ec2").describe_instances(InstanceIds=[self.instance])["Reservations"]
        return reservation["Instances"][0]["State"]["Name"]

    @contextmanager
    def connected(self, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
        """Run connect.yml in the background until it says that it is open; it is interrupted at the end."""
        process = subprocess.Popen(
            [*self.playbook, "playbooks/connect.yml", *arguments],
            cwd=ROOT, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        said: list[str] = []
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                if line.startswith("Open "):
                    break
            else:
                pytest.fail("".join(said)[-6000:])
            yield process, said
        finally:
            process.send_signal(signal.SIGINT)
            said += process.stdout.readlines()
            assert process.wait(30) == 0, "".join(said)[-4000:]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A host that runs and answers."""
    emulator = Emulator(SLOT)
    emulator.program("start")
    made = Host(emulator)
    try:
        emulator.program("reset")
        made.make()
        made.run("start", "-e", "wait=true")
        yield made
    finally:
        made.run("local_down")


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [one for child in map(int, children) for one in (child, *descendants(child))]


def told_of(pid: int) -> bytes:
    """The arguments and the environment of a process; nothing where it has ended meanwhile."""
    with contextlib.suppress(OSError):
        return b"".join(Path(f"/proc/{pid}/{part}").read_bytes() for part in ("cmdline", "environ"))
    return b""


def changed(output: str) -> int:
    """The changes of a run."""
    return sum(map(int, re.findall(r"changed=(\d+)", output.split("PLAY RECAP")[-1])))


def test_a_stopped_host_is_off_and_keeps_its_disk(host: Host) -> None:
    host.ssh("echo kept > ~/kept")
    assert changed(host.run("stop", "--check")) > 0
    assert (host.state(), host.answers()) == ("running", True)
    said = host.run("stop")
    assert (host.state(), host.answers()) == ("stopped", False)
    assert re.search(r"Saves +30\.37 USD", said)
    assert changed(host.run("stop")) == 0
    refused = host.run("connect", check=False)
    assert "is stopped. Start it" in " ".join(refused.split())
    host.run("start", "-e", "wait=true")
    assert (host.state(), host.ssh("cat ~/kept")) == ("running", "kept\n")
    assert changed(host.run("start")) == 0


def fetch(url: str) -> str:
    """What a page says; the tests ask for it again while its server starts."""
    for _attempt in range(50):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


@pytest.mark.parametrize("way", ["ssm", "ssh"])
def test_a_port_of_the_host_is_opened_here(host: Host, way: str) -> None:
    """The page is reached, the token is told to nobody, and nothing is left of it."""
    host.ssh(
        "mkdir -p ~/served && echo from the host > ~/served/index.html && cd ~/served\n"
        "nohup setsid python3 -m http.server --bind 127.0.0.1 8888 > /dev/null 2>&1 & sleep 0.2"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        with host.connected("-e", f"ml_host_connection={way} local_port={wanted}") as (process, said):
            [port] = re.findall(r"at http://localhost:(\d+)/", "".join(said))
            [file] = re.findall(r"file://(\S+?),", "".join(said))
            assert int(port) != wanted
            assert fetch(f"http://127.0.0.1:{port}/") == "from the host\n"
            assert Path(file).stat().st_mode & 0o777 == 0o600
            assert f"http://localhost:{port}/?token={TOKEN}" in Path(file).read_text(encoding="utf-8")
            below = descendants(process.pid)
            assert below, "no process holds the connection"
            for pid in (process.pid, *below):
                assert TOKEN.encode() not in told_of(pid)
    assert TOKEN not in "".join(said)
    assert not Path(file).exists()
    # The one that ran modules looks once a second whether it still has a run.
    assert until(lambda: not any(map(lives, below)), 10)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=1)


@pytest.mark.parametrize("way", ["ssm", "ssh"])
def test_a_shell_opens_in_this_terminal(host: Host, way: str) -> None:
    """What is typed is the shell's."""
    done = subprocess.run(
        [*host.playbook, "playbooks/connect.yml", "-e", f"to=shell ml_host_connection={way}"],
        input="echo $((6 * 7))-from-$(hostname)\nexit\n",
        cwd=ROOT, env=host.environment, text=True, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert "42-from-ip-10-0-1-" in done.stdout, done.stdout[-3000:] + done.stderr


def test_what_keeps_a_connection_from_opening_is_named(host: Host) -> None:
    assert "has no instance other" in " ".join(host.run("connect", "-e", "host=other", check=False).split())
    sessions: dict[str, Any] = {"ansible_aws_ssm_plugin": "/nowhere", "ml_host_connection": "ssm"}
    missing = host.run("connect", "-e", json.dumps(sessions), check=False)
    assert "session-manager-plugin is not installed here" in " ".join(missing.split())
