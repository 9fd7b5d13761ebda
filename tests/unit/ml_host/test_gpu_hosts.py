# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host with a GPU gets: the wheels, the driver that they need, and the agent's configuration; and what drains wait for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ...programs import answers

ROOT = Path(__file__).parents[3]
LOCKS = ROOT / "roles" / "ml_host" / "files" / "locks"
FOUND = {
    "id": "amzn",
    "version": "2023",
    "name": "Amazon Linux 2023",
    "root": True,
    "systemd": True,
    "architecture": "x86_64",
    "memory": 16000,
    "packages": ["awscli-2", "git", "python3.11", "tmux", "vim-enhanced", "amazon-cloudwatch-agent"],
    "synced": True,
    "space": {
        path: {"mount": "/", "free": 50000}
        for path in ("/opt/mlinfra/venv", "/usr", "/var", "/var/tmp", "/tmp", "/home/ml")
    },
    "gpus": [],
    "gpu_problem": "nvidia-smi is not there",
}


def host(instance_type: str, *drivers: str, **settings: Any) -> dict[str, Any]:
    """A host of this type, whose GPUs have these drivers."""
    gpus = [{"name": "a GPU", "driver": driver} for driver in drivers]
    return {"ml_host_instance_type": instance_type, "ml_host_found": {**FOUND, "gpus": gpus}, **settings}


HOSTS = {
    "cpu": host("t3.medium"),
    "amd": host("g4ad.xlarge"),
    "g5": host("g5.xlarge", "595.91.07"),
    "four": host("g5.12xlarge", *["595.91.07"] * 4),
    "oldest": host("g4dn.xlarge", "580.65.06"),
    "old driver": host("g6.xlarge", "570.195.03"),
    "no driver": host("p5.48xlarge"),
    "no driver, no need": host("g5.xlarge", ml_host_torch_backend="cpu"),
    "p3": host("p3.2xlarge", "570.195.03"),
    "p3 without": host("p3.2xlarge"),
    "at rest": host("t3.medium", ml_host_asked={"stdout": json.dumps({"kernels": [{"busy": False}], "jobs": []})}),
    "silent": host("t3.medium", ml_host_asked={"stdout": json.dumps({"kernels": None, "jobs": []})}),
    "at work": host(
        "t3.medium",
        ml_host_asked={"stdout": json.dumps({"kernels": [{"busy": True}, {"busy": False}], "jobs": [{"name": "python a.py"}]})},
    ),
    "g3": host("g3.4xlarge", "570.195.03"),
}


@pytest.fixture(scope="module")
def wanted() -> dict[str, Any]:
    """What the role wants of each of the hosts."""
    return answers(Path(__file__).with_name("wanted.py"), HOSTS)


@pytest.mark.parametrize(
    ("lock", "hosts"),
    [
        ("cpu", ("cpu", "amd", "no driver, no need")),
        ("cuda", ("g5", "four", "oldest", "old driver", "no driver")),
        ("cuda12", ("p3", "p3 without")),
    ],
)
def test_wheels_by_type(wanted: dict[str, Any], lock: str, hosts: tuple[str, ...]) -> None:
    assert {name: wanted[name]["lock"] for name in hosts} == dict.fromkeys(hosts, lock)


@pytest.mark.parametrize("name", ["cpu", "amd", "g5", "four", "oldest", "no driver, no need", "p3"])
def test_hosts_that_fit(wanted: dict[str, Any], name: str) -> None:
    assert wanted[name]["problems"] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("old driver", ("570.195.03", "locks/cuda.txt needs 580.65.06", "ml_host_torch_backend: cpu")),
        ("no driver", ("nvidia-smi is not there", "580.65.06 or newer", "compute_image: auto")),
        ("p3 without", ("nvidia-smi is not there", "525.60.13 or newer, up to 580")),
        ("g3", ("g3.4xlarge", "too old", "ml_host_torch_backend: cpu")),
    ],
)
def test_a_driver_that_does_not_fit_is_refused(wanted: dict[str, Any], name: str, words: tuple[str, ...]) -> None:
    """Before anything is changed, with what to do."""
    said = " ".join(wanted[name]["problems"])
    assert [word for word in words if word not in said] == []


def test_the_agent_measures_gpus_where_there_are_any(wanted: dict[str, Any]) -> None:
    measured = {name: json.loads(wanted[name]["agent"])["metrics"]["metrics_collected"] for name in ("cpu", "amd", "g5", "p3")}
    assert {name: "nvidia_gpu" in sections for name, sections in measured.items()} == {
        "cpu": False,
        "amd": False,
        "g5": True,
        "p3": True,
    }
    assert {"utilization_gpu", "memory_used", "memory_total", "temperature_gpu"} <= set(
        measured["g5"]["nvidia_gpu"]["measurement"]
    )


@pytest.mark.parametrize(("lock", "major"), [("cuda", 13), ("cuda12", 12)])
def test_the_locks_hold_the_cuda_that_the_drivers_are_for(lock: str, major: int) -> None:
    lines = (LOCKS / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    cudnn = [line.split("==")[0] for line in lines if line.startswith("nvidia-cudnn")]
    assert cudnn == [f"nvidia-cudnn-cu{major}"]


def test_an_update_waits_for_what_works_and_not_for_what_is_open(wanted: dict[str, Any]) -> None:
    working = {name: wanted[name]["working"] for name in ("at rest", "silent", "at work")}
    assert working == {"at rest": [], "silent": [], "at work": ["a busy kernel", "python a.py"]}
