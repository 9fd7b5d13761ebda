# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter lock_problems: what is a lock, and what of a file is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mlinfra.aws.plugins.filter.lock_problems import FilterModule

problems = FilterModule().filters()["lock_problems"]
LOCK = "# made by uv\nipykernel==7.4.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"


def test_the_roles_own_lock_is_one() -> None:
    lock = (Path(__file__).parents[3] / "roles" / "ml_host" / "files" / "locks" / "cuda.txt").read_text()
    assert problems(lock) == []


def test_options_extras_and_markers_are_no_problem() -> None:
    assert problems("--only-binary :all:\n" + LOCK + "uvicorn[standard]==0.1 ; python_version < '4' --hash=sha256:cc\n") == []


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("numpy==1.0\n", "numpy must have a --hash"),
        ("numpy>=1.0 --hash=sha256:cc\n", "numpy must be pinned by =="),
        ("a==1\nb==1\nc==1\nd==1\n", "a, b, c and 1 more must have a --hash"),
    ],
)
def test_what_is_not_locked_is_named(added: str, problem: str) -> None:
    assert problems(LOCK + added) == [problem]


def test_all_is_named_at_once() -> None:
    assert problems("numpy\n") == ["numpy must be pinned by ==", "numpy must have a --hash", "it does not hold ipykernel"]
    assert problems("") == ["it does not hold ipykernel"]
