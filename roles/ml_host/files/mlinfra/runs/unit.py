# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs as units of the user's own systemd manager, which needs no root and outlives every session of the user."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import time
from pathlib import Path

from ..errors import Problem
from .record import Run

# Longer than the supervisor takes to bring everything to the bucket after the script has ended.
SECONDS_TO_MIRROR = 60
SECONDS_TO_COME = 30
SOCKET = "systemd/private"
# What training has no use for. No sandbox of files and devices: a user's manager could give it in a user namespace only, which
# some systems refuse. MPI, NCCL, JIT compilers and debuggers of the user's own processes work.
SANDBOX = {
    "NoNewPrivileges": "yes",
    "LockPersonality": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "KeyringMode": "private",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service @debug",
    "SystemCallErrorNumber": "EPERM",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_IB",
    "LimitCORE": "0",
}
# Whose managers systemd starts with the host.
LINGERING = Path("/var/lib/systemd/linger")


def name(run: str) -> str:
    """The unit of a run."""
    return f"mlinfra-run-{run}.service"


def command(run: Run, library: Path) -> list[str]:
    """The command that starts a run's unit.

    Args:
        run: the run.
        library: the folder that has this package.
    """
    settings = {
        # The supervisor alone is told to end: it tells the script. What is left after it is killed.
        "KillMode": "mixed",
        "TimeoutStopSec": str(run.grace + SECONDS_TO_MIRROR),
        # What needs too much memory is ended, and the supervisor tells so.
        "OOMPolicy": "continue",
        **({"MemoryMax": str(run.memory)} if run.memory else {}),
        **SANDBOX,
    }
    told = {
        "PYTHONPATH": str(library),
        **{
            variable: os.environ[variable]
            for variable in ("PYTHONPYCACHEPREFIX", "MLINFRA_RUNS_DIRECTORY", "MLINFRA_RUN_LOG_DIRECTORY")
            if os.environ.get(variable)
        },
    }
    return [
        *("systemd-run", "--user", "--collect", "--quiet", f"--unit={name(run.run)}"),
        f"--description=Training run {run.run}",
        *(f"--property={setting}={value}" for setting, value in settings.items()),
        *(f"--setenv={variable}={value}" for variable, value in told.items()),
        *("--", sys.executable, "-P", "-m", "mlinfra.runs.supervisor", run.run),
    ]


def start(run: Run) -> None:
    """Start a run's unit.

    Raises:
        Problem: this host can't, or systemd refuses.
    """
    await_manager()
    done = subprocess.run(command(run, Path(__file__).parents[2]), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"systemd did not start the run: {done.stderr.strip()}")


def await_manager() -> None:
    """Wait for the user's systemd manager, where it is to come up with the host.

    Raises:
        Problem: there is none.
    """
    user = getpass.getuser()
    socket = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / SOCKET
    end = time.monotonic() + (SECONDS_TO_COME if (LINGERING / user).exists() else 0)
    while not socket.exists():
        if time.monotonic() >= end:
            raise Problem(
                "This user has no systemd manager, which runs need.",
                f"Let root call: loginctl enable-linger {user}. The role ml_host does it for its user. Amazon Linux 2 has none at"
                " all: use Amazon Linux 2023.",
            )
        time.sleep(0.2)


def _ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemctl", "--user", *arguments], capture_output=True, text=True, check=False)


def is_active(run: str) -> bool:
    """Whether a run's unit is there and has not ended."""
    return _ask("is-active", name(run)).stdout.strip() in ("active", "activating", "deactivating")


def interrupt(run: str) -> None:
    """Tell a run's supervisor that somebody cancels it.

    Raises:
        Problem: it does not run.
    """
    done = _ask("kill", "--kill-who=main", "--signal=SIGINT", name(run))
    if done.returncode:
        raise Problem(f"Run {run} could not be told: {done.stderr.strip()}")
