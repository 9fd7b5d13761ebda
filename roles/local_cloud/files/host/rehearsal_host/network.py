# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host's network: a namespace of its own, a user-mode link to this machine, and the ports that lead in."""

from __future__ import annotations

import ipaddress
import json
import os
import select
import socket
from pathlib import Path

from .model import FORWARDS, HostError, HostSpec, Process, Slot
from .processes import run, spawn, tail

# Of the user-mode link, from a range that is in no VPC.
LINK = "192.0.2.0/24"
GUEST_ADDRESS = "192.0.2.100"
# The address by which a guest reaches this machine's loopback.
CONTROLLER = "192.0.2.2"
RESOLVER = "192.0.2.3"
METADATA = "169.254.169.254"


def namespace_exists(machine: str) -> bool:
    """Whether the network namespace stands."""
    return Path("/run/netns", machine).exists()


def namespaces(prefix: str) -> list[str]:
    """The network namespaces whose name begins so."""
    return sorted(path.name for path in Path("/run/netns").glob(f"{prefix}*"))


def make_namespace(slot: Slot, machine: str) -> None:
    """Make the namespace. In it the emulator's ports on 127.0.0.1 lead to this machine's loopback.

    So one endpoint URL, and every URL presigned with it, holds on this machine and in the guest.
    """
    run(["ip", "netns", "add", machine])
    inside = ["ip", "netns", "exec", machine]
    run(["ip", "-n", machine, "link", "set", "lo", "up"])
    run(["ip", "-n", machine, "address", "add", f"{METADATA}/32", "dev", "lo"])
    run([*inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet"])
    ports = ["-p", "tcp", "-d", "127.0.0.1", "-m", "multiport", "--dports", f"{slot.https_port},{slot.http_port}"]
    run([*inside, "iptables", "-t", "nat", "-A", "OUTPUT", *ports, "-j", "DNAT", "--to-destination", CONTROLLER])
    run(
        [
            *inside,
            "iptables",
            "-t",
            "nat",
            "-A",
            "POSTROUTING",
            "-d",
            CONTROLLER,
            "-s",
            "127.0.0.0/8",
            "-j",
            "MASQUERADE",
        ]
    )


def remove_namespace(machine: str) -> None:
    """Remove the namespace, and with it everything set in it."""
    if namespace_exists(machine):
        run(["ip", "netns", "delete", machine])


def join_hosts(slot: Slot, machine: str, spec: HostSpec) -> None:
    """Give the host the address of its instance, at which the other hosts of the slot reach it, as in a VPC.

    They are joined by a bridge in a namespace of its own, which is no host's: nothing of it is seen outside.
    """
    if not namespace_exists(slot.exchange):
        run(["ip", "netns", "add", slot.exchange])
        run(["ip", "-n", slot.exchange, "link", "add", "hosts", "type", "bridge"])
        run(["ip", "-n", slot.exchange, "link", "set", "hosts", "up"])
    # A name of 15 characters at most, and each host's own.
    port = "p" + spec.private_ip.replace(".", "-").removeprefix("10-")
    run(["ip", "-n", machine, "link", "add", "vpc0", "type", "veth", "peer", "name", port, "netns", slot.exchange])
    run(["ip", "-n", slot.exchange, "link", "set", port, "master", "hosts", "up"])
    run(["ip", "-n", machine, "address", "add", f"{spec.private_ip}/32", "dev", "vpc0"])
    run(["ip", "-n", machine, "link", "set", "vpc0", "up"])
    # No VPC is larger.
    vpc = ipaddress.ip_network(f"{spec.private_ip}/16", strict=False)
    run(["ip", "-n", machine, "route", "add", str(vpc), "dev", "vpc0", "src", spec.private_ip])


def part_hosts(slot: Slot) -> None:
    """Remove what joined the hosts of a slot, once there is none."""
    if not namespaces(slot.prefix):
        remove_namespace(slot.exchange)


def start_link(slot: Slot, machine: str, spec: HostSpec, log: Path) -> Process:
    """Connect the namespace with this machine and open the ports that lead in.

    Raises:
        HostError: the link does not come up, or a port of the host's address is taken.
    """
    sock = slot.runtime / f"{spec.name}.sock"
    sock.unlink(missing_ok=True)
    ready, signal_ready = os.pipe()
    process = spawn(
        [
            "slirp4netns",
            "--configure",
            "--mtu=65520",
            f"--cidr={LINK}",
            "--netns-type=path",
            f"--ready-fd={signal_ready}",
            "--api-socket",
            str(sock),
            f"/run/netns/{machine}",
            "tap0",
        ],
        machine,
        log,
        keep=[signal_ready],
    )
    os.close(signal_ready)
    came, _writable, _failed = select.select([ready], [], [], 10)
    answer = os.read(ready, 1) if came else b""
    os.close(ready)
    if answer != b"1":
        raise HostError(f"host '{spec.name}': the network did not come up: {tail(log)}")
    for outer, inner in FORWARDS.items():
        _forward(sock, spec, spec.address(slot.number), outer, inner)
    return process


def _forward(sock: Path, spec: HostSpec, address: str, outer: int, inner: int) -> None:
    request = {
        "execute": "add_hostfwd",
        "arguments": {
            "proto": "tcp",
            "host_addr": address,
            "host_port": outer,
            "guest_addr": GUEST_ADDRESS,
            "guest_port": inner,
        },
    }
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(sock))
        connection.sendall(json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = json.loads(connection.recv(4096).decode())
    if "error" in answer:
        raise HostError(f"host '{spec.name}': {address}:{outer} can't be opened: {answer['error'].get('desc', answer)}")


def answers_ssh(address: str, port: int) -> bool:
    """Whether an SSH server greets at the address."""
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
