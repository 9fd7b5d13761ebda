# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a hardened host refuses, over its real sshd; and that hardening goes, fails and comes back without locking anybody out."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from ..depth import extended

pytestmark = [extended, pytest.mark.xdist_group("e2e"), pytest.mark.weight(120)]

MARK = "let in"
FOLDER = "/etc/ssh/sshd_config.d"


@pytest.fixture(scope="module")
def host(platform: Any) -> Any:
    """A host on which root and a user of somebody else's have the operator's key, which must be of no use to them."""
    platform.on_host(
        "useradd --create-home eve; for home in ~ /home/eve; do install -d -m 700 $home/.ssh;"
        " install -m 600 /home/ec2-user/.ssh/authorized_keys $home/.ssh/; done; chown -R eve: /home/eve/.ssh",
        user="root",
    )
    yield platform
    platform.on_host("userdel --remove eve; rm -r ~/.ssh", user="root")


def ssh(host: Any, *options: str, user: str = "ec2-user", given: str = "") -> subprocess.CompletedProcess[str]:
    """A session or a way through one, with the operator's key."""
    *command, _to = host.ssh("-o", "BatchMode=yes", "-o", "ConnectTimeout=60")
    command += [option for option in options if option.startswith("-")]
    words = [option for option in options if not option.startswith("-")]
    return subprocess.run([*command, f"{user}@{host.address}", *words], input=given, text=True, capture_output=True, check=False)


def gets_in(host: Any, user: str) -> bool:
    """Whether a user gets in with the key."""
    return ssh(host, f"echo {MARK}", user=user).stdout.strip() == MARK


def test_the_key_opens_for_named_users_only(host: Any) -> None:
    assert {user: gets_in(host, user) for user in ("ec2-user", "root", "eve")} == {"ec2-user": True, "root": False, "eve": False}


def test_passwords_are_not_asked_for(host: Any) -> None:
    for method in ("password", "keyboard-interactive"):
        refused = ssh(host, f"-oPreferredAuthentications={method}", "true")
        assert "Permission denied (publickey)." in refused.stderr
    opened = host.on_host("awk -F: '$2 !~ /^[!*]/ {print $1}' /etc/shadow", user="root")
    assert opened == ""


@pytest.mark.parametrize("old", ["-oMACs=hmac-sha1", "-oKexAlgorithms=diffie-hellman-group14-sha1"])
def test_algorithms_of_yesterday_are_refused(host: Any, old: str) -> None:
    refused = ssh(host, old, "-oCiphers=aes128-ctr", "true")
    assert refused.returncode == 255
    assert re.search("no matching (MAC|key exchange method) found", refused.stderr)


def test_forwarding_leads_to_the_services_only(host: Any) -> None:
    with subprocess.Popen(host.ssh("-Wlocalhost:8888"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as way:
        # JupyterLab does not answer whoever has hung up already.
        way.stdin.write("GET /api/status HTTP/1.0\n\n")
        way.stdin.flush()
        assert "403" in way.stdout.readline()
        way.kill()
    for place in ("127.0.0.1:22", "localhost:111", "169.254.169.254:80"):
        assert "administratively prohibited" in ssh(host, f"-W{place}").stderr
    backwards = ssh(host, "-oExitOnForwardFailure=yes", "-R8899:localhost:8888", "true")
    assert "remote port forwarding failed" in backwards.stderr


def test_the_system_is_as_it_should_be(host: Any) -> None:
    told = host.on_host(
        f"stat -c '%a %n' /home/ml /home/ec2-user /etc/ssh/sshd_config {FOLDER}/00-mlinfra.conf; umask; ulimit -Hc;"
        " systemd-analyze cat-config systemd/journald.conf | grep -c '^SystemMaxUse=1G'",
        user="root",
    )
    assert told.splitlines() == [
        *("700 /home/ml", "700 /home/ec2-user", "600 /etc/ssh/sshd_config", f"600 {FOLDER}/00-mlinfra.conf"),
        *("0027", "0", "1"),
    ]


def test_it_is_taken_back_fails_safely_and_comes_again(host: Any) -> None:
    run = host.playbook("playbooks/configure.yml", "-e", "ml_host_hardening=false")
    assert run.total("changed") > 0
    assert {user: gets_in(host, user) for user in ("ec2-user", "root", "eve")} == dict.fromkeys(("ec2-user", "root", "eve"), True)
    left = "find /etc -name '[06]0-mlinfra.conf' -o -name before-hardening.json"
    assert host.on_host(f"{left}; stat -c %a /etc/ssh/sshd_config /home/ec2-user", user="root").split() == ["644", "755"]

    # Settings of somebody else that sshd does not take: no lock-out, no silence, and nothing half done.
    host.on_host(f"echo Nonsense yes > {FOLDER}/99-wrong.conf", user="root")
    run = host.attempt("playbooks/configure.yml")
    assert run.returncode != 0
    said = " ".join(run.output.split())
    assert "Bad configuration option: Nonsense" in said
    assert f"{FOLDER}/00-mlinfra.conf was taken away again" in said
    assert gets_in(host, "ec2-user")

    host.on_host(f"rm {FOLDER}/99-wrong.conf", user="root")
    host.playbook("playbooks/configure.yml")
    assert {user: gets_in(host, user) for user in ("ec2-user", "root", "eve")} == {"ec2-user": True, "root": False, "eve": False}


def test_settings_that_sshd_has_not_read_yet_are_noticed(host: Any) -> None:
    """As after a run that was killed between writing and reloading."""
    host.on_host(f"touch {FOLDER}/00-mlinfra.conf", user="root")
    task = "TASK [mlinfra.aws.ml_host : Harden the host, or take that back]"
    for arguments in (["--check"], []):
        run = host.playbook("playbooks/configure.yml", *arguments)
        assert task in run.output
        assert run.total("changed") > 0
    again = host.playbook("playbooks/configure.yml")
    assert task not in again.output
    assert again.total("changed") == 0
