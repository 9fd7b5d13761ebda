# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a model folder and a request have to be, and how wrong ones are told. No framework is needed for any of it."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
from mlinfra.errors import Invalid, Usage
from mlinfra.serving import check, contract, frameworks, protocol

GOOD = {
    "framework": "torch",
    "file": "model.pt2",
    "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
    "outputs": [{"name": "y", "datatype": "INT64", "shape": [-1]}],
    "example": {"inputs": {"x": [[1, 2], [3, 4]]}, "outputs": {"y": [0, 1]}},
}


def folder(tmp_path: Path, **changes: object) -> Path:
    """A model folder whose description is the good one with changes, and whose file is empty."""
    (tmp_path / "model.json").write_text(json.dumps({**copy.deepcopy(GOOD), **changes}))
    (tmp_path / "model.pt2").touch()
    return tmp_path


def request(**changes: object) -> bytes:
    """A good request with changes of its input."""
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2], **changes}
    return json.dumps({"inputs": [tensor]}).encode()


def test_a_good_model(tmp_path: Path) -> None:
    model = contract.read(folder(tmp_path))
    assert (model.framework, model.example.tolerance, model.inputs[0].shape) == ("torch", 1e-4, (-1, 2))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"framework": "onnx"}, "framework: Input should be 'torch' or 'tensorflow'"),
        ({"file": "model.pt"}, "'model.pt' must be the name of a .pt2 file"),
        ({"file": "../model.pt2"}, "'../model.pt2' must be the name of a .pt2 file"),
        ({"framework": "tensorflow"}, "must be the name of a .keras file beside it. Save it: model.save"),
        ({"inputs": []}, "inputs: Tuple should have at least 1 item"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"example": {"inputs": {}, "outputs": {"y": [0]}}}, "example.inputs: it has nothing, and should have x"),
        ({"example": {"inputs": {"x": [[1, 2, 3]]}, "outputs": {"y": [0]}}}, "its shape is [1, 3], and should be [-1, 2]"),
        ({"example": {"inputs": {"x": [[1, 2], [3]]}, "outputs": {"y": [0]}}}, "its lists differ in length"),
        ({"inputs": GOOD["inputs"] * 2}, "inputs: a name is there twice: x, x"),
    ],
)
def test_a_wrong_model(tmp_path: Path, changes: dict, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        contract.read(folder(tmp_path, **changes))
    assert said in caught.value.text


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        contract.read(folder(tmp_path, file="model.h5", example={"inputs": {}, "outputs": {"y": [[1]]}}))
    assert all(said in caught.value.text for said in ("model.h5", "example.inputs: it has nothing", "example.outputs.y"))


def test_a_folder_without_its_files(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="has no model.json"):
        contract.read(tmp_path)
    folder(tmp_path)
    (tmp_path / "model.pt2").unlink()
    with pytest.raises(Invalid, match=r"has no model\.pt2"):
        contract.read(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(Invalid, match="is no JSON"):
        contract.read(tmp_path)


def test_a_good_request(tmp_path: Path) -> None:
    model = contract.read(folder(tmp_path))
    body = json.dumps({"id": "7", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [[1, 2]]}]})
    read = protocol.request(body.encode(), model)
    assert (read.id, read.inputs[0].shape, read.outputs) == ("7", (1, 2), [])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "Invalid JSON"),
        (b"{}", "inputs: Field required"),
        (request(name="z"), "its inputs are z, and should be x"),
        (request(datatype="INT64"), "the datatype of x is INT64, and should be FP32"),
        (request(shape=[1, 3]), "the shape of x is [1, 3], and should be [-1, 2]"),
        (request(shape=[0, 2]), "the shape of x is [0, 2]"),
        (request()[:-1] + b', "outputs": [{"name": "q"}]}', "there is no output q; there is y"),
    ],
)
def test_a_wrong_request(tmp_path: Path, body: bytes, said: str) -> None:
    with pytest.raises(Usage) as caught:
        protocol.request(body, contract.read(folder(tmp_path)))
    assert said in caught.value.text


def test_what_the_protocol_tells_of_a_model(tmp_path: Path) -> None:
    told = protocol.metadata("digits", "3", contract.read(folder(tmp_path)))
    assert told == {
        "name": "digits",
        "versions": ["3"],
        "platform": "torch_pt2",
        "inputs": GOOD["inputs"],
        "outputs": GOOD["outputs"],
    }


def test_an_archive_that_brings_a_program_along() -> None:
    harmless = ["m/models/model.json", "m/data/weights/weight_0", "m/data/constants/tensor_0", "m/data/sample_inputs/model.pt"]
    harmful = ["m/data/constants/custom_obj_0", "m/data/constants/opaque_obj_0", "m/data/aotinductor/model/x.so"]
    assert frameworks.programs(harmless + harmful) == harmful


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.abort()", "ended the process that loaded it: it was ended by SIGABRT"),
        ("import sys; sys.exit('no library')", "it ended with status 1. no library"),
        ("import time; time.sleep(60)", "had not answered its example after 1 s"),
    ],
)
def test_a_model_that_ends_or_holds_up_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    """Whatever the process does, the one that asked lives on and says what happened."""
    started = subprocess.Popen

    def popen(command: list[str], **options: object) -> subprocess.Popen:
        return started([sys.executable, "-c", program], **options)

    monkeypatch.setattr(check.subprocess, "Popen", popen)
    with pytest.raises(Invalid) as caught:
        check.check(folder(tmp_path), seconds=1 if "sleep" in program else 30)
    assert said in caught.value.text
