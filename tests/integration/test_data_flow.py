# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks of the data flow that need no host: upload and rollback; and what the others say without one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..depth import extended
from .site import SUFFIX, Site, running, with_buckets

SLOT = 61
pytestmark = [extended, pytest.mark.weight(90), pytest.mark.xdist_group("data_flow")]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An environment that has its buckets, and nothing else."""
    with running(SLOT) as emulator:
        yield with_buckets(emulator)


def read(site: Site, kind: str, key: str) -> bytes:
    """The content of an object of one of the buckets."""
    return site.client("s3").get_object(Bucket=f"bench-seed-{kind}-{SUFFIX}", Key=key)["Body"].read()


def test_a_folder_is_uploaded_once(site, tmp_path):
    """Check mode says so and writes nothing, the second run has nothing to do, and a changed file is sent again."""
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "a.csv").write_text("1\n")
    arguments = ("playbooks/upload.yml", "-e", f"path={folder}")
    site.written()
    said = site.playbook(*arguments, "--check")
    assert "raw/digits would be stored." in said
    assert "changed=1" in said
    assert site.written() == []
    assert "raw/digits: 1 file, 2 bytes, is stored." in site.playbook(*arguments)
    assert read(site, "datasets", "raw/digits/a.csv") == b"1\n"
    assert len(site.written()) == 2, "the file, and then the manifest"
    assert "changed=0" in site.playbook(*arguments)
    assert site.written() == []
    (folder / "a.csv").write_text("2\n")
    assert "is stored" in site.playbook(*arguments, "-e", "dataset=external/numbers")
    assert read(site, "datasets", "external/numbers/a.csv") == b"2\n"
    assert read(site, "datasets", "raw/digits/a.csv") == b"1\n"


def test_a_version_comes_back(site):
    """By moving the pointer, which says who has done it."""
    files = {"path": "model.json", "size": 2, "sha256": hashlib.sha256(b"{}").hexdigest()}
    history = []
    s3, bucket = site.client("s3"), f"bench-seed-models-{SUFFIX}"
    for version in ("1", "2"):
        folder = f"production/digits/{version}/"
        put = s3.put_object(Bucket=bucket, Key=f"{folder}model.json", Body=b"{}", Metadata={"sha256": files["sha256"]})
        manifest = {"model": "digits", "version": version, "run": f"run{version}", "metrics": {}}
        manifest["files"] = [files | {"version_id": put["VersionId"]}]
        s3.put_object(Bucket=bucket, Key=f"{folder}manifest.json", Body=json.dumps(manifest))
        history.append({"version": version, "previous": None if version == "1" else "1", "action": "promote"})
    pointer = {"model": "digits", **history[-1], "history": history}
    s3.put_object(Bucket=bucket, Key="production/digits/current.json", Body=json.dumps(pointer))
    site.written()
    arguments = ("playbooks/rollback.yml", "-e", "model=digits")
    assert "Version 1 of digits would be in production again, from run1." in site.playbook(*arguments, "--check")
    assert site.written() == []
    assert "Version 1 of digits is in production again, from run1." in site.playbook(*arguments)
    stands = json.loads(read(site, "models", "production/digits/current.json"))
    assert (stands["version"], stands["previous"], stands["action"], len(stands["history"])) == ("1", "2", "rollback", 3)
    assert stands["by"]
    assert len(site.written()) == 1
    assert "changed=0" in site.playbook(*arguments, "-e", "to=1")
    done = site.run(*arguments)
    assert done.returncode
    assert "Version 1 of digits is the first one: there is none to go back to." in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("upload", "path=/nowhere/digits"), "/nowhere/digits is not a file, nor a folder with files in it."),
        (("upload", "path=/etc/hostname dataset=a/b/c"), "'a/b/c' can't name a dataset"),
        (("upload", "dataset=raw/x"), "missing required arguments: path"),
        (("rollback", "model=other"), "There is no model other in production."),
        (("process", "script=x.py source=raw/x target=processed/x"), "No host of bench-seed runs."),
        (("promote", "run=a model=b"), "No host of bench-seed runs."),
        (("promote", "run=a model=b host=c"), "No host c runs."),
    ],
)
def test_what_can_not_be_done_is_told(site, arguments, said):
    site.written()
    name, variables = arguments
    done = site.run(f"playbooks/{name}.yml", "-e", variables)
    assert done.returncode
    assert said in " ".join(done.stdout.split())
    assert site.written() == []


def test_keys_of_the_account_are_in_no_command_line(site, tmp_path):
    """With -vvv as well: what starts the command is told, and not what it is given."""
    Path(tmp_path / "x").write_text("x")
    keys = json.dumps({
        "mlinfra_aws_connection": {
            "region": "us-east-1",
            "endpoint_url": site.emulator.endpoint,
            "aws_ca_bundle": site.emulator.ca_bundle,
            "access_key": "module",
            "secret_key": "nobody-may-see-it",
        }
    })
    said = site.playbook("playbooks/upload.yml", "-e", f"path={tmp_path}/x", "-e", keys, "-vvv")
    assert "is stored" in said
    assert "nobody-may-see-it" not in said
