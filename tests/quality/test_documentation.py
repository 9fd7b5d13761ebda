# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation is complete, well formed and up to date."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


@pytest.mark.weight(30)
def test_plugin_documentation(tool: Callable[..., str]) -> None:
    """antsibull-docs accepts the documentation of every module, plugin and role."""
    tool(
        *("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=dependent", "."),
        # It copies what git tracks; of the collections that lie in .venv, inside the checkout, that would be nothing.
        GIT_CEILING_DIRECTORIES=sys.prefix,
    )


def test_generated_pages_are_up_to_date(tool: Callable[..., str]) -> None:
    """`make docs` has been run since the roles last changed."""
    tool("python", "tools/generate_docs.py", "--check")


def test_changelog(tool: Callable[..., str]) -> None:
    """Every changelog fragment is one that a release can use."""
    tool("antsibull-changelog", "lint")


def test_links_lead_somewhere(root: Path, tree: list[Path]) -> None:
    """A link from a page of the project to another file of it finds that file."""
    broken = []
    for page in (path for path in tree if path.suffix == ".md"):
        for groups in LINK.findall((root / page).read_text()):
            target = next(filter(None, groups)).partition("#")[0]
            if target and "://" not in target and not (root / page.parent / target).exists():
                broken.append(f"{page}: {target}")
    assert not broken, "\n".join(broken)


def test_every_dependency_has_its_reason(root: Path) -> None:
    """docs/dependencies.md names each Python package, collection and Debian package that the project asks for."""
    lines = (root / "requirements.in").read_text().splitlines()
    names = {re.split(r"[\[=<>~!;]", line)[0].strip() for line in lines if line and not line.startswith("#")}
    names |= {entry["name"] for entry in yaml.safe_load((root / "requirements.yml").read_text())["collections"]}
    debian = (root / ".config" / "debian-packages.txt").read_text().splitlines()
    names |= {line for line in debian if line and not line.startswith("#")}
    named = set(re.findall(r"`([^`]+)`", (root / "docs" / "dependencies.md").read_text()))
    assert names - named == set()
