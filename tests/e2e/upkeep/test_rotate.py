# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SSH key and the token are replaced by one run, or by several that are killed: nobody is locked out, and the old is refused."""

from __future__ import annotations

import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from ...depth import thorough
from ...waiting import eventually

pytestmark = [thorough, pytest.mark.xdist_group("upkeep"), pytest.mark.weight(150)]

ROTATE = "playbooks/rotate.yml"
# A run is killed when each of these tasks begins, which is when the one before it has done its work.
KILLED = (
    "Log in with the new key",  # the host lets in both
    "Write its public half",  # the new key lies where the old one lay
    "Come in with the new key",  # the host lets in the new one only, and the store has the new token
    "Restart what doesn't know the new tokens",  # the token's file is new, JupyterLab's is old
    "Forget the old tokens",  # JupyterLab takes the new one only
    "Throw the old key away",  # new instances let in the new key
)


@dataclass
class Ways:
    """What opens the host at some moment.

    Args:
        key: a copy of the private key's file.
        token: JupyterLab's token.
        cookies: those of a page that was opened with the token.
    """

    key: Path
    token: str
    cookies: CookieJar


def ask(platform: Any, token: str = "", cookies: CookieJar | None = None) -> int:
    """The status that JupyterLab answers with to a token, or to a page's cookies, once it is up."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies if cookies is not None else CookieJar()))
    headers = {"Authorization": f"token {token}"} if token else {}

    def answered() -> int | None:
        request = urllib.request.Request(f"http://{platform.address}:8888/api/contents", headers=headers)
        try:
            with opener.open(request, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            # A run that was killed may have begun to restart it.
            return None

    return eventually(answered, 120, pause=0.5)


def opened(platform: Any, token: str) -> CookieJar:
    """The cookies of a page that is opened with a token, as the summary's address does."""
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with opener.open(f"http://{platform.address}:8888/lab?token={token}", timeout=60) as answer:
        assert answer.status == 200
    return cookies


def stored(platform: Any) -> str:
    """The token, from where an operator takes it."""
    return platform.client("ssm").get_parameter(Name="/mlinfra/local/jupyter-token", WithDecryption=True)["Parameter"]["Value"]


def logs_in(platform: Any, key: Path) -> subprocess.CompletedProcess[str]:
    """A login with one key alone."""
    alone = ["-F", "none", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ControlPath=none"]
    known = ["-o", f"UserKnownHostsFile={platform.directory / 'known_hosts'}"]
    command = ["ssh", *alone, *known, "-i", str(key), "-p", "2222", f"ec2-user@{platform.address}", "true"]
    return subprocess.run(command, text=True, capture_output=True, check=False)


@pytest.fixture
def before(platform: Any, tmp_path: Path) -> Iterator[Ways]:
    """What opens the host, kept by somebody who is to be locked out."""
    key = tmp_path / "old"
    shutil.copy(platform.directory / "id_ed25519", key)
    token = stored(platform)
    yield Ways(key, token, opened(platform, token))
    # The rehearsal's others take the token from where it is now.
    platform.__dict__.pop("token", None)


def in_place(platform: Any, before: Ways) -> None:
    """The new opens, the old is refused, and nothing is left of the way there."""
    assert logs_in(platform, platform.directory / "id_ed25519").returncode == 0
    refused = logs_in(platform, before.key)
    assert (refused.returncode, "Permission denied (publickey" in refused.stderr) == (255, True), refused.stderr
    assert ask(platform, stored(platform)) == 200
    assert ask(platform, before.token) == 403
    assert ask(platform, cookies=before.cookies) == 403
    public = (platform.directory / "id_ed25519.pub").read_text().split()[:2]
    [pair] = platform.client("ec2").describe_key_pairs(IncludePublicKey=True)["KeyPairs"]
    assert pair["PublicKey"].split()[:2] == public
    assert {"Key": "ManagedBy", "Value": "mlinfra.aws"} in pair["Tags"]
    assert sorted(file.name for file in platform.directory.glob("id_ed25519*")) == ["id_ed25519", "id_ed25519.pub"]
    assert (platform.directory / "id_ed25519").stat().st_mode & 0o777 == 0o600
    left = platform.on_host("cat ~root/.ssh/authorized_keys ~ec2-user/.ssh/authorized_keys; ls -d /etc/mlinfra/rotation* || true", user="root")
    lines = [line.split() for line in left.splitlines() if line]
    assert [line[:2] for line in lines if line[0].startswith("ssh-")] == [public]
    assert "/etc/mlinfra" not in left


def secrets_of(platform: Any, before: Ways) -> list[str]:
    """What no output may hold: both tokens, and the middle of both private keys."""
    keys = [key.read_text().splitlines()[2] for key in (before.key, platform.directory / "id_ed25519")]
    return [before.token, stored(platform), *keys]


def test_check_mode_says_what_would_be_rotated_and_rotates_nothing(platform, before):
    platform.emulator("calls", "--clear")
    run = platform.playbook(ROTATE, "--check", "--diff")
    assert platform.emulator("calls", "--writing", "--caller", "rehearsal") == ""
    for task in ("Make a key pair", "Add the new key", "Remove the old keys", "Replace the stored tokens", "Take the new tokens into use"):
        assert f"{task}" in changed(run.output)
    assert "Would be rotated" in run.output
    assert logs_in(platform, before.key).returncode == 0
    assert (stored(platform), ask(platform, before.token)) == (before.token, 200)
    assert sorted(file.name for file in platform.directory.glob("id_ed25519*")) == ["id_ed25519", "id_ed25519.pub"]


def test_nobody_is_locked_out_by_runs_that_are_killed_and_the_last_ends_it(platform, before):
    outputs, tokens = [], set()
    for task in KILLED:
        outputs.append(platform.killed(ROTATE, task))
        assert logs_in(platform, platform.directory / "id_ed25519").returncode == 0, task
        tokens.add(stored(platform))
        assert 200 in (ask(platform, before.token), ask(platform, stored(platform))), task
    outputs.append(platform.playbook(ROTATE, "-vvv").output)
    # A run goes on with what the one before it began.
    assert len(tokens - {before.token}) == 1
    in_place(platform, before)
    assert [secret for secret in secrets_of(platform, before) if any(secret in output for output in outputs)] == []
    assert platform.playbook("playbooks/configure.yml").total("changed") == 0


def test_a_key_of_the_operator_s_own_over_session_manager(platform, before, tmp_path):
    """What is in place already is left alone."""
    own = tmp_path / "own"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(own)], check=True)
    arguments = ("-e", "what=keys", "-e", f"key_file={own}", "-e", "ml_host_connection=ssm")
    try:
        platform.playbook(ROTATE, *arguments)
        assert logs_in(platform, own).returncode == 0
        assert logs_in(platform, before.key).returncode == 255
        assert ask(platform, before.token) == 200
        assert changed(platform.playbook(ROTATE, *arguments).output).splitlines() == ["Take the lock", "Give the lock back"]
    finally:
        back = ("-e", "what=keys", "-e", f"key_file={platform.directory / 'id_ed25519'}", "-e", "ml_host_connection=ssm")
        platform.playbook(ROTATE, *back)
    assert logs_in(platform, before.key).returncode == 0
    assert logs_in(platform, own).returncode == 255


def changed(output: str) -> str:
    """The tasks that changed something, one a line."""
    tasks = output.split("\nTASK [")
    return "\n".join(task.partition("]")[0].rpartition(" : ")[2] for task in tasks if "\nchanged:" in task)
