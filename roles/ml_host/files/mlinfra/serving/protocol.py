# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Open Inference Protocol, version 2, as JSON: what a request has to be, and what an answer looks like."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import Usage
from .contract import Model, Tensor, problems


class Given(BaseModel):
    """A tensor of a request. Its data may be flat or nested."""

    name: str
    shape: tuple[int, ...]
    datatype: str
    data: list[Any]


class Wanted(BaseModel):
    """An output that is asked for."""

    name: str


class Request(BaseModel):
    """A request. Parameters, which the protocol allows everywhere, are not used."""

    id: str = ""
    inputs: list[Given]
    outputs: list[Wanted] = []


def request(body: bytes, model: Model) -> Request:
    """Read a request, and hold it against what the model takes.

    Raises:
        Usage: it is not what the model takes; all that is wrong is named at once.
    """
    try:
        read = Request.model_validate_json(body)
    except ValidationError as error:
        raise Usage(f"The request is not right: {problems(error)}.") from None
    found = [*_input_problems(read, model), *_output_problems(read, model)]
    if found:
        raise Usage(f"The request is not right: {'; '.join(found)}.")
    return read


def metadata(name: str, version: str, model: Model) -> dict[str, Any]:
    """What the protocol tells of a model."""

    def described(tensors: tuple[Tensor, ...]) -> list[dict[str, Any]]:
        return [tensor.model_dump(mode="json") for tensor in tensors]

    return {
        "name": name,
        "versions": [version],
        "platform": f"{model.framework}_{model.file.rpartition('.')[2]}",
        "inputs": described(model.inputs),
        "outputs": described(model.outputs),
    }


def _input_problems(read: Request, model: Model) -> list[str]:
    given, wanted = [tensor.name for tensor in read.inputs], {tensor.name: tensor for tensor in model.inputs}
    if sorted(given) != sorted(wanted):
        return [f"its inputs are {', '.join(given) or 'none'}, and should be {', '.join(wanted)}"]
    found = []
    for tensor in read.inputs:
        asked = wanted[tensor.name]
        if tensor.datatype != asked.datatype:
            found.append(f"the datatype of {tensor.name} is {tensor.datatype}, and should be {asked.datatype}")
        if not asked.fits(tensor.shape):
            found.append(f"the shape of {tensor.name} is {list(tensor.shape)}, and should be {list(asked.shape)}")
    return found


def _output_problems(read: Request, model: Model) -> list[str]:
    known = [tensor.name for tensor in model.outputs]
    return [
        f"there is no output {asked.name}; there is {', '.join(known)}"
        for asked in read.outputs
        if asked.name not in known
    ]
