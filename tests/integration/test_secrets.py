# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Known secrets are planted, and everything that runs leave anywhere is searched for them, at -vvv and with --diff."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from .conftest import ROOT, Emulator
from .site import Site, running

SLOT = 64
# In words that no log has by accident, with letters that get quoted.
SECRETS = {
    "key in the environment": "pl4nted-Env/Key+One",
    "key of the connection": "pl4nted-Conn/Key+Two",
    "session token": "pl4nted-Session/Token+Three==",
    "password of JupyterLab": "pl4nted-Jupyter pass&word",
    "key of a certificate": "pl4ntedCertificateKeyFive",
    "variable that nothing knows": "pl4nted-Database'word-Six",
}
ACCESS_KEY = "secretsowner"
SECONDS = 900


def forms(secret: str) -> set[bytes]:
    """The ways in which a text may be written."""
    coded = {base64.b64encode(secret.encode() + b" " * more).rstrip(b"=")[: len(secret) - 2] for more in range(3)}
    return {secret.encode(), json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode(), *coded}


def found_in(content: bytes) -> list[str]:
    """The secrets that stand in something."""
    return [name for name, secret in SECRETS.items() if any(form in content for form in forms(secret))]


class Watch(threading.Thread):
    """Reads the arguments of all processes, over and over."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, str] = {}
        self.looks = 0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self.looks += 1
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = file.read_bytes()
                except OSError:
                    continue
                self.seen.update(dict.fromkeys(found_in(words), words.decode(errors="replace")))

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()


class Runs:
    """Runs of playbooks that know the secrets, each of which leaves what it leaves under one folder."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._site, self._folder = Site(emulator), folder
        self.status: dict[str, int] = {}
        self.output: dict[str, str] = {}
        connection = {
            "region": "us-east-1",
            "access_key": ACCESS_KEY,
            "secret_key": SECRETS["key of the connection"],
            "session_token": SECRETS["session token"],
        }
        self._secrets = self._file(
            database_password=SECRETS["variable that nothing knows"],
            ml_host_jupyter_auth="password",
            ml_host_jupyter_password=SECRETS["password of JupyterLab"],
            ml_host_jupyter_tls="certificate",
            ml_host_jupyter_certificate="-----BEGIN nothing",
            ml_host_jupyter_key=f"-----BEGIN\n{SECRETS['key of a certificate']}\n",
        )
        self._connection = self._file(mlinfra_aws_connection=connection)

    def _file(self, **variables: Any) -> str:
        """A file of variables beside the folder, which only this user can read."""
        path = self._folder.with_name(f"{next(iter(variables))}.json")
        path.touch(0o600)
        path.write_text(json.dumps(variables))
        return f"@{path}"

    def run(self, name: str, *arguments: str, connection: bool = False) -> None:
        """Run a playbook as loud as Ansible can be."""
        home = self._folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        call = self._site.call(
            name,
            *("-vvv", "--diff", "-e", self._secrets),
            *(("-e", self._connection) if connection else ()),
            *arguments,
            HOME=str(home),
            AWS_ACCESS_KEY_ID=ACCESS_KEY,
            AWS_SECRET_ACCESS_KEY=SECRETS["key in the environment"],
            ANSIBLE_LOG_PATH=str(self._folder / "log"),
            ANSIBLE_LOCAL_TEMP=str(self._folder / "tmp"),
            ANSIBLE_CACHE_PLUGIN="ansible.builtin.jsonfile",
            ANSIBLE_CACHE_PLUGIN_CONNECTION=str(self._folder / "facts"),
        )
        done = subprocess.run(**call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        self.status[name], self.output[name] = done.returncode, done.stdout


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulator with nothing in it."""
    with running(SLOT) as started:
        yield started


@pytest.fixture(scope="module")
def before() -> dict[Path, int]:
    """When the files below .cache were last written, before the runs."""
    return written_in(ROOT / ".cache")


def written_in(folder: Path) -> dict[Path, int]:
    """When files were last written; without those that other tests take away meanwhile."""
    written = {}
    for path in left_in(folder):
        with contextlib.suppress(FileNotFoundError):
            written[path] = path.stat().st_mtime_ns
    return written


def left_in(folder: Path) -> Iterator[Path]:
    """The files in a folder; links are not followed."""
    for place, _folders, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path


@pytest.fixture(scope="module")
def runs(emulator: Emulator, before: dict[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The environment was made, looked at and its runs asked for; and a host was refused."""
    folder = tmp_path_factory.mktemp("secrets") / "left"
    made = Runs(emulator, folder)
    watch = Watch()
    watch.start()
    report = f"report={folder / 'status'}"
    made.run("playbooks/provision.yml")
    made.run("playbooks/status.yml", "-e", report, connection=True)
    made.run("playbooks/runs.yml", connection=True)
    made.run("tests/integration/refused.yml", "-i", "refused,", "-c", "local")
    watch.end()
    made.watch, made.folder = watch, folder
    return made


@pytest.mark.weight(60)
@pytest.mark.xdist_group("secrets")
class TestSecrets:
    """In this order."""

    def test_the_runs_did_what_they_should(self, runs: Runs, emulator: Emulator) -> None:
        """And the search finds what is there to be found."""
        assert [name for name, status in runs.status.items() if status] == ["tests/integration/refused.yml"], runs.output
        assert "not-pinned" in runs.output["tests/integration/refused.yml"]
        assert "EXEC" in runs.output["tests/integration/refused.yml"]
        assert emulator.written(ACCESS_KEY)
        assert found_in(base64.b64encode(b"a" + SECRETS["session token"].encode())) == []
        assert all(found_in(form) for secret in SECRETS.values() for form in forms(secret))

    def test_nothing_is_printed(self, runs: Runs) -> None:
        told = {name: found_in(output.encode()) for name, output in runs.output.items()}
        assert told == dict.fromkeys(runs.output, [])

    def test_no_process_has_them_among_its_arguments(self, runs: Runs) -> None:
        assert runs.watch.looks > 10
        assert runs.watch.seen == {}

    def test_nothing_is_left_in_files(self, runs: Runs, before: dict[Path, int]) -> None:
        """Logs, facts, reports, temporary files, and what lies below .cache, the emulator's own log of calls included."""
        new = [path for path, written in written_in(ROOT / ".cache").items() if before.get(path) != written]
        left = list(left_in(runs.folder))
        assert {"log", "status.json", "status.html"} <= {path.name for path in left}
        assert any(path.parent.name == "facts" for path in left)
        assert new
        kept = {}
        for path in [*new, *left]:
            with contextlib.suppress(FileNotFoundError):
                kept[str(path)] = found_in(path.read_bytes())
        assert {path: secrets for path, secrets in kept.items() if secrets} == {}

    def test_nothing_is_left_in_git(self, runs: Runs) -> None:
        listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        files = [ROOT / name for name in names if name and (ROOT / name).is_file() and ROOT / name != Path(__file__)]
        assert [str(path) for path in files if found_in(path.read_bytes())] == []

    def test_nothing_is_left_in_aws(self, runs: Runs, emulator: Emulator) -> None:
        """User data, tags, policies, parameters and dashboards."""
        ec2, iam, ssm = (emulator.client(service) for service in ("ec2", "iam", "ssm"))
        instances = [
            instance for group in ec2.describe_instances()["Reservations"] for instance in group["Instances"]
        ]
        assert instances
        told: list[Any] = [instances, ec2.describe_tags()["Tags"], iam.get_account_authorization_details()]
        told += [ssm.describe_parameters(), emulator.client("resourcegroupstaggingapi").get_resources()]
        for instance in instances:
            data = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")
            told.append(base64.b64decode(data["UserData"].get("Value", "")).decode())
        cloudwatch = emulator.client("cloudwatch")
        for entry in cloudwatch.list_dashboards()["DashboardEntries"]:
            told.append(cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"])
        assert found_in("\n".join(str(entry) for entry in told).encode()) == []
