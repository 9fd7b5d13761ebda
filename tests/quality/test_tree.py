# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nothing stands in the tree that belongs to one machine, one person or one account."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# Written so that this file does not find itself.
FORBIDDEN = {
    "a folder of some machine": r"(?<![\w.~$}])/(?:work|root)/(?!\.\.)|(?<![\w.])/opt/(?:wheels|pypi)",
    "the host of a package registry": r"\b(?:pypi|pythonhosted)\.org|\bdeb\.debian\.org|\bregistry\.npm" + r"js\.org",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a private key": "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
    "a token": r"\b(?:ghp|gho|ghs|github_pat|glpat|xox[bap])[_-][A-Za-z0-9_-]{16,}",
    "a secret in clear": r"(?i)\b(?:password|secret_key|secret_access_key)\s*[:=]\s*[\"']?(?!rehearsal\b)[A-Za-z0-9/+]{16,}",
    "a real account id": r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?!123456789012|000000000000|111111111111)\d{12}:",
}
TEXT_LIMIT = 2_000_000


def _texts(root: Path, tree: list[Path]) -> list[tuple[Path, str]]:
    texts = []
    for path in tree:
        data = (root / path).read_bytes()
        if b"\0" not in data and len(data) < TEXT_LIMIT:
            texts.append((path, data.decode()))
    return texts


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_private_or_local(what: str, root: Path, tree: list[Path]) -> None:
    """No tracked file holds what belongs to a machine, a registry or a person."""
    pattern = re.compile(FORBIDDEN[what])
    this = Path(__file__).relative_to(root)
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in _texts(root, tree)
        if path != this
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_large_or_built_files(root: Path, tree: list[Path]) -> None:
    """What can be made is not kept, and nothing is heavier than a lock file."""
    assert [path for path in tree if (root / path).stat().st_size > TEXT_LIMIT] == []
    assert [path for path in tree if path.suffix in (".pyc", ".retry", ".gz", ".rpm", ".deb", ".whl", ".pem")] == []


def test_nothing_is_put_off_or_left_out(root: Path, tree: list[Path]) -> None:
    """No test is skipped or expected to fail, no error is ignored, nothing is marked to be done later."""
    pattern = re.compile(
        r"\bTO" + r"DO\b|\bFIX" + r"ME\b|pytest\.mark\.(?:skip|xfail)|pytest\.skip\(|unittest\.skip"
        r"|^\s*ignore_errors:|^\s*failed_when: false\b|# no" + r"qa|type: ignore|pylint: disable|shellcheck disable",
        re.MULTILINE,
    )
    this = Path(__file__).relative_to(root)
    found = [
        f"{path}: {match.group().strip()}"
        for path, text in _texts(root, tree)
        if path != this and path.suffix in (".py", ".yml", ".sh", ".j2", "")
        for match in pattern.finditer(text)
    ]
    found = [line for line in found if not line.startswith("tests/quality/")]
    assert not found, "\n".join(found)
