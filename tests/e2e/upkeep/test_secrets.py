# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A configured host keeps its secrets in the files that must hold them, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from ...depth import thorough

pytestmark = [thorough, pytest.mark.xdist_group("upkeep"), pytest.mark.weight(30)]

# Where the token has to be, and JupyterLab's own folder, where it tells its user's programs how to reach it.
TOKEN = "/etc/mlinfra/jupyter-token"
RUNTIME = "/home/ml/.local/share/jupyter/runtime"
# Everything that was written on the host, but for what comes from packages.
FILES = r"""
find / -xdev \( -path /proc -o -path /sys -o -path /usr -o -path '/opt/mlinfra/venv*' -o -path /opt/mlinfra/cache \) -prune \
  -o -type f -size -20M -print0 | xargs -0 grep -lF -f /dev/shm/searched -- 2>/dev/null
find /run /tmp /dev/shm -type f ! -name searched -print0 | xargs -0 grep -lF -f /dev/shm/searched -- 2>/dev/null
"""
# What runs: arguments and environments of processes, and of services that might.
RUNS = r"""
cd /proc
for process in [0-9]*; do
  for part in cmdline environ; do
    if tr '\0' '\n' <$process/$part 2>/dev/null | grep -qF -f /dev/shm/searched; then echo "$part of $(tr '\0' ' ' <$process/cmdline)"; fi
  done
done
systemctl show --all '*' | grep -F -f /dev/shm/searched | sed 's/=.*/ of a unit/'
"""
# What is told: the journal, also in the fields that are not shown, logs, and what the instance was launched with.
TOLD = r"""
if journalctl --no-pager --output=export | grep -aqF -f /dev/shm/searched; then echo the journal; fi
asked=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
if curl -s -H "X-aws-ec2-metadata-token: $asked" http://169.254.169.254/latest/user-data | grep -qF -f /dev/shm/searched; then echo user data; fi
"""


def searched(platform: Any, script: str, *secrets: str) -> list[str]:
    """What a script finds the secrets in. They lie in memory while it searches, and are no argument of any program."""
    lines = "\n".join(secrets)
    around = f"umask 077\ncat >/dev/shm/searched <<'END'\n{lines}\nEND\n{script}\nrm /dev/shm/searched"
    return platform.on_host(around, user="root").splitlines()


@pytest.fixture(scope="module")
def secrets(platform: Any) -> tuple[str, ...]:
    """The token, the private key that opens the host, line by line, and the credentials of whoever configured it."""
    token = platform.client("ssm").get_parameter(Name="/mlinfra/local/jupyter-token", WithDecryption=True)["Parameter"]["Value"]
    key = (platform.directory / "id_ed25519").read_text().splitlines()[1:-1]
    return (token, *(line for line in key if len(line) > 40 and "b3BlbnNzaC1rZXk" not in line))


def test_the_search_finds_what_is_planted(platform, secrets):
    """Else the tests after it would prove nothing."""
    token = secrets[0]
    platform.on_host(f"echo {token} >/var/tmp/planted; logger {token}; chmod 644 /var/tmp/planted", user="root")
    with platform.program(f"env SECRET={token} sleep 60"):
        assert "/var/tmp/planted" in searched(platform, FILES, *secrets)
        assert any(line.startswith("environ of sleep 60") for line in searched(platform, RUNS, *secrets))
        assert "the journal" in searched(platform, TOLD, *secrets)
    platform.on_host("rm /var/tmp/planted; journalctl --rotate; journalctl --vacuum-time=1s", user="root")


def test_files_hold_no_secret_but_those_that_must(platform, secrets):
    found = [file for file in searched(platform, FILES, *secrets) if not file.startswith(f"{RUNTIME}/jpserver-")]
    assert found == [TOKEN]
    told = platform.on_host(f"stat -c '%U %G %a' {TOKEN} {RUNTIME}", user="root")
    assert told.splitlines() == ["root ml 640", "ml ml 700"]
    tried = platform.on_host(f"cat {TOKEN} {RUNTIME}/* 2>&1 || true", user="nobody")
    assert tried.count("Permission denied") == 2, "nobody else even learns which files there are"


def test_nothing_that_runs_shows_a_secret(platform, secrets):
    assert searched(platform, RUNS, *secrets) == []


def test_nothing_that_is_told_holds_a_secret(platform, secrets):
    assert searched(platform, TOLD, *secrets) == []
    data = platform.client("ec2").describe_instance_attribute(InstanceId=platform.instance["InstanceId"], Attribute="userData")
    assert not any(secret in str(data["UserData"]) for secret in secrets)
