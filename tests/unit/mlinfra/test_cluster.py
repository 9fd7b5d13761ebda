# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs as jobs of a Ray cluster: what is refused, how they are called, and how torchrun is called on each host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlinfra import cluster as launcher
from mlinfra import environment
from mlinfra.errors import Usage
from mlinfra.runs import cluster, requests
from mlinfra.runs.record import Run

RUN = Run(run="fit", state="running", script="lib/fit.py", arguments=["3"], ray=True, grace=30, attempt=2)
TOLD = {"MLINFRA_RUN": "fit", "PATH": "/bin", "PYTHONUNBUFFERED": "1", "AWS_SESSION_TOKEN": "secret"}


@pytest.fixture
def head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a host that leads a cluster."""
    file = tmp_path / "environment"
    file.write_text('# Written.\nRAY_API_SERVER_ADDRESS="http://127.0.0.1:8265"\nRAY_AUTH_MODE="token"\n', encoding="utf-8")
    monkeypatch.setattr(cluster, "SETTINGS", file)
    return file


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_a_job_is_the_script_with_what_it_is_told() -> None:
    command = cluster.command(RUN, "/venv/bin/python", TOLD)
    assert command[:3] == ["/venv/bin/ray", "job", "submit"]
    assert option(command, "--submission-id") == "fit-2"
    assert option(command, "--working-dir").endswith("/fit/code")
    # What passes through the cluster's own records is no secret.
    told = {"MLINFRA_RUN": "fit", "PYTHONUNBUFFERED": "1", **cluster.OUTPUT, "RAY_JOB_STOP_WAIT_TIME_S": "30"}
    assert json.loads(option(command, "--runtime-env-json")) == {"env_vars": told}
    assert command[command.index("--") + 1 :] == ["/venv/bin/python", "lib/fit.py", "3"]
    assert cluster.stop_command(RUN, "/venv/bin/python") == ["/venv/bin/ray", "job", "stop", "--no-wait", "fit-2"]


def test_with_processes_torchrun_is_started_on_the_hosts() -> None:
    run = Run(**{**RUN.content(), "processes": 2, "hosts": 3})
    command = cluster.command(run, "/venv/bin/python", TOLD)
    assert command[command.index("--") + 1 :] == ["/venv/bin/python", "-m", "mlinfra.cluster", "3", "2", "lib/fit.py", "3"]


@pytest.mark.parametrize("rank", [0, 1])
def test_one_host_has_the_rendezvous(rank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLINFRA_RUN", "fit")
    command = launcher.command(3, 2, rank, "10.0.1.4:26008", "10.0.1.5", ["fit.py", "3"])
    assert {"--nnodes=3", "--nproc-per-node=2", "--rdzv-endpoint=10.0.1.4:26008", "--rdzv-id=fit", "--local-addr=10.0.1.5"} <= set(command)
    assert f"--rdzv-conf=is_host={int(rank == 0)}" in command
    assert command[-2:] == ["fit.py", "3"]


def test_what_leads_no_cluster_takes_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SETTINGS", tmp_path / "none")
    with pytest.raises(Usage, match="leads no Ray cluster"):
        cluster.check("", None, None, [None])


def test_a_worker_takes_no_job(head: Path) -> None:
    head.write_text('RAY_AUTH_MODE="token"\n', encoding="utf-8")
    with pytest.raises(Usage, match="leads no Ray cluster"):
        cluster.check("", None, None, [None])


@pytest.mark.usefixtures("head")
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"environment": "other"}, "own Python environment"),
        ({"memory": 1 << 30}, "of one host"),
        ({"hosts": 2}, "--processes"),
        ({"hosts": 2, "ray": False}, "--ray"),
    ],
)
def test_what_a_job_can_not_have(wanted: dict, said: str) -> None:
    with pytest.raises(Usage) as refused:
        requests.start(requests.Wanted(**{"script": Path("fit.py"), "ray": True, **wanted}))
    assert said in f"{refused.value.text} {refused.value.advice}"


@pytest.mark.usefixtures("head")
def test_a_job_of_the_head_s_is_taken() -> None:
    cluster.check("", 2, 3, [None, None, None])


def test_settings_as_systemd_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text('# A comment.\nA="1 \\"2\\""\nno assignment\n', encoding="utf-8")
    assert environment.read(file) == {"A": '1 "2"'}
    assert environment.read(tmp_path / "none") == {}
