# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host tells of itself from afar, and that the session that asks is left out of it."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gpu
import jupyter
import pytest
import system
from model import Job, Sample, Use
from processes import Process, Processes
from status import told

# A terminal of the kind that people have, and another.
TERMINAL, OTHER = os.makedev(136, 0), os.makedev(136, 1)
CONFIGURATION = {
    "jupyters": [{"url": "http://127.0.0.1:8888", "token_file": "/nowhere"}],
    "gpu": False,
    "cluster": None,
    "serving": None,
    "stops": True,
    "disks": ["/"],
    "services": ["mlinfra-jupyter"],
    "settings": {"idle_minutes": 30, "stalled_minutes": 20},
}
KERNEL = {"id": "0a1b2c3d-0000", "execution_state": "busy", "last_activity": "1970-01-01T00:01:40Z"}
SERVICES = [{"name": "mlinfra-jupyter", "state": "active"}]


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose kernels and services tell."""
    kernels = [{"id": "0a1b2c3d", "notebook": "", "busy": True, "unused": 1}]
    monkeypatch.setattr(jupyter, "kernels", lambda *_: kernels)
    monkeypatch.setattr(system, "services", lambda _names: SERVICES)


def test_what_a_host_tells():
    uses = (Use("kernel 0a1b2c3d", 3590), Use("SSH session of ml", 3540, 3000))
    jobs = (Job("1:1", "python a.py (1)", cpu=12.4, since=60), Job("kernel:0a", "the cell of kernel 0a"))
    history = [Sample(time=60), Sample(time=3600, uses=uses, jobs=jobs)]
    facts = told(CONFIGURATION, history)
    assert facts["uptime"] == 3600
    assert facts["sessions"] == [{"name": "SSH session of ml", "unused": 60, "since": 600}]
    assert facts["jobs"] == [
        {"name": "python a.py (1)", "since": 3540, "cpu": 12, "gpu": False, "stalled": False},
        {"name": "the cell of kernel 0a", "since": None, "cpu": 0, "gpu": False, "stalled": False},
    ]
    assert (facts["services"], facts["kernels"][0]["busy"], facts["gpus"]) == (SERVICES, True, [])
    assert (facts["idle"]["stops"], facts["idle"]["stop"], facts["idle"]["watched"]) == (True, False, 59.0)
    assert facts["memory"]["total"] >= facts["memory"]["available"] > 0
    assert [disk["path"] for disk in facts["disks"]] == ["/"]
    assert facts["unread"] == []
    json.dumps(facts)


def test_a_job_that_did_nothing_is_stalled():
    jobs = (Job("1:1", "sleep (1)"),)
    facts = told(CONFIGURATION, [Sample(time=60.0 * minute, jobs=jobs) for minute in range(1, 30)])
    assert facts["jobs"][0]["stalled"]


def test_what_can_t_be_read_is_named(monkeypatch):
    """And the rest told all the same."""

    def fail(*_arguments):
        raise OSError("gone")

    monkeypatch.setattr(system, "services", fail)
    monkeypatch.setattr(gpu, "describe", fail)
    facts = told({**CONFIGURATION, "gpu": True}, [Sample(time=60)])
    assert (facts["services"], facts["gpus"]) == (None, None)
    assert facts["unread"] == ["the GPU can't be read: gone", "the services can't be read: gone"]


def test_a_jupyterlab_that_is_silent_is_asked_once(monkeypatch):
    monkeypatch.setattr(jupyter, "kernels", lambda *_: pytest.fail("asked again"))
    facts = told(CONFIGURATION, [Sample(time=60, unread=("JupyterLab does not tell what it does: refused",))])
    assert (facts["kernels"], len(facts["unread"])) == (None, 1)


def process(pid: int, parent: int, program: str, session: int = 0, terminal: int = 0, user: int = 1000) -> Process:
    return Process(pid, parent, user, program, (program,), session, terminal, 100, 1.0)


def test_the_session_that_asks_is_left_out(monkeypatch):
    """With all that runs in it; its processor time counts, for the sum is compared with others."""
    monkeypatch.setattr("processes.host_started", lambda: 0.0)
    monkeypatch.setattr("processes.last_used", lambda _holders: 0.0)
    own = os.getpid()
    found = [
        process(1, 0, "systemd", user=0),
        process(10, 1, "sshd"),
        process(11, 10, "bash", 11, TERMINAL),
        process(own, 11, "python3", 11, TERMINAL),
        process(20, 1, "sshd"),
        process(21, 20, "bash", 21, OTHER),
        process(22, 21, "train", 21, OTHER),
        # The same number may stand for another terminal, outside of a container.
        process(23, 1, "other", 0, TERMINAL),
    ]
    everything = Processes(found)
    asked = everything.without_asking()
    assert {job.name for job in everything.jobs({}, [], [])} == {f"python3 ({own})", "train (22)", "other (23)"}
    assert {job.name for job in asked.jobs({}, [], [])} == {"train (22)", "other (23)"}
    assert len(everything.sessions(0, 0)) == 3
    assert len(asked.sessions(0, 0)) == 2
    assert asked.cpu == everything.cpu
    assert [job.since for job in asked.jobs({}, [], [])] == [100 / os.sysconf("SC_CLK_TCK")] * 2


def test_a_run_has_its_own_name_and_its_supervisor_s_looks_are_no_work(monkeypatch):
    words = ("python", "-P", "-m", "mlinfra.runs.supervisor", "digits-1")
    supervisor = replace(process(20, 2, "python"), command=words, cpu=50)
    script = replace(process(21, 20, "python"), command=("python", "train.py"), cpu=3)
    found = [process(1, 0, "systemd", user=0), process(2, 1, "systemd"), supervisor, script]
    monkeypatch.setattr("processes.bytes_moved", lambda pid: {20: 1e6, 21: 7}[pid])
    [job] = Processes(found).jobs({}, [], [])
    assert (job.name, job.cpu, job.moved) == ("run digits-1", 3, 7)


def test_who_reads_a_run_s_output_is_no_job():
    words = ("python", "-P", "-m", "mlinfra", "runs", "logs", "-f", "digits-1")
    found = [process(1, 0, "systemd", user=0), replace(process(20, 1, "python"), command=words)]
    assert Processes(found).jobs({}, [], []) == []


def test_a_host_whose_own_process_is_not_seen_leaves_nothing_out(monkeypatch):
    monkeypatch.setattr("processes.host_started", lambda: 0.0)
    found = [process(11, 1, "train", 11, TERMINAL)]
    assert len(Processes(found).without_asking().jobs({}, [], [])) == 1


def test_kernels_have_the_names_of_their_notebooks_and_owners(monkeypatch):
    monkeypatch.undo()
    shared = {
        "/api/sessions": [{"path": "train.ipynb", "kernel": KERNEL}, {"path": "closed.ipynb", "kernel": None}],
        "/api/kernels": [KERNEL, {**KERNEL, "id": "ffffffff-1", "execution_state": "idle"}],
    }
    own = {"/api/sessions": [{"path": "a.ipynb", "kernel": {"id": "11111111-1"}}], "/api/kernels": [{**KERNEL, "id": "11111111-1"}]}
    answers = {"http://x": shared, "http://y": own}
    monkeypatch.setattr(jupyter.Server, "ask", lambda self, path: answers[self.url][path])
    servers = jupyter.servers([{"url": "http://x", "token_file": ""}, {"url": "http://y", "token_file": "", "owner": "ada"}])
    assert jupyter.kernels(servers, clock=130) == [
        {"id": "0a1b2c3d", "notebook": "train.ipynb", "busy": True, "unused": 30},
        {"id": "ffffffff", "notebook": "", "busy": False, "unused": 30},
        {"id": "11111111", "notebook": "a.ipynb of ada", "busy": True, "unused": 30},
    ]


class Answers(BaseHTTPRequestHandler):
    """Answers with the authorization that it was asked with."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.headers["Authorization"]).encode())

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_only_the_holder_of_the_certificate_gets_the_token(monkeypatch, tmp_path):
    """Self-signed, and for no name of this host."""
    monkeypatch.undo()
    for name in ("own", "other"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=x"]
            + ["-keyout", str(tmp_path / f"{name}.key"), "-out", str(tmp_path / f"{name}.pem")],
            check=True,
            capture_output=True,
        )
    (tmp_path / "token").write_text("t\n")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "own.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url, token = f"https://127.0.0.1:{server.server_port}", str(tmp_path / "token")
        assert jupyter.Server(url, token, str(tmp_path / "own.pem")).ask("/") == "token t"
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            jupyter.Server(url, token, str(tmp_path / "other.pem")).ask("/")
        server.shutdown()


def test_each_file_system_is_told_once():
    told = system.disks(["/", "/proc/self/..", str(Path("/").resolve())])
    assert [disk["path"] for disk in told][0] == "/"
    assert len(told) == 2


def test_services_by_their_state(monkeypatch):
    """One that systemd does not know is missing."""
    monkeypatch.undo()
    output = "Id=a.service\nLoadState=loaded\nActiveState=failed\n\nId=b.timer\nLoadState=not-found\nActiveState=inactive\n"
    done = subprocess.CompletedProcess([], 0, output)
    monkeypatch.setattr(subprocess, "run", lambda *_arguments, **_options: done)
    assert system.services(["a", "b.timer"]) == [{"name": "a", "state": "failed"}, {"name": "b.timer", "state": "missing"}]


def test_gpus_by_the_driver_s_words(monkeypatch):
    monkeypatch.setattr(gpu, "_ask", lambda _what: ["NVIDIA A10G, Rev 2, 40, 1024, 23028"])
    assert gpu.describe() == [{"name": "NVIDIA A10G, Rev 2", "percent": 40.0, "memory_used": 1024.0, "memory_total": 23028.0}]
