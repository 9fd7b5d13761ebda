# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The linters have nothing to say, without a single exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.weight(120)
def test_ansible_lint(tool: Callable[..., str]) -> None:
    """The whole tree passes the strictest profile of ansible-lint."""
    tool("ansible-lint", "--offline", "--strict", "--profile", "production")


def test_nothing_is_exempt_from_ansible_lint(root: Path, tree: list[Path]) -> None:
    """No rule is skipped, by the configuration or in place."""
    configuration = (root / ".ansible-lint").read_text()
    assert not [word for word in ("skip_list", "warn_list", "mock_modules", "mock_roles") if word in configuration]
    exempt = [
        f"{path}:{number}"
        for path in tree
        if path.suffix in (".yml", ".yaml", ".j2")
        for number, line in enumerate((root / path).read_text().splitlines(), 1)
        if "# noqa" in line or "skip_ansible_lint" in line or "yamllint disable" in line
    ]
    assert exempt == []
    assert not [path for path in tree if path.name == ".ansible-lint-ignore"]


def test_yamllint(tree: list[Path], tool: Callable[..., str]) -> None:
    """All YAML is well formed."""
    names = (".ansible-lint", ".yamllint")
    tool("yamllint", "--strict", *(path for path in tree if path.suffix in (".yml", ".yaml") or path.name in names))


def test_ruff(tool: Callable[..., str]) -> None:
    """All Python is annotated and free of the slips that ruff knows."""
    tool("ruff", "check", "--no-cache", ".")


def test_shellcheck(root: Path, tree: list[Path], tool: Callable[..., str]) -> None:
    """All shell scripts pass shellcheck."""
    scripts = [
        path
        for path in tree
        if path.suffix in (".sh", ".bash")
        or (
            not path.suffix
            and (root / path).read_bytes()[:64].splitlines()[:1] in ([b"#!/usr/bin/env bash"], [b"#!/bin/sh"])
        )
    ]
    assert Path(".ci/run") in scripts
    tool("shellcheck", *scripts)
