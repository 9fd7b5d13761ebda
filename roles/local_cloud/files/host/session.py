# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A double of session-manager-plugin: a login shell of ssm-user in the rehearsal host of an instance, or a port of it.

Takes the arguments as the AWS CLI and the connection plugin give them: the answer of StartSession (or the name of the
environment variable that has it), region, action, profile, the request's parameters, the service's endpoint. The
endpoint's port tells the slot. Of Session Manager it rehearses the terminal, one command in it, and the forwarding of a
port, not the agent, the permissions or the protocol.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pty
import select
import signal
import socket
import sys
import threading
from urllib.parse import urlparse

from rehearsal_host.model import RUNTIME, Record
from rehearsal_host.processes import leader_of

USER = "ssm-user"
FORWARDING = "AWS-StartPortForwardingSession"
COMMAND = "AWS-StartInteractiveCommand"
# Of the release from which the plugin reads the session from its environment.
VERSION = "1.2.707.0"
NEW_NETWORK = 0x40000000
LOCALHOST = "127.0.0.1"


def slot_of(endpoint: str) -> int:
    """The slot whose emulator listens at an endpoint."""
    port = urlparse(endpoint).port
    if port is None or port < 4500:
        raise SystemExit(f"session-manager-plugin: {endpoint or 'no endpoint'} is no emulator of a rehearsal")
    return (port - 4500) // 2


def init_of(target: str, slot: int) -> int:
    """The process that is init in the host of an instance."""
    for file in (RUNTIME / str(slot) / "hosts").glob("*/host.json"):
        record = Record.load(file)
        if record and record.spec.instance_id == target:
            leader = leader_of(record.processes.get("machine"))
            if leader is not None:
                return leader
    raise SystemExit(f"session-manager-plugin: no host runs for {target} in slot {slot}")


def shell(leader: int, command: str = "") -> list[str]:
    """What opens the login shell, or runs a command in one."""
    return [
        "nsenter",
        "--target",
        str(leader),
        "--mount",
        "--uts",
        "--ipc",
        "--net",
        "--pid",
        "--cgroup",
        "--",
        "/bin/su",
        "--login",
        USER,
        "--shell",
        "/bin/bash",
        *(["--command", command] if command else []),
    ]


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything, in as many pieces as it takes."""
    while data:
        data = data[os.write(descriptor, data) :]


def relay(terminal: int) -> None:
    """Carry both ways until the shell ends; the end of our input is the shell's end of file."""
    inputs = [0, terminal]
    while True:
        ready, _writable, _failed = select.select(inputs, [], [])
        if terminal in ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                # A terminal whose last user is gone answers so.
                return
            if not data:
                return
            write_all(1, data)
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                inputs.remove(0)
            write_all(terminal, data or b"\x04")


def connect_inside(leader: int, port: int) -> socket.socket:
    """Connect to a port of the host itself, from within its network; this thread stays there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{leader}/ns/net", encoding="utf-8") as network:
        if libc.setns(network.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "the host's network can't be entered")
    return socket.create_connection((LOCALHOST, port), timeout=10)


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Carry one way until its end, and tell the other side of it."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def carry(near: socket.socket, leader: int, port: int) -> None:
    """Carry one connection both ways."""
    with near:
        try:
            far = connect_inside(leader, port)
        except OSError as error:
            print(f"Connection to destination port failed, check SSM Agent logs: {error}", flush=True)
            return
        with far:
            far.settimeout(None)
            back = threading.Thread(target=pass_on, args=(far, near), daemon=True)
            back.start()
            pass_on(near, far)
            back.join()


def forward(session: str, leader: int, port: int, local_port: int) -> None:
    """Carry every connection to a port of this machine to a port of the host, until ended from outside."""
    with socket.create_server((LOCALHOST, local_port)) as listener:
        print(f"Port {local_port} opened for sessionId {session}.\nWaiting for connections...", flush=True)
        while True:
            near, _address = listener.accept()
            threading.Thread(target=carry, args=(near, leader, port), daemon=True).start()


def main() -> int:
    """Run one session."""
    if sys.argv[1:] == ["--version"]:
        print(VERSION)
        return 0
    if len(sys.argv) < 6:
        raise SystemExit("session-manager-plugin (double of the rehearsal): called by the AWS CLI and aws_ssm")
    response, _region, _action, _profile, said = sys.argv[1:6]
    endpoint = sys.argv[6] if len(sys.argv) > 6 else ""
    session = json.loads(os.environ.get(response, response))["SessionId"]
    parameters = json.loads(said)
    leader = init_of(parameters["Target"], slot_of(endpoint))
    write_all(1, f"\nStarting session with SessionId: {session}\n".encode())
    if parameters.get("DocumentName") == FORWARDING:
        ports = parameters["Parameters"]
        forward(session, leader, int(ports["portNumber"][0]), int(ports["localPortNumber"][0]))
    child, terminal = pty.fork()
    if child == 0:
        wanted = parameters["Parameters"]["command"][0] if parameters.get("DocumentName") == COMMAND else ""
        command = shell(leader, wanted)
        os.execvp(command[0], command)
    # Ended from outside, the session takes its shell along.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGHUP))
    relay(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
