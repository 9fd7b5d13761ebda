# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An update of a host: drained first, upgraded from its repository, restarted, and as before where it is not healthy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytestmark = [pytest.mark.xdist_group("upkeep"), pytest.mark.weight(300)]

UPDATE = "playbooks/update.yml"
# As a newer collection would bring another set of packages.
OTHER_LOCK = "sed -i '1i # another lock' /opt/mlinfra/lock.txt"


@pytest.fixture
def updates(platform) -> Iterator[None]:
    """The host's repository has newer releases of a few packages."""
    repository = "/etc/yum.repos.d/amazonlinux.repo"
    platform.on_host(f"sed -i 's/^enabled=0/enabled=1/' {repository}", user="root")
    yield
    platform.on_host(f"sed -i '/updates/,$ s/^enabled=1/enabled=0/' {repository}", user="root")


def state(platform) -> dict[str, str]:
    """What an update may change: versions, the start of the system, the environment and the lock."""
    script = """
        rpm -q tmux kernel amazon-ssm-agent | tr '\\n' ' '; echo
        cat /proc/sys/kernel/random/boot_id
        stat -c %i /opt/mlinfra/venv
        sha256sum /opt/mlinfra/lock.txt /etc/mlinfra/jupyter_server_config.py | tr '\\n' ' '; echo
        ls -d /opt/mlinfra/previous /opt/mlinfra/venv.previous 2>/dev/null | wc -l
    """
    lines = platform.on_host(script, user="root").splitlines()
    return dict(zip(("packages", "boot", "environment", "files", "kept"), lines, strict=True))


@contextmanager
def busy_kernel(platform) -> Iterator[None]:
    """A job on the host."""
    with platform.program("python -c 'while True: pass'"):
        yield


def test_a_host_that_works_is_left_alone(platform, updates):
    before = state(platform)
    with busy_kernel(platform):
        run = platform.attempt(UPDATE, "-e", "ml_host_drain_minutes=0")
    assert run.returncode != 0
    assert "was left as it is" in run.output
    assert "ml_host_drain: stop" in run.output
    assert state(platform) == before


def test_a_host_that_is_not_healthy_gets_back_what_it_had(platform, updates):
    """The packages of the system, the Python environment and the role's files."""
    platform.on_host(OTHER_LOCK, user="root")
    before = state(platform)
    commands = json.dumps({"ml_host_health_commands": [["sh", "-c", "rpm -q tmux; stat -c %i /opt/mlinfra/venv; exit 3"]]})
    run = platform.attempt(UPDATE, "-e", commands, "-e", "ml_host_reboot=never")
    assert run.returncode != 0
    assert "was not healthy after the update, and stands as before." in run.output
    after = state(platform)
    assert {**after, "boot": before["boot"]} == before
    assert platform.jupyter("GET", "status")["kernels"] == 0


def test_an_update_upgrades_and_restarts_where_that_is_needed(platform, updates):
    before = state(platform)
    run = platform.playbook(UPDATE)
    after = state(platform)
    assert after["packages"].count("2023.0.0-2") == 3, after
    assert after["boot"] != before["boot"]
    assert after["environment"] != before["environment"]
    assert after["kept"] == "0"
    assert "failed" not in run.output.split("Done in")[-1]
    assert platform.jupyter("GET", "status")["kernels"] == 0

    again = platform.playbook(UPDATE)
    assert again.total("changed") == 0, again.output
    assert state(platform) == after


def test_security_updates_come_by_themselves_without_a_restart(platform):
    told = platform.on_host(
        "systemctl is-enabled dnf-automatic.timer; systemctl is-active dnf-automatic.timer; cat /etc/dnf/automatic.conf",
        user="root",
    )
    assert told.startswith("enabled\nactive\n")
    assert "apply_updates = yes" in told
    assert "upgrade_type = security" in told
    assert "reboot = never" in told
