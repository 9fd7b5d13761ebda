# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One model in a process of its own: `python -m mlinfra.serving.worker FOLDER DESCRIPTOR NAME VERSION`.

It loads the model, answers the example, and says over the socket of the descriptor that it is ready, or why not. From then
on it answers requests until the socket is closed. A model that ends its process ends nothing else.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Invalid, Problem, Usage
from . import contract, frames, protocol
from .contract import Model, Tensor
from .frameworks import Answer, load

if TYPE_CHECKING:
    import numpy

DTYPES = {"BOOL": "bool", "FP16": "float16", "FP32": "float32", "FP64": "float64"}
# numpy's kinds of arrays that may become one without a loss that nobody asked for.
KINDS = {"b": "b", "f": "fiu", "i": "iu", "u": "iu"}


def dtype(datatype: str) -> numpy.dtype:
    """numpy's type of the protocol's."""
    import numpy

    return numpy.dtype(DTYPES.get(datatype) or datatype.lower())


def array(tensor: Tensor, data: Any, shape: tuple[int, ...]) -> numpy.ndarray:
    """Nested or flat lists as an array.

    Raises:
        Usage: they hold something else, or not as many values as the shape says.
    """
    import numpy

    wanted = dtype(tensor.datatype)
    try:
        given = numpy.asarray(data)
    except (ValueError, OverflowError):
        raise Usage(
            f"The data of {tensor.name} are lists of different lengths, or hold a number that is too large."
        ) from None
    if given.dtype.kind not in KINDS[wanted.kind]:
        raise Usage(f"The data of {tensor.name} are not all of {tensor.datatype}.")
    if (
        wanted.kind in "iu"
        and given.size
        and not numpy.iinfo(wanted).min <= given.min() <= given.max() <= numpy.iinfo(wanted).max
    ):
        raise Usage(f"The data of {tensor.name} do not fit into {tensor.datatype}.")
    if given.size != numpy.prod(shape, dtype=int):
        raise Usage(
            f"The data of {tensor.name} are {given.size} values, and its shape {list(shape)} asks for another number."
        )
    return numpy.ascontiguousarray(given.astype(wanted).reshape(shape))


def example(model: Model, answer: Answer) -> None:
    """Have the model answer its example.

    Raises:
        Invalid: it answers something else.
    """
    import numpy

    try:
        inputs = {
            t.name: array(t, model.example.inputs[t.name], contract.shape_of(model.example.inputs[t.name]))
            for t in model.inputs
        }
        expected = {
            t.name: array(t, model.example.outputs[t.name], contract.shape_of(model.example.outputs[t.name]))
            for t in model.outputs
        }
    except Usage as error:
        raise Invalid(f"The example in {contract.NAME} is not right. {error.text}") from None
    found = answer(inputs)
    for tensor in model.outputs:
        there, wanted = found[tensor.name], expected[tensor.name]
        if there.dtype != wanted.dtype or there.shape != wanted.shape:
            raise Invalid(
                f"The model answers its example with {tensor.name} as {there.dtype} {list(there.shape)}, "
                f"and {contract.NAME} says {wanted.dtype} {list(wanted.shape)}."
            )
        if not numpy.allclose(there, wanted, rtol=0, atol=model.example.tolerance):
            away = numpy.abs(there.astype(float) - wanted.astype(float)).max()
            raise Invalid(
                f"The model's answer to its example is off by {away:.3g} in {tensor.name}; {model.example.tolerance:g} is allowed.",
                "The example was made with another model, or the file was made on another kind of machine.",
            )


def infer(body: bytes, model: Model, answer: Answer) -> dict[str, Any]:
    """Answer one request.

    Raises:
        Usage: the request is not what the model takes.
    """
    read = protocol.request(body, model)
    tensors = {tensor.name: tensor for tensor in model.inputs}
    found = answer({given.name: array(tensors[given.name], given.data, given.shape) for given in read.inputs})
    wanted = [asked.name for asked in read.outputs] or list(found)
    datatypes = {tensor.name: tensor.datatype for tensor in model.outputs}
    outputs = [
        {
            "name": name,
            "datatype": datatypes[name],
            "shape": list(found[name].shape),
            "data": found[name].ravel().tolist(),
        }
        for name in wanted
    ]
    return {**({"id": read.id} if read.id else {}), "outputs": outputs}


def reply(body: bytes, model: Model, answer: Answer, head: Mapping[str, str]) -> tuple[int, bytes]:
    """Answer one request, whatever comes: the HTTP status, and the JSON of the answer or of the error."""
    try:
        return 200, json.dumps({**head, **infer(body, model, answer)}, allow_nan=False).encode()
    except Usage as error:
        return 400, frames.error(error.text)
    except Exception as error:
        print(f"The model failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 500, frames.error(f"The model failed: {_first_line(error)}")


def prepare(folder: Path) -> tuple[Model, Answer]:
    """Load the model of a folder and have it answer its example.

    Raises:
        Invalid: it can't be loaded, or answers something else.
    """
    model = contract.read(folder)
    try:
        answer = load(model, folder)
        example(model, answer)
    except Invalid:
        raise
    except Exception as error:
        raise Invalid(
            f"{folder / model.file} can't be loaded, or can't answer its example: {_first_line(error)}."
        ) from error
    return model, answer


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"[:500]


def main(folder: str, descriptor: str, name: str, version: str) -> None:
    """Serve until the other side closes the socket."""
    with socket.socket(fileno=int(descriptor)) as line:
        try:
            model, answer = prepare(Path(folder))
        except Problem as problem:
            frames.send(line, 422, json.dumps({"error": problem.text, "advice": problem.advice}).encode())
            return
        frames.send(line, 200, json.dumps(protocol.metadata(name, version, model)).encode())
        while (body := frames.receive(line)) is not None:
            frames.send(line, *reply(body, model, answer, {"model_name": name, "model_version": version}))


if __name__ == "__main__":
    main(*sys.argv[1:])
    # Nothing is left to be written, and the frameworks take seconds to tidy up.
    os._exit(0)
