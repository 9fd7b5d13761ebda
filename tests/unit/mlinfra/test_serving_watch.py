# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudWatch is told of the inference service, by a program that asks it as its callers do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from mlinfra.serving import watch
from mlinfra.serving.settings import Settings

MODELS = ("digits", "iris")


@contextmanager
def answering(pages: dict[str, tuple[int, str]]) -> Iterator[int]:
    """The port of a server that answers each path with a status and a text."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = pages[self.path]
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_PUT = do_GET

        def log_message(self, *_arguments: object) -> None:
            """Tests say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("status", "text", "missing"),
    [
        (200, '{"ready": true, "missing": []}', []),
        (503, '{"ready": false, "missing": ["iris"]}', ["iris"]),
        # Something else is wrong with it, or it is no such service.
        (500, "Internal Server Error", list(MODELS)),
        (404, "[]", list(MODELS)),
    ],
)
def test_which_models_do_not_answer(status: int, text: str, missing: list[str]) -> None:
    with answering({"/v2/health/ready": (status, text)}) as port:
        assert watch.missing(Settings(MODELS, port=port)) == missing


def test_none_answers_where_the_service_has_ended_or_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SECONDS", 0.2)
    with socket.socket() as hanging:
        hanging.bind(("127.0.0.1", 0))
        port = hanging.getsockname()[1]
        assert watch.missing(Settings(MODELS, port=port)) == list(MODELS)
        hanging.listen()
        assert watch.missing(Settings(MODELS, port=port)) == list(MODELS)


def test_it_is_published_of_this_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    told = {"MetricName": "unready_models", "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}], "Value": 1, "Unit": "Count"}
    pages = {
        "/v2/health/ready": (503, '{"ready": false, "missing": ["iris"]}'),
        "/latest/api/token": (200, "token"),
        "/latest/meta-data/instance-id": (200, "i-1"),
    }
    monkeypatch.setattr(boto3, "client", lambda _service: client)
    monkeypatch.setenv("MLINFRA_METRICS_NAMESPACE", "p-dev")
    with answering(pages) as port, Stubber(client) as stub:
        stub.add_response("put_metric_data", {}, {"Namespace": "p-dev", "MetricData": [told]})
        file = tmp_path / "serving.json"
        file.write_text(json.dumps({"models": MODELS, "port": port}))
        monkeypatch.setenv("MLINFRA_SERVING", str(file))
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{port}")
        watch.main()
        stub.assert_no_pending_responses()


def test_outside_ec2_it_says_that_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.Metadata, "instance_id", lambda _self: None)
    with pytest.raises(watch.Problem, match="does not tell which instance"):
        watch.publish("p-dev", 0)
