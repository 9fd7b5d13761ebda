# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an update reads of package managers, from programs that repeat what these say; what it keeps and brings back."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[3] / "roles" / "ml_host" / "files" / "maintenance.py"


@pytest.fixture
def maintenance() -> ModuleType:
    """The program, as a module of its own."""
    specification = importlib.util.spec_from_file_location("maintenance", SOURCE)
    module = importlib.util.module_from_spec(specification)
    sys.modules["maintenance"] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a program on the path that says something and ends with a status."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def put(name: str, said: str, status: int = 0) -> None:
        (tmp_path / f"{name}.txt").write_text(said)
        (tmp_path / name).write_text(f'#!/bin/sh\ncat "{tmp_path}/{name}.txt"\nexit {status}\n')
        (tmp_path / name).chmod(0o755)

    return put


def test_upgrades_of_dnf(maintenance, program):
    said = "\nglibc.x86_64    2.34-200.amzn2023    amazonlinux\ntmux.x86_64    3.2a-4    amazonlinux\nObsoleting Packages\na b c\n"
    program("dnf", said, status=100)
    assert maintenance.Dnf().pending(refresh=True) == ["glibc.x86_64 2.34-200.amzn2023", "tmux.x86_64 3.2a-4"]


def test_upgrades_of_apt(maintenance, program):
    program("apt-get", "Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nConf libc6 (2.36-10 Debian:12 [amd64])\nInst new (1 x)\n")
    assert maintenance.Apt().pending(refresh=False) == ["libc6 2.36-10"]


def test_a_repository_that_does_not_answer_is_no_good_news(maintenance, program):
    program("dnf", "Error: Failed to download metadata for repo", status=1)
    with pytest.raises(maintenance.Failure, match="Failed to download metadata"):
        maintenance.Dnf().pending(refresh=True)


def test_the_last_transaction(maintenance, program):
    program("dnf", "ID     | Command line | Date\n-----\n    12 | upgrade | 2026-11-28\n    11 | install git | 2026-11-27\n")
    assert maintenance.Dnf().mark() == "12"


@pytest.mark.parametrize(
    ("name", "restart"),
    [("glibc", True), ("kernel", True), ("kernel6.12", True), ("systemd", True), ("kmod-nvidia-open-dkms", True), ("tmux", False)],
)
def test_what_takes_effect_with_a_restart_only(maintenance, name, restart):
    """If it was installed since the start."""

    class Manager:
        def installed(self) -> dict[str, float]:
            return {name: time.time() + 60, "systemd-libs": time.time() + 60, "openssl": 0.0}

    assert maintenance.reasons_to_restart(Manager()) == ([name] if restart else [])


@pytest.fixture
def host(maintenance, program, tmp_path, monkeypatch) -> dict:
    """What the program is told of a host, which lies in a folder of the test's and has services that stop and start."""
    program("systemctl", "")

    class Manager:
        def versions(self) -> dict[str, str]:
            return {"tmux": "1", "gone": "2"} if not (tmp_path / "upgraded").exists() else {"tmux": "2"}

        def mark(self) -> str:
            return "1"

        def back(self, mark: str, versions: dict[str, str]) -> None:
            raise maintenance.Failure("no such release any more")

        def installed(self) -> dict[str, float]:
            return {}

    monkeypatch.setitem(maintenance.MANAGERS, "dnf", Manager)
    return {
        "manager": "dnf",
        "folder": str(tmp_path / "previous"),
        "venv": str(tmp_path / "venv"),
        "environments": str(tmp_path / "environments"),
        "files": [str(tmp_path / "old.conf"), str(tmp_path / "new.conf")],
        "removed": [],
        "services": ["a"],
        "start": ["a"],
        "stop_runs": False,
        "keep_environment": True,
        "changed": [],
    }


def test_what_is_kept_is_brought_back(maintenance, host, tmp_path):
    """Files as they were, new ones gone, the Python environment with its content."""
    venv, old, new = tmp_path / "venv", tmp_path / "old.conf", tmp_path / "new.conf"
    venv.mkdir()
    (venv / "package").write_text("old")
    old.write_text("old")
    maintenance.keep(host)
    assert not venv.exists()
    venv.mkdir()
    for file in (venv / "package", old, new, tmp_path / "upgraded"):
        file.write_text("new")
    # A run that was cut short is begun again: what it had kept stays what there was.
    maintenance.keep(host)
    told = maintenance.restore(host)
    assert (old.read_text(), (venv / "package").read_text(), new.exists()) == ("old", "old", False)
    assert told["unlike"] == ["no such release any more", "tmux 2 (was 1)"]
    # What failed goes at the end: until then the services would wait for it.
    assert (tmp_path / "venv.failed" / "package").read_text() == "new"
    maintenance.forget(host)
    assert not any((tmp_path / name).exists() for name in ("previous", "venv.previous", "venv.failed"))


def test_services_that_were_stopped_start_where_nothing_was_kept_yet(maintenance, host, program, tmp_path):
    """As where the disk is full."""
    (tmp_path / "venv").mkdir()
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\n')
    host["removed"] = [str(tmp_path / "nothing")]
    with pytest.raises(FileNotFoundError):
        maintenance.keep(host)
    assert maintenance.restore(host) == {"unlike": [], "reboot": []}
    assert (tmp_path / "asked").read_text() == "stop a\nstart a\n"
    assert (tmp_path / "venv").is_dir()


def tree(folder: Path) -> dict[str, str]:
    """All files below a folder, with what they hold."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def made(folder: Path, *environments: str, text: str) -> None:
    """Environments, each with its lock."""
    for name in environments:
        (folder / name / "bin").mkdir(parents=True, exist_ok=True)
        for path in (folder / name / "bin" / "python", folder / f"{name}.txt"):
            path.write_text(text)


@pytest.mark.parametrize("cut_short", [False, True])
def test_further_environments_are_brought_back(maintenance, host, tmp_path, cut_short):
    """Those that became others and those that went; new ones go. That of a run that was cut short is no old one."""
    environments = tmp_path / "environments"
    made(environments, "changed", "dropped", "same", text="old")
    before = tree(environments)
    wanted = {**host, "changed": ["changed", "dropped", "new"], "files": [str(environments / f"{name}.txt") for name in ("changed", "new")]}
    maintenance.keep(wanted)
    assert sorted(path.name for path in environments.iterdir() if path.is_dir()) == ["same"]
    if cut_short:
        made(environments, "changed", "new", text="half")
        maintenance.keep(wanted)
    made(environments, "changed", "new", text="new")
    (environments / "dropped.txt").unlink()
    maintenance.restore(wanted)
    assert tree(environments) == before
    maintenance.forget(wanted)
    assert tree(environments) == before


def test_environments_that_all_went_are_brought_back(maintenance, host, tmp_path):
    environments = tmp_path / "environments"
    made(environments, "only", text="old")
    before = tree(environments)
    wanted = {**host, "changed": ["only"]}
    maintenance.keep(wanted)
    (environments / "only.txt").unlink()
    environments.rmdir()
    maintenance.restore(wanted)
    assert tree(environments) == before
    assert environments.stat().st_mode & 0o777 == 0o755


def test_what_an_update_removes_is_brought_back(maintenance, host, tmp_path):
    """Files and folders with all that is in them."""
    kernel = tmp_path / "kernels" / "dropped"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text("old")
    wanted = {**host, "removed": [str(kernel)]}
    maintenance.keep(wanted)
    (kernel / "kernel.json").unlink()
    kernel.rmdir()
    maintenance.restore(wanted)
    assert tree(kernel) == {"kernel.json": "old"}


def test_runs_of_all_users_are_stopped_by_their_own_managers(maintenance, program, tmp_path):
    """Of those that have one."""
    program("runuser", "")
    (tmp_path / "runuser").write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\n')
    managers = tmp_path / "users"
    (managers / "0" / "systemd").mkdir(parents=True)
    (managers / "0" / "systemd" / "private").touch()
    (managers / "1000").mkdir()
    maintenance._stop_runs(managers)
    asked = f"-u root -- env XDG_RUNTIME_DIR={managers}/0 systemctl --user stop mlinfra-run-*\n"
    assert (tmp_path / "asked").read_text() == asked
