# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measures how a host is configured, and prints one JSON object.

One host in a rehearsal of its own: what a first run and a run again need over SSH and over Session Manager (tasks,
module runs, trips to the host), how long a run again takes, how long the Python packages take beside plain uv, and how
long it is from no instance to JupyterLab, with and without a baked image, for several at once.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PROGRAMS = ROOT / "roles" / "local_cloud" / "files"
# Apart from the slots of `make local`, of the tests and of the other benchmarks.
SLOT = 13
HOST = "mlinfra-local-ml-training-1"
INSTALLATION = "/opt/mlinfra"
CACHE = f"{INSTALLATION}/cache"
INSTALL_TASKS = ("Install uv", "Make the Python environment", "Install the Python packages")
SSM = ("-e", "ml_host_connection=ssm")


@dataclass
class Run:
    """A finished configure.yml.

    Attributes:
        seconds: wall time of the whole program
        counts: by what was counted
        tasks: seconds by name of those tasks that ran on the host
    """

    seconds: float
    counts: dict[str, int]
    tasks: dict[str, float]


class Rehearsal:
    """The whole platform in a slot of its own, with one host."""

    def __init__(self, slot: int) -> None:
        self._slot = slot
        self._directory = ROOT / ".cache" / "local_cloud" / str(slot)
        self._environment = {
            **os.environ,
            "LOCAL_CLOUD_SLOT": str(slot),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "benchmarks" / "callback_plugins"),
        }

    def playbook(self, name: str, *arguments: str, **environment: str) -> float:
        """Run a playbook and return its seconds. Its failure ends the program and shows the end of its output."""
        began = time.monotonic()
        done = subprocess.run(
            [BIN / "ansible-playbook", "-i", "inventories/local", f"playbooks/{name}.yml", *arguments],
            cwd=ROOT,
            env=self._environment | environment,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{name}.yml failed:\n{(done.stdout + done.stderr)[-6000:]}")
        return time.monotonic() - began

    def configure(self, *arguments: str) -> Run:
        """Run configure.yml and count what it did on the host, and at the emulator's Session Manager."""
        self._program("emulator", "calls", "--clear")
        with tempfile.TemporaryDirectory() as folder:
            record = Path(folder) / "trips.jsonl"
            seconds = self.playbook(
                "configure", *arguments, ANSIBLE_CALLBACKS_ENABLED="trips,mlinfra.aws.warm", TRIPS_RECORD=str(record)
            )
            events = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
        counts = Counter(event["event"] for event in events if event["event"] != "task")
        tasks = {event["name"]: event["seconds"] for event in events if event.get("host") == HOST}
        return Run(
            seconds=seconds,
            counts={
                "tasks": sum(event.get("host") == HOST for event in events),
                "module_runs": counts["module"],
                "trips": counts["command"] + counts["put"] + counts["fetch"],
                "files_transferred": counts["put"] + counts["fetch"],
                "sessions": self._calls().count("StartSession"),
            },
            tasks=tasks,
        )

    def forget_host(self) -> None:
        """Remove the host, so that configure.yml makes a new one."""
        self._program("host", "down")

    def package_environment(self) -> dict[str, str]:
        """What the host's uv is given, so that it finds packages where this machine does."""
        return json.loads(self._program("host", "packages"))["package_environment"]

    def on_host(self, script: str) -> float:
        """Run a shell script on the host as root, over SSH, and return its seconds."""
        began = time.monotonic()
        subprocess.run(
            [
                "ssh", "-i", str(self._directory / "id_ed25519"), "-p", "2222",
                "-o", f"UserKnownHostsFile={self._directory / 'known_hosts'}",
                f"ec2-user@{self._address()}", "sudo sh -eu",
            ],
            input=script, text=True, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return time.monotonic() - began

    def put_aside(self, *paths: str) -> None:
        """Take folders out of the way. Removing gigabytes would keep the disk busy for the one that is timed next."""
        moves = (f"[ ! -e {path} ] || mv {path} $(mktemp -d {INSTALLATION}/aside.XXXXXX)" for path in paths)
        self.on_host("\n".join([*moves, "sync"]))

    def _address(self) -> str:
        described = subprocess.run(
            [BIN / "ansible-inventory", "-i", "inventories/local", "--host", HOST],
            cwd=ROOT, env=self._environment, text=True, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        private: str = json.loads(described.stdout)["ec2_private_ip_address"]
        return ".".join(["127", str(10 + self._slot), *private.split(".")[2:]])

    def _calls(self) -> list[str]:
        lines = self._program("emulator", "calls").splitlines()
        return [json.loads(line)["action"] for line in lines]

    def _program(self, name: str, *arguments: str) -> str:
        # `host packages` belongs to no slot.
        slot = [] if arguments == ("packages",) else ["--slot", str(self._slot), "--directory", str(self._directory)]
        command = [sys.executable, str(PROGRAMS / name), *arguments, *slot]
        return subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout


def plain_install(rehearsal: Rehearsal, environment: dict[str, str]) -> float:
    """Seconds that plain uv takes for the role's lock, on the same host, into an environment of its own."""
    environment = environment | {"TMPDIR": "/var/tmp", "UV_CACHE_DIR": CACHE}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    folder = f"{INSTALLATION}/plain"
    uv = f"{INSTALLATION}/uv/bin/uv"
    seconds = rehearsal.on_host(
        f"{exports}{uv} venv --quiet --python 3.11 {folder}\n"
        f"{uv} pip install --quiet --python {folder}/bin/python --requirement {INSTALLATION}/lock.txt\n"
    )
    rehearsal.put_aside(folder)
    return seconds


def role_install(rehearsal: Rehearsal, environment: dict[str, str]) -> float:
    """Seconds of the role's tasks that install uv, the environment and the packages, where none of them is."""
    rehearsal.put_aside(f"{INSTALLATION}/uv", f"{INSTALLATION}/venv")
    run = rehearsal.configure("-e", json.dumps({"ml_host_package_environment": environment}))
    return sum(run.tasks[name] for name in INSTALL_TASKS)


def installs(rehearsal: Rehearsal) -> dict[str, dict[str, float]]:
    """The role's installation beside plain uv's, each with the same state of uv's cache.

    The cache is the host's own, as on an instance, and not the one that rehearsals share with each other.
    """
    shared = {"UV_CACHE_DIR", "UV_LINK_MODE"}
    environment = {key: value for key, value in rehearsal.package_environment().items() if key not in shared}
    compared = {}
    for state, put_aside in (("empty_cache", [CACHE]), ("full_cache", [])):
        seconds = []
        # The role's in between, so that neither always meets the colder disk.
        for install in (plain_install, role_install, plain_install):
            rehearsal.put_aside(*put_aside)
            seconds.append(install(rehearsal, environment))
        plain = (seconds[0] + seconds[2]) / 2
        compared[state] = {
            "role_seconds": round(seconds[1], 1),
            "plain_uv_seconds": round(plain, 1),
            "ratio": round(seconds[1] / plain, 2),
        }
    return compared


def to_jupyter(rehearsal: Rehearsal, count: int) -> float:
    """Seconds from no instance to so many on which JupyterLab answers."""
    rehearsal.playbook("scale", "-e", "count=0", "-e", "confirm=local")
    wanted = ("-e", f"compute_instance_count={count}")
    return rehearsal.playbook("provision", *wanted) + rehearsal.playbook("configure", *wanted)


def from_nothing(rehearsal: Rehearsal, counts: list[int]) -> dict[str, Any]:
    """The same for each count of instances, from Amazon's image and from a baked one, and how long the baking takes."""
    rehearsal.playbook("provision")
    unbaked = {count: to_jupyter(rehearsal, count) for count in counts}
    baking = rehearsal.playbook("image")
    baked = {count: to_jupyter(rehearsal, count) for count in counts}
    return {
        "baking_seconds": round(baking, 1),
        "instances": {
            count: {
                "unbaked_seconds": round(unbaked[count], 1),
                "baked_seconds": round(baked[count], 1),
                "ratio": round(baked[count] / unbaked[count], 2),
            }
            for count in counts
        },
    }


def spread(runs: list[Run]) -> dict[str, float]:
    """Median, least and most seconds."""
    seconds = [run.seconds for run in runs]
    return {
        "median": round(statistics.median(seconds), 1),
        "min": round(min(seconds), 1),
        "max": round(max(seconds), 1),
    }


def measure(rehearsal: Rehearsal, repeats: int) -> dict[str, Any]:
    """Bring the host up twice, over SSH and over Session Manager, and configure it again and again."""
    rehearsal.playbook("provision", *SSM)
    results: dict[str, Any] = {}
    for way, arguments in {"ssh": (), "ssm": SSM}.items():
        first = rehearsal.configure(*arguments)
        again = [rehearsal.configure(*arguments) for _repeat in range(repeats)]
        results[way] = {
            "first": first.counts | {"seconds": round(first.seconds, 1)},
            "again": again[0].counts | {"seconds": spread(again)},
        }
        if way == "ssh":
            results["install"] = installs(rehearsal)
            rehearsal.forget_host()
    return results


def main() -> None:
    """Measure and print; the rehearsal is taken down, whatever happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slot", type=int, default=SLOT, help="which rehearsal's ports to use")
    parser.add_argument("--repeats", type=int, default=5, help="how often a configured host is configured again")
    parser.add_argument(
        "--instances", type=int, nargs="+", default=[1, 2, 4], metavar="COUNT", help="how many come up at once, in turn"
    )
    options = parser.parse_args()
    rehearsal = Rehearsal(options.slot)
    rehearsal.playbook("local_down")
    try:
        measured = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **measure(rehearsal, options.repeats)}
        print(json.dumps(measured | {"from_nothing": from_nothing(rehearsal, options.instances)}, indent=2))
    finally:
        rehearsal.playbook("local_down")


if __name__ == "__main__":
    main()
