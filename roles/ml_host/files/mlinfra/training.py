# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a training script shares with any other: its folders, checkpoints that are whole, a stop when asked, its model.

With `mlinfra run` the folders come from its environment variables. By hand they are ~/runs/<name> and ./data.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .tensorboard import without_tensorflow

if TYPE_CHECKING:
    import numpy
    from torch.utils.tensorboard import SummaryWriter

KEPT = 3
# The Open Inference Protocol's names of numpy's types.
DATATYPES = {"bool": "BOOL", "float16": "FP16", "float32": "FP32", "float64": "FP64", "int32": "INT32", "int64": "INT64"}
# What a shell says of a program that SIGTERM ended.
STOPPED = 128 + signal.SIGTERM


def folder(variable: str, otherwise: str | Path) -> Path:
    """The folder that an environment variable names, or another where nothing set it; made if it is missing."""
    path = Path(os.environ.get(variable) or otherwise)
    path.mkdir(parents=True, exist_ok=True)
    return path


def dataset(name: str) -> Path:
    """The local copy of a dataset, such as processed/digits.

    Raises:
        FileNotFoundError: there is none.
    """
    path = Path(os.environ.get("MLINFRA_DATA_DIRECTORY") or "data") / name
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not there. Start with: mlinfra run --data {name}, or make it by hand.")
    return path


def write(path: Path, content: Callable[[Path], Any]) -> None:
    """Write a file whole or not at all, whatever ends the process or the machine meanwhile.

    Args:
        path: what it shall be called.
        content: writes it to the path that it is given, which ends like the other.
    """
    partial = path.with_name(f".partial-{path.name}")
    content(partial)
    _sync(partial)
    partial.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Run:
    """The folders of one training run.

    Attributes:
        checkpoints: what a run that was stopped goes on from.
        logs: TensorBoard's events.
        model: the trained model, with what has to be known to serve it.
    """

    directory: Path
    checkpoints: Path
    logs: Path
    model: Path

    @classmethod
    def open(cls, name: str) -> Run:
        """The run that `mlinfra run` has begun, or else ~/runs/<name>, which TensorBoard shows as well."""
        runs = Path(os.environ.get("MLINFRA_RUNS_DIRECTORY") or Path.home() / "runs")
        directory = folder("MLINFRA_RUN_DIRECTORY", runs / name)
        return cls(
            directory,
            folder("MLINFRA_CHECKPOINT_DIRECTORY", directory / "checkpoints"),
            folder("MLINFRA_LOG_DIRECTORY", directory / "logs"),
            folder("MLINFRA_MODEL_DIRECTORY", directory / "model"),
        )

    def in_bucket(self) -> dict[str, Any]:
        """Where all hosts of a cluster keep the checkpoints of this run, as arguments of Ray Train's RunConfig.

        A run that is resumed finds them there, on whichever host.

        Raises:
            KeyError: MLINFRA_MODELS_BUCKET is not set.
        """
        import s3fs
        from pyarrow.fs import FSSpecHandler, PyFileSystem

        return {
            "name": "cluster",
            "storage_path": f"{os.environ['MLINFRA_MODELS_BUCKET']}/experiments/{self.directory.name}",
            "storage_filesystem": PyFileSystem(FSSpecHandler(s3fs.S3FileSystem())),
        }

    def writer(self) -> SummaryWriter:
        """PyTorch's writer of TensorBoard's events, without TensorFlow, which it would load and has no use for."""
        without_tensorflow()
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(self.logs)

    def newest(self) -> tuple[int, Path | None]:
        """How many steps the newest checkpoint has behind it, and where it is; 0 and None where there is none."""
        found = sorted(self.checkpoints.glob("step-*"))
        return (int(found[-1].stem.removeprefix("step-")), found[-1]) if found else (0, None)

    def checkpoint(self, step: int, suffix: str, content: Callable[[Path], Any]) -> None:
        """Write a checkpoint after so many steps, and keep the newest few.

        Args:
            step: the steps done, from 1.
            suffix: how the file ends, such as .pt.
            content: writes everything that the rest of the run depends on to the path that it is given.
        """
        write(self.checkpoints / f"step-{step:09d}{suffix}", content)
        for old in sorted(self.checkpoints.glob("step-*"))[:-KEPT]:
            old.unlink()

    def finish(
        self,
        framework: str,
        file: str,
        inputs: Mapping[str, numpy.ndarray],
        outputs: Mapping[str, numpy.ndarray],
        metrics: Mapping[str, float],
    ) -> None:
        """Describe the model that was written, with an example that shows whether it answers as it should.

        Args:
            framework: torch or tensorflow.
            file: the model's name in the model folder.
            inputs: what goes in, by name; the first dimension is the batch.
            outputs: what has to come out of it.
            metrics: how good it is, as numbers by name.
        """
        description = {
            "framework": framework,
            "file": file,
            "inputs": _signature(inputs),
            "outputs": _signature(outputs),
            "example": {
                "inputs": {name: array.tolist() for name, array in inputs.items()},
                "outputs": {name: array.tolist() for name, array in outputs.items()},
                "tolerance": 1e-4,
            },
        }
        for path, document in ((self.model / "model.json", description), (self.directory / "metrics.json", dict(metrics))):
            text = json.dumps(document, indent=2) + "\n"
            write(path, lambda partial, text=text: partial.write_text(text, encoding="utf-8"))


def _signature(arrays: Mapping[str, numpy.ndarray]) -> Sequence[dict[str, Any]]:
    return [
        {"name": name, "datatype": DATATYPES[array.dtype.name], "shape": [-1, *array.shape[1:]]}
        for name, array in arrays.items()
    ]


@contextmanager
def stop_requested() -> Iterator[Callable[[], bool]]:
    """Within it SIGTERM ends nothing: ask after each step whether it came, write a checkpoint and call stop()."""
    asked = []
    before = signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGTERM, before)


def stop(step: int) -> None:
    """Say where the run stands and end it.

    Raises:
        SystemExit: always, with the status of a program that SIGTERM ended.
    """
    print(f"Stopped after step {step}. The same command goes on from there.", flush=True)
    sys.exit(STOPPED)
