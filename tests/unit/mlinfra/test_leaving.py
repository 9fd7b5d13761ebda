# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A member lets its group know that it may go: once, and when no run is left."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from mlinfra.runs import leaving

TOLD = {"AutoScalingGroupName": "g", "LifecycleHookName": "g-drain", "InstanceId": "i-1", "LifecycleActionResult": "CONTINUE"}


class Metadata:
    """Tells the instance's id."""

    def instance_id(self) -> str | None:
        """As the metadata service does."""
        return "i-1"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Auto Scaling, of which only what is expected may be asked; the host is told of its group."""
    monkeypatch.setenv(leaving.GROUP, "g")
    monkeypatch.setenv(leaving.HOOK, "g-drain")
    monkeypatch.setattr(leaving, "SECONDS_BETWEEN_LOOKS", 0.01)
    client = boto3.client("autoscaling", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as made:
        yield made


def process(processes: Path, number: int, *words: str) -> Path:
    """One that is listed."""
    folder = processes / str(number)
    folder.mkdir()
    (folder / "cmdline").write_bytes(b"\0".join(word.encode() for word in words) + b"\0")
    return folder


SUPERVISOR = ("python", "-P", "-m", "mlinfra.runs.supervisor", "run")


def test_the_last_run_lets_the_group_know(stub: Stubber, tmp_path: Path) -> None:
    process(tmp_path, os.getpid(), *SUPERVISOR)
    process(tmp_path, os.getpid() + 1, "sleep", "mlinfra.runs.supervisor.txt")
    (tmp_path / "uptime").write_text("1")
    (tmp_path / str(os.getpid() + 2)).mkdir()
    stub.add_response("complete_lifecycle_action", {}, TOLD)
    assert leaving.let_go(Metadata(), tmp_path, stub.client)
    stub.assert_no_pending_responses()


def test_one_that_came_later_does_it(stub: Stubber, tmp_path: Path) -> None:
    process(tmp_path, os.getpid() + 1, *SUPERVISOR)
    assert not leaving.let_go(Metadata(), tmp_path, stub.client)


def test_earlier_ones_are_waited_for(stub: Stubber, tmp_path: Path) -> None:
    there = process(tmp_path, 1, *SUPERVISOR)
    stub.add_response("complete_lifecycle_action", {}, TOLD)
    ends = threading.Timer(0.2, (there / "cmdline").unlink)
    ends.start()
    assert leaving.let_go(Metadata(), tmp_path, stub.client)
    assert not ends.is_alive()


def test_a_refusal_leaves_it_to_the_hook(stub: Stubber, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub.add_client_error("complete_lifecycle_action", "AccessDenied", "no")
    assert not leaving.let_go(Metadata(), tmp_path, stub.client)
    assert "can't be told" in capsys.readouterr().out


def test_a_host_without_a_group_tells_nobody(stub: Stubber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(leaving.GROUP)
    assert not leaving.let_go(Metadata(), tmp_path, stub.client)
