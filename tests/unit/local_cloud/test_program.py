# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The host program from outside: it says truly what it would do, and does nothing while saying it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import FILES

Host = Callable[..., dict[str, Any]]
SPEC = {"name": "one", "private_ip": "10.0.1.4", "instance_id": "i-1", "distribution": "debian", "region": "us-east-1"}


def test_checking_makes_nothing(host: Host, tmp_path: Path) -> None:
    answer = host("up", "--check", "--name", "one", "--private-ip", "10.0.1.4")
    assert answer["changed"]
    assert answer["actions"] == ["make the host"]
    assert answer["address"] == "127.108.1.4"
    assert answer["jupyter_url"] == "http://127.108.1.4:8888"
    assert not (tmp_path / "slot").exists()


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("running", ["one: make the host"]),
        ("pending", ["one: make the host"]),
        ("stopped", []),
        ("stopping", []),
        ("shutting-down", []),
        ("terminated", []),
    ],
)
def test_a_host_follows_the_state_of_its_instance(host: Host, state: str, actions: list[str]) -> None:
    answer = host("apply", "--check", stdin=json.dumps([{**SPEC, "state": state}]))
    assert answer["actions"] == actions
    assert answer["changed"] == bool(actions)


def test_a_host_no_longer_wanted_is_removed(host: Host, tmp_path: Path) -> None:
    (tmp_path / "slot" / "hosts" / "old").mkdir(parents=True)
    answer = host("apply", "--check", stdin="[]")
    assert answer["removed"] == ["old"]
    assert answer["actions"] == ["old: remove the host"]
    assert (tmp_path / "slot" / "hosts" / "old").exists()


def test_removing_nothing_changes_and_makes_nothing(host: Host, tmp_path: Path) -> None:
    assert host("down") == {"changed": False, "removed": []}
    assert not (tmp_path / "slot").exists()


def test_what_an_interrupted_run_left_is_removed(host: Host, tmp_path: Path) -> None:
    (tmp_path / "slot" / "hosts" / "half" / "upper").mkdir(parents=True)
    assert host("down") == {"changed": True, "removed": ["half"]}
    assert host("down") == {"changed": False, "removed": []}
    assert list((tmp_path / "slot" / "hosts").iterdir()) == []


def test_a_wrong_host_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FILES / "host"), "up", "--check", "--slot", "98", "--directory", str(tmp_path)]
        + ["--name", "Not-A-Name", "--private-ip", "10.0.1.4"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("host up: host name 'Not-A-Name'")
    assert len(done.stderr.splitlines()) == 1


def test_an_ordinary_user_is_told_why_hosts_are_left_out() -> None:
    """Run as nobody, where we are root; a user who is none has the same answer anyway."""
    # The packages are imported before the change of user, who may not read this checkout.
    program = "from importlib import import_module as i; import sys; sys.path.insert(0, sys.argv[1]);" + (
        "c = i('rehearsal_host.controller'); import os; os.geteuid() or os.setuid(65534);"
        "print(c.obstacle()); print(c.installable())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(FILES / "host")], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["hosts need root, this is an ordinary user", "False"]


def test_a_guest_sees_the_package_sources_of_this_machine(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "torch-2.0.0+cpu-cp311-cp311-linux_x86_64.whl").touch()
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        f"[global]\nfind-links = {wheels}\n    {tmp_path}/missing\nindex-url = https://index.example/simple\n"
    )
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    answer = host("packages", slot=False)
    environment = answer["package_environment"]
    assert str(wheels) in environment["UV_FIND_LINKS"].split(",")
    assert environment["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert environment["UV_CACHE_DIR"]
    assert answer["has_local_torch"]


@pytest.mark.parametrize(
    ("what", "told"),
    [("nothing", set()), ("spot", {"spot"}), ("rebalance", {"spot", "rebalance"}), ("interruption", {"spot", "interruption"})],
)
def test_what_ec2_announces_is_written_once(host: Host, tmp_path: Path, what: str, told: set[str]) -> None:
    folder = tmp_path / "slot" / "hosts" / "one"
    folder.mkdir(parents=True)
    record = {"spec": {**SPEC, "public_key": ""}, "tree": "", "processes": {}, "ready": True}
    (folder / "host.json").write_text(json.dumps(record), encoding="utf-8")
    planned = host("announce", "--check", "--name", "one", "--what", what)
    assert planned["changed"] is bool(told)
    assert not (folder / "announcements.json").exists()
    assert set(host("announce", "--name", "one", "--what", what)["announced"]) == told
    if told:
        assert set(json.loads((folder / "announcements.json").read_text(encoding="utf-8"))) == told


def test_to_a_host_that_is_not_there_nothing_is_announced(tmp_path: Path) -> None:
    place = ["--slot", "98", "--directory", str(tmp_path), "--name", "none", "--what", "spot"]
    done = subprocess.run([sys.executable, str(FILES / "host"), "announce", *place], capture_output=True, text=True, check=False)
    assert (done.returncode, "there is no host 'none'" in done.stderr) == (1, True)
