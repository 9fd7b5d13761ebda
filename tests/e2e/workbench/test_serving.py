# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inference service on the real host, with real PyTorch and TensorFlow models from experiments to answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ...depth import extended
from ...waiting import eventually
from ..conftest import NAME

pytestmark = [extended, pytest.mark.xdist_group("workbench"), pytest.mark.weight(400)]

SECONDS = 90
HERE = Path(__file__).parent
PYTHON = "PYTHONPATH=/opt/mlinfra/lib /opt/mlinfra/venv/bin/python -P"
SETTINGS = {"ml_host_serving": True, "ml_host_serving_models": ["iris", "waves"], "ml_host_serving_poll_seconds": 0}
CHOSEN = ("-e", json.dumps(SETTINGS))
ROW = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [[1, 2, 3, 4]]}


@pytest.fixture(scope="module")
def host(platform: Any) -> Iterator[Any]:
    """A host that serves, with models in experiments and the first ones in production."""
    platform.playbook("playbooks/configure.yml", *CHOSEN)
    platform.on_host(f"{PYTHON} - <<'SCRIPT'\n{(HERE / 'served_models.py').read_text(encoding='utf-8')}\nSCRIPT\n")
    for run, model in (("iris-first", "iris"), ("waves-first", "waves")):
        platform.on_host(f"mlinfra model promote {run} --model {model}; mlinfra serve deploy {model}")
    return platform


def command(host: Any, line: str) -> tuple[int, dict[str, Any]]:
    """A command of mlinfra on the host: its exit status, and its one JSON document."""
    told = host.on_host(f"mlinfra --json {line} 2>/dev/null && status=0 || status=$?; echo; echo $status")
    document, _newline, status = told.strip().rpartition("\n")
    return int(status), json.loads(document)


def ask(host: Any, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """A request to the service: the HTTP status, and the JSON."""
    data = f"--data @- <<'BODY'\n{json.dumps(body)}\nBODY" if body else ""
    told = host.on_host(f"curl --silent --show-error --write-out '\\n%{{http_code}}' http://127.0.0.1:8080/v2/{path} {data}")
    document, _newline, status = told.rpartition("\n")
    return int(status), json.loads(document)


def models(host: Any) -> dict[str, dict[str, Any]]:
    """What is told of the models, by their names."""
    _status, told = command(host, "serve status")
    return {one["model"]: one for one in told["models"]}


@pytest.mark.parametrize(("model", "platform_name"), [("iris", "torch_pt2"), ("waves", "tensorflow_keras")])
def test_a_model_answers_as_it_did_where_it_was_trained(host: Any, model: str, platform_name: str) -> None:
    assert ask(host, "health/ready") == (200, {"ready": True, "missing": []})
    status, told = ask(host, f"models/{model}")
    assert (status, told["versions"], told["platform"]) == (200, ["1"], platform_name)
    text = host.on_host(f"cat /var/lib/mlinfra-serving/models/{model}/1/model.json")
    example = json.loads(text)["example"]
    status, answer = ask(host, f"models/{model}/infer", {"inputs": [{**ROW, "shape": [2, 4], "data": example["inputs"]["x"]}]})
    assert (status, answer["model_name"], answer["model_version"]) == (200, model, "1")
    [scores] = answer["outputs"]
    expected = [value for row in example["outputs"]["scores"] for value in row]
    assert (scores["name"], scores["datatype"], scores["shape"]) == ("scores", "FP32", [2, 3])
    assert scores["data"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("models/iris/infer", {"inputs": [{**ROW, "data": ["a", 2, 3, 4]}]}, 400, "The data of x are not all of FP32."),
        ("models/iris/infer", {"inputs": [{**ROW, "data": [1, 2, 3]}]}, 400, "are 3 values"),
        ("models/iris/infer", {"inputs": [{**ROW, "shape": [1, 3]}]}, 400, "the shape of x is [1, 3], and should be [-1, 4]"),
        ("models/waves/infer", {"inputs": [{**ROW, "name": "y"}]}, 400, "its inputs are y, and should be x"),
        ("models/waves/infer", {"rows": []}, 400, "inputs: Field required"),
        ("models/other/infer", {"inputs": [ROW]}, 404, "There is no model other here; there is iris, waves."),
        ("models/iris/versions/7", None, 404, "Version 7 of iris does not answer; 1 does."),
        ("models/iris/infer", None, 405, "There is no GET /v2/models/iris/infer here"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(host: Any, path: str, body: Any, status: int, said: str) -> None:
    answered, told = ask(host, path, body)
    assert (answered, said in told["error"]) == (status, True), told


def test_no_request_fails_while_a_promoted_version_takes_over(host: Any) -> None:
    host.on_host("rm -f /tmp/enough; cat > /tmp/load.py <<'SCRIPT'\n" + (HERE / "load.py").read_text(encoding="utf-8") + "\nSCRIPT\n")
    asking = [*host.ssh(), "sudo -H -u ml bash -lc 'python /tmp/load.py iris /tmp/enough'"]
    with subprocess.Popen(asking, stdout=subprocess.PIPE, text=True) as load:
        try:
            host.on_host("mlinfra model promote iris-second --model iris")
            status, told = command(host, "serve deploy iris")
        finally:
            host.on_host("sleep 2; touch /tmp/enough")
        counted = json.loads(load.communicate(timeout=120)[0])["answers"]
    assert (status, told["version"], told["changed"]) == (0, "2", True)
    assert set(counted) == {"200 1", "200 2"}, counted
    assert command(host, "serve deploy iris")[1]["changed"] is False


@pytest.mark.parametrize(("version", "said"), [("wrong", "is off by 1 in scores"), ("damaged", "does not have the checksum")])
def test_a_version_that_fails_is_refused_and_the_one_before_answers_on(host: Any, version: str, said: str, tmp_path: Path) -> None:
    before = models(host)["iris"]
    status, told = command(host, f"serve deploy iris --version {version}")
    assert (status, told["status"], said in told["error"]) == (5, 5, True), told
    assert told["advice"].startswith("iris 2 answers on.")
    after = models(host)["iris"]
    assert (after["version"], after["pid"], after["failed"]["version"]) == ("2", before["pid"], version)
    assert ask(host, "models/iris/infer", {"inputs": [ROW]})[0] == 200
    run = host.playbook("playbooks/status.yml", "-e", f"report={tmp_path}/status")
    [failure] = [one["text"] for one in json.loads((tmp_path / "status.json").read_text())["attention"]]
    assert f"iris {version} failed and is not served" in failure
    assert "iris version 2 serving" in run.output


def test_a_process_that_dies_takes_nothing_else_with_it(host: Any) -> None:
    before = models(host)
    host.on_host(f"kill -KILL {before['iris']['pid']}")
    status, told = ask(host, "models/iris/infer", {"inputs": [ROW]})
    assert status == 503, told
    assert ask(host, "models/waves/infer", {"inputs": [ROW]})[0] == 200
    eventually(lambda: ask(host, "models/iris/infer", {"inputs": [ROW]})[0] == 200, SECONDS)
    after = models(host)
    assert after["iris"]["pid"] != before["iris"]["pid"]
    assert after["waves"] == before["waves"]


def test_the_last_good_versions_answer_after_a_restart_without_s3(host: Any) -> None:
    host.emulator("stop")
    try:
        host.on_host(
            "systemctl restart mlinfra-serving\n"
            "timeout 120 sh -c 'until curl -sfo /dev/null http://127.0.0.1:8080/v2/health/ready; do sleep 1; done'",
            user="root",
        )
        assert {name: one["version"] for name, one in models(host).items()} == {"iris": "2", "waves": "1"}
        assert ask(host, "models/iris/infer", {"inputs": [ROW]})[1]["model_version"] == "2"
    finally:
        host.emulator("start")
        host.on_host("timeout 120 sh -c 'until mlinfra model list; do sleep 1; done'")


def test_a_rollback_takes_over(host: Any) -> None:
    host.on_host("mlinfra model rollback iris")
    status, told = command(host, "serve deploy iris")
    assert (status, told["version"], told["failed"]) == (0, "1", None)


def test_it_is_hardened_and_its_models_have_no_credentials(host: Any) -> None:
    host.on_host("systemd-analyze security --threshold=20 --no-pager mlinfra-serving", user="root")
    pid = models(host)["iris"]["pid"]
    told = host.on_host(f"tr '\\0' '\\n' < /proc/{pid}/environ; ps -o user= -p {pid}")
    assert told.splitlines()[-1] == "ml"
    assert "AWS_" not in told


def test_a_second_run_changes_nothing(host: Any) -> None:
    assert host.playbook("playbooks/configure.yml", *CHOSEN).total("changed") == 0


def test_cloudwatch_is_told_of_models_that_do_not_answer(host: Any) -> None:
    """By what the timer starts, also where the service itself does not run."""
    look = "systemctl start mlinfra-serving-watch.service"
    host.on_host(f"systemctl is-active mlinfra-serving-watch.timer; {look}; systemctl stop mlinfra-serving; {look}", user="root")
    host.on_host("systemctl start mlinfra-serving", user="root")
    now = datetime.now(UTC)
    told = host.client("cloudwatch").get_metric_statistics(
        Namespace=f"MLInfra/{NAME}",
        MetricName="unready_models",
        Dimensions=[{"Name": "InstanceId", "Value": host.instance["InstanceId"]}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Minimum", "Maximum"],
    )["Datapoints"]
    assert (min(one["Minimum"] for one in told), max(one["Maximum"] for one in told)) == (0.0, 2.0)
    eventually(lambda: ask(host, "health/ready")[0] == 200, SECONDS)


def test_a_port_in_use_is_refused_before_anything_changes(host: Any) -> None:
    with host.program("/opt/mlinfra/venv/bin/python -m http.server 8090 --bind 127.0.0.1 --directory /tmp"):
        eventually(lambda: "200" in host.on_host("curl -so /dev/null -w '%{http_code}' http://127.0.0.1:8090/ || true"), SECONDS)
        run = host.attempt("playbooks/configure.yml", *CHOSEN, "-e", "ml_host_serving_port=8090")
    assert run.returncode != 0
    assert "Port 8090, which ml_host_serving_port names, is taken by python" in " ".join(run.output.split())
    assert ask(host, "health/ready")[0] == 200


def test_a_host_that_no_longer_serves_keeps_nothing_of_it(host: Any) -> None:
    host.playbook("playbooks/configure.yml")
    left = "/etc/systemd/system/mlinfra-serving* /etc/mlinfra/serving.json /var/lib/mlinfra-serving"
    assert host.on_host(f"ls -d {left} 2>/dev/null || true; pgrep -f mlinfra.serving || true", user="root") == ""
    assert command(host, "serve status") == (3, {
        "error": "This host serves no models.",
        "advice": "Set ml_host_serving: true and run playbooks/configure.yml.",
        "status": 3,
    })  # fmt: skip
    assert host.playbook("playbooks/configure.yml").total("changed") == 0
