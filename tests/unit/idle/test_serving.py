# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to the inference service are a use of the host, and its processes are no jobs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
import serving
from processes import Process, Processes


def test_the_last_request_is_a_use(tmp_path: Path):
    used = tmp_path / "used"
    used.touch()
    os.utime(used, (1000, 1000))
    assert serving.use(used, now=500, clock=1060).last == 440
    with pytest.raises(OSError, match="none"):
        serving.use(tmp_path / "none", 500, 1060)


def test_its_models(tmp_path: Path):
    told = {"address": "x", "models": [{"model": "m", "state": "serving", "version": "2", "failed": None, "pid": 7}]}
    program = tmp_path / "mlinfra"
    program.write_text(f"#!/bin/sh\n[ \"$*\" = '--json serve status' ] && echo '{json.dumps(told)}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert serving.models(str(program)) == [{"model": "m", "state": "serving", "version": "2", "failed": None}]
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(subprocess.CalledProcessError):
        serving.models(str(program))


def test_its_processes_are_no_jobs():
    def process(pid: int, parent: int, program: str) -> Process:
        return Process(pid, parent, 1001, program, ("python",), pid, 0, 0, 0)

    found = Processes([process(10, 1, "mlinfra-serving"), process(11, 10, "python"), process(12, 1, "python")])
    assert [job.name for job in found.jobs({}, [], [])] == ["python (12)"]
