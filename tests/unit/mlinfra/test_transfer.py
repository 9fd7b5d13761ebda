# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files on their way to a bucket and back."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from mlinfra.transfer import Stored, download, listing, upload
from mlinfra.transfer.checksums import PART


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """One file in parts, a small one and an empty one."""
    made = {"raw/a/large": os.urandom(2 * PART + 5), "raw/a/deep/small": b"x\n", "raw/a/empty": b""}
    paths = {key: tmp_path / "local" / key for key in made}
    for key, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made[key])
    return paths


def contents(files: dict[str, Path]) -> dict[str, bytes]:
    return {key: path.read_bytes() for key, path in files.items()}


def test_what_is_sent_comes_back(buckets, files, tmp_path):
    sent = upload(files, buckets.datasets)
    assert [(each.key, each.size, each.sha256) for each in sent] == [
        (key, len(content), hashlib.sha256(content).hexdigest()) for key, content in contents(files).items()
    ]
    listed = listing(buckets.datasets, "raw/a/")
    assert listed == sorted(sent, key=lambda stored: stored.key)
    back = {each.key: tmp_path / "back" / each.key for each in listed}
    download({back[each.key]: each for each in listed}, buckets.datasets)
    assert contents(back) == contents(files)
    assert not list(tmp_path.rglob("*.part"))


def test_what_is_there_is_not_sent_again(buckets, files, tmp_path):
    first = upload(files, buckets.datasets)
    buckets.watch()
    assert upload(files, buckets.datasets) == first
    assert {call.action for call in buckets.calls()} == {"HeadObject"}


def test_an_older_version_is_downloaded_by_its_id(buckets, tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    [old] = upload({"raw/x": path}, buckets.datasets)
    path.write_text("new")
    [new] = upload({"raw/x": path}, buckets.datasets)
    assert listing(buckets.datasets, "raw/") == [new]
    download({path: Stored(**vars(old))}, buckets.datasets)
    assert path.read_text() == "old"
