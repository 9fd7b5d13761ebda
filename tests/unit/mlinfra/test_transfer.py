# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files on their way to a bucket and back."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mlinfra import s3
from mlinfra.data import datasets
from mlinfra.errors import Invalid
from mlinfra.transfer import Stored, copy, copying, download, listing, read_through, upload, uploading
from mlinfra.transfer.checksums import PART, Summed, composite, summed
from mlinfra.transfer.pending import Pending

TEXT = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


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


def test_an_upload_that_was_killed_goes_on(buckets, tmp_path):
    """Nothing of it is visible before, and only what is missing is sent then."""
    # More than are on their way when it is killed.
    parts = 16
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "file").write_bytes(os.urandom(parts * PART))
    killed = buckets.command("data", "upload", str(folder), kill=4, moment="after")
    assert killed.returncode == -signal.SIGKILL
    [pending] = s3.client().list_multipart_uploads(Bucket=buckets.datasets)["Uploads"]
    there = s3.client().list_parts(Bucket=buckets.datasets, Key=pending["Key"], UploadId=pending["UploadId"])["Parts"]
    assert 1 <= len(there) < parts
    assert buckets.keys(buckets.datasets) == []
    buckets.watch()
    done = buckets.command("data", "upload", str(folder))
    assert done.returncode == 0, done.stderr
    # What was on its way when it was killed may have arrived since.
    assert 0 < len(buckets.calls("UploadPart")) <= parts - len(there)
    assert buckets.calls("CreateMultipartUpload") == []
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=buckets.datasets)
    datasets.verify(datasets.find("raw/large"))


def test_parts_of_another_content_are_not_taken(buckets, tmp_path, monkeypatch):
    """Where a part was sent otherwise than the file is now, it is sent again."""
    path = tmp_path / "x"
    path.write_bytes(os.urandom(3 * PART))
    pending = Pending(buckets.datasets, "raw/x", summed(path))
    assert pending.sent() == {}
    pending.send(1, path.read_bytes()[:PART])
    where = {"Bucket": buckets.datasets, "Key": "raw/x", "UploadId": pending.id, "PartNumber": 2}
    s3.client().upload_part(**where, Body=bytes(PART), ChecksumAlgorithm="SHA256")
    buckets.watch()
    upload({"raw/x": path}, buckets.datasets)
    assert len(buckets.calls("UploadPart")) == 2
    assert read_through(listing(buckets.datasets, "raw/x"), buckets.datasets) == []


def test_an_upload_that_s3_has_forgotten_begins_anew(buckets, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(os.urandom(2 * PART))
    pending = Pending(buckets.datasets, "raw/x", summed(path))
    pending.sent()
    s3.client().abort_multipart_upload(Bucket=buckets.datasets, Key="raw/x", UploadId=pending.id)
    upload({"raw/x": path}, buckets.datasets)
    assert read_through(listing(buckets.datasets, "raw/x"), buckets.datasets) == []


@pytest.mark.parametrize("size", [10, 2 * PART])
def test_a_file_that_changes_while_it_is_sent_is_refused(buckets, tmp_path, monkeypatch, size):
    """S3 compares with the checksums that were made at first, and nothing of it is visible."""
    path = tmp_path / "x"
    path.write_bytes(bytes(size))
    original = uploading.summed

    def changed(path: Path) -> Summed:
        sums = original(path)
        path.write_bytes(bytes(size - 1) + b"1")
        return sums

    monkeypatch.setattr(uploading, "summed", changed)
    with pytest.raises(Invalid, match="was changed"):
        upload({"raw/x": path}, buckets.datasets)
    assert buckets.keys(buckets.datasets) == []


def test_a_download_that_was_killed_goes_on(buckets, tmp_path):
    """The file is not there before, and only what is missing is read then."""
    path = tmp_path / "x"
    parts = 16
    path.write_bytes(os.urandom(parts * PART))
    [stored] = upload({"raw/set/x": path}, buckets.datasets)
    target = tmp_path / "back" / "x"
    with subprocess.Popen(
        buckets.call("data", "download", "raw/set", str(target.parent)), env=buckets.to_be_killed, **TEXT
    ) as process:
        part = target.parent / f".x.{stored.sha256[:16]}.part"
        while not (part.exists() and part.stat().st_size > 0):
            assert process.poll() is None, process.communicate()
        process.kill()
    there = part.stat().st_size
    assert not target.exists()
    assert there < path.stat().st_size
    buckets.watch()
    download({target: stored}, buckets.datasets)
    assert len(buckets.calls("GetObject")) == -(-(path.stat().st_size - there) // PART)
    assert target.read_bytes() == path.read_bytes()
    assert list(target.parent.iterdir()) == [target]


def test_a_rest_that_does_not_fit_is_not_continued(buckets, files, tmp_path):
    """What is left of a download may be damaged: then it begins anew."""
    [large, *_others] = upload(files, buckets.datasets)
    target = tmp_path / "back"
    part = tmp_path / f".back.{large.sha256[:16]}.part"
    part.write_bytes(bytes(PART))
    download({target: large}, buckets.datasets)
    assert target.read_bytes() == files[large.key].read_bytes()
    assert not part.exists()


def test_several_downloads_of_the_same_at_once(buckets, files, tmp_path):
    upload(files, buckets.datasets)
    command = buckets.call("data", "download", "raw/a", str(tmp_path / "back"))
    processes = [subprocess.Popen(command, env=buckets.environment, **TEXT) for _each in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 3
    found = {f"raw/a/{path.relative_to(tmp_path / 'back')}": path for path in (tmp_path / "back").rglob("*") if path.is_file()}
    assert contents(found) == contents(files)


def test_a_corrupt_object_is_found_and_the_file_stays(buckets, files, tmp_path):
    [large, small, _empty] = upload(files, buckets.datasets)
    wrong = {"Bucket": buckets.datasets, "Metadata": {"sha256": small.sha256}}
    s3.client().put_object(**wrong, Key=small.key, Body=b"y\n")
    listed = listing(buckets.datasets, small.key)
    target = tmp_path / "back" / "small"
    target.parent.mkdir()
    target.write_text("as it was")
    with pytest.raises(Invalid, match=r"raw/a/deep/small .* is corrupt"):
        download({target: listed[0]}, buckets.datasets)
    assert target.read_text() == "as it was"
    assert list(target.parent.iterdir()) == [target]
    assert read_through([large, *listed], buckets.datasets) == listed


@pytest.mark.parametrize(
    ("action", "verb"),
    [("PutObject", "upload"), ("GetObject", "download"), ("ListBucket", "download"), ("GetObject", "upload")],
)
def test_missing_rights_are_told(buckets, tmp_path, action, verb):
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "small").write_text("small")
    assert buckets.command("data", "upload", str(folder)).returncode == 0
    (folder / "more").write_text("more")
    buckets.deny(buckets.datasets, action)
    where = {"upload": [str(folder)], "download": ["raw/a", str(tmp_path / "back")]}
    done = buckets.command("data", verb, *where[verb])
    if action == "ListBucket":
        assert done.returncode == 0, "the manifest is enough"
    else:
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(r"mlinfra: \w+ is not allowed.*\nHave the right to it added .*\n", done.stderr)
    buckets.deny(buckets.datasets)
    assert set(datasets.find("raw/a").files) == {"small"}


@pytest.mark.parametrize("command", [("upload", "."), ("download", "raw/a"), ("list",), ("verify", "raw/a")])
def test_a_missing_bucket_is_told(buckets, command, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.chdir(tmp_path)
    buckets.environment["MLINFRA_DATASETS_BUCKET"] = "not-there"
    done = buckets.command("data", *command)
    assert done.returncode == 3
    assert "The bucket not-there does not exist" in done.stderr
    assert "Traceback" not in done.stderr


SMALL_DISK = 'mount -t tmpfs -o size=12m none "$0" && exec "$@"'


def on_a_small_disk(buckets, folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command while a folder is a disk of 12 MiB, for it alone."""
    folder.mkdir(exist_ok=True)
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, str(folder), *command]
    return subprocess.run(words, env=buckets.environment, **TEXT, check=False)


def test_a_full_disk_is_told_before_the_first_byte(buckets, files, tmp_path):
    upload(files, buckets.datasets)
    buckets.watch()
    done = on_a_small_disk(buckets, tmp_path / "small", buckets.call("data", "download", "raw/a", str(tmp_path / "small")))
    assert done.returncode == 1
    assert re.search(r"The disk of \S+/small has 12 MiB left, and 17 MiB are to be written there", done.stderr)
    assert buckets.calls("GetObject") == buckets.calls("GetObject")[:1], "but the manifest"


def test_a_disk_that_gets_full_is_told_and_what_is_there_stays(buckets, files, tmp_path):
    """Somebody else takes the space meanwhile: the check has not seen it."""
    upload(files, buckets.datasets)
    small = tmp_path / "small"
    program = (
        "import shutil, sys, driver\n"
        "real = shutil.disk_usage\n"
        "shutil.disk_usage = lambda path: real('/')\n"
        f"sys.argv[1:] = ['0', 'before', 'data', 'download', 'raw/a', {str(small)!r}]\n"
        "try:\n"
        "    driver.main()\n"
        "finally:\n"
        f"    import pathlib; print(sorted((p.name, p.stat().st_size) for p in pathlib.Path({str(small)!r}).iterdir()))\n"
    )
    buckets.environment["PYTHONPATH"] += f":{Path(__file__).parent}"
    done = on_a_small_disk(buckets, small, [sys.executable, "-c", program])
    assert done.returncode == 1
    assert re.search(r"The disk of \S+/small/large is full", done.stderr)
    assert re.search(r"\('\.large\.\w+\.part', \d{7,}\)", done.stdout)
    assert "('large'," not in done.stdout


def test_files_outside_of_the_folder_are_refused(buckets, tmp_path):
    s3.client().put_object(Bucket=buckets.datasets, Key="raw/bad/../../../evil", Body=b"x")
    with pytest.raises(Invalid, match="would lie outside"):
        datasets.fetch(datasets.find("raw/bad"), tmp_path / "a" / "b")
    assert not list(tmp_path.rglob("evil"))


def test_what_others_have_stored_is_taken_with_the_checksum_that_s3_knows(buckets, tmp_path):
    """A SHA-256 of the whole is as good as one of ours; without one there is nothing to verify."""
    content = b"of others"
    where = {"Bucket": buckets.datasets, "Body": content}
    s3.client().put_object(**where, Key="raw/o/known", ChecksumAlgorithm="SHA256")
    s3.client().put_object(**where, Key="raw/o/unknown")
    s3.client().put_object(Bucket=buckets.datasets, Key="raw/o/")
    found = {stored.key: stored for stored in listing(buckets.datasets, "raw/o/")}
    assert {key: stored.sha256 for key, stored in found.items()} == {
        "raw/o/known": hashlib.sha256(content).hexdigest(),
        "raw/o/unknown": "",
    }
    download({tmp_path / key: stored for key, stored in found.items()}, buckets.datasets)
    assert [(tmp_path / key).read_bytes() for key in found] == [content] * 2


def test_copies_are_made_by_s3_and_compared(buckets, files, monkeypatch):
    """Large objects in the parts that they were sent in."""
    monkeypatch.setattr(copying, "LARGEST", PART)
    stored = upload(files, buckets.datasets)
    buckets.watch()
    copies = copy({f"copy/{each.key}": each for each in stored}, buckets.datasets)
    assert {call.action for call in buckets.calls()} == {
        "HeadObject", "CopyObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload",
    }  # fmt: skip
    assert listing(buckets.datasets, "copy/") == sorted(copies, key=lambda each: each.key)
    assert read_through(copies, buckets.datasets) == []


def test_a_large_copy_of_something_else_is_not_completed(buckets, files, monkeypatch):
    monkeypatch.setattr(copying, "LARGEST", PART)
    monkeypatch.setattr(copying, "composite", lambda parts: composite([*parts, parts[0]]))
    [large, *_others] = upload(files, buckets.datasets)
    with pytest.raises(Invalid, match="does not have its checksum"):
        copy({"copy": large}, buckets.datasets)
    assert buckets.keys(buckets.datasets, "copy") == []
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=buckets.datasets)
