# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""status.yml names who uses the host and what runs on it, in one trip, whatever the way, and does without a host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..depth import extended
from .conftest import NAME, Run

pytestmark = [extended, pytest.mark.xdist_group("e2e"), pytest.mark.weight(120)]

INSTANCE = f"{NAME}-ml-training-1"
NOTEBOOK = "study.ipynb"
SERVICES = ["mlinfra-jupyter", "mlinfra-tensorboard", "amazon-cloudwatch-agent"]


@pytest.fixture(scope="module")
def in_use(platform: Any) -> Iterator[None]:
    """Somebody is logged in, a job runs, and a notebook is open."""
    asked = {"path": NOTEBOOK, "name": NOTEBOOK, "type": "notebook", "kernel": {"name": "python3"}}
    with platform.session(), platform.program("md5sum /dev/zero"):
        opened = platform.jupyter("POST", "sessions", asked)
        try:
            yield
        finally:
            platform.jupyter("DELETE", f"sessions/{opened['id']}")


def status(platform: Any, folder: Path, *arguments: str) -> tuple[dict[str, Any], Run]:
    """What the report tells, and the run."""
    platform.emulator("calls", "--clear")
    run = platform.playbook("playbooks/status.yml", "-e", f"report={folder}/status", *arguments)
    assert platform.emulator("calls", "--writing", "--caller", "rehearsal") == ""
    return json.loads((folder / "status.json").read_text()), run


def trips(run: Run) -> int:
    """How often something went to the host."""
    return sum(run.far[kind] for kind in ("module", "command", "put", "fetch"))


def test_the_host_names_who_uses_it_and_what_runs(platform: Any, in_use: None, tmp_path: Path) -> None:
    told, run = status(platform, tmp_path)
    assert trips(run) == 1
    [host] = told["hosts"]
    assert (host["name"], host["answered"], host["unread"]) == (INSTANCE, True, [])
    assert [(one["user"], one["way"]) for one in told["connected"]] == [("ec2-user", "SSH")]
    [job] = told["jobs"]
    assert job["name"].startswith("md5sum (")
    assert not job["stalled"]
    assert [kernel["notebook"] for kernel in told["kernels"]] == [NOTEBOOK]
    assert [service["name"] for service in host["services"]] == SERVICES
    assert {service["state"] for service in host["services"]} == {"active"}
    assert host["memory"]["total"] > host["memory"]["available"] > 0
    assert [disk["path"] for disk in host["disks"]] == ["/"]
    assert host["uptime"] > 0
    assert host["idle"]["stops"] is False
    assert told["attention"] == []
    for words in ("ec2-user by SSH", "md5sum (", NOTEBOOK, "all is well"):
        assert words in run.output
    page = (tmp_path / "status.html").read_text()
    for words in ("Who is connected", "md5sum (", NOTEBOOK):
        assert words in page


def test_the_same_over_session_manager(platform: Any, in_use: None, tmp_path: Path) -> None:
    """The session that asks is nobody's."""
    told, run = status(platform, tmp_path, "-e", "ml_host_connection=ssm")
    assert [(one["user"], one["way"]) for one in told["connected"]] == [("ec2-user", "SSH")]
    assert [kernel["notebook"] for kernel in told["kernels"]] == [NOTEBOOK]
    assert [job["name"].split()[0] for job in told["jobs"]] == ["md5sum"]
    assert trips(run) == 1


def test_nothing_is_remembered(platform: Any, tmp_path: Path) -> None:
    """To look from afar is no look of the timer's."""
    platform.on_host("rm -f /run/mlinfra-idle/history.json", user="root")
    status(platform, tmp_path)
    assert platform.on_host("ls /run/mlinfra-idle 2>/dev/null || true", user="root") == ""


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("ansible_port=1", "it can't be reached: "),
        ("ml_host_idle_program=/nowhere", "it is not set up yet"),
        ("ml_host_python=/nowhere", "it could not be asked: "),
    ],
)
def test_a_host_that_says_nothing_is_named(platform: Any, tmp_path: Path, argument: str, reason: str) -> None:
    """And AWS tells all the same."""
    told, run = status(platform, tmp_path, "-e", argument)
    [host] = told["hosts"]
    assert not host["answered"]
    assert host["reason"].startswith(reason)
    assert [entry["text"] for entry in told["attention"]] == [f"{INSTANCE} says nothing: {host['reason']}"]
    assert told["instances"][0]["state"] == "running"
    assert "Jobs         not known" in run.output
