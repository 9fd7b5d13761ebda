# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What host_files writes, reports and refuses, on real files."""

from __future__ import annotations

import grp
import json
import os
import pwd
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.mlinfra.aws.plugins.modules import host_files

OWNER = pwd.getpwuid(os.getuid()).pw_name
GROUP = grp.getgrgid(os.getgid()).gr_name


def entry(path: Path, content: str | None = None, mode: str = "", **others: str) -> dict:
    """A file with that content, or a folder, of whoever runs the tests."""
    mode = mode or ("0755" if content is None else "0644")
    return {"path": str(path), "content": content, "owner": OWNER, "group": GROUP, "mode": mode} | others


@pytest.fixture
def apply(capsys, tmp_path):
    """Run the module as Ansible does, and return what it answers."""

    def run(*files: dict, absent: list[Path] | None = None, check: bool = False, succeeds: bool = True) -> dict:
        arguments = {
            "files": list(files),
            "absent": [str(path) for path in absent or []],
            "_ansible_check_mode": check,
            "_ansible_remote_tmp": str(tmp_path / "remote"),
        }
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            host_files.main()
        assert (ended.value.code == 0) is succeeds
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def there(tmp_path):
    """A folder for the files."""
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


def described(path: Path) -> tuple[str, str]:
    return path.read_bytes().decode(), f"{path.stat().st_mode & 0o7777:04o}"


def test_folders_and_files_are_made_in_one_run(apply, there):
    files = [entry(there / "a" / "b"), entry(there / "a" / "b" / "c", "x=ü\n", "0600")]
    result = apply(*files)
    assert result["changed"]
    assert result["changed_paths"] == [str(there / "a" / "b"), str(there / "a" / "b" / "c")]
    assert described(there / "a" / "b" / "c") == ("x=ü\n", "0600")
    assert result["diff"][1]["before"] == ""
    assert result["diff"][1]["after"] == f"{OWNER}:{GROUP} 0600\nx=ü\n"


def test_a_second_run_changes_nothing(apply, there):
    files = [entry(there / "a"), entry(there / "a" / "b", "x\r\ny\n"), entry(there / "empty", "")]
    apply(*files)
    before = [os.stat(file["path"]) for file in files]
    result = apply(*files)
    assert not result["changed"]
    assert result["changed_paths"] == result["diff"] == []
    assert [os.stat(file["path"]) for file in files] == before


def test_only_what_differs_is_written(apply, there):
    files = [entry(there / "a", "1"), entry(there / "b", "2"), entry(there / "c", "3")]
    apply(*files)
    (there / "b").write_text("altered")
    (there / "c").chmod(0o666)
    untouched = os.stat(there / "a")
    result = apply(*files)
    assert result["changed_paths"] == [str(there / "b"), str(there / "c")]
    assert [diff["before"].splitlines()[-1] for diff in result["diff"]] == ["altered", "3"]
    assert (described(there / "b"), described(there / "c")) == (("2", "0644"), ("3", "0644"))
    assert os.stat(there / "a") == untouched


def test_check_mode_tells_the_same_and_writes_nothing(apply, there):
    (there / "b").write_text("altered")
    files = [entry(there / "a"), entry(there / "a" / "new", "1"), entry(there / "b", "2")]
    plan = apply(*files, check=True)
    assert [path.name for path in there.iterdir()] == ["b"]
    assert (there / "b").read_text() == "altered"
    real = apply(*files)
    assert (plan["changed_paths"], plan["diff"]) == (real["changed_paths"], real["diff"])


def test_check_mode_copes_with_an_owner_that_is_still_to_be_made(apply, there):
    result = apply(entry(there, owner="nobody-yet", group="nobody-yet"), check=True)
    assert result["changed_paths"] == [str(there)]


def test_an_unknown_owner_is_named(apply, there):
    result = apply(entry(there / "a", "1", owner="nobody-yet"), succeeds=False)
    assert "nobody-yet" in result["msg"]


def test_a_link_to_a_folder_is_kept(apply, there):
    (there / "disk").mkdir(mode=0o700)
    (there / "data").symlink_to(there / "disk")
    apply(entry(there / "data", mode="0750"))
    assert (there / "data").is_symlink()
    assert f"{(there / 'disk').stat().st_mode & 0o7777:04o}" == "0750"


def test_a_link_in_the_place_of_a_file_is_replaced_and_its_target_is_left_alone(apply, there):
    (there / "target").write_text("1")
    (there / "file").symlink_to(there / "target")
    result = apply(entry(there / "file", "1"))
    assert result["changed"]
    assert not (there / "file").is_symlink()
    assert (there / "file").read_text() == (there / "target").read_text() == "1"


@pytest.mark.parametrize(("content", "reason"), [("1", "is a folder"), (None, "no folder")])
def test_what_is_of_another_kind_is_left_and_named(apply, there, content, reason):
    path = there / "a"
    if content is None:
        path.write_text("kept")
    else:
        path.mkdir()
    for check in (True, False):
        result = apply(entry(path, content), check=check, succeeds=False)
        assert str(path) in result["msg"]
        assert reason in result["msg"]
    assert path.exists()


def test_what_was_written_before_a_failure_is_told(apply, there):
    result = apply(entry(there / "a", "1"), entry(there / "none" / "b", "2"), succeeds=False)
    assert result["changed_paths"] == [str(there / "a")]
    assert str(there / "none" / "b") in result["msg"]


def test_what_should_be_absent_is_removed_once(apply, there):
    apply(entry(there / "a" / "b"), entry(there / "a" / "b" / "c", "1"), entry(there / "d", "2"), entry(there / "e"))
    (there / "link").symlink_to(there / "e")
    gone = [there / "a", there / "d", there / "link", there / "never", there / "a" / "b"]
    plan = apply(absent=gone, check=True)
    assert len(list(there.iterdir())) == 4
    real = apply(absent=gone)
    assert plan["changed_paths"] == real["changed_paths"] == [str(path) for path in gone[:3]]
    assert [path.name for path in there.iterdir()] == ["e"]
    assert not apply(absent=gone)["changed"]


def test_content_is_judged_before_it_takes_the_place_of_what_was(apply, there):
    file = there / "settings"
    judged = {"validate": ["grep", "--quiet", "good", "%s"]}
    apply(entry(file, "good\n") | judged)
    for check, succeeds in ((True, True), (False, False)):
        result = apply(entry(file, "bad\n") | judged, check=check, succeeds=succeeds)
        assert file.read_text() == "good\n"
    assert f"{file} can't be made as asked: grep refuses it" in result["msg"]
    assert not apply(entry(file, "good\n") | {"validate": ["false"]})["changed"], "it is asked about what is there"
