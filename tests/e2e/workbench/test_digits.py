# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The worked examples on the real host: each step of their README from raw to served, with a stop in the midst."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ...depth import thorough
from ...waiting import eventually

pytestmark = [pytest.mark.xdist_group("workbench"), pytest.mark.weight(400)]

DIGITS = "cd ~/notebooks/examples/digits"
SERVING = {"ml_host_serving": True, "ml_host_serving_models": ["digits"], "ml_host_serving_poll_seconds": 0}
FRAMEWORKS = ["torch", pytest.param("tensorflow", marks=thorough)]
# Enough for a stop to come in the midst.
EPOCHS = 60


def command(host, line: str) -> dict:
    """What a command of mlinfra, in the examples' folder, tells as JSON."""
    return json.loads(host.on_host(f"{DIGITS}; mlinfra --json {line} 2>/dev/null"))


@pytest.fixture(scope="module")
def host(platform):
    """A host that serves, with the digits in the datasets bucket, raw and processed, and in the folder data."""
    platform.playbook("playbooks/configure.yml", "-e", json.dumps(SERVING))
    platform.on_host(f"{DIGITS}\npython raw.py\npython prepare.py")
    command(platform, "data upload data/raw/digits")
    command(platform, "data process prepare.py --from raw/digits --to processed/digits")
    return platform


@pytest.fixture(scope="module", params=FRAMEWORKS)
def trained(host, request):
    """A run of each script that was cancelled on its way and has then been resumed to its end: its name, and its record."""
    name = f"digits-{request.param}"
    command(host, f"run --detach --data processed/digits --name {name} train_{request.param}.py --epochs {EPOCHS}")
    eventually(lambda: "Epoch 3" in host.on_host(f"mlinfra runs logs {name}"), 300)
    command(host, f"runs cancel {name}")
    eventually(lambda: command(host, f"runs show {name}")["state"] == "cancelled", 100)
    assert command(host, f"runs show {name}")["exit_code"] == 143
    host.on_host(f"mlinfra runs resume {name} >/dev/null 2>&1")
    return name, command(host, f"runs show {name}")


def test_what_is_processed_is_what_the_script_makes(host):
    command(host, "data verify processed/digits")
    host.on_host(f"{DIGITS}; rm -rf ~/fetched; mlinfra data download processed/digits ~/fetched")
    host.on_host(f"{DIGITS}; for file in data/processed/digits/*.npy; do cmp $file ~/fetched/$(basename $file); done")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_training_that_was_interrupted_ends_as_one_that_was_not(host, framework):
    script = (Path(__file__).parent / "interrupted.py").read_text(encoding="utf-8")
    told = host.on_host(f"{DIGITS}; python - $PWD/train_{framework}.py <<'SCRIPT'\n{script}\nSCRIPT\n")
    found = json.loads(told)
    statuses, epochs, _said = zip(*found["ends"], strict=True)
    assert statuses == (143, -9, 0)
    assert epochs[0] < 20, "the first was stopped on its way"
    assert epochs[1] < 20, "the second was killed on its way"
    assert sum(epochs) in (20, 21), "no epoch was done anew, but for one whose checkpoint was not written any more"
    assert found["cut"] == found["whole"]
    assert found["whole"][0]["accuracy"] > 0.93
    assert found["model"] == ["model.json", {"torch": "model.pt2", "tensorflow": "model.keras"}[framework]]


def test_a_cancelled_run_is_resumed_to_its_end(host, trained):
    name, record = trained
    assert (record["state"], record["exit_code"]) == ("succeeded", 0)
    output = host.on_host(f"mlinfra runs logs {name}")
    assert output.count(f"Epoch {EPOCHS} of {EPOCHS}") == 1
    assert "The same command goes on from there." in output
    keys = [
        entry["Key"].removeprefix(f"experiments/{name}/")
        for entry in host.client("s3").list_objects_v2(Bucket=host.bucket("models"), Prefix=f"experiments/{name}/")["Contents"]
    ]
    assert {"metrics.json", "model/model.json", "run.json", "output.log"} <= set(keys)
    assert [key for key in keys if key.startswith(f"checkpoints/step-{EPOCHS * 22:09d}")]
    assert [key for key in keys if key.startswith("logs/events.out.tfevents")]


def test_its_model_is_promoted_and_answers(host, trained):
    name, _record = trained
    promoted = command(host, f"model promote {name} --model digits --require 'accuracy>=0.9'")
    assert promoted["metrics"]["accuracy"] > 0.93
    assert command(host, "serve deploy digits")["version"] == promoted["version"]
    script = (
        "import json, numpy, urllib.request\n"
        "images, labels = (numpy.load(f'data/processed/digits/validation-{kind}.npy')[:50] for kind in ('images', 'labels'))\n"
        "tensor = {'name': 'images', 'datatype': 'FP32', 'shape': images.shape, 'data': images.ravel().tolist()}\n"
        "body = json.dumps({'inputs': [tensor]}).encode()\n"
        "call = urllib.request.Request('http://127.0.0.1:8080/v2/models/digits/infer', body, {'Content-Type': 'application/json'})\n"
        "answer = json.load(urllib.request.urlopen(call))\n"
        "read = numpy.reshape(answer['outputs'][0]['data'], (50, 10)).argmax(1)\n"
        "print(json.dumps({'version': answer['model_version'], 'right': int((read == labels).sum())}))\n"
    )
    answer = json.loads(host.on_host(f"{DIGITS}; python - <<'SCRIPT'\n{script}SCRIPT\n"))
    assert answer["version"] == promoted["version"]
    assert answer["right"] >= 45


@thorough
def test_the_users_examples_are_the_users(host):
    host.on_host(f"{DIGITS}; echo '# mine' >> raw.py; rm prepare.py")
    run = host.playbook("playbooks/configure.yml", "-e", json.dumps(SERVING))
    assert run.total("changed") == 3, "the copy, and the lock that is taken and given back"
    host.on_host(f"{DIGITS}; tail -1 raw.py | grep -q mine; cmp prepare.py /opt/mlinfra/examples/digits/prepare.py")
    assert host.playbook("playbooks/configure.yml", "-e", json.dumps(SERVING)).total("changed") == 0
