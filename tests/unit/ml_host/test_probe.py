# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the probe says of ports, asked about sockets of this test, and of disk quotas, by programs that stand in for the host's."""

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


def mounts(path: Path, *lines: str) -> str:
    """A list of mounts, each by its folder, type and options, as the kernel writes it."""
    written = "20 1 259:1 / {} rw,noatime shared:1 - {} /dev/x {}\n"
    path.write_text("".join(written.format(*line.split()) for line in lines))
    return str(path)


def program(folder: Path, name: str, says: str) -> None:
    """A program that keeps what it is asked, and says something."""
    (folder / name).write_text(f"#!/bin/sh\necho \"$@\" >> {folder}/asked\ncat <<'END'\n{says}\nEND\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("lines", "grubby", "expected"),
    [
        (["/ overlay rw,lowerdir=/a"], "args=\"ro\"", {"type": "overlay", "on": False, "next": None}),
        (["/ xfs rw,seclabel,noquota"], "args=\"ro\"", {"type": "xfs", "on": False, "next": False}),
        (["/ xfs rw,seclabel,noquota"], "args=\"ro rootflags=uquota\"", {"type": "xfs", "on": False, "next": True}),
        # It counts, and holds nobody to a limit.
        (["/ xfs rw,uqnoenforce"], "args=\"ro\"", {"type": "xfs", "on": False, "next": False}),
        # Without grubby nothing can be told to the kernel.
        (["/ xfs rw,noquota"], "", {"type": "xfs", "on": False, "next": None}),
        (["/ ext4 rw", "/ xfs rw,usrquota,prjquota"], "", {"type": "xfs", "on": True, "next": None}),
    ],
)
def test_how_the_file_system_of_the_homes_counts(
    probe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], grubby: str, expected: dict[str, object]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    if grubby:
        program(programs, "grubby", grubby)
    # As xfs_quota -x -c "report -u -n -N -b" writes it: in KiB; who has no limit is named, too.
    program(programs, "xfs_quota", "#0  1024  0  0  00 [--------]\n#1  20  0  52428800  00 [--------]\n\n")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(probe.os.path, "ismount", lambda path: path == "/")
    found = probe.quotas("/usr", mounts(tmp_path / "mountinfo", *lines))
    assert found == {"mount": "/", "limits": {"daemon": 51200} if expected["on"] else {}, **expected}
    if expected["on"]:
        assert (programs / "asked").read_text() == "-x -c report -u -n -N -b /\n"


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        ("ActiveState=active\nNRestarts=0", True),
        # It was started anew, and gets its time again.
        ("ActiveState=activating\nNRestarts=2", True),
        ("ActiveState=activating\nNRestarts=3", False),
        ("ActiveState=failed\nNRestarts=0", False),
    ],
)
def test_a_service_that_is_slow_is_waited_for_and_one_that_ends_is_not(
    probe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, waits: bool
) -> None:
    program(tmp_path, "systemctl", state)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(probe, "SECONDS_BETWEEN_LOOKS", 0.0)
    answered = iter([0] * 9 + [200])
    monkeypatch.setattr(probe, "answer", lambda _url: next(answered))
    assert probe.answers({"unit": "http://x"}, {"unit": 200}, 60) == {"unit": 200 if waits else 0}
