# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An update of hosts, one at a time: drained first, upgraded from the repository, restarted, and as before where one is not healthy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ...depth import thorough
from .locks import locked

pytestmark = [thorough, pytest.mark.xdist_group("upkeep"), pytest.mark.weight(600)]

UPDATE = "playbooks/update.yml"
FIRST, SECOND = "mlinfra-local-ml-training-1", "mlinfra-local-ml-training-2"
# As a newer collection would bring another set of packages.
OTHER_LOCK = "sed -i '1i # another lock' /opt/mlinfra/lock.txt"
SMALL = "/opt/mlinfra/environments/small"
# A run is killed when this task begins: the services are stopped, and the environment is aside.
KILLED = "Upgrade the system's packages"


@pytest.fixture(scope="module")
def second(platform: Any) -> Iterator[str]:
    """The address of another host."""
    assert platform.address, "the host that stands before another one does"
    platform.playbook("playbooks/scale.yml", "-e", "count=2", "-e", "confirm=local")
    [found] = platform.client("ec2").describe_instances(
        Filters=[{"Name": "tag:Index", "Values": ["2"]}, {"Name": "instance-state-name", "Values": ["running"]}]
    )["Reservations"]
    yield platform.address_of(found["Instances"][0])
    platform.playbook("playbooks/scale.yml", "-e", "count=1", "-e", "confirm=local")


@pytest.fixture(scope="module")
def updates(platform: Any, second: str) -> Iterator[None]:
    """The hosts' repository has newer releases of a few packages."""
    repository = "/etc/yum.repos.d/amazonlinux.repo"
    for address in (platform.address, second):
        # As their timer would have them know it.
        platform.on_host(f"sed -i 's/^enabled=0/enabled=1/' {repository}; dnf --quiet makecache", "root", address)
    yield
    platform.on_host(f"sed -i '/updates/,$ s/^enabled=1/enabled=0/' {repository}", user="root")


def state(platform: Any, address: str = "") -> dict[str, str]:
    """What an update may change: versions, the start of the system and of JupyterLab, the environments and the role's files."""
    script = f"""
        rpm -q tmux kernel amazon-ssm-agent | tr '\\n' ' '; echo
        cat /proc/sys/kernel/random/boot_id
        systemctl show --property ExecMainStartTimestamp --value mlinfra-jupyter
        stat -c %i /opt/mlinfra/venv {SMALL} 2>/dev/null | tr '\\n' ' '; echo
        sha256sum /opt/mlinfra/*.txt {SMALL}.txt /etc/mlinfra/jupyter_server_config.py 2>/dev/null | tr '\\n' ' '; echo
        ls -d /opt/mlinfra/previous /opt/mlinfra/venv.previous 2>/dev/null | wc -l
    """
    lines = platform.on_host(script, "root", address).splitlines()
    return dict(zip(("packages", "boot", "jupyter", "environments", "files", "kept"), lines, strict=True))


def writings(platform: Any) -> int:
    """How often anybody has written the lock."""
    calls = map(json.loads, (platform.directory / "calls.jsonl").read_text().splitlines())
    return sum(call["status"] == 200 and call["action"] == "PutObject" and call["resource"].endswith("/lock.json") for call in calls)


def test_a_host_that_works_is_left_alone(platform: Any, updates: None) -> None:
    before = state(platform)
    with platform.program("sleep infinity"):
        run = platform.attempt(UPDATE, "-e", "ml_host_drain_minutes=0")
    assert run.returncode != 0
    assert "was left as it is" in run.output
    assert "ml_host_drain: stop" in run.output
    assert state(platform) == before


def test_check_mode_says_what_would_be_upgraded_and_upgrades_nothing(platform: Any, updates: None, second: str) -> None:
    hosts = ("", second)
    before = [state(platform, host) for host in hosts]
    run = platform.playbook(UPDATE, "--check", "--diff")
    assert run.output.count("tmux.x86_64 ") == len(hosts)
    assert [state(platform, host) for host in hosts] == before


def test_a_host_that_is_not_healthy_gets_back_what_it_had_and_the_next_is_not_touched(
    platform: Any, updates: None, second: str, tmp_path: Path
) -> None:
    """The packages of the system, the Python environments with what was added to them, and the role's files.

    It takes so long that the lock is renewed.
    """
    older = {"name": "small", "lock": locked("humanize==4.12.0")}
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"ml_host_environments": [older]}))
    platform.playbook("playbooks/configure.yml", "-e", f"@{settings}")
    platform.on_host(OTHER_LOCK, user="root")
    before, untouched = state(platform), state(platform, second)
    others = {
        "ml_host_environments": [{**older, "lock": locked("humanize==4.13.0")}, {**older, "name": "new"}],
        "ml_host_extra_packages": ["seaborn==0.13.2"],
        "ml_host_health_commands": [["sh", "-c", "sleep 100; exit 3"]],
        "ml_host_reboot": "never",
        "mlinfra_lock_minutes": 5,
    }
    settings.write_text(json.dumps(others))
    written = writings(platform)
    run = platform.attempt(UPDATE, "-e", f"@{settings}")
    assert run.returncode != 0
    assert f"{FIRST} was not healthy after the update, and stands as before." in run.output
    after = state(platform)
    assert {**after, "jupyter": before["jupyter"]} == before
    assert after["jupyter"] != before["jupyter"], "it was stopped meanwhile"
    assert state(platform, second) == untouched
    told = platform.on_host(
        f"{SMALL}/bin/python -c 'import humanize; print(humanize.__version__)'; ls /opt/mlinfra/environments;"
        " /opt/mlinfra/venv/bin/python -c 'import seaborn' 2>&1 | tail -1"
    )
    assert told.split("\n")[:4] == ["4.12.0", "small", "small.txt", "ModuleNotFoundError: No module named 'seaborn'"]
    assert platform.jupyter("GET", "status")["kernels"] == 0
    # Taken, renewed for the way back at least, and given back.
    assert writings(platform) >= written + 3


def test_a_host_that_does_not_run_is_no_host_to_ask_for(platform: Any, second: str) -> None:
    run = platform.attempt(UPDATE, "-e", f"only={FIRST},elsewhere")
    assert run.returncode != 0
    assert f"only names elsewhere. It must name hosts that run: {FIRST}, {SECOND}." in " ".join(run.output.split())
    assert run.total("changed") == 0


def test_only_the_hosts_that_are_asked_for_are_updated(platform: Any, updates: None, second: str) -> None:
    """With a restart, and all of it over Session Manager."""
    before, untouched = state(platform, second), state(platform)
    platform.playbook(UPDATE, "-e", f"only={SECOND}", "-e", "ml_host_connection=ssm")
    after = state(platform, second)
    assert after["packages"].count("2023.0.0-2") == 3, after
    assert after["boot"] != before["boot"]
    assert state(platform) == untouched


def test_an_update_that_is_killed_is_completed_by_the_next(platform: Any, updates: None) -> None:
    """With upgrades, another environment and a restart; and the one after that finds nothing to do."""
    platform.on_host(OTHER_LOCK, user="root")
    before = state(platform)
    arguments = ("-e", f"only={FIRST}")
    platform.killed(UPDATE, KILLED, *arguments)
    assert state(platform)["kept"] != "0"
    platform.playbook(UPDATE, *arguments)
    after = state(platform)
    assert after["packages"].count("2023.0.0-2") == 3, after
    assert after["boot"] != before["boot"]
    assert after["environments"] != before["environments"]
    assert after["kept"] == "0"
    assert platform.jupyter("GET", "status")["kernels"] == 0

    again = platform.playbook(UPDATE, *arguments)
    assert again.total("changed") == 0, again.output
    assert state(platform) == after


def test_security_updates_come_by_themselves_without_a_restart(platform: Any) -> None:
    told = platform.on_host(
        "systemctl is-enabled dnf-automatic.timer; systemctl is-active dnf-automatic.timer; cat /etc/dnf/automatic.conf",
        user="root",
    )
    assert told.startswith("enabled\nactive\n")
    assert "apply_updates = yes" in told
    assert "upgrade_type = security" in told
    assert "reboot = never" in told
