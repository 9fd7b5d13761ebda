# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role's README says to run it by does run it, alone, in an account where nothing stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..depth import thorough
from .conftest import ROOT
from .site import Site, running

SLOT = 92
# Those of hosts are run by molecule, from such a play.
OF_HOSTS = {"ml_host", "local_cloud"}
ROLES = sorted({path.name for path in (ROOT / "roles").iterdir() if path.is_dir()} - OF_HOSTS)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An account with nothing in it."""
    with running(SLOT) as emulator:
        yield Site(emulator)


@pytest.mark.xdist_group("readmes")
@pytest.mark.parametrize("role", ["storage", *(pytest.param(role, marks=thorough) for role in ROLES if role != "storage")])
def test_the_readme_runs_the_role(site: Site, tmp_path: Path, role: str) -> None:
    """In check mode, so that each role finds the same."""
    [play] = re.findall(r"```yaml\n(- name: Apply the role alone\n.*?)```", (ROOT / "roles" / role / "README.md").read_text(), re.DOTALL)
    (tmp_path / "alone.yml").write_text(f"---\n{play}")
    (tmp_path / "group_vars").symlink_to(ROOT / "group_vars")
    site.playbook(str(tmp_path / "alone.yml"), "--check")
    assert site.written() == []
