# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Training runs on the real host: from here and there, over both ways, without whoever started them, and across interruptions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ...depth import extended, thorough
from ...waiting import eventually
from ..conftest import CHECKOUT

pytestmark = [extended, pytest.mark.xdist_group("workbench"), pytest.mark.weight(600)]

SECONDS = 120
GROUP = "/aws/ec2/mlinfra-local-ml-training"

COUNT = """
import sys, time
for number in range(int(sys.argv[1])):
    print("step", number, flush=True)
    time.sleep(1)
sys.exit(int(sys.argv[2]))
"""
TRAIN = """
import json, os, pathlib, signal, sys, time
folder = pathlib.Path(os.environ["MLINFRA_CHECKPOINT_DIRECTORY"])
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(1))
steps = sorted(folder.glob("*.json"))
step = json.loads(steps[-1].read_text())["step"] if steps else 0
print("begins at", step, flush=True)
while step < int(sys.argv[1]) and not told:
    step += 1
    (folder / f"{step:03}.json").write_text(json.dumps({"step": step}))
    time.sleep(1)
print("saved at", step, flush=True)
"""
HUNGRY = """
import time
held = []
while True:
    held.append(bytearray(20 << 20))
    time.sleep(0.05)
"""
# Each line in one piece: print writes it in several where Python does not buffer, and both workers write at the same moment.
WORKERS = """
import os, signal, sys, time
import torch, torch.distributed as group
say = lambda text: os.write(1, f"{text}\\n".encode())
signal.signal(signal.SIGTERM, lambda *_: (say("worker saves " + os.environ["RANK"]), sys.exit(0)))
group.init_process_group("gloo")
ones = torch.ones(1)
group.all_reduce(ones)
say(f"sum {ones.item()} threads " + os.environ["OMP_NUM_THREADS"])
time.sleep(600)
"""


class Runs:
    """The runs of the rehearsal's environment."""

    def __init__(self, platform) -> None:
        self.platform = platform
        self.on_host = platform.on_host

    def start(self, name: str, script: str, *arguments: str, options: str = "") -> None:
        """Start a run on the host."""
        words = " ".join(arguments)
        self.on_host(
            f"cat > /var/tmp/{name}.py <<'E'\n{script}\nE\nmlinfra run --detach --name {name} {options} /var/tmp/{name}.py {words}"
        )

    def record(self, name: str) -> dict[str, Any]:
        """What is known of a run."""
        return json.loads(self.on_host(f"mlinfra --json runs show {name}"))

    def output(self, name: str) -> str:
        """What a run has put out so far."""
        return self.on_host(f"cat ~/runs/{name}/output.log 2>/dev/null || true")

    def says(self, name: str, words: str) -> None:
        """Wait until a run has put something out."""
        eventually(lambda: words in self.output(name), SECONDS)

    def ends(self, name: str) -> dict[str, Any]:
        """The record of a run once it has ended."""
        self.on_host(f"mlinfra runs logs -f {name} || true")
        return self.record(name)

    def mirrored(self, name: str) -> set[str]:
        """What of a run is in the bucket."""
        prefix = f"experiments/{name}/"
        listed = self.platform.client("s3").list_objects_v2(Bucket=self.platform.bucket("models"), Prefix=prefix)
        return {entry["Key"].removeprefix(prefix) for entry in listed.get("Contents", [])}

    def machine(self, verb: str, *arguments: str) -> None:
        """Call the program that makes hosts."""
        files = str(CHECKOUT / "roles" / "local_cloud" / "files" / "host")
        place = ["--slot", str(self.platform.slot), "--directory", str(self.platform.directory)]
        self.platform.command("python", files, verb, *place, "--name", "mlinfra-local-ml-training-1", *arguments)


@pytest.fixture(scope="module")
def runs(platform) -> Runs:
    return Runs(platform)


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Path]:
    """A script of the operator's, with a module beside it."""
    (tmp_path / "helper.py").write_text("NAME = 'helped'\n", encoding="utf-8")
    file = tmp_path / "count.py"
    file.write_text(f"import helper\nprint(helper.NAME)\n{COUNT}", encoding="utf-8")
    return file


@pytest.mark.parametrize(("way", "code"), [("ssh", 0), pytest.param("ssm", 7, marks=thorough)])
def test_a_script_of_the_operator_s(runs: Runs, script: Path, way: str, code: int):
    name = f"over-{way}"
    arguments = [f"folder={script.parent}", "script=count.py", f"arguments=2 {code}", f"run={name}", f"ml_host_connection={way}"]
    done = runs.platform.attempt("playbooks/submit.yml", *(word for one in arguments for word in ("-e", _quoted(one))))
    assert done.returncode == code, done.output
    assert "helped\nstep 0\nstep 1\n" in done.output
    record = runs.record(name)
    assert (record["state"], record["exit_code"]) == ("failed" if code else "succeeded", code)
    assert {"code/count.py", "code/helper.py", "output.log", "run.json"} <= runs.mirrored(name)
    logs = runs.platform.client("logs")
    stream = f"{runs.platform.instance['InstanceId']}/run__var_log_mlinfra-runs_{name}.log"

    def shipped() -> bool:
        streams = {one["logStreamName"] for one in logs.describe_log_streams(logGroupName=GROUP)["logStreams"]}
        if stream not in streams:
            return False
        events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]
        return "step 1" in [event["message"] for event in events]

    eventually(shipped, SECONDS)
    listed = runs.platform.playbook("playbooks/runs.yml")
    assert name in listed.output


def _quoted(argument: str) -> str:
    name, _equals, value = argument.partition("=")
    return json.dumps({name: value})


def test_it_goes_on_without_whoever_started_it_until_it_is_cancelled(runs: Runs, script: Path):
    call = runs.platform.call(
        *("playbooks/submit.yml", "-e", f"folder={script.parent}", "-e", "script=count.py"),
        *("-e", json.dumps({"arguments": "600 0", "run": "alone"})),
    )
    with subprocess.Popen(**call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as submit:
        assert submit.stdout is not None
        for line in submit.stdout:
            if line.startswith("step 1"):
                break
        os.killpg(submit.pid, signal.SIGKILL)
    position = len(runs.output("alone"))
    eventually(lambda: len(runs.output("alone")) > position, SECONDS)
    idle = "/opt/mlinfra/venv/bin/python /usr/local/libexec/mlinfra/idle --status"
    assert "run alone" in [job["name"] for job in json.loads(runs.on_host(idle, user="root"))["jobs"]]
    cancelled = runs.platform.playbook("playbooks/runs.yml", "-e", "cancel=alone")
    assert cancelled.total("changed") == 1
    assert runs.ends("alone")["state"] == "cancelled"
    again = runs.platform.attempt("playbooks/runs.yml", "-e", "cancel=alone")
    assert again.returncode != 0
    assert "cancelled already" in again.output


def test_limits_hold(runs: Runs):
    runs.start("hungry", HUNGRY, options="--memory 300M")
    record = runs.ends("hungry")
    assert (record["state"], record["reason"]) == ("failed", "It took more memory than the 300 MiB that it may have.")
    runs.start("cores", "import os; print('cores', len(os.sched_getaffinity(0)))", options="--cpus 1")
    runs.ends("cores")
    assert "cores 1\n" in runs.output("cores")


def test_torchrun_with_two_processes(runs: Runs):
    runs.start("workers", WORKERS, options="--processes 2 --cpus 2")
    eventually(lambda: runs.output("workers").count("sum 2.0 threads 1") == 2, SECONDS)
    runs.on_host("mlinfra runs cancel workers")
    assert runs.ends("workers")["state"] == "cancelled"
    assert {"worker saves 0", "worker saves 1"} <= set(runs.output("workers").splitlines())


def test_from_jupyterlab_s_sandbox(runs: Runs):
    runs.on_host(f"cat > ~/notebooks/inside.py <<'E'\n{COUNT}\nE")
    pid = "$(systemctl show --property MainPID --value mlinfra-jupyter)"
    user = "setpriv --reuid ml --regid ml --clear-groups --no-new-privs"
    command = "/usr/local/bin/mlinfra run --detach --name inside /home/ml/notebooks/inside.py 1 0"
    runs.on_host(f"nsenter --target {pid} --mount -- {user} env HOME=/home/ml USER=ml {command}", user="root")
    assert runs.ends("inside")["state"] == "succeeded"


def test_a_spot_instance_that_ec2_takes_back(runs: Runs):
    runs.machine("announce", "--what", "spot")
    try:
        runs.start("spot", TRAIN, "12")
        runs.says("spot", "begins at 0")
        runs.machine("announce", "--what", "interruption")
        record = runs.ends("spot")
    finally:
        runs.machine("announce", "--what", "nothing")
    assert record["state"] == "interrupted"
    assert record["reason"].startswith("EC2 will terminate this instance at")
    step = int(runs.output("spot").split("saved at ")[1].split()[0])
    assert f"checkpoints/{step:03}.json" in runs.mirrored("spot")
    # On another host: nothing of it is left here.
    runs.on_host("rm -r ~/runs/spot")
    resumed = json.loads(runs.on_host("mlinfra --json runs resume --interrupted"))
    assert [(one["run"], one["attempt"]) for one in resumed] == [("spot", 2)]
    assert runs.ends("spot")["state"] == "succeeded"
    assert f"begins at {step}\n" in runs.output("spot")


def test_a_host_that_is_stopped_goes_on_at_its_next_start(runs: Runs):
    chosen = ("-e", "ml_host_resume_interrupted=true")
    runs.platform.playbook("playbooks/configure.yml", *chosen)
    assert runs.platform.playbook("playbooks/configure.yml", *chosen).total("changed") == 0
    try:
        runs.start("stopped", TRAIN, "3600")
        runs.says("stopped", "begins at 0")
        runs.platform.playbook("playbooks/stop.yml")
        runs.platform.playbook("playbooks/start.yml", "-e", "wait=true")
        eventually(lambda: runs.output("stopped").count("begins at") == 2, SECONDS)
        assert "The host stopped." in runs.output("stopped")
        assert runs.record("stopped")["attempt"] == 2
        assert not runs.output("stopped").endswith("begins at 0\n")
        runs.on_host("mlinfra runs cancel stopped")
        assert runs.ends("stopped")["state"] == "cancelled"
    finally:
        runs.platform.playbook("playbooks/configure.yml")
    assert runs.platform.playbook("playbooks/configure.yml").total("changed") == 0
