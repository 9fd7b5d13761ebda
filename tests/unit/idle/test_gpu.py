# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the reader makes of nvidia-smi's own output, as recorded on hosts with GPUs, through a program of that name."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import gpu
import pytest

Recorded = dict[str, str]
# By the query that nvidia-smi is asked.
ONE_BUSY = {
    "gpu=utilization.gpu": "97\n",
    "compute-apps=pid": "4211\n4388\n",
    "gpu=name,utilization.gpu,memory.used,memory.total": "NVIDIA A10G, 97, 18342, 23028\n",
}
FOUR = {
    "gpu=utilization.gpu": "0\n0\n3\n0\n",
    "compute-apps=pid": "",
    "gpu=name,utilization.gpu,memory.used,memory.total": "Tesla V100-SXM2-16GB, 0, 4, 16384\n" * 4,
}
# A fraction of a GPU, as of g6f, whose use the driver does not tell.
FRACTION = {
    "gpu=utilization.gpu": "[N/A]\n",
    "compute-apps=pid": "",
    "gpu=name,utilization.gpu,memory.used,memory.total": "NVIDIA L4-3Q, [N/A], 0, 3072\n",
}
NO_DEVICE = dict.fromkeys(ONE_BUSY, "No devices were found\n")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a program nvidia-smi on the path that repeats what was recorded."""

    def put(answers: Recorded, status: int = 0) -> None:
        cases = "\n".join(f"  --query-{query}) printf %s {shlex.quote(text)} ;;" for query, text in answers.items())
        program = tmp_path / "nvidia-smi"
        program.write_text(f'#!/bin/sh\ncase "$1" in\n{cases}\n  *) exit 2 ;;\nesac\nexit {status}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return put


def test_a_busy_gpu_and_who_holds_it(recorded):
    recorded(ONE_BUSY)
    assert gpu.read() == (97.0, {4211, 4388})
    assert gpu.describe() == [{"name": "NVIDIA A10G", "percent": 97.0, "memory_used": 18342.0, "memory_total": 23028.0}]


def test_of_several_the_busiest_counts(recorded):
    recorded(FOUR)
    assert gpu.read() == (3.0, set())
    assert [one["name"] for one in gpu.describe()] == ["Tesla V100-SXM2-16GB"] * 4


@pytest.mark.parametrize("answers", [FRACTION, NO_DEVICE], ids=["not told", "no device"])
def test_what_is_not_told_is_no_number(recorded, answers):
    recorded(answers)
    for ask in (gpu.read, gpu.describe):
        with pytest.raises(ValueError, match="convert|unpack|invalid"):
            ask()


def test_a_driver_that_does_not_answer(recorded):
    """As after the driver was updated under a running kernel."""
    recorded(dict.fromkeys(ONE_BUSY, "Failed to initialize NVML: Driver/library version mismatch\n"), status=18)
    with pytest.raises(subprocess.CalledProcessError):
        gpu.read()


def test_no_driver(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        gpu.read()
