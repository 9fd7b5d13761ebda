# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the head of a Ray cluster tells of its nodes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import cluster
import pytest
from processes import Process, Processes

NODES = [
    {"node_ip": "10.0.1.4", "state": "ALIVE", "is_head_node": True, "resources_total": {"CPU": 2.0, "GPU": 1.0}},
    {"node_ip": "10.0.1.5", "state": "ALIVE", "is_head_node": False, "resources_total": {"CPU": 2.0}},
    # The same host before it was away.
    {"node_ip": "10.0.1.5", "state": "DEAD", "is_head_node": False, "resources_total": {}},
    {"node_ip": "10.0.2.6", "state": "DEAD", "is_head_node": False, "resources_total": None},
]


@pytest.fixture
def dashboard() -> Iterator[HTTPServer]:
    """Answers whoever has the token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            knows = self.headers["Authorization"] == "Bearer secret"
            self.send_response(200 if knows else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"data": {"result": {"result": NODES if knows else []}}}).encode())

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def settings(tmp_path: Path, dashboard: HTTPServer, secret: str) -> Path:
    (tmp_path / "token").write_text(f"{secret}\n", encoding="ascii")
    file = tmp_path / "environment"
    address = f"http://127.0.0.1:{dashboard.server_port}"
    file.write_text(
        f'# Written.\nRAY_API_SERVER_ADDRESS="{address}"\nRAY_AUTH_TOKEN_PATH="{tmp_path / "token"}"\n', encoding="utf-8"
    )
    return file


def test_each_host_is_one_node(tmp_path: Path, dashboard: HTTPServer) -> None:
    assert cluster.nodes(settings(tmp_path, dashboard, "secret")) == [
        {"address": "10.0.1.4", "state": "alive", "head": True, "cpus": 2, "gpus": 1},
        {"address": "10.0.1.5", "state": "alive", "head": False, "cpus": 2, "gpus": 0},
        {"address": "10.0.2.6", "state": "dead", "head": False, "cpus": 0, "gpus": 0},
    ]


def test_nobody_is_told_without_the_token(tmp_path: Path, dashboard: HTTPServer) -> None:
    with pytest.raises(OSError, match="401"):
        cluster.nodes(settings(tmp_path, dashboard, "guess"))


def test_a_worker_tells_of_nobody(tmp_path: Path) -> None:
    assert cluster.nodes(tmp_path / "none") == []
    worker = tmp_path / "environment"
    worker.write_text('RAY_AUTH_MODE="token"\n', encoding="utf-8")
    assert cluster.nodes(worker) == []


def test_its_processes_are_no_jobs() -> None:
    def process(pid: int, parent: int, program: str) -> Process:
        return Process(pid, parent, 1001, program, ("python",), pid, 0, 0, 0)

    running = Processes([process(1, 0, "systemd"), process(2, 1, "ray"), process(3, 2, "raylet"), process(4, 3, "ray::IDLE")])
    assert running.jobs({}, (), set()) == []
