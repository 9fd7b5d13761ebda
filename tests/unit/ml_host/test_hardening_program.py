# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that hardens a host and takes that back, on files of this test and with doubles of the system's programs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILES = Path(__file__).parents[3] / "roles" / "ml_host" / "files"
STAR = "net.ipv4.conf.*.rp_filter"


def loaded(name: str) -> ModuleType:
    """A program as a module."""
    spec = importlib.util.spec_from_file_location(name, FILES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Host:
    """Folders that stand for a host, and what was called there.

    Args:
        folder: an empty one.
        monkeypatch: pytest's.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.program = loaded("hardening")
        monkeypatch.setattr(self.program, "KERNEL", folder / "sys")
        for name, value in (("all", "2"), ("default", "2"), ("eth0", "0")):
            self.file(f"sys/net/ipv4/conf/{name}/rp_filter", f"{value}\n")
        self.crontab = self.file("crontab", "", 0o644)
        self.settings = self.file("sshd.conf", "PermitRootLogin no\n")
        self.memory = folder / "before.json"
        self.calls = folder / "calls"
        monkeypatch.setenv("PATH", str(folder / "bin"), prepend=os.pathsep)
        for name in ("systemctl", "usermod"):
            self.double(name, "")
        self.double("sshd", "echo permitrootlogin no")

    def file(self, path: str, content: str, mode: int = 0o600) -> Path:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(mode)
        return file

    def double(self, name: str, script: str) -> None:
        """A program that notes how it was called."""
        self.file(f"bin/{name}", f'#!/bin/sh\necho "{name} $*" >> {self.calls}\n{script}\n', 0o755)

    def called(self) -> list[str]:
        """What was called since the last time."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return lines

    def kernel(self) -> list[str]:
        """The values of all interfaces."""
        return [path.read_text().strip() for path in sorted((self.folder / "sys").rglob("rp_filter"))]

    def run(self, hardened: bool = True, readers: bool = True) -> int:
        """Run the program with everything that it can do."""
        reader = {"unit": "ssh", "verb": "reload", "file": str(self.settings), "check": ["sshd", "-T"], "says": ["permitrootlogin no"]}
        wanted: dict[str, Any] = {
            "hardened": hardened,
            "memory": str(self.memory),
            "kernel": {STAR: 1, "kernel.kptr_restrict": 1},
            "modes": {str(self.crontab): "0600"},
            "passwords": ["root"],
        }
        return self.program.main(wanted, [reader] if readers else [])


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host that is not hardened."""
    return Host(tmp_path, monkeypatch)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_hardened_and_taken_back(host: Host) -> None:
    assert host.run() == 0
    assert (host.kernel(), mode(host.crontab), mode(host.memory)) == (["1", "1", "1"], 0o600, 0o600)
    assert host.called() == ["usermod --lock root", "sshd -T", "systemctl reload ssh"]
    assert host.run(hardened=False) == 0
    assert (host.kernel(), mode(host.crontab), host.memory.exists()) == (["2", "2", "0"], 0o644, False)
    assert host.called() == ["sshd -T", "systemctl reload ssh", "usermod --unlock root"]


def test_the_settings_of_a_real_kernel_change_and_come_back(tmp_path: Path) -> None:
    """Those of the network, in a namespace of its own."""
    text = (FILES.parent / "vars/main/hardening.yml").read_text(encoding="utf-8")
    settings = {key: int(value) for key, value in re.findall(r"^  (net\.\S+): (\d+)$", text, re.M)}
    keys = [f"'{key.replace('.', '/')}'" for key in settings]
    common = {"memory": str(tmp_path / "before.json"), "kernel": settings, "modes": {}, "passwords": [], "readers": []}
    on, off = (json.dumps({**common, "hardened": hardened}) for hardened in (True, False))
    show = f"(cd /proc/sys && for key in {' '.join(keys)}; do echo $(cat $key); done)"
    program = f"{sys.executable} {FILES / 'hardening.py'}"
    script = f"set -e; {show}; echo -; {program} '{on}'; {show}; echo -; {program} '{off}'; {show}"
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=True)
    before, hardened, after = done.stdout.split("-\n")
    assert before == after
    assert [set(line.split()) for line in hardened.splitlines()] == [{str(value)} for value in settings.values()]
    assert before != hardened


def test_what_has_drifted_since_is_put_right_and_the_first_value_comes_back(host: Host) -> None:
    host.run()
    host.file("sys/net/ipv4/conf/all/rp_filter", "0")
    host.crontab.chmod(0o666)
    assert host.run() == 0
    assert (host.kernel(), mode(host.crontab)) == (["1", "1", "1"], 0o600)
    host.run(hardened=False)
    assert (host.kernel(), mode(host.crontab)) == (["2", "2", "0"], 0o644)


@pytest.mark.parametrize("killed", ["usermod", "systemctl"])
def test_a_run_that_was_cut_short_is_completed_by_the_next(host: Host, killed: str) -> None:
    host.double(killed, "exit 1")
    assert host.run() == 1
    # Before the first change it was kept how it had been.
    assert json.loads(host.memory.read_text())["modes"] == {str(host.crontab): "0644"}
    host.double(killed, "")
    assert host.run() == 0
    host.run(hardened=False)
    assert (host.kernel(), mode(host.crontab)) == (["2", "2", "0"], 0o644)


@pytest.mark.parametrize(("script", "reason"), [("echo bad line; exit 255", "bad line"), ("echo permitrootlogin yes", "does not take")])
def test_settings_that_sshd_does_not_take_are_taken_away_again(
    host: Host, script: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host.double("sshd", script)
    assert host.run() == 1
    assert not host.settings.exists()
    assert host.called() == ["usermod --lock root", "sshd -T", "systemctl reload ssh"]
    said = capsys.readouterr().err
    assert reason in said
    assert f"{host.settings} was taken away again, and ssh works without it." in said


def test_settings_are_taken_away_where_sshd_can_not_be_reloaded(host: Host) -> None:
    host.double("systemctl", f"! test -e {host.settings}")
    assert host.run() == 1
    assert not host.settings.exists()
    assert host.called()[-2:] == ["systemctl reload ssh", "systemctl reload ssh"]


def test_the_probe_tells_of_kernel_and_passwords(tmp_path: Path) -> None:
    probe = loaded("probe")
    for name, value in (("all", "1"), ("default", "2"), ("eth0", "0")):
        file = tmp_path / "net/ipv4/conf" / name / "rp_filter"
        file.parent.mkdir(parents=True)
        file.write_text(f"{value}\n")
    assert probe.kernel(STAR, str(tmp_path)) == ["1", "2"]
    assert probe.kernel("kernel.kptr_restrict", str(tmp_path)) == []
    shadow = tmp_path / "shadow"
    shadow.write_text("root:*:1::\na:$6$x:1::\nb::1::\nc:!$6$x:1::\nd:!!:1::\n")
    assert probe.with_passwords(str(shadow)) == ["a", "b"]


@pytest.mark.parametrize(("variables", "told"), [({"SUDO_USER": "ec2-user"}, "ec2-user"), ({}, None)])
def test_the_probe_tells_who_logged_in(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str | None) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = loaded("probe").login()
    assert found == told if told else isinstance(found, str)
