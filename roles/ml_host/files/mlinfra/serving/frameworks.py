# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a model's file becomes something that answers, by framework. Only here is one imported."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Invalid
from .contract import Model

if TYPE_CHECKING:
    import numpy

Arrays = Mapping[str, "numpy.ndarray"]
Answer = Callable[[Arrays], dict[str, "numpy.ndarray"]]

# What torch.export writes only for what is no tensor and no graph: pickled objects, and compiled programs.
PROGRAMS = ("data/aotinductor/", "data/constants/custom_obj", "data/constants/opaque_obj", "data/executorch/")


def load(model: Model, folder: Path) -> Answer:
    """Load a model's file.

    Args:
        model: what its `model.json` says.
        folder: where it lies.

    Returns:
        What answers arrays by the names of the inputs with arrays by the names of the outputs.

    Raises:
        Invalid: the file could bring a program along.
    """
    return {"torch": _torch, "tensorflow": _tensorflow}[model.framework](model, folder / model.file)


def programs(names: Sequence[str]) -> list[str]:
    """Those members of a .pt2 archive that would run, or be unpickled, when it is opened."""
    return [name for name in names if name.partition("/")[2].startswith(PROGRAMS)]


def _torch(model: Model, file: Path) -> Answer:
    with zipfile.ZipFile(file) as archive:
        if found := programs(archive.namelist()):
            raise Invalid(
                f"{file.name} holds more than a graph and tensors: {', '.join(found)}.", "Export it without them."
            )
    # torch.export falls back to unpickling anything where a tensor can't be read; this forbids it.
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    import torch

    module = torch.export.load(file).module()

    def answer(arrays: Arrays) -> dict[str, numpy.ndarray]:
        with torch.inference_mode():
            found = module(*(torch.from_numpy(arrays[tensor.name]) for tensor in model.inputs))
        return {name: tensor.numpy(force=True) for name, tensor in _named(model, found).items()}

    return answer


def _tensorflow(model: Model, file: Path) -> Answer:
    import keras
    import numpy

    network = keras.saving.load_model(file, compile=False, safe_mode=True)

    def answer(arrays: Arrays) -> dict[str, numpy.ndarray]:
        inputs = [arrays[tensor.name] for tensor in model.inputs]
        found = network(inputs[0] if len(inputs) == 1 else inputs, training=False)
        return {name: numpy.asarray(tensor) for name, tensor in _named(model, found).items()}

    return answer


def _named(model: Model, found: Any) -> dict[str, Any]:
    """What a model answered, by the names of its outputs."""
    names = [tensor.name for tensor in model.outputs]
    if isinstance(found, Mapping):
        if set(found) != set(names):
            raise ValueError(f"the model answers {', '.join(map(str, found))}, and model.json says {', '.join(names)}")
        return {name: found[name] for name in names}
    results = list(found) if isinstance(found, (tuple, list)) else [found]
    if len(results) != len(names):
        raise ValueError(f"the model answers {len(results)} tensors, and model.json says {len(names)}")
    return dict(zip(names, results, strict=True))
