# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The notebooks' backup: what goes there, what comes back, and that nothing of anybody's is overwritten unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlinfra import notebooks, s3
from mlinfra.errors import Missing

if TYPE_CHECKING:
    from .conftest import Buckets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two notebooks, and what is left out."""
    folder = tmp_path / "notebooks"
    for name in ("a.ipynb", "deep/b c.ipynb", ".ipynb_checkpoints/a.ipynb", "deep/__pycache__/x.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def test_only_what_is_new_is_sent(buckets: Buckets, folder: Path) -> None:
    notebooks.backup(folder, "one")
    assert buckets.keys(buckets.models) == ["notebooks/one/a.ipynb", "notebooks/one/deep/b c.ipynb"]
    (folder / "a.ipynb").write_text("changed")
    buckets.watch()
    notebooks.backup(folder, "one")
    assert len(buckets.calls("PutObject")) == 1


def test_what_is_missing_comes_back_and_what_differs_stays(buckets: Buckets, folder: Path) -> None:
    notebooks.backup(folder, "one")
    (folder / "a.ipynb").write_text("newer")
    (folder / "deep" / "b c.ipynb").unlink()
    assert notebooks.restore(folder, "one") == ([folder / "deep" / "b c.ipynb"], [folder / "a.ipynb"])
    assert (folder / "a.ipynb").read_text() == "newer"
    assert notebooks.restore(folder, "one", overwrite=True) == ([folder / "a.ipynb"], [])
    assert (folder / "a.ipynb").read_text() == "a.ipynb"
    assert notebooks.restore(folder, "one", overwrite=True) == ([], [])


def test_another_host_takes_over(buckets: Buckets, folder: Path, tmp_path: Path) -> None:
    notebooks.backup(folder, "one")
    notebooks.restore(tmp_path / "new", "one")
    assert (tmp_path / "new" / "deep" / "b c.ipynb").read_text() == "deep/b c.ipynb"
    assert {host: len(kept) for host, kept in notebooks.backups().items()} == {"one": 2}


def test_what_was_deleted_or_overwritten_is_kept(buckets: Buckets, folder: Path) -> None:
    notebooks.backup(folder, "one")
    (folder / "a.ipynb").write_text("newer")
    (folder / "deep" / "b c.ipynb").unlink()
    notebooks.backup(folder, "one")
    versions = s3.client().list_object_versions(Bucket=buckets.models)["Versions"]
    assert sorted(version["Key"] for version in versions) == ["notebooks/one/a.ipynb"] * 2 + ["notebooks/one/deep/b c.ipynb"]


def test_no_backup_is_an_error_with_what_to_do(buckets: Buckets, folder: Path) -> None:
    with pytest.raises(Missing, match="holds no backup"):
        notebooks.restore(folder, "two")
