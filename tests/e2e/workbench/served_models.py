# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on the host: leaves small real models in experiments/, as runs do, and two in production that nobody validated."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy
import torch
from mlinfra import documents, environment
from mlinfra.models import registry
from mlinfra.transfer import upload

INPUTS = [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}]
OUTPUTS = [{"name": "scores", "datatype": "FP32", "shape": [-1, 3]}]
ROWS = numpy.linspace(-1, 1, 8, dtype="float32").reshape(2, 4)


def describe(folder: Path, framework: str, file: str, scores: numpy.ndarray) -> None:
    """Write model.json beside a model."""
    example = {"inputs": {"x": ROWS.tolist()}, "outputs": {"scores": scores.tolist()}, "tolerance": 1e-4}
    told = {"framework": framework, "file": file, "inputs": INPUTS, "outputs": OUTPUTS, "example": example}
    (folder / "model.json").write_text(json.dumps(told), encoding="utf-8")


def pytorch(folder: Path, seed: int, off: float = 0) -> None:
    """A PyTorch model, whose example may be wrong."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)).eval()
    rows = torch.from_numpy(ROWS)
    exported = torch.export.export(model, (rows,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(exported, folder / "model.pt2")
    describe(folder, "torch", "model.pt2", model(rows).detach().numpy() + off)


def tensorflow(folder: Path) -> None:
    """A TensorFlow model."""
    model = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(8, "relu"), keras.layers.Dense(3)])
    model.save(folder / "model.keras")
    describe(folder, "tensorflow", "model.keras", numpy.asarray(model(ROWS)))


def run(name: str, folder: Path) -> None:
    """Leave a model where a run that has succeeded leaves it."""
    bucket, prefix = environment.models_bucket(), f"experiments/{name}/"
    upload({f"{prefix}model/{file.name}": file for file in folder.iterdir()}, bucket)
    documents.write(bucket, f"{prefix}metrics.json", {"accuracy": 0.9}, None)
    record = {"run": name, "state": "succeeded", "exit_code": 0, "code": None, "data": [], **documents.signature()}
    documents.write(bucket, f"{prefix}run.json", record, None)


def unvalidated(model: str, version: str, folder: Path, **untrue: str) -> None:
    """Leave a version in production/, past all that would have refused it, with untrue words about its files."""
    bucket = environment.models_bucket()
    stored = upload({registry.folder_of(model, version) + file.name: file for file in folder.iterdir()}, bucket)
    files = [{**vars(one), "path": one.key.rpartition("/")[2], **untrue} for one in stored]
    manifest = {"model": model, "version": version, "files": files}
    documents.write(bucket, registry.manifest_key(model, version), manifest, None)


environment.load()
with tempfile.TemporaryDirectory() as temporary:
    folders = {name: Path(temporary) / name for name in ("first", "second", "wrong", "keras")}
    for one in folders.values():
        one.mkdir()
    pytorch(folders["first"], 1)
    pytorch(folders["second"], 2)
    pytorch(folders["wrong"], 3, off=1)
    tensorflow(folders["keras"])
    run("iris-first", folders["first"])
    run("iris-second", folders["second"])
    run("waves-first", folders["keras"])
    unvalidated("iris", "wrong", folders["wrong"])
    unvalidated("iris", "damaged", folders["first"], sha256="0" * 64)
