# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs roles and playbooks on an emulator that logs what each call needs, and writes what whoever runs them must be allowed.

    make permissions

The runs make, change in every way, and remove the environment of the benchmarks. What they needed goes to
docs/permissions/observed.json, from which tools/permissions.py makes policies.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import permissions
from ansible_collections.mlinfra.aws.plugins.module_utils.roles import ROLES

from tests.integration import restore
from tests.integration.conftest import Emulator
from tests.integration.site import Site, running

SLOT = 68
BACKWARDS = [
    *("detection", "patching", "recovery", "guardrails", "scaling", "compute", "cache", "database", "shared_storage", "iam", "monitoring"),
    *("audit", "network", "storage", "encryption"),
]
HERE = "tests/permissions"
ALL = ("-e", "@tests/integration/guards.yml", "-e", f"@{HERE}/optional.yml")
CHANGED, OTHER_WAYS = f"@{HERE}/changed.yml", f"@{HERE}/other_ways.yml"
GONE = {"destroy_data": True, "compute_termination_protection": False, "database_unprotect": True}
LOST = "raw/lost.csv"
# The access key of what this program itself asks.
OWN = "setup"
# Playbooks, each with its arguments, in an order in which each has something to do.
PLAYBOOKS = (
    ("provision", ()),
    ("plan", ()),
    ("drift", ()),
    ("cost", ()),
    ("status", ("-e", "ask_hosts=false")),
    ("stop", ("-e", "include_nat=true")),
    ("backup", ("-e", "backup_name=first")),
    ("backup", ("-e", "backup_name=second backup_keep=1")),
    ("restore", ("-e", f"restore_what=object restore_bucket=datasets restore_key={LOST}")),
    ("restore", ("-e", f"restore_what=prefix restore_bucket=datasets restore_prefix={LOST} restore_to={{lost}}")),
    ("restore", ("-e", "restore_what=volume restore_instance=bench-seed-ml-training-1 restore_replace=true")),
    ("backup", ("-e", "backup_name=third backup_image=true backup_keep=1")),
    ("restore", ("-e", "restore_what=instance restore_instance=bench-seed-ml-training-1 restore_replace=true")),
    ("start", ()),
    ("rotate", ("-e", "what=cache")),
    ("destroy", ("-e", "confirm=seed destroy_data=true")),
)


def run(site: Site, playbook: str, key: str, *arguments: str) -> None:
    """Run a playbook by an access key, which must succeed."""
    print(f"{key}: {playbook} {' '.join(arguments)}", flush=True)
    done: subprocess.CompletedProcess[str] = site.run(playbook, *arguments, AWS_ACCESS_KEY_ID=key)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def roles(site: Site, state: str, names: list[str], *arguments: str, **more: Any) -> None:
    """Run roles, each by an access key of its own."""
    told = json.dumps({"observed_state": state, "observed_roles": names, **more})
    run(site, f"{HERE}/roles.yml", "roles", "-e", told, *arguments)


def observe_roles(emulator: Emulator) -> None:
    """Make, change in every way, and remove what the roles make, each role by itself."""
    site = Site(emulator)
    roles(site, "present", ROLES, *ALL)
    roles(site, "present", ROLES, *ALL, "-e", CHANGED, "--check")
    roles(site, "present", ROLES, *ALL, "-e", CHANGED)
    for check in (("--check",), ()):
        roles(site, "present", ["network", "storage", "guardrails"], "-e", OTHER_WAYS, *check)
    roles(site, "present", ROLES, *ALL, "-e", CHANGED, "-e", "network_egress=endpoints")
    roles(site, "absent", BACKWARDS, *ALL, **GONE)
    for way in ("nat_gateway", "nat_instance"):
        for state in ("present", "absent"):
            roles(site, state, ["network"], "-e", f"network_egress={way}")


def observe_playbooks(emulator: Emulator) -> None:
    """Run the playbooks, one after the other."""
    site, lost = Site(emulator), ""
    for name, arguments in PLAYBOOKS:
        lost = lost or (lose(site) if name == "backup" else "")
        told = [argument.format(lost=lost) for argument in arguments]
        run(site, f"playbooks/{name}.yml", f"{name}-run", *ALL, *told)


def lose(site: Site) -> str:
    """Write an object, delete it and write another one, and return when the first was there."""
    s3 = site.client("s3")
    named = [each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("bench-seed-datasets-")]
    bucket = min(named, key=len)  # the other one, in the second region, ends with its name
    s3.put_object(Bucket=bucket, Key=LOST, Body=b"lost")
    then = restore.later()
    s3.delete_object(Bucket=bucket, Key=LOST)
    s3.put_object(Bucket=bucket, Key=f"{LOST}.new", Body=b"new")
    return then


def observed(work: Callable[[Emulator], None], slot: int) -> list[dict[str, Any]]:
    """Do some work on an emulator of its own, and return the calls that it logged."""
    with running(slot) as emulator:
        emulator.permissions("watched")
        work(emulator)
        calls = [json.loads(line) for line in emulator.program("calls").splitlines()]
        return [call for call in calls if call["caller"] != OWN]


def main() -> None:
    """Observe roles and playbooks side by side."""
    os.chdir(ROOT)
    with ThreadPoolExecutor() as pool:
        parts = [pool.submit(observed, *part) for part in ((observe_roles, SLOT), (observe_playbooks, SLOT + 1))]
        permissions.write_observed(call for part in parts for call in part.result())


if __name__ == "__main__":
    main()
