# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host is, where its parts lie, and what is remembered of it between two runs."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Where sockets lie: a unix socket's path may have 108 characters at most, which a checkout's path may exceed.
RUNTIME = Path("/run/mlinfra")
# Port on the host's loopback address, and the port inside that it leads to; the last ones for JupyterLabs of people.
FORWARDS = {2222: 22, 8888: 8888, 6006: 6006, **{port: port for port in range(8901, 8905)}}
# Slot n has the loopback addresses 127.(10+n).x.y.
LAST_SLOT = 99
LOGIN_USERS = {"amazon": "ec2-user", "debian": "admin"}
# A machine name is a host name, so it ends at 63 characters.
NAME_PATTERN = re.compile(r"^[a-z0-9]([a-z0-9-]{0,54}[a-z0-9])?$")


class HostError(Exception):
    """A host can't be made or removed; the message says which and why."""


@dataclass(frozen=True)
class HostSpec:
    """One host as it should stand.

    Args:
        name: its name, unique in the slot.
        private_ip: the address of its instance, which decides the loopback address that it listens on.
        distribution: amazon or debian.
        instance_id: the instance behind it; empty for a host without one, which then has no metadata service.
        public_key: the SSH public key it accepts from the start; an instance's key pair is added by its metadata.
        region: the instance's region.
        image: the machine image that it begins with; empty for the distribution's tree alone.
    """

    name: str
    private_ip: str
    distribution: str = "amazon"
    instance_id: str = ""
    public_key: str = ""
    region: str = "us-east-1"
    image: str = ""

    def __post_init__(self) -> None:
        if not NAME_PATTERN.match(self.name):
            raise HostError(f"host name '{self.name}': wants lower-case letters, digits and hyphens, 56 at most")
        if self.distribution not in LOGIN_USERS:
            raise HostError(f"host '{self.name}': distribution '{self.distribution}' is not amazon or debian")
        try:
            ipaddress.IPv4Address(self.private_ip)
        except ValueError as error:
            raise HostError(f"host '{self.name}': private address '{self.private_ip}' is no IPv4 address") from error

    @property
    def user(self) -> str:
        """The user that SSH logs in as."""
        return LOGIN_USERS[self.distribution]

    @property
    def hostname(self) -> str:
        """The name that the host has inside, in EC2's form."""
        return "ip-" + self.private_ip.replace(".", "-")

    def address(self, slot: int) -> str:
        """The loopback address of this machine that leads to the host."""
        third, fourth = self.private_ip.split(".")[2:]
        return f"127.{10 + slot}.{third}.{fourth}"


@dataclass(frozen=True)
class Slot:
    """One rehearsal on this machine: a number that keeps ports and names apart, and its folder of state."""

    number: int
    directory: Path

    def __post_init__(self) -> None:
        if not 0 <= self.number <= LAST_SLOT:
            raise HostError(f"slot {self.number}: wants 0 to {LAST_SLOT}")

    @property
    def runtime(self) -> Path:
        """The folder of sockets and of the link by which the session double finds the hosts."""
        return RUNTIME / str(self.number)

    @property
    def hosts(self) -> Path:
        """The folder that holds one folder a host."""
        return self.directory / "hosts"

    @property
    def images(self) -> Path:
        """The folder that holds one folder a machine image that was baked here."""
        return self.directory / "images"

    @property
    def https_port(self) -> int:
        """The emulator's TLS port."""
        return 4500 + 2 * self.number

    @property
    def http_port(self) -> int:
        """The emulator's plain port."""
        return 4501 + 2 * self.number

    @property
    def ca_bundle(self) -> Path:
        """The certificate of the emulator's own authority."""
        return self.directory / "ca.pem"

    @property
    def prefix(self) -> str:
        """What the names of this slot's machines begin with."""
        return f"mlc{self.number}-"

    @property
    def exchange(self) -> str:
        """The namespace in which the hosts of the slot are joined. No machine's name begins so."""
        return f"mlx{self.number}"

    def machine(self, name: str) -> str:
        """The name of a host's namespace and machine."""
        return self.prefix + name


@dataclass
class Process:
    """A process that we started. The start time tells it from a later one that got the same number."""

    pid: int
    started: int


@dataclass
class Record:
    """What is remembered of a host.

    Args:
        spec: how it was made.
        tree: what it stands on.
        processes: by role: network, metadata, machine.
        ready: whether it once came up as a whole since its processes were started.
    """

    spec: HostSpec
    tree: str
    processes: dict[str, Process] = field(default_factory=dict)
    ready: bool = False

    def save(self, path: Path) -> None:
        """Write it in one step, so that a killed run leaves the old or the new one."""
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n", encoding="utf-8")
        os.replace(temporary, path)

    @classmethod
    def load(cls, path: Path) -> Record | None:
        """Read it back; None where there is none, or one that another release of this program wrote."""
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                spec=HostSpec(**data["spec"]),
                tree=data["tree"],
                processes={role: Process(**process) for role, process in data["processes"].items()},
                ready=data.get("ready", False),
            )
        except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
            return None
