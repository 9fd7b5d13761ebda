# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far the services' sandboxes go, and what hosts are hardened with, as systemd judges the one and sshd the other."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ...programs import answers

ROLE = Path(__file__).parents[3] / "roles" / "ml_host"
SERVICES = sorted(path.name for path in (ROLE / "templates").glob("*.service.j2"))
KEY = "net.ipv4.conf.*.rp_filter"
FOUND = {
    "id": "amzn",
    "version": "2023",
    "name": "Amazon Linux 2023",
    "root": True,
    "systemd": True,
    "architecture": "x86_64",
    "memory": 16000,
    "packages": [],
    "synced": True,
    "space": {path: {"mount": "/", "free": 50000} for path in ("/opt/mlinfra/venv", "/usr", "/var", "/var/tmp", "/tmp", "/home/ml")},
    "gpus": [{"name": "a GPU", "driver": "595.91.07"}],
    "gpu_problem": "",
    "login": "ec2-user",
    "users": dict.fromkeys(("ada", "bob", "ec2-user", "zoe")),
    "quotas": {"type": "overlay", "mount": "/", "on": False, "next": None, "limits": {}},
    "ports": {},
    "environments": {},
    "kernel": {"kernel.kptr_restrict": [], KEY: ["1", "2"], "net.ipv4.tcp_syncookies": ["1"]},
}


def host(**settings: Any) -> dict[str, Any]:
    """A host with these settings, of which the test reads what it needs."""
    found = FOUND | settings.pop("found", {})
    kernel = dict.fromkeys(
        re.findall(r"^  ((?:fs|kernel|net)\.\S+): \d+$", (ROLE / "vars/main/hardening.yml").read_text(encoding="utf-8"), re.M), []
    )
    found["kernel"] = {**kernel, **found["kernel"]}
    return {"ml_host_instance_type": "t3.medium", "ansible_connection": "ssh", "inventory_hostname": "h", "ml_host_found": found} | settings


SANDBOXED = {"render": SERVICES, "ml_host_jupyter_tls": "self_signed", "mlinfra_name": "p-dev"}
HOSTS = {
    "cpu": host(**SANDBOXED),
    "gpu": host(**SANDBOXED, ml_host_instance_type="g5.xlarge"),
    "person": host(**SANDBOXED, ml_host_people=[{"name": "ada", "port": 8901}]),
    "settings": host(
        render=["sshd.conf.j2", "sysctl.conf.j2"],
        tell=["ml_host_kernel_differs"],
        ml_host_people=[{"name": "zoe", "port": 8902}, {"name": "ada", "port": 8901}],
        ml_host_ssh_users=["bob"],
        ml_host_ssh_forwards=["localhost:*"],
        ml_host_serving=True,
        ml_host_serving_models=["iris"],
    ),
    "other login": host(found={"login": "eve"}),
    "root": host(found={"login": "root"}, ml_host_ssh_users=["root"]),
    "over ssm": host(found={"login": "ssm-user"}, ansible_connection="mlinfra.aws.ssm"),
    "not hardened": host(found={"login": "eve"}, ml_host_hardening=False),
    "wrong": host(ml_host_ssh_users=["Eve Smith"], ml_host_ssh_forwards=["localhost", "x y:1"]),
}


@pytest.fixture(scope="module")
def wanted() -> dict[str, Any]:
    """What the role makes of each of them."""
    return answers(Path(__file__).with_name("wanted.py"), HOSTS)


@pytest.mark.parametrize("kind", ["cpu", "gpu", "person"])
def test_no_service_is_rated_worse_than_it_should_be(wanted: dict[str, Any], kind: str, tmp_path: Path) -> None:
    """From 0 to 10, as `systemd-analyze security` rates them. One is root's, and has to see other users' processes."""
    for name, text in wanted[kind]["rendered"].items():
        # systemd looks up what a unit runs.
        (tmp_path / name.removesuffix(".j2")).write_text(re.sub(r"^(Exec\w+=[+-]?)/\S+", r"\1/bin/true", text, flags=re.M))
    rated = {}
    for path in sorted(tmp_path.iterdir()):
        command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        [rated[path.stem]] = re.findall(r"Overall exposure level for .*: (\d+\.\d)", done.stdout)
    assert {name: rate for name, rate in rated.items() if float(rate) > (3.0 if name == "mlinfra-idle" else 2.0)} == {}
    assert len(rated) == len(SERVICES)


def test_a_gpu_can_be_reached_and_no_disk(wanted: dict[str, Any]) -> None:
    for kind, policy in (("cpu", "PrivateDevices=yes"), ("gpu", "DevicePolicy=closed\nDeviceAllow=char-* rw")):
        units = wanted[kind]["rendered"]
        assert [name for name in SERVICES if policy not in units[name] and "certificate" not in name] == []


def test_sshd_takes_its_settings(wanted: dict[str, Any], tmp_path: Path) -> None:
    text = wanted["settings"]["rendered"]["sshd.conf.j2"]
    [allowed] = re.findall(r"^AllowUsers (.*)$", text, re.M)
    assert allowed == "ada bob ec2-user zoe"
    [opened] = re.findall(r"^PermitOpen (.*)$", text, re.M)
    ports = ("6006", "8080", "8888", "8901", "8902")
    assert opened.split() == [f"{name}:{port}" for name in ("127.0.0.1", "localhost") for port in ports] + ["localhost:*"]
    for line in ("PermitRootLogin no", "PasswordAuthentication no", "AuthenticationMethods publickey", "X11Forwarding no"):
        assert f"\n{line}\n" in text
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    # Only what every OpenSSH client knows, too: sshd itself is on the hosts.
    for kind, query in (("Ciphers", "cipher"), ("MACs", "mac"), ("KexAlgorithms", "kex"), ("HostKeyAlgorithms", "HostKeyAlgorithms")):
        [named] = re.findall(rf"^{kind} (.*)$", text, re.M)
        known = subprocess.run(["ssh", "-Q", query], capture_output=True, text=True, check=True).stdout.split()
        assert set(named.split(",")) <= set(known)


def test_only_what_the_kernel_offers_is_set_and_compared(wanted: dict[str, Any]) -> None:
    text = wanted["settings"]["rendered"]["sysctl.conf.j2"]
    assert text.splitlines()[1:] == [f"{KEY} = 1", "net.ipv4.tcp_syncookies = 1"]
    assert wanted["settings"]["told"]["ml_host_kernel_differs"] == [KEY]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other login", "logged in as eve, whom ml_host_hardening would lock out. Name it in ml_host_ssh_users"),
        ("root", "logged in as root, whom ml_host_hardening would lock out. Log in as another user"),
        ("wrong", "ml_host_ssh_users names Eve Smith."),
        ("wrong", "ml_host_ssh_forwards names localhost, x y:1."),
    ],
)
def test_who_would_be_locked_out_is_told_before(wanted: dict[str, Any], name: str, words: str) -> None:
    assert words in " ".join(wanted[name]["problems"])


@pytest.mark.parametrize("name", ["cpu", "over ssm", "not hardened"])
def test_nobody_is_refused_without_need(wanted: dict[str, Any], name: str) -> None:
    assert [problem for problem in wanted[name]["problems"] if "lock out" in problem] == []
