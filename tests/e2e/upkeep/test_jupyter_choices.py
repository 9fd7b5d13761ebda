# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may be chosen of JupyterLab: password, encryption, more environments and packages, several people, and a backup.

All of it is chosen in one run of configure.yml, and taken back in another.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from ...depth import thorough
from ..conftest import Run
from .locks import locked

pytestmark = [thorough, pytest.mark.xdist_group("upkeep"), pytest.mark.weight(200)]

PASSWORD = "correct horse battery staple"
SHARED, ADA, GRACE = 8888, 8901, 8902
# Nothing of the kernel's packages is on the host for another reason.
EXTRA = "seaborn==0.13.2"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All choices, as a file of variables."""
    chosen = {
        "ml_host_jupyter_auth": "password",
        "ml_host_jupyter_password": PASSWORD,
        "ml_host_jupyter_tls": "self_signed",
        "ml_host_extra_packages": [EXTRA],
        "ml_host_environments": [{"name": "small", "lock": locked("humanize"), "title": "Small"}],
        "ml_host_people": [{"name": "ada", "port": ADA, "cpu": 0.5, "memory": "2G"}, {"name": "grace", "port": GRACE}],
        "ml_host_notebook_backup": True,
    }
    file = tmp_path_factory.mktemp("choices") / "settings.json"
    file.write_text(json.dumps(chosen))
    return file


@pytest.fixture(scope="module")
def chosen(platform: Any, settings: Path) -> Iterator[Run]:
    """The host with all choices. At the end all of them are taken back, and nothing is left of them but the homes."""
    yield platform.playbook("playbooks/configure.yml", "--diff", "-e", f"@{settings}")
    platform.playbook("playbooks/configure.yml")
    left = platform.on_host(
        "ls -d /etc/mlinfra/{tls,people,jupyter-password,jupyter-host-token} /opt/mlinfra/{environments,extra.in,extra.txt}"
        " /opt/mlinfra/jupyter/kernels/small /etc/systemd/system/mlinfra-{jupyter-*,certificate*,notebooks*} 2>/dev/null || true;"
        " systemctl list-units --all --plain --no-legend 'mlinfra-jupyter-*' 'mlinfra-certificate*' 'mlinfra-notebooks*';"
        " /opt/mlinfra/venv/bin/python -c 'import seaborn' 2>/dev/null && echo seaborn;"
        " ls -d /etc/systemd/system/user-*.slice.d/mlinfra.conf 2>/dev/null; ls /var/lib/systemd/linger; ls -d /home/ada",
        user="root",
    )
    assert left.split() == ["ml", "/home/ada"]
    assert platform.jupyter("GET", "contents")["type"] == "directory"
    found = platform.client("ssm").get_parameters_by_path(Path="/mlinfra/local", Recursive=True)["Parameters"]
    assert [entry["Name"] for entry in found] == ["/mlinfra/local/jupyter-token"]


def opener(platform: Any, *handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """Asks over TLS, and trusts the host's very certificate."""
    context = ssl.create_default_context(cadata=platform.on_host("cat /etc/mlinfra/tls/certificate.pem"))
    context.check_hostname = False
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), *handlers)


def ask(platform: Any, port: int, path: str, token: str) -> tuple[int, str]:
    """What JupyterLab answers on the host, where its certificate is good for: the status and the text."""
    told = platform.on_host(
        "curl --silent --cacert /etc/mlinfra/tls/certificate.pem --write-out '\\n%{http_code}'"
        f" --header 'Authorization: token {token}' https://localhost:{port}/{path}"
    )
    text, _newline, code = told.rpartition("\n")
    return int(code), text


def stored(platform: Any, person: str = "") -> str:
    """A token, from where an operator takes it."""
    name = "/mlinfra/local/jupyter-token" + (f"-{person}" if person else "")
    return platform.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def login(platform: Any, password: str) -> tuple[int, str]:
    """How the login page answers to a password: its status, and where it leads."""
    jar = CookieJar()
    browser = opener(platform, urllib.request.HTTPCookieProcessor(jar))
    url = f"https://{platform.address}:{SHARED}/login"
    with browser.open(url, timeout=30):
        [xsrf] = [cookie.value for cookie in jar if cookie.name == "_xsrf"]
    try:
        with browser.open(url, urlencode({"password": password, "_xsrf": xsrf}).encode(), timeout=30) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        return error.code, url


def test_only_the_password_opens(platform: Any, chosen: Run) -> None:
    """Not the token that is still stored, either."""
    assert login(platform, "wrong")[0] == 401
    assert login(platform, PASSWORD) == (200, f"https://{platform.address}:{SHARED}/lab")
    assert ask(platform, SHARED, "api/contents", stored(platform))[0] == 403


def test_neither_password_nor_key_nor_token_is_shown(platform: Any, chosen: Run) -> None:
    """Not even with --diff; and of the password only its hash is on the host."""
    for secret in (PASSWORD, "PRIVATE KEY", stored(platform, "ada"), "argon2:"):
        assert secret not in chosen.output
    found = platform.on_host(f"grep -rlF '{PASSWORD}' /etc /var/log/mlinfra /opt/mlinfra/*.txt || true", user="root")
    assert found == ""
    assert platform.on_host("cut -d'$' -f1-2 /etc/mlinfra/jupyter-password") == "argon2:$argon2id\n"


def test_a_second_run_changes_nothing(platform: Any, chosen: Run, settings: Path) -> None:
    assert platform.playbook("playbooks/configure.yml", "-e", f"@{settings}").total("changed") == 0


def test_each_person_has_a_token_that_opens_only_the_own_jupyterlab(platform: Any, chosen: Run) -> None:
    tokens = {ADA: stored(platform, "ada"), GRACE: stored(platform, "grace")}
    tried = {(port, owner): ask(platform, port, "api/contents", tokens[owner])[0] for port in (SHARED, ADA, GRACE) for owner in tokens}
    assert tried == {pair: 200 if len(set(pair)) == 1 else 403 for pair in tried}


def test_nobody_reads_what_is_somebody_elses(platform: Any, chosen: Run) -> None:
    platform.on_host("echo secret > ~/notebooks/a.ipynb", user="ada")
    tried = "for file in /home/ada/notebooks/a.ipynb /etc/mlinfra/people/ada.token /etc/mlinfra/tls/key.pem; do cat $file; done 2>&1"
    for user in ("grace", "nobody"):
        said = platform.on_host(f"{tried} || true", user=user)
        assert said.count("Permission denied") == 3, said


def test_a_person_has_a_share_of_the_host(platform: Any, chosen: Run) -> None:
    """For JupyterLab, runs and sessions together."""
    share = "user-$(id -u ada).slice"
    told = platform.on_host(
        f"systemctl show -p User,ControlGroup mlinfra-jupyter-ada; systemctl show -p CPUQuotaPerSecUSec,MemoryMax {share}; echo {share}",
        user="root",
    ).split()
    group = f"ControlGroup=/user.slice/{told[-1]}/mlinfra-jupyter-ada.service"
    assert set(told[:-1]) == {"User=ada", group, "CPUQuotaPerSecUSec=500ms", f"MemoryMax={2 * 2**30}"}


def test_another_share_holds_at_once_and_ends_nothing(platform: Any, chosen: Run, settings: Path, tmp_path: Path) -> None:
    since = "systemctl show -p ExecMainStartTimestamp mlinfra-jupyter-ada"
    before = platform.on_host(since, user="root")
    other = json.loads(settings.read_text())
    other["ml_host_people"][0]["cpu"] = 0.75
    file = tmp_path / "other.json"
    file.write_text(json.dumps(other))
    for chosen_file, share in ((file, "750ms"), (settings, "500ms")):
        platform.playbook("playbooks/configure.yml", "-e", f"@{chosen_file}")
        told = platform.on_host("systemctl show -p CPUQuotaPerSecUSec user-$(id -u ada).slice", user="root")
        assert told == f"CPUQuotaPerSecUSec={share}\n"
    assert platform.on_host(since, user="root") == before


def test_a_persons_run_goes_on_without_a_session(platform: Any, chosen: Run) -> None:
    platform.on_host(
        "cat > wait.py && mlinfra run --detach --name ada-1 wait.py\n"
        "import time\nfrom pathlib import Path\n\nwhile not Path('/home/ada/go').exists():\n    time.sleep(0.1)\nprint('done')\n",
        user="ada",
    )
    assert "Linger=yes" in platform.on_host("loginctl show-user ada; touch /home/ada/go", user="root")
    assert "done" in platform.on_host("mlinfra runs logs -f ada-1", user="ada")


def test_kernels_have_names_for_people_and_their_own_packages(platform: Any, chosen: Run) -> None:
    _status, text = ask(platform, ADA, "api/kernelspecs", stored(platform, "ada"))
    specs = {name: entry["spec"] for name, entry in json.loads(text)["kernelspecs"].items()}
    assert {name: spec["display_name"] for name, spec in specs.items()} == {"python3": "PyTorch and TensorFlow", "small": "Small"}
    for name, package in (("python3", "seaborn, torch"), ("small", "humanize")):
        platform.on_host(f"{specs[name]['argv'][0]} -c 'import ipykernel, {package}'", user="ada")


def test_who_works_is_told_of_all_jupyterlabs(platform: Any, chosen: Run) -> None:
    """The program that stops idle hosts gets in everywhere, over TLS."""
    told = json.loads(platform.on_host("/opt/mlinfra/venv/bin/python -B /usr/local/libexec/mlinfra/idle --status", user="root"))
    assert told["unread"] == []
    assert {service["name"] for service in told["services"]} >= {"mlinfra-jupyter-ada", "mlinfra-jupyter-grace"}


def test_a_certificate_that_ends_soon_is_renewed_for_all(platform: Any, chosen: Run) -> None:
    """By what the timer starts; and all JupyterLabs answer with the new one."""
    fingerprint = "openssl x509 -in /etc/mlinfra/tls/certificate.pem -noout -fingerprint -sha256"
    before, ending, after = platform.on_host(
        f"set -e; {fingerprint}; cd /etc/mlinfra/tls;"
        " openssl req -x509 -key key.pem -days 3 -subj '/O=mlinfra-local self-signed/CN=x' -out certificate.pem;"
        f" {fingerprint}; /usr/local/libexec/mlinfra/certificate due; systemctl start mlinfra-certificate.service; {fingerprint};"
        " ! /usr/local/libexec/mlinfra/certificate due",
        user="root",
    ).splitlines()
    assert len({before, ending, after}) == 3
    for port in (SHARED, ADA, GRACE):
        asked = f"--output /dev/null --write-out '%{{http_code}}' --cacert /etc/mlinfra/tls/certificate.pem https://localhost:{port}/login"
        assert platform.on_host(f"curl --silent --max-time 60 --retry 60 --retry-connrefused --retry-delay 1 {asked}") == "200"


def test_other_tokens_are_in_use_and_the_old_ones_refused(platform: Any, chosen: Run, settings: Path) -> None:
    """Those of people, which are stored, and that of the host's own, which is not; over TLS."""
    def tokens() -> dict[int, str]:
        own = platform.on_host("cat /etc/mlinfra/jupyter-host-token", user="root").strip()
        return {SHARED: own, ADA: stored(platform, "ada"), GRACE: stored(platform, "grace")}

    before = tokens()
    run = platform.playbook("playbooks/rotate.yml", "-vvv", "-e", "what=tokens", "-e", f"@{settings}")
    after = tokens()
    for port in before:
        assert [ask(platform, port, "api/contents", known[port])[0] for known in (before, after)] == [403, 200]
    assert login(platform, PASSWORD) == (200, f"https://{platform.address}:{SHARED}/lab")
    assert not any(token in run.output for token in (*before.values(), *after.values()))
    assert platform.on_host("ls -d /etc/mlinfra/rotation* || true", user="root") == ""
    assert platform.playbook("playbooks/configure.yml", "-e", f"@{settings}").total("changed") == 0


def test_notebooks_come_back_from_the_backup(platform: Any, chosen: Run) -> None:
    platform.on_host("echo kept > ~/notebooks/kept.ipynb")
    platform.on_host("systemctl start mlinfra-notebooks.service", user="root")
    platform.on_host("rm ~/notebooks/kept.ipynb; mlinfra notebooks restore")
    assert platform.on_host("cat ~/notebooks/kept.ipynb") == "kept\n"


def test_buckets_are_shown_by_the_role_of_the_instance(platform: Any, chosen: Run) -> None:
    platform.client("s3").put_object(Bucket=platform.bucket("datasets"), Key="raw/shown/a.txt", Body=b"shown")
    token = stored(platform, "ada")
    drives = {drive["name"]: drive["drive"] for drive in json.loads(ask(platform, ADA, "jupyterfs/resources", token)[1])}
    assert drives.keys() == {"S3 datasets", "S3 models"}
    _status, text = ask(platform, ADA, f"api/contents/{drives['S3 datasets']}:/raw/shown/a.txt", token)
    assert json.loads(text)["content"] == "shown"


def test_what_cannot_work_is_refused_at_once_and_nothing_is_changed(platform: Any, chosen: Run, settings: Path, tmp_path: Path) -> None:
    """Among others a port that somebody else has, who is named, and a lock of another system."""
    bad = json.loads(settings.read_text()) | {
        "ml_host_jupyter_auth": "none",
        "ml_host_jupyter_tls": "certificate",
        "ml_host_jupyter_key": "nonsense",
        "ml_host_jupyter_port": 8999,
        "ml_host_extra_packages": ["xgboost"],
        "ml_host_environments": [{"name": "windows", "lock": locked("pywin32==310", "windows")}],
        "ml_host_people": [{"name": "daemon", "port": 80, "disk": "5G"}],
    }
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(bad))
    with platform.program("python3 -m http.server 8999", user="ml"):
        platform.on_host("for i in $(seq 50); do ss -ltn | grep -q :8999 && break; sleep 0.1; done")
        run = platform.attempt("playbooks/configure.yml", "-e", f"@{file}")
    assert run.returncode != 0
    assert run.total("changed") == 0
    said = " ".join(run.output.split())
    for words in (
        "ml_host_jupyter_auth is none where others reach JupyterLab",
        "the key is neither PEM text nor the absolute path",
        "Port 8999, which ml_host_jupyter_port names, is taken by",
        "ml_host_extra_packages names xgboost",
        "the lock of windows doesn't fit this host (Python 3.11",
        "daemon is a user of the system",
        "disk of daemon needs homes on XFS, and / is overlay",
        "the port of daemon in ml_host_people is 80",
    ):
        assert words in said
