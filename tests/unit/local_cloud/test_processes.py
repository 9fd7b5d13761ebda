# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes outlive their starter, are found by their mark, and only they are ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rehearsal_host import processes
from rehearsal_host.model import HostError, Process


@pytest.fixture
def machine(tmp_path: Path) -> str:
    """A name that no other test run uses."""
    return f"test-{os.getpid()}-{tmp_path.name}"


def test_a_process_is_found_by_its_mark_and_ended(machine: str, tmp_path: Path) -> None:
    process = processes.spawn(["sleep", "60"], machine, tmp_path / "log")
    assert processes.alive(process)
    assert processes.wait_until(lambda: processes.marked(machine) == {process.pid: machine}, 5)
    assert os.getsid(process.pid) == process.pid
    processes.stop_all(machine)
    assert not processes.alive(process)
    assert processes.marked(machine) == {}


def test_a_process_that_ignores_the_request_is_made_to_end(machine: str, tmp_path: Path) -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('set', flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    process = processes.spawn([sys.executable, "-c", program], machine, log)
    assert processes.wait_until(lambda: "set" in log.read_text(), 10)
    processes.stop(process, grace=0.2)
    assert not processes.alive(process)


def test_a_stranger_with_the_same_number_is_spared(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        started = processes.start_time(stranger.pid)
        assert started is not None
        processes.stop(Process(stranger.pid, started + 1), grace=0.2)
        assert stranger.poll() is None
        stranger.kill()


def test_a_zombie_counts_as_ended() -> None:
    child = os.posix_spawn("/bin/true", ["true"], {})
    assert processes.wait_until(lambda: processes.start_time(child) is None, 5)
    os.waitpid(child, 0)


def test_a_failing_command_tells_what_it_wrote() -> None:
    with pytest.raises(HostError, match="exit 3: what went wrong"):
        processes.run(["sh", "-c", "echo what went wrong >&2; exit 3"])
