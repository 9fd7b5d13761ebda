# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that hosts and controllers install is pinned and checked: by a hash, by a signature, or by the system's package manager."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [
    ROOT / "requirements.txt",
    ROOT / "tools" / "supply_chain" / "requirements.txt",
    *sorted((ROOT / "roles" / "ml_host" / "files" / "locks").glob("[a-z]*[a-z0-9].txt")),
]
# It lists packages to leave out, and locks none.
LOCKS = [lock for lock in LOCKS if lock.name != "without-cuda.txt"]
# What installs from a lock, and has to insist on hashes.
INSTALLS = re.compile(r"pip[\"', ]+(?:sync|install)\b(?!`)")
# Where something is loaded by an address, and what checks it there.
LOADS = re.compile(r"\b(?:curl|wget)\b.*(?:--|-[oO]|http)|ansible\.builtin\.(?:get_url|uri):|\burlretrieve\(")
CHECKED_LOADS = {
    # Verifies the signature by a key whose fingerprint is in the role.
    "roles/ml_host/files/install-signed.sh": "VALIDSIG",
    # Loads from the bucket of the environment what the same connection has put there, by a signed address.
    "plugins/connection/ssm.py": "_in_bucket",
    # Asks the instance itself what it is, and loads nothing.
    "roles/scaling/files/member/member.sh": "metadata=http://169.254.169.254/latest",
}
PLACES = ("roles", "playbooks", "tools", "plugins", "Makefile", "execution-environment.yml")


def _lines() -> list[tuple[str, str]]:
    """The lines of all programs, with the file that they are in; a command that goes on in the next line is one."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PLACES]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    found = []
    for name in filter(None, names):
        path = ROOT / name
        if path.suffix in (".txt", ".in", ".md", ".ipynb", ".asc") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore").replace("\\\n", " ")
        found += [(name, line.strip()) for line in text.splitlines() if not line.lstrip().startswith("#")]
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}/{lock.name}")
def test_every_locked_package_has_a_version_and_a_hash(lock: Path) -> None:
    entries = re.sub(r"\\\n", " ", lock.read_text(encoding="utf-8")).splitlines()
    wanted = [entry for entry in entries if entry.strip() and not entry.lstrip().startswith("#")]
    assert wanted
    # Of these locks, compile.sh says why.
    expected = ["torch"] if lock.name in ("cpu.txt", "al2.txt") else []
    loose = [entry for entry in wanted if not re.match(r"[A-Za-z0-9._-]+(\[[^\]]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)]
    assert [entry.partition("==")[0] for entry in loose] == expected


def test_every_installation_insists_on_hashes() -> None:
    """But for looks that install nothing. Of what is in every lock, the locks with CUDA are whole."""
    found = [
        (name, line)
        for name, line in _lines()
        if INSTALLS.search(line) and "--dry-run" not in line and name.startswith(("roles/ml_host", "Makefile"))
    ]
    assert len(found) >= 4
    assert [entry for entry in found if "--require-hashes" not in entry[1] and "ml_host_is_hashed" not in entry[1]] == []


def test_nothing_is_downloaded_unchecked() -> None:
    loads = {name for name, line in _lines() if LOADS.search(line) and not name.startswith("roles/local_cloud")}
    assert set(CHECKED_LOADS) <= loads
    assert {name for name in loads if CHECKED_LOADS.get(name, "\0") not in (ROOT / name).read_text()} == set()


def test_nothing_is_piped_into_a_shell() -> None:
    assert [entry for entry in _lines() if re.search(r"\b(?:curl|wget)\b[^|]*\|\s*(?:sudo\s+)?(?:ba)?sh\b", entry[1])] == []


def test_every_license_is_listed() -> None:
    """Write the page anew by `make licenses` after a change of the lock."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    names = set(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==[^ ;]+(?: \\)?$", lock, re.MULTILINE))
    page = (ROOT / "docs" / "licenses.md").read_text(encoding="utf-8")
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in names} == set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE))
    assert "not named" not in page
