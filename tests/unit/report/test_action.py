# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action report writes both files, and nothing in check mode."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TASK = {
    "hosts": "localhost",
    "connection": "local",
    "gather_facts": False,
    "tasks": [
        {
            "mlinfra.aws.report": {
                "path": "{{ path }}",
                "title": "A <title>",
                "data": {"total": 3.5},
                "sections": "{{ sections }}",
            },
            "register": "written",
        },
        {"ansible.builtin.assert": {"that": ["written is changed", "written.html is match('/')"]}},
    ],
}
SECTIONS = [{"kind": "text", "text": "1 < 2"}]


def run(folder: Path, *arguments: str, path: str = "reports/one", sections: object = ()) -> subprocess.CompletedProcess:
    """Run the play in a folder."""
    (folder / "play.yml").write_text(json.dumps([TASK]))
    variables = json.dumps({"path": path, "sections": sections or SECTIONS})
    return subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "-e", variables, *arguments, "play.yml"],
        cwd=folder,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.weight(5)
def test_both_files_are_written(tmp_path):
    """Where ansible-playbook was started, in folders that were not there, whole."""
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["one.html", "one.json"]
    assert json.loads((tmp_path / "reports" / "one.json").read_text())["total"] == 3.5
    assert "1 &lt; 2" in (tmp_path / "reports" / "one.html").read_text()


@pytest.mark.weight(5)
def test_check_mode_writes_nothing(tmp_path):
    done = run(tmp_path, "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "reports").exists()


@pytest.mark.weight(5)
@pytest.mark.parametrize(
    ("settings", "message"),
    [({"path": "play.yml/one"}, "can't write the report"), ({"sections": [{"kind": "pie"}]}, "section 1: kind must be one of")],
)
def test_what_can_t_be_done_fails_with_its_reason(tmp_path, settings, message):
    done = run(tmp_path, **settings)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert not (tmp_path / "reports").exists()
