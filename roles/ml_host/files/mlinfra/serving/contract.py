# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a model folder has to hold: `model.json`, which says what goes in and comes out, and the model's file beside it.

Two formats are taken, because both are data and no program: `.pt2` of torch.export and `.keras`. A pickle (`.pt`, `.pth`)
runs whatever its maker wrote into it as soon as it is opened, and needs the class that it was made from. TorchScript is no
longer developed, and torch.export is what PyTorch puts in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import Invalid

NAME = "model.json"
SUFFIXES = {"torch": ".pt2", "tensorflow": ".keras"}
ADVICE = {
    "torch": "Export it: torch.export.save(torch.export.export(model.eval(), (example,), dynamic_shapes=…), 'model.pt2')",
    "tensorflow": "Save it: model.save('model.keras')",
}

Datatype = Literal[
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"
]


class Strict(BaseModel):
    """What a person wrote: a key that nobody knows is a slip of the pen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tensor(Strict):
    """An input or an output, in the words of the Open Inference Protocol. -1 in the shape is any length, as of a batch."""

    name: Annotated[str, Field(min_length=1)]
    datatype: Datatype
    shape: tuple[Annotated[int, Field(ge=-1)], ...]

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of this shape may go in or come out."""
        return len(shape) == len(self.shape) and all(
            there >= 1 and wanted in (-1, there) for wanted, there in zip(self.shape, shape, strict=True)
        )


class Example(Strict):
    """What the model answers to what: its health check."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]
    tolerance: Annotated[float, Field(ge=0)] = 1e-4


class Model(Strict):
    """`model.json` as a whole.

    The inputs stand in the order of the model's arguments, the outputs in that of its results; a model that answers with
    a dictionary is asked for the outputs by name.
    """

    framework: Literal["torch", "tensorflow"]
    file: str
    inputs: Annotated[tuple[Tensor, ...], Field(min_length=1)]
    outputs: Annotated[tuple[Tensor, ...], Field(min_length=1)]
    example: Example

    @model_validator(mode="after")
    def _consistent(self) -> Model:
        problems = [
            *_file_problems(self.framework, self.file),
            *_example_problems("inputs", self.inputs, self.example.inputs),
            *_example_problems("outputs", self.outputs, self.example.outputs),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def read(folder: Path) -> Model:
    """Read and check `model.json`.

    Args:
        folder: a model folder.

    Raises:
        Invalid: something is wrong with it; all that is wrong is named at once.
    """
    file = folder / NAME
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Invalid(
            f"{folder} has no {NAME}.", "It says what the model takes and answers: see the examples."
        ) from None
    except ValueError as error:
        raise Invalid(f"{file} is no JSON: {error}.") from None
    try:
        model = Model.model_validate(document)
    except ValidationError as error:
        raise Invalid(f"{file} is not right: {problems(error)}.", "Put all of it right and try again.") from None
    if not (folder / model.file).is_file():
        raise Invalid(f"{folder} has no {model.file}, which its {NAME} names.", ADVICE[model.framework])
    return model


def problems(error: ValidationError) -> str:
    """All that pydantic found, as one line."""
    return "; ".join(
        ": ".join(filter(None, [".".join(map(str, found["loc"])), found["msg"].removeprefix("Value error, ")]))
        for found in error.errors(include_url=False)
    )


def shape_of(values: Any) -> tuple[int, ...]:
    """The shape of nested lists.

    Raises:
        ValueError: lists side by side differ in shape.
    """
    if not isinstance(values, list):
        return ()
    shapes = {shape_of(value) for value in values}
    if len(shapes) > 1:
        raise ValueError("its lists differ in length")
    return (len(values), *(shapes.pop() if shapes else ()))


def _file_problems(framework: str, file: str) -> list[str]:
    if file != Path(file).name or not file.endswith(SUFFIXES[framework]):
        return [f"file: {file!r} must be the name of a {SUFFIXES[framework]} file beside it. {ADVICE[framework]}"]
    return []


def _example_problems(side: str, tensors: tuple[Tensor, ...], values: dict[str, Any]) -> list[str]:
    names = [tensor.name for tensor in tensors]
    if len(set(names)) < len(names):
        return [f"{side}: a name is there twice: {', '.join(names)}"]
    found = []
    if set(values) != set(names):
        found.append(
            f"example.{side}: it has {', '.join(sorted(values)) or 'nothing'}, and should have {', '.join(names)}"
        )
    for tensor in tensors:
        if tensor.name not in values:
            continue
        try:
            shape = shape_of(values[tensor.name])
        except ValueError as error:
            found.append(f"example.{side}.{tensor.name}: {error}")
            continue
        if not tensor.fits(shape):
            found.append(
                f"example.{side}.{tensor.name}: its shape is {list(shape)}, and should be {list(tensor.shape)}"
            )
    return found
