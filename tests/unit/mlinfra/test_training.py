# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What training scripts share: folders, checkpoints that are whole, the stop. That they resume rightly tests/e2e shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mlinfra import training


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of mlinfra run is set, and the home is an empty one."""
    for name in [name for name in os.environ if name.startswith("MLINFRA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_by_hand_a_run_is_where_tensorboard_looks(tmp_path):
    run = training.Run.open("digits")
    assert run.directory == tmp_path / "runs" / "digits"
    assert all(folder.is_dir() for folder in (run.checkpoints, run.logs, run.model))


def test_a_begun_run_says_where_everything_is(tmp_path, monkeypatch):
    monkeypatch.setenv("MLINFRA_RUN_DIRECTORY", str(tmp_path / "run"))
    monkeypatch.setenv("MLINFRA_LOG_DIRECTORY", str(tmp_path / "elsewhere"))
    run = training.Run.open("digits")
    assert (run.directory, run.logs) == (tmp_path / "run", tmp_path / "elsewhere")
    assert run.checkpoints == tmp_path / "run" / "checkpoints"


def test_a_dataset_is_found_or_missed_clearly(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="mlinfra run --data processed/digits"):
        training.dataset("processed/digits")
    (tmp_path / "copies" / "processed" / "digits").mkdir(parents=True)
    monkeypatch.setenv("MLINFRA_DATA_DIRECTORY", str(tmp_path / "copies"))
    assert training.dataset("processed/digits") == tmp_path / "copies" / "processed" / "digits"


def test_the_newest_checkpoint_is_found_and_old_ones_go():
    run = training.Run.open("digits")
    assert run.newest() == (0, None)
    for step in (9, 10, 11, 100):
        run.checkpoint(step, ".pt", lambda path, step=step: path.write_text(str(step)))
    step, newest = run.newest()
    assert (step, newest.name, newest.read_text()) == (100, "step-000000100.pt", "100")
    assert len(list(run.checkpoints.iterdir())) == training.KEPT


def test_a_checkpoint_that_was_not_finished_is_none():
    run = training.Run.open("digits")
    run.checkpoint(1, ".pt", lambda path: path.write_text("whole"))

    def half(path: Path) -> None:
        path.write_text("ha")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        run.checkpoint(2, ".pt", half)
    assert run.newest()[0] == 1
    run.checkpoint(2, ".pt", lambda path: path.write_text("whole"))
    assert run.newest()[1].read_text() == "whole"
    assert not list(run.checkpoints.glob(".*"))


def test_a_stop_is_asked_for_and_ends_nothing_by_itself():
    before = signal.getsignal(signal.SIGTERM)
    with training.stop_requested() as stop_requested:
        assert not stop_requested()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop_requested()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_stopped_script_ends_as_one_that_sigterm_ended(capsys):
    with pytest.raises(SystemExit) as ended:
        training.stop(7)
    assert ended.value.code == 143
    assert "after step 7" in capsys.readouterr().out


# Stands in for TensorBoard's and PyTorch's packages: as there, whether TensorFlow is loaded depends on one module.
PACKAGES = {
    "tensorflow/__init__.py": "",
    "tensorboard/__init__.py": "",
    "tensorboard/compat/__init__.py": (
        "import importlib\n"
        "try:\n    importlib.import_module('tensorboard.compat.notf')\nexcept ImportError:\n    import tensorflow\n"
    ),
    "tensorboard/main.py": (
        "import sys\nimport tensorboard.compat\n\ndef run_main():\n"
        "    print(open('/proc/self/comm').read().strip(), 'tensorflow' in sys.modules, *sys.argv[1:])\n"
    ),
    "torch/__init__.py": "",
    "torch/utils/__init__.py": "",
    "torch/utils/tensorboard.py": "import tensorboard.compat\n\nclass SummaryWriter:\n    def __init__(self, folder):\n        self.folder = folder\n",
}
WRITES = "import sys\n{}from mlinfra import training\nprint(training.Run.open('a').writer().folder, 'tensorflow' in sys.modules)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-m", "mlinfra.tensorboard", "--port", "1"], "tensorboard False --port 1"),
        (["-c", WRITES.format("")], "{home}/runs/a/logs False"),
        # What is there already costs nothing, and may be what somebody's script needs of TensorBoard.
        (["-c", WRITES.format("import tensorflow\n")], "{home}/runs/a/logs True"),
    ],
)
def test_tensorflow_is_not_loaded_for_curves(tmp_path, words, said):
    for name, text in PACKAGES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    package = Path(training.__file__).parents[1]
    variables = {"HOME": str(tmp_path), "PYTHONPATH": f"{tmp_path}:{package}"}
    done = subprocess.run([sys.executable, "-P", *words], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == said.format(home=tmp_path)
