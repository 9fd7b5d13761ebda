# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A double of session-manager-plugin: opens the login shell of ssm-user in the rehearsal host of an instance.

Takes the arguments as the AWS CLI and the connection plugin give them: the answer of StartSession, region, action,
profile, the request's parameters, the service's endpoint. The endpoint's port tells the slot. Of Session Manager it
rehearses the terminal, not the agent, the permissions or the protocol.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sys
from urllib.parse import urlparse

from rehearsal_host.model import RUNTIME, Record
from rehearsal_host.processes import leader_of

USER = "ssm-user"


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


def shell(leader: int) -> list[str]:
    """The command that opens the login shell."""
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


def main() -> int:
    """Run one session."""
    if len(sys.argv) < 6:
        raise SystemExit("session-manager-plugin (double of the rehearsal): called by the AWS CLI and aws_ssm")
    response, _region, _action, _profile, parameters = sys.argv[1:6]
    endpoint = sys.argv[6] if len(sys.argv) > 6 else ""
    leader = init_of(json.loads(parameters)["Target"], slot_of(endpoint))
    write_all(1, f"\nStarting session with SessionId: {json.loads(response)['SessionId']}\n".encode())
    child, terminal = pty.fork()
    if child == 0:
        command = shell(leader)
        os.execvp(command[0], command)
    # Ended from outside, the session takes its shell along.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGHUP))
    relay(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
