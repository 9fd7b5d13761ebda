# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts, stops and asks a running emulator, from another process."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from emulator.places import ACCESS_KEY, ACCOUNT, HOST, REGION, Place

START_SECONDS = 30.0
STOP_SECONDS = 30.0
# moto reads its settings from these when it is imported.
MOTO_SETTINGS = {
    # The roles attach AmazonSSMManagedInstanceCore, which must exist.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # The public SSM parameters of Amazon Linux name images of this catalogue, and an image that does not exist is refused.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ACCOUNT_ID": ACCOUNT,
}


class Trouble(Exception):
    """Something that the user must know; the text says what to do."""


def running_pid(place: Place) -> int | None:
    """The process id of the place's emulator, or None.

    The emulator holds a lock on the file with its process id as long as it lives, so that a process id
    that was taken over by another program is never believed.
    """
    try:
        with place.lock.open("r", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0) or None
    except FileNotFoundError:
        pass
    return None


def start(place: Place) -> bool:
    """Start the emulator and wait until it answers. Returns whether it had to be started."""
    place.directory.mkdir(parents=True, exist_ok=True)
    with (place.directory / "start.lock").open("w", encoding="ascii") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if running_pid(place):
            _wait_until_answering(place, None)
            return False
        for port in (place.https_port, place.http_port):
            _require_free(port, place.slot)
        with place.log.open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    str(Path(__file__).parent),
                    "serve",
                    "--slot",
                    str(place.slot),
                    "--directory",
                    str(place.directory),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=_environment(place),
            )
        _wait_until_answering(place, process)
    return True


def stop(place: Place) -> bool:
    """Stop the emulator; it saves its state. Returns whether it was running."""
    pid = running_pid(place)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    ends = time.monotonic() + STOP_SECONDS
    while running_pid(place) == pid:
        if time.monotonic() > ends:
            raise Trouble(f"The emulator (process {pid}) did not end within {STOP_SECONDS:.0f} s; see {place.log}.")
        time.sleep(0.05)
    return True


def reset(place: Place) -> bool:
    """Forget the state and the calls, whether running or not. Returns whether there was any."""
    if running_pid(place):
        _ask(place, "reset", "POST")
        return True
    had_state = place.state.exists()
    place.state.unlink(missing_ok=True)
    shutil.rmtree(place.blobs, ignore_errors=True)
    place.calls.unlink(missing_ok=True)
    return had_state


def clear_calls(place: Place) -> None:
    """Forget the calls so far."""
    if running_pid(place):
        _ask(place, "clear-calls", "POST")
    else:
        place.calls.unlink(missing_ok=True)


def client_environment(place: Place) -> dict[str, str]:
    """What a client's environment must hold to reach this emulator."""
    return {
        "AWS_ENDPOINT_URL": place.endpoint,
        "AWS_CA_BUNDLE": str(place.authority),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
    }


def _environment(place: Place) -> dict[str, str]:
    """The emulator's own environment: nothing of the user's AWS settings, all of moto's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return {**kept, **MOTO_SETTINGS, "MOTO_PORT": str(place.http_port)}


def _require_free(port: int, slot: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as fault:
            raise Trouble(
                f"Port {port} on {HOST}, which rehearsal {slot} needs, is taken by another program ({fault.strerror}). "
                "End that program, or choose another rehearsal by the variable LOCAL_CLOUD_SLOT (such as LOCAL_CLOUD_SLOT=20)."
            ) from None


def _wait_until_answering(place: Place, process: subprocess.Popen[bytes] | None) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            _ask(place, "status", "GET")
            return
        except OSError:
            if process is not None and process.poll() is not None:
                raise Trouble(
                    f"The emulator ended while it started. The end of {place.log}:\n{_tail(place.log)}"
                ) from None
            if time.monotonic() > ends:
                raise Trouble(f"The emulator did not answer within {START_SECONDS:.0f} s; see {place.log}.") from None
            time.sleep(0.05)


def _ask(place: Place, verb: str, method: str) -> Any:
    # No proxy: the address is this machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"http://{HOST}:{place.http_port}/_emulator/{verb}", method=method)
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
