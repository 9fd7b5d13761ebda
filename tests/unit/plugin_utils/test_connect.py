# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opening what runs on a host: what can be judged without one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils import connect

from ...waiting import lives, until

REQUEST = {
    "way": "ssm",
    "to": "jupyter",
    "name": "ml-1",
    "instance_id": "i-1",
    "port": 8888,
    "local_port": 8888,
    "browser": False,
    "scheme": "http",
    "token_parameter": "",
    "plugin": "",
    "ssh": ["ssh", "-p", "22", "ec2-user@192.0.2.1"],
    "aws": {"region": "us-east-1"},
}


def test_a_taken_port_gives_way_to_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = connect.free_port(port)
        assert other != port
    assert connect.free_port(other) == other


def test_a_missing_plugin_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(connect, "PLUGIN_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(connect.ConnectError, match="is not installed here"):
        connect.plugin_path("/nowhere")


@pytest.mark.parametrize(
    ("version", "takes"), [("1.2.707.0", True), ("1.2.497.0", False), ("1.2.54.0", False), ("", False), ("odd", False)]
)
def test_the_session_is_told_by_the_environment_where_the_plugin_reads_it(tmp_path, version, takes):
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\necho {version}\n")
    plugin.chmod(0o755)
    assert connect.takes_environment(str(plugin)) is takes


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_address_is_what_the_host_speaks(scheme):
    port, said = connect.free_port(0), []
    listening = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(1)"
    command = [sys.executable, "-c", listening, str(port)]
    with pytest.raises(connect.ConnectError, match="The connection ended"):
        connect.hold_port(REQUEST | {"scheme": scheme}, command, dict(os.environ), port, said.append)
    assert said[0] == f"jupyter of ml-1 is at {scheme}://localhost:{port}/, until you press Ctrl-C."


def test_a_page_leads_on_and_keeps_its_markup():
    said = connect.page('http://localhost:1/?token=a"><script>')
    assert "0;url=http://localhost:1/?token=a&quot;&gt;&lt;script&gt;" in said
    assert "no-referrer" in said


def test_a_shell_asks_for_no_document():
    assert connect.session_parameters({**REQUEST, "to": "shell"}, 1) == {"Target": "i-1"}
    asked = connect.session_parameters(REQUEST, 18888)
    assert asked["Parameters"] == {"portNumber": ["8888"], "localPortNumber": ["18888"]}


def test_ssh_forwards_to_the_hosts_own_port_and_listens_here_alone():
    with connect.command_over_ssh(REQUEST, 18888) as (command, _environment):
        assert command[-3:] == ["-L", "127.0.0.1:18888:127.0.0.1:8888", "ec2-user@192.0.2.1"]
    with connect.command_over_ssh({**REQUEST, "to": "shell"}, 0) as (command, _environment):
        assert command == ["ssh", "-p", "22", "-t", "ec2-user@192.0.2.1"]


RUN = {**REQUEST, "to": "run", "run": "digits-1", "user": "ml", "bucket": "models", "again": "follow it"}
FOLLOWING = "sudo -H -u ml /usr/local/bin/mlinfra runs logs -f digits-1"


def test_a_run_is_followed_by_a_command_over_either_way():
    asked = connect.session_parameters(RUN, 0)
    assert (asked["DocumentName"], asked["Parameters"]) == ("AWS-StartInteractiveCommand", {"command": [FOLLOWING]})
    with connect.command_over_ssh(RUN, 0) as (command, _environment):
        assert (command[3], command[-2:]) == ("-tt", ["ec2-user@192.0.2.1", FOLLOWING])


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        ({"state": "succeeded", "exit_code": 0}, 0),
        ({"state": "failed", "exit_code": 7}, 7),
        ({"state": "interrupted", "exit_code": 0}, 1),
        ({"state": "failed", "exit_code": None}, 1),
    ],
)
def test_who_follows_a_run_ends_as_it_does(monkeypatch, ended, status):
    monkeypatch.setattr(connect, "run_record", lambda _request: ended)
    said = []
    assert connect.follow(RUN, ["printf", "one\\r\\ntwo\\r\\n"], {"PATH": os.environ["PATH"]}, said.append) == status
    assert said == ["one", "two"]


def test_a_connection_that_ends_before_the_run_says_how_to_go_on(monkeypatch):
    monkeypatch.setattr(connect, "run_record", lambda _request: {"state": "running", "exit_code": None})
    with pytest.raises(connect.ConnectError, match="digits-1 goes on. Follow it again: follow it"):
        connect.follow(RUN, ["true"], {"PATH": os.environ["PATH"]}, print)


def test_interrupted_it_leaves_the_run_alone():
    said = []

    def interrupt(line: str) -> None:
        said.append(line)
        if line == "one":
            raise KeyboardInterrupt

    assert connect.follow(RUN, ["sh", "-c", "echo one; sleep 60"], {"PATH": os.environ["PATH"]}, interrupt) == 0
    assert said == ["one", "Run digits-1 goes on. Follow it again: follow it"]


def test_a_connection_that_does_not_open_says_why(tmp_path):
    log = tmp_path / "log"
    log.write_text("Permission denied")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(connect.ConnectError, match="Permission denied"):
        connect.await_port(process, 9, log, seconds=1)


def test_what_a_process_started_ends_with_it(tmp_path):
    note = tmp_path / "pid"
    script = f"import subprocess,time; p = subprocess.Popen(['sleep', '60']); open({str(note)!r}, 'w').write(str(p.pid)); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    while not (note.exists() and note.read_text()):
        assert process.poll() is None
    connect.end(process)
    assert process.poll() is not None
    assert until(lambda: not lives(int(note.read_text())), 10)
