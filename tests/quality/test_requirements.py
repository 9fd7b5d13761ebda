# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All lists of dependencies agree with each other."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml


def _locked(root: Path, lock_file: str = "requirements.txt") -> dict[str, str]:
    lock = (root / lock_file).read_text()
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", lock, re.MULTILINE))


@pytest.mark.parametrize("lock_file", ["requirements.txt", "tests/controls/prowler.txt"])
def test_lock_holds_all_that_is_asked_for(root: Path, lock_file: str) -> None:
    """A lock holds every package of its .in file, at a version that it permits, with hashes."""
    from packaging.requirements import Requirement

    locked = _locked(root, lock_file)
    for line in (root / lock_file).with_suffix(".in").read_text().splitlines():
        if not line.startswith("#"):
            wanted = Requirement(line)
            assert wanted.specifier.contains(locked[wanted.name]), line
    lock = (root / lock_file).read_text()
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry for entry in entries if not entry.startswith("#") and "--hash=sha256:" not in entry] == []


def test_collections_are_those_of_the_ansible_package(root: Path) -> None:
    """Users of requirements.yml and users of requirements.txt get the same versions of the same collections."""
    wanted = yaml.safe_load((root / "requirements.yml").read_text())["collections"]
    collections = files("ansible_collections")
    for entry in wanted:
        namespace, name = entry["name"].split(".")
        manifest = json.loads((collections / namespace / name / "MANIFEST.json").read_text())
        assert entry["version"] == manifest["collection_info"]["version"], entry["name"]


def test_galaxy_accepts_the_locked_collections(root: Path) -> None:
    """galaxy.yml depends on the collections of requirements.yml, in ranges that hold their versions."""
    from packaging.specifiers import SpecifierSet

    wanted = {
        entry["name"]: entry["version"]
        for entry in yaml.safe_load((root / "requirements.yml").read_text())["collections"]
    }
    ranges = yaml.safe_load((root / "galaxy.yml").read_text())["dependencies"]
    assert set(ranges) == set(wanted)
    assert [name for name, version in wanted.items() if not SpecifierSet(ranges[name]).contains(version)] == []


def test_runtime_accepts_the_locked_ansible(root: Path) -> None:
    """meta/runtime.yml admits the ansible-core that requirements.txt brings."""
    from packaging.specifiers import SpecifierSet

    runtime = yaml.safe_load((root / "meta" / "runtime.yml").read_text())
    assert SpecifierSet(runtime["requires_ansible"]).contains(_locked(root)["ansible-core"])


def test_execution_environment_holds_the_same(root: Path) -> None:
    """The image is built from the same lists of collections and Python packages, with the same Ansible."""
    image = yaml.safe_load((root / "execution-environment.yml").read_text())["dependencies"]
    locked = _locked(root)
    assert image["galaxy"] == "requirements.yml"
    assert image["ansible_core"]["package_pip"] == f"ansible-core=={locked['ansible-core']}"
    assert image["python"] == [f"{name}=={locked[name]}" for name in ("boto3", "botocore")]
