# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Into production and back: whole or not at all, recorded, and one at a time."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from mlinfra import documents, s3
from mlinfra.errors import Conflict, Invalid, Missing
from mlinfra.models import promotion, registry, validation
from mlinfra.models.validation import Requirement
from trained import DATA, train


def served(tmp_path, model: str = "digits") -> dict[str, bytes]:
    """The files of the version in production, as a server gets them."""
    folder = registry.fetch(registry.current(model), tmp_path / "served")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def versions_seen(buckets) -> set[str]:
    """All versions that a listing of the bucket shows something of."""
    return {key.split("/")[2] for key in buckets.keys(buckets.models, "production/digits/") if key.count("/") > 2}


def test_a_promotion_copies_and_records(buckets, tmp_path):
    files = train(buckets.models, "first")
    manifest, changed = promotion.promote("first", "digits", [Requirement.parse("accuracy>=0.9")])
    assert (changed, manifest) == (True, registry.current("digits"))
    assert served(tmp_path) == files
    assert {each["path"]: each["sha256"] for each in manifest["files"]} == {
        path: hashlib.sha256(content).hexdigest() for path, content in files.items()
    }
    assert {name: manifest[name] for name in ("model", "version", "run", "metrics", "code", "data", "requirements")} == {
        "model": "digits",
        "version": "1",
        "run": "first",
        "metrics": {"accuracy": 0.95},
        "code": "c0ffee",
        "data": DATA,
        "requirements": ["accuracy>=0.9"],
    }
    assert manifest["promoted"]["by"] == "jane"
    assert datetime.now(UTC) - datetime.fromisoformat(manifest["promoted"]["at"]) < timedelta(minutes=5)
    assert registry.models() == ["digits"]


def test_the_bytes_are_copied_by_s3_and_the_manifest_comes_last(buckets):
    train(buckets.models, "first")
    buckets.watch()
    promotion.promote("first", "digits")
    written = [(call.action, call.resource.partition("digits/")[2]) for call in buckets.calls() if call.writing]
    assert written[0] == ("PutObject", "1/.promotion.json")
    assert {action for action, _key in written[1:4]} == {"CopyObject"}
    assert written[4:] == [
        ("PutObject", "1/manifest.json"),
        ("PutObject", "current.json"),
        ("DeleteObject", "1/.promotion.json"),
    ]


def test_the_same_model_is_not_promoted_twice(buckets):
    train(buckets.models, "first")
    promotion.promote("first", "digits")
    buckets.watch()
    manifest, changed = promotion.promote("first", "digits")
    assert (changed, manifest["version"]) == (False, "1")
    assert not [call for call in buckets.calls() if call.writing]


def test_check_says_what_would_be_done(buckets):
    train(buckets.models, "first")
    train(buckets.models, "second")
    promotion.promote("first", "digits")
    buckets.watch()
    manifest, changed = promotion.promote("second", "digits", check=True)
    assert (changed, manifest["version"], manifest["run"]) == (True, "2", "second")
    assert not [call for call in buckets.calls() if call.writing]


def test_rolling_back_twice_goes_two_back(buckets):
    for run in ("first", "second", "third"):
        train(buckets.models, run)
        promotion.promote(run, "digits")
    assert promotion.rollback("digits", check=True)[0]["version"] == "2"
    assert [promotion.rollback("digits")[0]["version"] for _each in range(2)] == ["2", "1"]
    with pytest.raises(Missing, match="first one"):
        promotion.rollback("digits")
    train(buckets.models, "fourth")
    promotion.promote("fourth", "digits")
    pointer, _changed = promotion.rollback("digits")
    assert (pointer["version"], pointer["previous"], pointer["action"], pointer["by"]) == ("1", "4", "rollback", "jane")
    told = [(entry["version"], entry["action"], entry["previous"], entry["run"]) for entry in pointer["history"]]
    assert told == [
        ("1", "promote", None, "first"),
        ("2", "promote", "1", "second"),
        ("3", "promote", "2", "third"),
        ("2", "rollback", "3", "second"),
        ("1", "rollback", "2", "first"),
        ("4", "promote", "1", "fourth"),
        ("1", "rollback", "4", "first"),
    ]
    assert promotion.rollback("digits", "3")[1]
    assert not promotion.rollback("digits", "3")[1], "it is there"
    assert registry.current("digits")["run"] == "third"


def test_only_what_was_in_production_comes_back(buckets):
    train(buckets.models, "first")
    promotion.promote("first", "digits")
    with pytest.raises(Missing, match=r"Version 7 of digits never was in production"):
        promotion.rollback("digits", "7")
    with pytest.raises(Missing, match="no model other"):
        promotion.rollback("other")


def test_a_version_that_is_not_whole_does_not_come_back(buckets):
    for run in ("first", "second"):
        train(buckets.models, run)
        promotion.promote(run, "digits")
    [lost] = [each for each in registry.manifest("digits", "1")["files"] if each["path"] == "model.pt2"]
    s3.client().delete_object(Bucket=buckets.models, Key="production/digits/1/model.pt2", VersionId=lost["version_id"])
    with pytest.raises(Invalid, match=r"not whole any more: model\.pt2"):
        promotion.rollback("digits")
    assert registry.current("digits")["version"] == "2"


@pytest.mark.parametrize("standing", [[], ["old"]])
def test_of_two_promoters_one_wins_and_the_other_leaves_nothing(buckets, tmp_path, monkeypatch, standing):
    """Both have copied all, and meet before they write the pointer."""
    files = {run: train(buckets.models, run) for run in ("mine", "yours", *standing)}
    before = {promotion.promote(run, "digits")[0]["version"] for run in standing}
    barrier, original = threading.Barrier(2), documents.write

    def write(bucket, key, content, replaces):
        if key.endswith("current.json"):
            barrier.wait()
        return original(bucket, key, content, replaces)

    def attempt(run):
        try:
            return promotion.promote(run, "digits")[0]
        except Conflict as error:
            return error

    monkeypatch.setattr(documents, "write", write)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, ["mine", "yours"]))
    [won] = [result for result in results if isinstance(result, dict)]
    [lost] = [result for result in results if isinstance(result, Conflict)]
    assert f"version {won['version']} is in production" in lost.text
    assert registry.current("digits") == won
    assert served(tmp_path) == files[won["run"]]
    assert versions_seen(buckets) == before | {won["version"]}
    assert [entry["run"] for entry in registry.pointer("digits").content["history"]] == [*standing, won["run"]]


def test_many_promoters_in_processes(buckets, tmp_path):
    """Whoever says that it has won is in the history, one after the other; who says that it has lost left nothing."""
    runs = [f"run{number}" for number in range(5)]
    files = {run: train(buckets.models, run) for run in runs}
    processes = {
        run: subprocess.Popen(
            buckets.call("--json", "model", "promote", run, "--model", "digits"),
            env=buckets.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for run in runs
    }
    told = {run: (json.loads(process.communicate()[0]), process.returncode) for run, process in processes.items()}
    assert {status for _document, status in told.values()} <= {0, 4}
    won = {run: document["version"] for run, (document, status) in told.items() if status == 0}
    history = registry.pointer("digits").content["history"]
    assert {entry["run"]: entry["version"] for entry in history} == won
    assert [entry["previous"] for entry in history] == [None, *(entry["version"] for entry in history[:-1])]
    assert versions_seen(buckets) == set(won.values())
    assert served(tmp_path) == files[history[-1]["run"]]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_promoter_killed_at_any_step_is_in_nobodys_way(buckets, tmp_path, moment):
    """Production is whole after each kill, and the next promotion succeeds and leaves nothing of the dead."""
    train(buckets.models, "old")
    promotion.promote("old", "digits")
    for step in range(1, 20):
        victim, heir = f"victim{step}", f"heir{step}"
        files = {run: train(buckets.models, run) for run in (victim, heir)}
        standing = registry.current("digits")
        done = buckets.command("model", "promote", victim, "--model", "digits", kill=step, moment=moment)
        stands = registry.current("digits")
        assert stands == standing or stands["run"] == victim
        assert served(tmp_path)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        manifest, changed = promotion.promote(heir, "digits")
        assert changed
        assert served(tmp_path) == files[heir]
        history = registry.pointer("digits").content["history"]
        assert versions_seen(buckets) == {entry["version"] for entry in history}
        assert not [key for key in buckets.keys(buckets.models) if key.endswith(registry.CLAIM)]
        assert manifest["version"] == history[-1]["version"]
    assert step == 8, "a claim, three files, a manifest, a pointer, and the claim's end"


def test_a_lost_answer_to_the_pointer_is_no_conflict(buckets):
    """boto3 sends it once more, and S3 refuses what stands already."""
    content = {"version": "1", **documents.signature()}
    first = documents.write(buckets.models, "production/digits/current.json", content, None)
    assert documents.write(buckets.models, "production/digits/current.json", content, None).etag == first.etag


def test_a_promoter_without_rights_leaves_nothing(buckets):
    train(buckets.models, "first")
    where = f"arn:aws:s3:::{buckets.models}/production/digits/current.json"
    denied = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": where}
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    s3.client().put_bucket_policy(Bucket=buckets.models, Policy=json.dumps(policy))
    done = buckets.command("model", "promote", "first", "--model", "digits")
    assert done.returncode == 1
    assert "PutObject is not allowed" in done.stderr
    assert buckets.keys(buckets.models, "production/") == []
    assert registry.current("digits") is None


def test_a_corrupt_copy_is_refused(buckets, monkeypatch):
    """A file of the run became another one between its validation and its copy."""
    train(buckets.models, "first")
    examine = validation.examine

    def examined(*arguments):
        found = examine(*arguments)
        return replace(found, files={path: replace(stored, sha256="00" * 32) for path, stored in found.files.items()})

    monkeypatch.setattr(validation, "examine", examined)
    monkeypatch.setattr(validation, "serve", lambda *_arguments: None)
    with pytest.raises(Invalid, match="does not have its checksum"):
        promotion.promote("first", "digits")
    assert buckets.keys(buckets.models, "production/") == []
