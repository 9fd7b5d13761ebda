# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the probe says of ports, asked about sockets of this test."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[3] / "roles" / "ml_host" / "files" / "probe.py"


@pytest.fixture(scope="module")
def probe() -> ModuleType:
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("probe", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::")])
def test_who_listens_on_a_port(probe: ModuleType, family: int, address: str) -> None:
    with socket.socket(family) as listening:
        listening.bind((address, 0))
        port = listening.getsockname()[1]
        assert probe.listeners([port]) == {}
        listening.listen()
        assert probe.listeners([port, 1]) == {str(port): probe.program(f"/proc/{os.getpid()}")}
    assert probe.listeners([port]) == {}


def test_a_program_is_named_by_its_service_or_by_itself(probe: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "comm").write_text("nginx\n")
    (tmp_path / "cgroup").write_text("1:name=systemd:/\n0::/system.slice/nginx.service\n")
    assert probe.program(str(tmp_path)) == "nginx.service"
    (tmp_path / "cgroup").write_text("0::/user.slice/user-0.slice/session-1.scope\n")
    assert probe.program(str(tmp_path)) == "nginx"
    assert probe.program(str(tmp_path / "ended")) == "another program"


def test_it_runs_as_a_program(probe: ModuleType) -> None:
    done = subprocess.run([sys.executable, PROGRAM, '{"answers": {}, "urls": {}, "seconds": 0}'], capture_output=True, check=True)
    assert done.stdout == b"{}\n"
