# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was deleted, overwritten or emptied comes back as it was: by its playbook, once, with nothing lost, and as it was announced."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ..depth import extended
from . import restore
from .site import SUFFIX, Site, running, with_buckets

SLOT = 83
BUCKET = f"bench-seed-datasets-{SUFFIX}"
# More versions than S3 lists at once.
MANY = 520
pytestmark = [extended, pytest.mark.weight(120), pytest.mark.xdist_group("restore")]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An environment that has its buckets, and nothing else."""
    with running(SLOT) as emulator:
        yield with_buckets(emulator)


def restored(site: Site, **asked: str) -> str:
    """Plan it, do it, do it again: the plan writes nothing, the second run has nothing to do. Returns what the plan and the run said."""
    arguments = ["playbooks/restore.yml", "-e", "restore_bucket=datasets"]
    for name, value in asked.items():
        arguments += ["-e", f"restore_{name}={value}"]
    site.written()
    planned = site.playbook(*arguments, "--check", "--diff")
    assert site.written() == []
    said = site.playbook(*arguments)
    assert changes(planned) == changes(said) > 0
    assert site.written()
    assert changes(site.playbook(*arguments)) == 0
    assert site.written() == []
    return " ".join((planned + said).split())


def changes(said: str) -> int:
    """The changes of a run."""
    return int(said.split("changed=")[-1].split()[0])


def refused(site: Site, *asked: str) -> str:
    """What a run says that must fail, and must write nothing."""
    site.written()
    done = site.run("playbooks/restore.yml", *(word for one in asked for word in ("-e", f"restore_{one}")))
    assert done.returncode != 0, done.stdout
    assert site.written() == []
    return " ".join((done.stdout + done.stderr).split())


def test_an_object_and_a_version(site: Site) -> None:
    s3 = site.client("s3")
    first = s3.put_object(Bucket=BUCKET, Key="raw/a.csv", Body=b"first")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="raw/a.csv", Body=b"second")
    s3.delete_object(Bucket=BUCKET, Key="raw/a.csv")
    assert "were brought back: raw/a.csv" in restored(site, what="object", key="raw/a.csv")
    assert restore.contents(s3, BUCKET) == {"raw/a.csv": b"second"}
    assert "set back to an older version: raw/a.csv" in restored(site, what="version", key="raw/a.csv", version=first)
    assert restore.contents(s3, BUCKET) == {"raw/a.csv": b"first"}
    assert len(restore.versions(s3, BUCKET)) == 5, "two versions, a marker, and a copy of each version"


def test_a_prefix_as_it_was(site: Site) -> None:
    """Emptied, overwritten and littered. The plan tells what becomes of each object."""
    s3 = site.client("s3")
    keys = [f"raw/many/{number}" for number in range(MANY)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode()), keys))
        before, then = restore.contents(s3, BUCKET), restore.later()
        list(pool.map(lambda key: s3.delete_object(Bucket=BUCKET, Key=key), keys[1:]))
    s3.put_object(Bucket=BUCKET, Key=keys[0], Body=b"x" * len(keys[0]))
    s3.put_object(Bucket=BUCKET, Key="raw/many/new", Body=b"new")
    s3.put_object(Bucket=BUCKET, Key="raw/other", Body=b"other")
    versions = restore.versions(s3, BUCKET)
    said = restored(site, what="prefix", prefix="raw/many/", to=then)
    assert f"{MANY + 1} looked at" in said
    assert f"{MANY - 1} would be brought back: raw/many/1, raw/many/10, raw/many/100 and {MANY - 4} more" in said
    assert "1 were set back to an older version: raw/many/0" in said
    assert "1 were marked as deleted: raw/many/new" in said
    assert "raw/many/499" in said.partition("PLAY RECAP")[0], "the plan lists each"
    assert restore.contents(s3, BUCKET) == {**before, "raw/other": b"other"}
    after = restore.versions(s3, BUCKET)
    assert versions < after
    assert len(after) == len(versions) + MANY + 1


def test_what_can_not_be_restored_is_refused(site: Site) -> None:
    """All that is wrong at once, before the first call; what is not there, before anything is written."""
    site.written()
    done = site.run("playbooks/restore.yml", "-e", "restore_what=version", "-e", "restore_to=noon")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "restore_bucket: (empty) is missing; restore_what=version takes a bucket" in said
    assert "restore_key: (empty) is missing" in said
    assert "restore_version: (empty) is missing" in said
    assert "restore_to: noon says nothing with restore_what=version; it is for restore_what=prefix" in said
    assert site.emulator.program("calls", "--caller", "module") == ""
    assert "There is no object raw/b.csv" in refused(site, "what=object", "bucket=datasets", "key=raw/b.csv")
    late = ("what=prefix", "bucket=datasets", "prefix=raw/", "to=2020-01-01T00:00:00Z")
    assert "nothing was there at 2020-01-01T00:00:00Z" in refused(site, *late)
