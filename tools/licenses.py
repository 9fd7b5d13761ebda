# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes docs/licenses.md: under which license each Python package is that set-up installs, by what the package itself says."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """\
# Licenses of the Python packages

What `requirements.txt` installs on the machine that runs Ansible, and the license that each package names itself. Made by
`make licenses`; `make sbom` lists the versions and hashes, those of the hosts' locks too.

| package | license |
| --- | --- |
"""
_CLASSIFIER = "License :: "


def canonical(name: str) -> str:
    """Return a package's name in the form that indexes compare."""
    return re.sub(r"[-_.]+", "-", name).lower()


def license_of(package: Distribution) -> str:
    """Return what a package says of its license, in a few words: the expression, else the classifiers, else the first line."""
    metadata = package.metadata
    classifiers = [
        line.rsplit(" :: ", 1)[1] for line in metadata.get_all("Classifier") or [] if line.startswith(_CLASSIFIER)
    ]
    texts = (metadata.get("License") or "").strip().splitlines()
    expression = metadata.get("License-Expression")
    return expression or ", ".join(sorted(set(classifiers))) or (texts[0].strip() if texts else "not named")


def locked(text: str) -> set[str]:
    """Return the names of the packages that a lock installs on every Linux machine: those without a condition."""
    return {canonical(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==[^ ;]+(?: \\)?$", text, re.MULTILINE)}


def page() -> str:
    """Return the page."""
    wanted = locked((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    found = {canonical(package.metadata["Name"]): license_of(package) for package in distributions()}
    return HEAD + "".join(f"| `{name}` | {found[name]} |\n" for name in sorted(wanted))


if __name__ == "__main__":
    (ROOT / "docs" / "licenses.md").write_text(page(), encoding="utf-8")
