# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The host stops itself once nobody uses it, and for no signal before that: on the real host, with minutes made seconds."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ..depth import extended
from .conftest import CHECKOUT

pytestmark = [extended, pytest.mark.xdist_group("e2e"), pytest.mark.weight(900)]

PYTHON = "/opt/mlinfra/venv/bin/python"
PROGRAM = "/usr/local/libexec/mlinfra/idle"
CONFIGURATION = "/etc/mlinfra/idle.json"
SECONDS = 4
STALLED_SECONDS = 8
# Of a test's own programs: the host is looked at far more often than by its timer.
OWN_CPU = 80


class Idle:
    """The idle stop of the rehearsal's host."""

    def __init__(self, platform) -> None:
        self.platform = platform
        self.on_host, self.jupyter, self.program = platform.on_host, platform.jupyter, platform.program

    def configure(self, gpu: bool = False, cpu_percent: float = OWN_CPU) -> None:
        """Let minutes be seconds, and forget what was read before."""
        script = f"""
import json
data = json.load(open("{CONFIGURATION}"))
data["gpu"] = {gpu}
data["settings"].update(idle_minutes={SECONDS / 60}, stalled_minutes={STALLED_SECONDS / 60}, cpu_percent={cpu_percent})
json.dump(data, open("{CONFIGURATION}", "w"))
"""
        self.on_host(f"rm -f /run/mlinfra-idle/history.json\n{PYTHON} - <<'E'\n{script}\nE", user="root")

    def look(self) -> dict[str, Any]:
        """What the program says, without acting on it."""
        return json.loads(self.on_host(f"{PYTHON} {PROGRAM} --look --json", user="root"))

    def until(self, holds: Callable[[dict[str, Any]], bool], seconds: float = 40, pause: float = 0.5) -> dict[str, Any]:
        """The first verdict of which something holds. The longer the pause, the less the looks themselves use."""
        end = time.monotonic() + seconds
        while True:
            verdict = self.look()
            if holds(verdict):
                return verdict
            assert time.monotonic() < end, verdict
            time.sleep(pause)

    def stays_for(self, reason: str) -> dict[str, Any]:
        """The verdict once it stays for this reason."""
        return self.until(lambda verdict: not verdict["stop"] and any(reason in one for one in verdict["reasons"]))

    def would_stop(self) -> dict[str, Any]:
        """The verdict once it is to stop."""
        return self.until(lambda verdict: verdict["stop"])

    @contextmanager
    def cell(self, code: str) -> Iterator[None]:
        """A cell that runs in a kernel."""
        program = (CHECKOUT / "molecule" / "ml_host" / "files" / "run_cell.py").read_text(encoding="utf-8")
        self.on_host(f"cat > /var/tmp/run_cell.py <<'E'\n{program}\nE\nsetsid {PYTHON} /var/tmp/run_cell.py '{code}' >/dev/null 2>&1 &", user="root")
        try:
            yield
        finally:
            for kernel in self.jupyter("GET", "kernels"):
                self.jupyter("DELETE", f"kernels/{kernel['id']}")
            self.on_host("pkill -f /var/tmp/run_cell.py || true", user="root")


@pytest.fixture(scope="module")
def idle(platform) -> Iterator[Idle]:
    """The idle stop, set up by the playbook; at the end the host is as it was."""
    first = platform.playbook("playbooks/configure.yml", "-e", "guardrails_idle_stop=true")
    assert first.total("changed") > 0
    again = platform.playbook("playbooks/configure.yml", "-e", "guardrails_idle_stop=true")
    assert again.total("changed") == 0, again.output[-6000:]
    made = Idle(platform)
    yield made
    platform.playbook("playbooks/configure.yml")
    # What reads the host stays, for playbooks/status.yml.
    left = made.on_host(f"ls -d {PROGRAM} {CONFIGURATION} /etc/systemd/system/mlinfra-idle.* 2>/dev/null || true", user="root")
    assert left.split() == [CONFIGURATION, PROGRAM]
    assert platform.playbook("playbooks/configure.yml").total("changed") == 0


@pytest.fixture(autouse=True)
def fresh(idle: Idle) -> None:
    """Nothing was read before."""
    idle.configure()


def test_the_timer_looks_and_the_journal_has_the_reason(idle: Idle):
    assert idle.on_host("systemctl is-active mlinfra-idle.timer", user="root").strip() == "active"
    # From here on the tests look themselves.
    idle.on_host("systemctl stop mlinfra-idle.timer", user="root")
    idle.on_host("systemctl start mlinfra-idle.service", user="root")
    journal = idle.on_host("journalctl --unit mlinfra-idle.service --output cat", user="root")
    verdicts = [line for line in journal.splitlines() if line.startswith("Stay: ")]
    assert verdicts
    assert "can't be sure" not in verdicts[-1]


def test_a_host_that_nobody_opened_would_stop(idle: Idle):
    verdict = idle.would_stop()
    assert "nothing runs" in verdict["reasons"][0]
    assert verdict["stalled"] == []


def test_a_kernel_counts_while_it_is_used_and_not_while_it_is_open(idle: Idle):
    kernel = idle.jupyter("POST", "kernels")["id"]
    try:
        idle.stays_for(f"kernel {kernel[:8]} was used")
        idle.would_stop()
    finally:
        idle.jupyter("DELETE", f"kernels/{kernel}")


def test_a_terminal_counts_while_it_is_used(idle: Idle):
    name = idle.jupyter("POST", "terminals")["name"]
    try:
        idle.stays_for(f"JupyterLab's terminal {name} was used")
    finally:
        idle.jupyter("DELETE", f"terminals/{name}")
    idle.would_stop()


def test_a_cell_that_computes_keeps_the_host(idle: Idle):
    with idle.cell("while True: pass"):
        idle.stays_for("the cell of kernel")
        time.sleep(STALLED_SECONDS + 1)
        assert idle.look()["stalled"] == []


def test_a_cell_that_waits_for_ever_is_reported_and_keeps_the_host(idle: Idle):
    with idle.cell("import time; time.sleep(600)"):
        verdict = idle.until(lambda verdict: verdict["stalled"])
        assert not verdict["stop"]
        assert verdict["stalled"][0].startswith("the cell of kernel")


def test_an_ssh_session_counts_while_somebody_types(idle: Idle):
    with idle.platform.session():
        idle.stays_for("SSH session of ec2-user was used")


def test_a_session_manager_session_counts_while_somebody_types(idle: Idle):
    plugin = CHECKOUT / "roles" / "local_cloud" / "files" / "session-manager-plugin"
    target = json.dumps({"Target": idle.platform.instance["InstanceId"]})
    answer = json.dumps({"SessionId": "idle"})
    command = [plugin, answer, "us-east-1", "StartSession", "", target, idle.platform.endpoint]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as session:
        try:
            idle.stays_for("SSM session of ssm-user was used")
        finally:
            session.terminate()


def test_a_job_keeps_the_host_while_it_works(idle: Idle):
    with idle.program("sh -c 'while :; do :; done & exec md5sum /dev/zero'"):
        idle.stays_for("md5sum")
        time.sleep(STALLED_SECONDS + 1)
        assert idle.look()["stalled"] == []


def test_a_job_that_does_nothing_is_reported_to_cloudwatch_and_keeps_the_host(idle: Idle):
    with idle.program("sleep 600"):
        look = "systemctl start mlinfra-idle.service; cat /var/log/mlinfra/idle.log || true"
        end = time.monotonic() + 60
        while "sleep" not in (log := idle.on_host(look, user="root")):
            assert time.monotonic() < end, log
            time.sleep(1)
        assert "look after it" in log.splitlines()[-1]
    metrics = idle.platform.client("cloudwatch").list_metrics(MetricName="stalled_jobs")["Metrics"]
    assert metrics[0]["Dimensions"] == [{"Name": "InstanceId", "Value": idle.platform.instance["InstanceId"]}]


def test_work_of_the_system_keeps_the_host(idle: Idle):
    # Little, and by several programs, since other tests may run beside. Without them the host would stop.
    idle.configure(cpu_percent=20)
    idle.until(lambda verdict: verdict["stop"], seconds=90, pause=SECONDS)
    many = "for _ in 1 2 3 4 5 6 7 8; do sha256sum /dev/zero & done; wait"
    with idle.program(f"sh -c '{many}'", user="root"):
        idle.until(lambda verdict: "the processor works" in verdict["reasons"][0], seconds=90, pause=SECONDS)


def test_a_gpu_keeps_the_host(idle: Idle):
    """The driver's program is a double: no rehearsal has a GPU."""
    double = "#!/bin/sh\ncase $1 in *utilization*) echo 40; echo 3;; esac\n"
    idle.on_host(f"printf '%s' '{double}' > /usr/local/bin/nvidia-smi; chmod 755 /usr/local/bin/nvidia-smi", user="root")
    try:
        idle.configure(gpu=True)
        idle.stays_for("a GPU works, 40 %")
        idle.on_host("echo 'exit 9' > /usr/local/bin/nvidia-smi", user="root")
        idle.stays_for("can't be sure, the GPU does not tell")
    finally:
        idle.on_host("rm /usr/local/bin/nvidia-smi", user="root")


def test_what_can_not_be_read_keeps_the_host(idle: Idle):
    idle.on_host("systemctl stop mlinfra-jupyter", user="root")
    try:
        idle.stays_for("can't be sure, JupyterLab does not tell")
        time.sleep(SECONDS + 1)
        assert not idle.look()["stop"]
    finally:
        idle.on_host("systemctl start mlinfra-jupyter", user="root")
        idle.until(lambda verdict: not any("can't be sure" in reason for reason in verdict["reasons"]))


def test_the_host_really_stops(idle: Idle):
    """Runs last: its own system ends it, and nothing else does."""
    idle.would_stop()
    idle.on_host("systemctl start --no-block mlinfra-idle.service", user="root")
    files = CHECKOUT / "roles" / "local_cloud" / "files" / "host"
    place = ["--slot", str(idle.platform.slot), "--directory", str(idle.platform.directory)]
    end = time.monotonic() + 60
    while True:
        [host] = json.loads(idle.platform.command("python", str(files), "list", *place).stdout)["hosts"]
        if not host["running"]:
            break
        assert time.monotonic() < end, "the host still runs"
        time.sleep(0.5)
