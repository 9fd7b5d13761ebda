# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Datasets by the command: what is stored, what it was made of, and what programs are told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from mlinfra import documents, s3
from mlinfra.data import datasets
from mlinfra.errors import Conflict, Usage

DOUBLE = """
import os, pathlib, sys
source, target = (pathlib.Path(os.environ[f"MLINFRA_{kind}_DIRECTORY"]) for kind in ("INPUT", "OUTPUT"))
print("reading", *sorted(path.name for path in source.iterdir()))
(target / "sums").mkdir()
for path in filter(pathlib.Path.is_file, source.rglob("*")):
    (target / "sums" / path.name).write_text(path.read_text() * int(sys.argv[1]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two files."""
    made = tmp_path / "numbers"
    (made / "deep").mkdir(parents=True)
    (made / "a.csv").write_text("1\n")
    (made / "deep" / "b.csv").write_text("2\n")
    return made


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that doubles what it reads."""
    made = tmp_path / "double.py"
    made.write_text(DOUBLE)
    return made


def run(buckets, *arguments, status=0, **more):
    """A command's one JSON document."""
    done = buckets.command("--json", *map(str, arguments), **more)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def test_a_folder_becomes_a_dataset_whose_manifest_comes_last(buckets, folder):
    buckets.watch()
    told = run(buckets, "data", "upload", folder)
    assert (told["dataset"], told["changed"], told["by"]) == ("raw/numbers", True, "jane")
    assert {each["path"]: each["sha256"] for each in told["files"]} == {
        path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in ("a.csv", "deep/b.csv")
    }
    assert buckets.calls("PutObject")[-1].resource.endswith("raw/numbers/.manifest.json")
    found = datasets.find("raw/numbers")
    assert (found.version_id, len(found.files), found.size) == (told["version_id"], 2, 4)


def test_the_same_folder_again_writes_nothing(buckets, folder):
    first = run(buckets, "data", "upload", folder, "--name", "n", "--prefix", "external")
    buckets.watch()
    again = run(buckets, "data", "upload", folder, "--name", "n", "--prefix", "external")
    assert not again.pop("changed")
    assert again["told"].startswith("external/n: 2 files, 4 bytes, was there already")
    assert again | {"told": "", "changed": True} == first | {"told": ""}
    assert not [call for call in buckets.calls() if call.writing]


def test_check_says_whether_it_would_be_stored(buckets, folder):
    assert run(buckets, "data", "upload", folder, "--check")["changed"]
    assert buckets.keys(buckets.datasets) == []
    run(buckets, "data", "upload", folder)
    assert not run(buckets, "data", "upload", folder, "--check")["changed"]
    (folder / "a.csv").write_text("3\n")
    assert run(buckets, "data", "upload", folder, "--check")["changed"]


def test_a_dataset_stays_what_it_was_read_as(buckets, folder, tmp_path):
    """A file that is gone is in the dataset no more, and whoever has read the old manifest gets the old files."""
    run(buckets, "data", "upload", folder)
    old = datasets.find("raw/numbers")
    (folder / "a.csv").write_text("other\n")
    (folder / "deep" / "b.csv").unlink()
    run(buckets, "data", "upload", folder)
    assert set(datasets.find("raw/numbers").files) == {"a.csv"}
    datasets.fetch(old, tmp_path / "old")
    assert [(tmp_path / "old" / path).read_text() for path in old.files] == ["1\n", "2\n"]


def test_a_single_file_is_a_dataset_of_its_name(buckets, folder):
    assert run(buckets, "data", "upload", folder / "a.csv")["dataset"] == "raw/a"
    assert set(datasets.find("raw/a").files) == {"a.csv"}


def test_it_comes_back(buckets, folder, tmp_path, monkeypatch):
    run(buckets, "data", "upload", folder)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numbers").rename(tmp_path / "away")
    told = run(buckets, "data", "download", "raw/numbers")
    assert told["folder"] == str(tmp_path / "numbers")
    assert (tmp_path / "numbers" / "deep" / "b.csv").read_text() == "2\n"
    assert run(buckets, "data", "download", "raw/none", status=3)["error"] == "There is no dataset raw/none."


def test_who_stores_second_is_told(buckets, folder, monkeypatch):
    """Both have read the same manifest: the first one's stands."""
    run(buckets, "data", "upload", folder)
    files = datasets.files_of(folder)
    original = datasets.upload

    def upload(*arguments):
        (folder / "a.csv").write_text("of the other\n")
        monkeypatch.setattr(datasets, "upload", original)
        datasets.store("raw/numbers", datasets.files_of(folder))
        (folder / "a.csv").write_text("mine\n")
        return original(*arguments)

    monkeypatch.setattr(datasets, "upload", upload)
    with pytest.raises(Conflict, match=r"raw/numbers was not stored: .* jane has written it in the meantime"):
        datasets.store("raw/numbers", files)
    assert datasets.find("raw/numbers").files["a.csv"].sha256 == hashlib.sha256(b"of the other\n").hexdigest()


def test_the_list_shows_what_is_there(buckets, folder, script):
    assert run(buckets, "data", "list") == []
    run(buckets, "data", "upload", folder)
    run(buckets, "data", "process", script, "--from", "raw/numbers", "--to", "processed/sums", "--", "2")
    s3.client().put_object(Bucket=buckets.datasets, Key="external/of-others/x", Body=b"xyz")
    s3.client().put_object(Bucket=buckets.datasets, Key="interim/")
    told = run(buckets, "data", "list")
    assert [(each["dataset"], len(each["files"]), each["size"], each["by"]) for each in told] == [
        ("external/of-others", 1, 3, ""),
        ("processed/sums", 2, 8, "jane"),
        ("raw/numbers", 2, 4, "jane"),
    ]
    text = buckets.command("data", "list").stdout
    assert "processed/sums" in text
    assert "raw/numbers" in text.splitlines()[-3]


def test_verification_reads_what_lies_there(buckets, folder):
    told = run(buckets, "data", "upload", folder)
    assert run(buckets, "data", "verify", "raw/numbers")["size"] == 4
    [lost] = [each for each in told["files"] if each["path"] == "a.csv"]
    s3.client().delete_object(Bucket=buckets.datasets, Key=lost["key"], VersionId=lost["version_id"])
    said = run(buckets, "data", "verify", "raw/numbers", status=5)
    assert said["error"] == "Not what was stored, or not there any more: raw/numbers/a.csv."


def test_a_script_makes_a_dataset_and_that_is_recorded(buckets, folder, script):
    raw = run(buckets, "data", "upload", folder / "a.csv", "--name", "one")
    arguments = ("data", "process", script, "--from", "raw/one", "--to", "processed/two", "--", "2")
    done = buckets.command("--json", *map(str, arguments))
    assert (done.returncode, done.stderr) == (0, "reading a.csv\n")
    told = json.loads(done.stdout)
    assert told["source"] | {"sha256": ""} == {
        "dataset": "raw/one",
        "version_id": raw["version_id"],
        "sha256": "",
        "script": "double.py",
        "script_sha256": hashlib.sha256(DOUBLE.encode()).hexdigest(),
        "arguments": ["2"],
    }
    [made] = told["files"]
    assert (made["path"], made["sha256"]) == ("sums/a.csv", hashlib.sha256(b"1\n1\n").hexdigest())
    buckets.watch()
    again = run(buckets, *arguments)
    assert (again["changed"], again["version_id"]) == (False, told["version_id"])
    assert not [call for call in buckets.calls() if call.writing]
    assert run(buckets, *arguments[:-2], "--check", "--", "3")["changed"]
    assert run(buckets, *arguments[:-2], "--again", "--", "2")["version_id"] == told["version_id"], "the same came of it"
    assert run(buckets, *arguments[:-1], "3")["source"]["arguments"] == ["3"]


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        ("raise SystemExit(7)", 1, "script.py ended with 7: nothing was stored."),
        ("import os; os.kill(os.getpid(), 9)", 1, "script.py was ended by signal 9: nothing was stored."),
        ("", 5, "script.py has written nothing to MLINFRA_OUTPUT_DIRECTORY."),
    ],
)
def test_a_script_that_fails_stores_nothing(buckets, folder, tmp_path, text, status, error):
    run(buckets, "data", "upload", folder)
    script = tmp_path / "script.py"
    script.write_text(text)
    arguments = ("data", "process", script, "--from", "raw/numbers", "--to", "processed/x")
    assert run(buckets, *arguments, status=status)["error"] == error
    assert buckets.keys(buckets.datasets, "processed/") == []


def test_what_was_downloaded_for_a_script_is_not_downloaded_again(buckets, folder, tmp_path):
    run(buckets, "data", "upload", folder)
    script = tmp_path / "script.py"
    arguments = ("data", "process", script, "--from", "raw/numbers", "--to", "processed/x")
    script.write_text("raise SystemExit(1)")
    run(buckets, *arguments, status=1)
    script.write_text("import os; open(os.environ['MLINFRA_OUTPUT_DIRECTORY'] + '/x', 'w').write('x')")
    buckets.watch()
    run(buckets, *arguments)
    assert {call.resource.rpartition("/")[2] for call in buckets.calls("GetObject")} == {".manifest.json"}
    assert not list((Path(buckets.environment["HOME"]) / ".cache" / "mlinfra" / "process").glob("[!.]*"))


@pytest.mark.parametrize("reference", ["raw", "raw/a/b", "raw/..", "", "/x/", "ra w/x"])
def test_what_can_not_name_a_dataset(buckets, reference):
    with pytest.raises(Usage, match="can't name a dataset"):
        datasets.find(reference)


def test_what_can_not_be_uploaded(buckets, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "nor a folder with files in it" in run(buckets, "data", "upload", tmp_path / "empty", status=2)["error"]
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / ".manifest.json").write_text("{}")
    assert "has the name that the manifest" in run(buckets, "data", "upload", tmp_path / "taken", status=2)["error"]
    assert buckets.keys(buckets.datasets) == []


def test_a_document_is_written_by_who_has_read_it_alone(buckets):
    first = documents.write(buckets.datasets, "d", {"by": "jane", "at": "1"}, None)
    with pytest.raises(Conflict, match="jane has written it"):
        documents.write(buckets.datasets, "d", {"by": "joe", "at": "2"}, None)
    second = documents.write(buckets.datasets, "d", {"by": "joe", "at": "2"}, first)
    with pytest.raises(Conflict, match="joe has written it"):
        documents.write(buckets.datasets, "d", {"by": "jane", "at": "3"}, first)
    assert documents.read(buckets.datasets, "d") == second
    s3.client().delete_object(Bucket=buckets.datasets, Key="d")
    with pytest.raises(Conflict, match="somebody else has removed it"):
        documents.write(buckets.datasets, "d", {"by": "jane", "at": "4"}, second)
    assert documents.read(buckets.datasets, "d") is None
