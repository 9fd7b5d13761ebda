# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes an environment on an emulator of its own and has Prowler look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from audit.flaws import spoil

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".cache" / "audit"
EMULATOR = ROOT / "roles" / "local_cloud" / "files" / "emulator"
INVENTORY = ROOT / "tests" / "controls" / "inventory"
# Apart from the slots of `make local` and of the tests.
SLOT = 78
REGION = "us-east-1"
# What the inventory calls the environment, and the scan of one that is spoiled.
NAME = "audit-judged"
FLAWED = "flawed"
# The services in which the roles make something, or that watch over it.
SERVICES = (
    *("accessanalyzer", "account", "autoscaling", "backup", "cloudtrail", "cloudwatch", "config", "ec2", "guardduty"),
    *("iam", "kms", "s3", "securityhub", "sns", "ssm", "vpc"),
)


def scan(preset: str, slot: int = SLOT) -> Path:
    """Make the environment with a preset, scan it and return the folder with Prowler's output.

    Args:
        preset: seed, strict, or flawed: the seed's, spoiled.
        slot: which emulator; it must be free, and what it holds is forgotten.

    Raises:
        subprocess.CalledProcessError: a program failed; it has said why.
    """
    made = HOME / preset
    made.mkdir(parents=True, exist_ok=True)
    for name in ("findings.ocsf.json", "log", "output"):
        (made / name).unlink(missing_ok=True)
    _emulator("start", slot)
    try:
        _emulator("reset", slot)
        _provision("seed" if preset == FLAWED else preset, slot)
        if preset == FLAWED:
            spoil(partial(_client, slot), NAME)
        _prowler(made, slot)
    finally:
        _emulator("stop", slot)
    return made


def checks() -> dict[str, str]:
    """Return the installed Prowler's checks of the services, each with its service."""
    [home] = HOME.glob("venv/lib/python3*/site-packages/prowler/providers/aws/services")
    return {
        found.parent.name: service
        for service in SERVICES
        for found in home.glob(f"{service}/*/*.metadata.json")
        if found.name == f"{found.parent.name}.metadata.json"
    }


def version() -> str:
    """Return the installed Prowler's version."""
    [found] = HOME.glob("venv/lib/python3*/site-packages/prowler-*.dist-info")
    return found.name.removeprefix("prowler-").removesuffix(".dist-info")


def _emulator(verb: str, slot: int) -> None:
    command = [sys.executable, str(EMULATOR), verb, "--slot", str(slot)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _environment(endpoint: str, slot: int) -> dict[str, str]:
    """What a client needs to reach the emulator, and nothing of the user's AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_", "PROWLER_"))}
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CA_BUNDLE": str(ROOT / ".cache" / "local_cloud" / str(slot) / "ca.pem"),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
    }


def _client(slot: int, service: str) -> Any:
    """A client for what no role would do."""
    place = ROOT / ".cache" / "local_cloud" / str(slot)
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=f"https://127.0.0.1:{4500 + 2 * slot}",
        verify=str(place / "ca.pem"),
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )


def _provision(preset: str, slot: int) -> None:
    program = Path(sys.executable).parent / "ansible-playbook"
    environment = _environment(f"https://127.0.0.1:{4500 + 2 * slot}", slot)
    subprocess.run(
        [program, "-i", INVENTORY, "playbooks/provision.yml", "-e", f"mlinfra_security_preset={preset}"],
        cwd=ROOT,
        env={**environment, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        stdin=subprocess.DEVNULL,
        check=True,
    )


def _prowler(made: Path, slot: int) -> None:
    """Run Prowler: what it prints and logs goes to files of the folder."""
    settings = made / "aws_config"
    # Only buckets in the path keep the host's name one that the certificate has.
    settings.write_text("[default]\ns3 =\n    addressing_style = path\n", encoding="utf-8")
    environment = {
        # An address would not do: Prowler's client puts the account before the name.
        **_environment(f"https://localhost:{4500 + 2 * slot}", slot),
        "AWS_CONFIG_FILE": str(settings),
        "PYTHONPATH": str(Path(__file__).parent / "resolver"),
    }
    arguments = [
        *("aws", "--region", REGION, "--service", *SERVICES),
        *("--no-banner", "--no-color", "--ignore-exit-code-3", "--log-level", "ERROR", "--log-file", made / "log"),
        *("--output-formats", "json-ocsf", "--output-directory", made, "--output-filename", "findings"),
    ]
    with (made / "output").open("wb") as output:
        subprocess.run(
            [HOME / "venv" / "bin" / "prowler", *arguments],
            cwd=made,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=True,
        )
