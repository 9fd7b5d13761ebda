# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Ray cluster of three real hosts: jobs over all of them, a host that is killed in the middle, and what becomes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ...depth import thorough
from ...waiting import eventually
from ..conftest import BIN, CHECKOUT

pytestmark = [thorough, pytest.mark.xdist_group("cluster"), pytest.mark.weight(1800)]

FIT = Path(__file__).with_name("fit.py")
STEPS = 30
# The head, of whose loopback the jobs are.
HEAD = 1
SECONDS = 600
# The gradients of all processes, wherever these run.
TORCHRUN = """
import os, socket
import torch, torch.distributed as group
group.init_process_group("gloo")
ones = torch.ones(1)
group.all_reduce(ones)
print(f"rank {group.get_rank()} of {ones.item():.0f} on {socket.gethostname()}", flush=True)
group.destroy_process_group()
"""


def start(platform: Any, name: str, script: str, options: str, arguments: str = "") -> None:
    """Start a run on the head."""
    platform.at(
        HEAD,
        f"mkdir -p /var/tmp/{name}\ncat > /var/tmp/{name}/{name}.py <<'E'\n{script}\nE\n"
        f"mlinfra run --detach --name {name} {options} /var/tmp/{name}/{name}.py {arguments}",
    )


def output(platform: Any, name: str) -> str:
    """What a run has put out so far."""
    return platform.at(HEAD, f"cat ~/runs/{name}/output.log 2>/dev/null || true")


def ended(platform: Any, name: str) -> dict[str, Any]:
    """A run's record once it has ended."""

    def look() -> dict[str, Any] | None:
        record = json.loads(platform.at(HEAD, f"cat ~/runs/{name}/run.json"))
        return record if record["ended"] else None

    return eventually(look, SECONDS, pause=5)


def metrics(platform: Any, name: str) -> dict[str, float]:
    """What a run has measured."""
    return json.loads(platform.at(HEAD, f"cat ~/runs/{name}/metrics.json"))


def nodes(platform: Any) -> dict[str, str]:
    """The state of the cluster's nodes, by address, as the head tells it."""
    told = json.loads(platform.at(HEAD, "/opt/mlinfra/venv/bin/python -B /usr/local/libexec/mlinfra/idle --status", user="root"))
    return {node["address"]: node["state"] for node in told["nodes"]}


def kill(platform: Any, number: int) -> None:
    """End a host at once, with nothing said to anybody."""
    place = ["--slot", str(platform.slot), "--directory", str(platform.directory)]
    told = subprocess.run([BIN / "python", "roles/local_cloud/files/host", "list", *place], cwd=CHECKOUT, check=True, capture_output=True)
    [leader] = [host["leader"] for host in json.loads(told.stdout)["hosts"] if host["name"] == platform.host(number)]
    os.kill(leader, signal.SIGKILL)


class TestCluster:
    """In this order: one platform for all."""

    def test_all_hosts_are_nodes(self, platform):
        assert sorted(nodes(platform).values()) == ["alive"] * 3

    def test_nobody_else_reaches_it(self, platform):
        # The security group lets in its own members only.
        [group] = [one for one in platform.tagged("describe_security_groups", "SecurityGroups") if one["Description"] == "Training instances"]
        opened = [rule for rule in group["IpPermissions"] if rule["FromPort"] >= 26000]
        assert [(rule["FromPort"], rule["ToPort"]) for rule in opened] == [(26000, 26199), (32768, 60999)]
        assert all(not rule["IpRanges"] and [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group["GroupId"]] for rule in opened)
        # The dashboard listens on loopback, and asks for the token.
        listening = platform.at(HEAD, "ss -Hltn 'sport = :8265' | awk '{print $4}'").split()
        assert listening == ["127.0.0.1:8265"]
        asked = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8265/api/v0/nodes"
        assert platform.at(HEAD, asked) == "401"
        # Without a certificate nobody speaks to the cluster, and others on the host see neither key nor token.
        refused = "openssl s_client -connect $(hostname -i | cut -d' ' -f1):26000 -CAfile /etc/mlinfra/ray/authority.pem </dev/null 2>&1 || true"
        assert "alert" in platform.at(2, refused) or "errno" in platform.at(2, refused)
        modes = platform.at(2, "stat -c '%U:%G %a' /etc/mlinfra/ray /etc/mlinfra/ray/key.pem /etc/mlinfra/ray/token", user="root").split("\n")
        assert modes[:3] == ["root:ml 750", "root:ml 640", "root:ml 640"]
        assert platform.at(HEAD, "stat -c '%U %a' /etc/mlinfra/ray/authority.key", user="root") == "root 600\n"
        assert "authority.key" not in platform.at(2, "ls /etc/mlinfra/ray", user="root")

    def test_a_job_takes_all_hosts(self, platform):
        start(platform, "whole", FIT.read_text(encoding="utf-8"), "--ray", f"{STEPS} 0.1")
        record = ended(platform, "whole")
        said = output(platform, "whole")
        assert record["state"] == "succeeded", said
        assert len({line.rpartition(" on ")[2].split()[0] for line in said.splitlines() if "begins after step" in line}) == 3
        assert metrics(platform, "whole")["slope"] == pytest.approx(3, abs=0.3)

    def test_its_model_is_promoted_as_any_other(self, platform):
        promoted = json.loads(platform.at(HEAD, "mlinfra --json model promote whole --model line --require 'step>=30'"))
        assert (promoted["version"], promoted["run"]) == ("1", "whole")

    def test_torchrun_finds_the_others(self, platform):
        start(platform, "ranks", TORCHRUN, "--ray --processes 1")
        record = ended(platform, "ranks")
        said = output(platform, "ranks")
        assert record["state"] == "succeeded", said
        lines = [line for line in said.splitlines() if "of 3 on" in line]
        assert len({line.rpartition(" on ")[2] for line in lines}) == 3, said

    def test_a_job_goes_on_without_a_host_that_was_killed(self, platform):
        start(platform, "broken", FIT.read_text(encoding="utf-8"), "--ray", f"{STEPS} 2")
        eventually(lambda: "step 5 is kept" in output(platform, "broken"), SECONDS, pause=2)
        kill(platform, 3)
        record = ended(platform, "broken")
        said = output(platform, "broken")
        assert record["state"] == "succeeded", said
        begins = [int(line.rpartition("after step ")[2]) for line in said.splitlines() if "begins after step" in line]
        # It went on from where it was, and not anew.
        assert max(begins) >= 5, said
        whole, broken = metrics(platform, "whole"), metrics(platform, "broken")
        assert broken == pytest.approx(whole, rel=1e-6)
        assert sorted(nodes(platform).values()) == ["alive", "alive", "dead"]

    def test_the_host_joins_again_once_it_is_back(self, platform):
        began = time.monotonic()
        platform.playbook("playbooks/configure.yml")
        eventually(lambda: sorted(nodes(platform).values()) == ["alive"] * 3, SECONDS, pause=5)
        assert time.monotonic() - began < SECONDS

    def test_a_run_that_is_cancelled_ends_its_job(self, platform):
        start(platform, "endless", FIT.read_text(encoding="utf-8"), "--ray", "10000 1")
        eventually(lambda: "is kept" in output(platform, "endless"), SECONDS, pause=2)
        platform.at(HEAD, "mlinfra runs cancel endless")
        assert ended(platform, "endless")["state"] == "cancelled"

    def test_status_names_its_nodes(self, platform):
        said = platform.playbook("playbooks/status.yml").output
        assert "(head) alive" in said
        assert "Cluster" in said

    def test_again_nothing_changes(self, platform):
        assert platform.playbook("playbooks/configure.yml").total("changed") == 0

    def test_off_leaves_nothing(self, platform):
        platform.playbook("playbooks/configure.yml", "-e", "ray_cluster_enabled=false")
        for number in (1, 2, 3):
            left = platform.at(
                number,
                "ls -d /etc/mlinfra/ray /var/lib/mlinfra-ray /var/cache/mlinfra-ray /opt/mlinfra/ray.txt /opt/mlinfra/venv/bin/ray"
                " /etc/systemd/system/mlinfra-ray.service 2>/dev/null; pgrep -f raylet; true",
                user="root",
            )
            assert left == ""
